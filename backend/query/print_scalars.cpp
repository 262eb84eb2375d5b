#include <array>
#include <charconv>
#include <cmath>

#include "backend/query/printer.hpp"

namespace sluice::query {
namespace {

std::string quoted(std::string_view text) {
    std::string out{"'"};
    for (char const c : text) {
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

std::string blob_text(std::string_view bytes) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out{"'"};
    for (unsigned char const c : bytes) {
        out += "\\x";
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out + "'";
}

std::string float_text(double number, bool is_single) {
    if (std::isnan(number)) return "'nan'";
    if (std::isinf(number)) return number < 0 ? "'-inf'" : "'inf'";
    std::array<char, 32> out;
    auto const end = is_single
                         ? std::to_chars(out.data(), out.data() + out.size(),
                                         static_cast<float>(number))
                         : std::to_chars(out.data(), out.data() + out.size(), number);
    return "'" + std::string(out.data(), end.ptr) + "'";
}

std::string int128_digits(int128 number) {
    using wide = unsigned __int128;
    auto rest = (static_cast<wide>(static_cast<std::uint64_t>(number.high)) << 64) | number.low;
    bool const is_negative = number.high < 0;
    if (is_negative) rest = ~rest + 1;
    std::string digits;
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    return (is_negative ? "-" : "") + digits;
}

// The unscaled digits with their point: "-0.05".
std::string decimal_text(int128 number, std::uint8_t scale) {
    auto digits = int128_digits(number);
    bool const is_negative = digits.front() == '-';
    if (is_negative) digits.erase(0, 1);
    if (scale != 0) {
        if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
        digits.insert(digits.size() - scale, ".");
    }
    return "'" + std::string{is_negative ? "-" : ""} + digits + "'";
}

// What stands between two operands, or the function's name.
char const* word_of(builtin what) {
    switch (what) {
        case builtin::equal:
            return " = ";
        case builtin::not_equal:
            return " <> ";
        case builtin::less:
            return " < ";
        case builtin::less_equal:
            return " <= ";
        case builtin::greater:
            return " > ";
        case builtin::greater_equal:
            return " >= ";
        case builtin::is_distinct:
            return " IS DISTINCT FROM ";
        case builtin::is_not_distinct:
            return " IS NOT DISTINCT FROM ";
        case builtin::logical_and:
            return " AND ";
        case builtin::logical_or:
            return " OR ";
        case builtin::logical_not:
            return "NOT ";
        case builtin::is_null:
            return " IS NULL";
        case builtin::is_not_null:
            return " IS NOT NULL";
        case builtin::add:
        case builtin::float_add:
            return "sluice_add";
        case builtin::subtract:
        case builtin::float_subtract:
            return "sluice_subtract";
        case builtin::multiply:
        case builtin::float_multiply:
            return "sluice_multiply";
        case builtin::negate:
            return "sluice_negate";
        case builtin::concatenate_text:
            return " || ";
        case builtin::character_length:
            return "sluice_length";
        case builtin::coalesce:
            return "coalesce";
        case builtin::greatest:
            return "greatest";
        case builtin::least:
            return "least";
        case builtin::null_if:
            return "nullif";
        case builtin::list_make:
            return "list_value";
        case builtin::list_contains_any:
            return " IN ";
    }
    return "";
}

bool is_between(builtin what) { return what <= builtin::logical_or; }

char const* aggregate_name(aggregate what) {
    switch (what) {
        case aggregate::count_star:
        case aggregate::count:
            return "count";
        case aggregate::sum_int64_to_int128:
        case aggregate::sum_decimal:
            return "sum";
        case aggregate::min:
            return "min";
        case aggregate::max:
            return "max";
        case aggregate::any_value:
            return "first";
        case aggregate::bool_and:
            return "bool_and";
        case aggregate::bool_or:
            return "bool_or";
        case aggregate::collect:
            return "list";
    }
    return "";
}

char const* window_name(window_function what) {
    switch (what) {
        case window_function::row_number:
            return "row_number";
        case window_function::rank:
            return "rank";
        case window_function::dense_rank:
            return "dense_rank";
        case window_function::lag:
            return "lag";
        case window_function::lead:
            return "lead";
        case window_function::first_value:
            return "first_value";
        case window_function::last_value:
            return "last_value";
        case window_function::nth_value:
            return "nth_value";
        case window_function::ntile:
            return "ntile";
        case window_function::percent_rank:
            return "percent_rank";
        case window_function::cume_dist:
            return "cume_dist";
        case window_function::aggregate:
            break;
    }
    return "";
}

}  // namespace

std::string type_name(value_type type) {
    auto const name = [&]() -> std::string {
        switch (type.what) {
            case kind::boolean:
                return "BOOLEAN";
            case kind::int16:
                return "SMALLINT";
            case kind::int32:
            case kind::date:
                return "INTEGER";
            case kind::int64:
            case kind::timestamp:
                return "BIGINT";
            case kind::float32:
                return "FLOAT";
            case kind::float64:
                return "DOUBLE";
            case kind::text:
                return "VARCHAR";
            case kind::bytes:
            case kind::interval:
            case kind::opaque:
                return "BLOB";
            case kind::decimal:
                return "DECIMAL(" + std::to_string(type.precision) + "," +
                       std::to_string(type.scale) + ")";
            case kind::int128:
                return "HUGEINT";
        }
        return "";
    };
    return name() + (type.is_list ? "[]" : "");
}

std::string printer::scalar_text(scalar_ptr const& what) {
    return std::visit([&](auto const& one) { return text_of(one, what->type); }, what->what);
}

std::string printer::list_of(std::vector<scalar_ptr> const& all, char const* separator) {
    std::string text;
    for (auto const& one : all) text += (text.empty() ? "" : separator) + scalar_text(one);
    return text;
}

std::string printer::literal_text(value const& held, value_type type) {
    auto const cast = [&](std::string const& text) {
        return "CAST(" + text + " AS " + type_name(type) + ")";
    };
    if (std::holds_alternative<std::monostate>(held.held)) return cast("NULL");
    if (auto const* truth = std::get_if<bool>(&held.held)) return *truth ? "true" : "false";
    if (auto const* number = std::get_if<std::int64_t>(&held.held))
        return cast("'" + std::to_string(*number) + "'");
    if (auto const* number = std::get_if<double>(&held.held))
        return cast(float_text(*number, type.what == kind::float32));
    if (auto const* wide = std::get_if<int128>(&held.held))
        return cast(decimal_text(*wide, type.scale));
    if (auto const* text = std::get_if<std::string>(&held.held)) {
        if (type.what != kind::text) return cast(blob_text(*text));
        if (text->find('\0') != std::string::npos) failed_ = true;
        return cast(quoted(*text));
    }
    auto element = type;
    element.is_list = false;
    std::string text;
    for (auto const& one : *std::get<value_list>(held.held))
        text += (text.empty() ? "" : ", ") + literal_text(one, element);
    return cast("list_value(" + text + ")");
}

std::string printer::text_of(literal const& what, value_type type) {
    return literal_text(what.held, type);
}

std::string printer::text_of(column const& what, value_type) {
    return scopes_[scopes_.size() - 1 - what.levels_up][what.index];
}

std::string printer::text_of(builtin_call const& what, value_type type) {
    std::string const word = word_of(what.what);
    if (what.what == builtin::concatenate_text)  // of a written NULL the engine forgets the type
        return "CAST((" + list_of(what.arguments, word.c_str()) + ") AS VARCHAR)";
    if (is_between(what.what)) return "(" + list_of(what.arguments, word.c_str()) + ")";
    if (what.what == builtin::list_contains_any) {
        auto const left = scalar_text(what.arguments[0]);
        auto const& made = std::get<builtin_call>(what.arguments[1]->what);
        return "(" + left + word + "(" + list_of(made.arguments, ", ") + "))";
    }
    auto const arguments = list_of(what.arguments, ", ");
    switch (what.what) {
        case builtin::logical_not:
            return "(" + word + arguments + ")";
        case builtin::is_null:
        case builtin::is_not_null:
            return "(" + arguments + word + ")";
        case builtin::list_make:
            return "CAST(list_value(" + arguments + ") AS " + type_name(type) + ")";
        default:
            return word + "(" + arguments + ")";
    }
}

std::string printer::text_of(own_call const& what, value_type) {
    plan_.functions.push_back(what.function);
    auto const number = std::to_string(plan_.functions.size() - 1);
    auto const arguments = list_of(what.arguments, ", ");
    return "sluice_call(" + number + (arguments.empty() ? "" : ", ") + arguments + ")";
}

std::string printer::text_of(case_of const& what, value_type type) {
    std::string text{"CASE"};
    for (auto const& [when, then] : what.branches)
        text += " WHEN " + scalar_text(when) + " THEN " + scalar_text(then);
    return text + " ELSE " +
           (what.otherwise ? scalar_text(what.otherwise) : literal_text(value{}, type)) + " END";
}

std::string printer::text_of(subquery_scalar const& what, value_type) {
    auto const left = what.left.empty() ? "" : scalar_text(what.left[0]);
    auto const body = "(" + relation(*what.body) + ")";
    switch (what.what) {
        case subquery_scalar::form::exists:
            return "(EXISTS " + body + ")";
        case subquery_scalar::form::single:
            return body;
        case subquery_scalar::form::any_equal:
            return "(" + left + " IN " + body + ")";
        case subquery_scalar::form::all_not_equal:
            return "(" + left + " NOT IN " + body + ")";
    }
    return "";
}

std::string printer::text_of(convert const& what, value_type type) {
    auto const operand = scalar_text(what.operand);
    switch (type.what) {
        case kind::int16:
            return "sluice_to_int16(" + operand + ")";
        case kind::int32:
            return "sluice_to_int32(" + operand + ")";
        default:
            return "CAST(" + operand + " AS " + type_name(type) + ")";
    }
}

std::string printer::aggregate_text(staged& all, std::string const& alias, aggregate what,
                                    std::vector<scalar_ptr> const& arguments, bool distinct,
                                    std::vector<order> const& by, scalar_ptr const& filtered) {
    std::string text = aggregate_name(what);
    text += distinct ? "(DISTINCT " : "(";
    auto const argument = arguments.empty() ? "*" : stage(all, alias, arguments[0]);
    text += argument;
    // Of distinct inputs the only order is their own (check_plan).
    if (distinct && !by.empty()) text += " ORDER BY " + argument + direction(by[0]);
    if (!distinct && !by.empty()) text += " " + staged_order(all, alias, by);
    text += ")";
    if (filtered) text += " FILTER (WHERE " + stage(all, alias, filtered) + ")";
    return text;
}

std::string printer::window_text(staged& all, std::string const& alias, window_call const& call) {
    std::string text;
    if (call.what == window_function::aggregate) {
        text = aggregate_text(all, alias, call.over, call.arguments, false, {}, call.filter);
    } else {
        for (auto const& one : call.arguments) {
            bool const is_written = std::holds_alternative<literal>(one->what);
            text += (text.empty() ? "" : ", ") +
                    (is_written ? scalar_text(one) : stage(all, alias, one));
        }
        text = std::string{window_name(call.what)} + "(" + text + ")";
    }
    std::string over;
    for (auto const& one : call.partition)
        over += (over.empty() ? "PARTITION BY " : ", ") + stage(all, alias, one);
    if (!call.ordering.empty()) over += " " + staged_order(all, alias, call.ordering);
    if (!call.frame.empty()) over += " " + call.frame;
    return text + " OVER (" + over + ")";
}

}  // namespace sluice::query
