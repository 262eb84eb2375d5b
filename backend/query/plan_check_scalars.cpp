#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "backend/query/plan_checker.hpp"

namespace sluice::query {
namespace {

failure wrong(char const* what) { return failure{error::invalid_argument, what}; }

bool is_float(value_type type) {
    return !type.is_list && (type.what == kind::float32 || type.what == kind::float64);
}
bool is(value_type type, kind what) { return !type.is_list && type.what == what; }

bool all_are(std::vector<value_type> const& given, value_type type) {
    return std::all_of(given.begin(), given.end(), [&](value_type one) { return one == type; });
}

bool fits(value const& held, value_type type) {
    if (std::holds_alternative<std::monostate>(held.held)) return true;
    if (type.is_list) {
        auto const* list = std::get_if<value_list>(&held.held);
        auto element = type;
        element.is_list = false;
        auto const fits_element = [&](value const& one) { return fits(one, element); };
        return list != nullptr && *list &&
               std::all_of((*list)->begin(), (*list)->end(), fits_element);
    }
    switch (type.what) {
        case kind::boolean:
            return std::holds_alternative<bool>(held.held);
        case kind::int16:
        case kind::int32:
        case kind::int64:
        case kind::date:
        case kind::timestamp:
            return std::holds_alternative<std::int64_t>(held.held);
        case kind::float32:
        case kind::float64:
            return std::holds_alternative<double>(held.held);
        case kind::text:
        case kind::bytes:
        case kind::interval:
        case kind::opaque:
            return std::holds_alternative<std::string>(held.held);
        case kind::decimal:
        case kind::int128:
            return std::holds_alternative<int128>(held.held);
    }
    return false;
}

std::string_view next_word(std::string_view& text) {
    auto const end = std::min(text.find(' '), text.size());
    auto const word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

// "UNBOUNDED PRECEDING", "CURRENT ROW", "3 FOLLOWING"
bool take_bound(std::string_view& text, bool counts_rows) {
    auto const first = next_word(text), second = next_word(text);
    bool const is_side = second == "PRECEDING" || second == "FOLLOWING";
    if (first == "CURRENT") return second == "ROW";
    if (first == "UNBOUNDED") return is_side;
    std::int64_t count = 0;
    auto const read = std::from_chars(first.data(), first.data() + first.size(), count);
    return counts_rows && is_side && read.ec == std::errc{} && count >= 0 &&
           read.ptr == first.data() + first.size();
}

template <class List>
bool any_volatile(List const& all) {
    return std::any_of(all.begin(), all.end(),
                       [](scalar_ptr const& one) { return one && contains_volatile(*one); });
}

bool has_volatile(literal const&) { return false; }
bool has_volatile(column const&) { return false; }
bool has_volatile(builtin_call const& what) { return any_volatile(what.arguments); }
bool has_volatile(own_call const& what) {
    return what.function->is_volatile || any_volatile(what.arguments);
}
bool has_volatile(case_of const& what) {
    for (auto const& [when, then] : what.branches)
        if (contains_volatile(*when) || contains_volatile(*then)) return true;
    return what.otherwise && contains_volatile(*what.otherwise);
}
bool has_volatile(subquery_scalar const& what) { return any_volatile(what.left); }
bool has_volatile(convert const& what) { return contains_volatile(*what.operand); }

// Operations that look at which of two values is the smaller or whether they are the same.
bool compares(builtin what) {
    return what <= builtin::is_not_distinct || what == builtin::greatest ||
           what == builtin::least || what == builtin::null_if ||
           what == builtin::list_contains_any;
}

bool has_right_kinds(builtin what, std::vector<value_type> const& given, value_type type) {
    bool const is_pair = given.size() == 2 && given[0] == given[1];
    bool const is_one = given.size() == 1;
    bool const is_boolean = is(type, kind::boolean);
    switch (what) {
        case builtin::equal:
        case builtin::not_equal:
        case builtin::less:
        case builtin::less_equal:
        case builtin::greater:
        case builtin::greater_equal:
        case builtin::is_distinct:
        case builtin::is_not_distinct:
            return is_pair && is_boolean;
        case builtin::logical_and:
        case builtin::logical_or:
            return is_boolean && all_are(given, type);
        case builtin::logical_not:
            return is_one && is_boolean && given[0] == type;
        case builtin::is_null:
        case builtin::is_not_null:
            return is_one && is_boolean;
        case builtin::add:
        case builtin::subtract:
        case builtin::multiply:
            return is_pair && is_integer(type) && given[0] == type;
        case builtin::negate:
            return is_one && is_integer(type) && given[0] == type;
        case builtin::float_add:
        case builtin::float_subtract:
        case builtin::float_multiply:
            return is_pair && is_float(type) && given[0] == type;
        case builtin::concatenate_text:
            return given.size() >= 2 && all_are(given, {kind::text}) && is(type, kind::text);
        case builtin::character_length:
            return is_one && is(given[0], kind::text) && is(type, kind::int32);
        case builtin::coalesce:
        case builtin::greatest:
        case builtin::least:
            return all_are(given, type);
        case builtin::null_if:
            return is_pair && given[0] == type;
        case builtin::list_make: {
            auto element = type;
            element.is_list = false;
            return type.is_list && all_are(given, element);
        }
        case builtin::list_contains_any:
            break;
    }
    return false;
}

}  // namespace

bool contains_volatile(scalar const& what) {
    return std::visit([](auto const& one) { return has_volatile(one); }, what.what);
}

bool is_known_frame(std::string_view frame) {
    if (frame.empty()) return true;
    auto const unit = next_word(frame);
    if (unit != "ROWS" && unit != "RANGE" && unit != "GROUPS") return false;
    if (next_word(frame) != "BETWEEN" || !take_bound(frame, unit != "RANGE")) return false;
    if (next_word(frame) != "AND" || !take_bound(frame, unit != "RANGE")) return false;
    constexpr std::array endings{"", "EXCLUDE NO OTHERS", "EXCLUDE CURRENT ROW", "EXCLUDE GROUP",
                                 "EXCLUDE TIES"};
    return std::find(endings.begin(), endings.end(), frame) != endings.end();
}

result<plan_checker::types> plan_checker::scalars(std::vector<scalar_ptr> const& all) {
    types given;
    for (auto const& one : all) {
        SLUICE_TRY(auto type, scalar_type(one));
        given.push_back(type);
    }
    return given;
}

result<value_type> plan_checker::scalar_type(scalar_ptr const& what) {
    if (!what) return wrong("a scalar is missing");
    SLUICE_CHECK(enter());
    if (what->type.what == kind::decimal &&
        (what->type.precision == 0 || what->type.precision > 38 ||
         what->type.scale > what->type.precision))
        return wrong("a decimal of a precision that is not there");
    auto const one = [&](auto const& held) { return check(held, what->type); };
    SLUICE_CHECK(std::visit(one, what->what));
    --depth_;
    return what->type;
}

result<void> plan_checker::scalar_of_type(scalar_ptr const& what, value_type expected) {
    SLUICE_TRY(auto type, scalar_type(what));
    if (type != expected) return wrong("a scalar of another type");
    return success();
}

result<void> plan_checker::condition(scalar_ptr const& what) {
    return scalar_of_type(what, {kind::boolean});
}

result<void> plan_checker::orders(std::vector<order> const& by) {
    for (auto const& one : by) {
        SLUICE_TRY(auto type, scalar_type(one.by));
        if (!is_comparable(type)) return failure{error::unsupported, "an order of this kind"};
    }
    return success();
}

result<void> plan_checker::check(literal const& what, value_type type) {
    if (!fits(what.held, type)) return wrong("a literal of another kind");
    return success();
}

result<void> plan_checker::check(column const& what, value_type type) {
    if (what.levels_up >= scopes_.size()) return wrong("a column of a row that is not there");
    auto const at = scopes_.size() - 1 - what.levels_up;
    if (what.index >= scopes_[at].size()) return wrong("a column that is not there");
    if (scopes_[at][what.index] != type) return wrong("a column of another type");
    for (auto& one : bodies_)
        if (at < one.scopes_outside) one.is_correlated = true;
    return success();
}

result<void> plan_checker::check(own_call const& what, value_type type) {
    if (!what.function || (!what.function->call && !what.function->fold))
        return wrong("a call of no function");
    SLUICE_TRY(types given, scalars(what.arguments));
    if (what.function->fold && (given.size() != 1 || !given[0].is_list))
        return wrong("a fold of what is no list");
    if (given != what.function->arguments) return wrong("a call with other arguments");
    if (type != what.function->returns) return wrong("a call that returns another type");
    if (what.function->is_volatile)
        for (auto& one : bodies_) one.is_volatile = true;
    return success();
}

result<void> plan_checker::check(case_of const& what, value_type type) {
    if (what.branches.empty()) return wrong("CASE without a branch");
    for (auto const& [when, then] : what.branches) {
        SLUICE_CHECK(condition(when));
        SLUICE_CHECK(scalar_of_type(then, type));
    }
    return what.otherwise ? scalar_of_type(what.otherwise, type) : success();
}

result<void> plan_checker::check(subquery_scalar const& what, value_type type) {
    SLUICE_CHECK(body(what.body));
    auto const& columns = what.body->columns;
    using form = subquery_scalar::form;
    if (what.what == form::exists) {
        if (!what.left.empty() || !is(type, kind::boolean)) return wrong("EXISTS of this form");
        return success();
    }
    if (columns.size() != 1) return failure{error::unsupported, "a subquery of several columns"};
    if (what.what == form::single) {
        if (!what.left.empty() || columns[0] != type) return wrong("a subquery of another type");
        return success();
    }
    if (what.left.size() != 1) return wrong("a quantified comparison of several columns");
    SLUICE_CHECK(scalar_of_type(what.left[0], columns[0]));
    if (!is_comparable(columns[0])) return failure{error::unsupported, "IN of this kind"};
    if (!is(type, kind::boolean)) return wrong("IN gives a boolean");
    if (contains_volatile(*what.left[0]))
        return failure{error::unsupported, "a volatile function beside IN"};
    return success();
}

result<void> plan_checker::check(convert const& what, value_type type) {
    SLUICE_TRY(auto from, scalar_type(what.operand));
    bool const known = (is_integer(from) && (is_integer(type) || is_float(type))) ||
                       (is(from, kind::float32) && is(type, kind::float64));
    if (!known) return failure{error::unsupported, "a conversion of these kinds"};
    return success();
}

result<void> plan_checker::check(builtin_call const& what, value_type type) {
    SLUICE_TRY(types given, scalars(what.arguments));
    if (given.empty() && what.what != builtin::list_make) return wrong("a builtin of nothing");
    if (compares(what.what) && !is_comparable(given[0]))
        return failure{error::unsupported, "a comparison of this kind"};
    if (what.what == builtin::null_if && contains_volatile(*what.arguments[0]))
        return failure{error::unsupported, "NULLIF of a volatile function"};
    if (what.what == builtin::list_contains_any) return check_any(what, given, type);
    if (!has_right_kinds(what.what, given, type)) return wrong("a builtin of other kinds");
    return success();
}

result<void> plan_checker::check_any(builtin_call const& what, types const& given,
                                     value_type type) {
    if (given.size() != 2 || !given[1].is_list) return wrong("ANY of what is no list");
    auto const* made = std::get_if<builtin_call>(&what.arguments[1]->what);
    if (made == nullptr || made->what != builtin::list_make || made->arguments.empty())
        return failure{error::unsupported, "ANY of a list that is not written out"};
    auto element = given[1];
    element.is_list = false;
    if (given[0] != element || !is(type, kind::boolean)) return wrong("ANY of other kinds");
    return success();
}

result<void> plan_checker::aggregate_of(aggregate what, std::vector<scalar_ptr> const& arguments,
                                        value_type gives, bool distinct) {
    SLUICE_TRY(types given, scalars(arguments));
    auto const need = [&](bool right) -> result<void> {
        if (!right) return wrong("an aggregate of other kinds");
        return success();
    };
    if (what == aggregate::count_star)
        return need(given.empty() && !distinct && is(gives, kind::int64));
    if (given.size() != 1) return wrong("an aggregate of other arguments");
    if (distinct && !is_comparable(given[0]))
        return failure{error::unsupported, "a distinct aggregate of this kind"};
    switch (what) {
        case aggregate::count_star:
            break;
        case aggregate::count:
            return need(is(gives, kind::int64));
        case aggregate::sum_int64_to_int128:
            return need(is_integer(given[0]) && is(gives, kind::int128));
        case aggregate::sum_decimal:
            return need(is(given[0], kind::decimal) && is(gives, kind::decimal) &&
                        gives.precision == 38 && gives.scale == given[0].scale);
        case aggregate::min:
        case aggregate::max:
            if (!is_comparable(given[0])) return failure{error::unsupported, "min of this kind"};
            return need(gives == given[0]);
        case aggregate::any_value:
            return need(gives == given[0]);
        case aggregate::bool_and:
        case aggregate::bool_or:
            return need(is(given[0], kind::boolean) && is(gives, kind::boolean));
        case aggregate::collect: {
            auto list = given[0];
            if (list.is_list) return failure{error::unsupported, "a list of lists"};
            list.is_list = true;
            return need(gives == list);
        }
    }
    return wrong("an unknown aggregate");
}

result<void> plan_checker::window_of(window_call const& call) {
    SLUICE_TRY(types keys, scalars(call.partition));
    for (auto const key : keys)
        if (!is_comparable(key)) return failure{error::unsupported, "PARTITION BY of this kind"};
    SLUICE_CHECK(orders(call.ordering));
    if (!is_known_frame(call.frame)) return failure{error::unsupported, "this window frame"};
    if (call.filter) {
        SLUICE_CHECK(condition(call.filter));
    }
    if (call.what == window_function::aggregate)
        return aggregate_of(call.over, call.arguments, call.type, false);
    if (call.filter) return wrong("FILTER of what is no aggregate");
    return ranking_of(call);
}

result<void> plan_checker::ranking_of(window_call const& call) {
    SLUICE_TRY(types given, scalars(call.arguments));
    // Written-out positive numbers only: what the others mean differs.
    auto const counted = [&](std::size_t at, std::int64_t least) {
        auto const* written = std::get_if<literal>(&call.arguments[at]->what);
        auto const* number = written ? std::get_if<std::int64_t>(&written->held.held) : nullptr;
        return is_integer(given[at]) && number != nullptr && *number >= least;
    };
    bool right = false;
    switch (call.what) {
        case window_function::row_number:
        case window_function::rank:
        case window_function::dense_rank:
            right = given.empty() && is(call.type, kind::int64);
            break;
        case window_function::percent_rank:
        case window_function::cume_dist:
            right = given.empty() && is(call.type, kind::float64);
            break;
        case window_function::ntile:
            if (given.size() != 1 || !counted(0, 1))
                return failure{error::unsupported, "ntile of a number that is not written out"};
            right = is(call.type, kind::int64);
            break;
        case window_function::lag:
        case window_function::lead:
            if (given.size() > 1 && !counted(1, 0))
                return failure{error::unsupported, "lag by a number that is not written out"};
            right = !given.empty() && given.size() <= 3 && given[0] == call.type &&
                    (given.size() < 3 || given[2] == call.type);
            break;
        case window_function::first_value:
        case window_function::last_value:
            right = given.size() == 1 && given[0] == call.type;
            break;
        case window_function::nth_value:
            if (given.size() != 2 || !counted(1, 1))
                return failure{error::unsupported, "nth_value of a number that is not written out"};
            right = given[0] == call.type;
            break;
        case window_function::aggregate:
            break;
    }
    if (!right) return wrong("a window function of other kinds");
    return success();
}

}  // namespace sluice::query
