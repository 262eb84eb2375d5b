#include "auth/policy/condition.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include "auth/policy/condition_values.hpp"
#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_pattern.hpp"

namespace sluice::auth {
namespace {

using test = condition::test;

enum class family : std::uint8_t { text, network, number, time, flag, presence, none };

struct test_row {
    family of;
    test positive;  // what a negated test negates
    bool negated;
};

// Of each test; `none`: one of a later version.
constexpr test_row row_of(test how) noexcept {
    switch (how) {
        case test::text_equals: return {family::text, how, false};
        case test::text_not_equals: return {family::text, test::text_equals, true};
        case test::text_like: return {family::text, how, false};
        case test::text_not_like: return {family::text, test::text_like, true};
        case test::text_equals_any_case: return {family::text, how, false};
        case test::text_not_equals_any_case:
            return {family::text, test::text_equals_any_case, true};
        case test::ip_in: return {family::network, how, false};
        case test::ip_not_in: return {family::network, test::ip_in, true};
        case test::number_equals:
        case test::number_less:
        case test::number_at_most:
        case test::number_greater:
        case test::number_at_least: return {family::number, how, false};
        case test::number_not_equals: return {family::number, test::number_equals, true};
        case test::time_before:
        case test::time_after:
        case test::time_at_or_before:
        case test::time_at_or_after:
        case test::time_equals: return {family::time, how, false};
        case test::time_not_equals: return {family::time, test::time_equals, true};
        case test::is: return {family::flag, how, false};
        case test::present: return {family::presence, how, false};
    }
    return {family::none, how, false};
}

condition_outcome outcome(bool holds) {
    return holds ? condition_outcome::holds : condition_outcome::fails;
}

// What one wanted text is compared with, and how.
struct comparison {
    condition const& value;
    test how;  // a positive one
    access_request const& request;
    bool variables;
    bool& waits;  // set by a variable that is the object's, which was not looked at
};

bool text_fits(comparison const& with, std::string const& wanted, std::string const& text) {
    bool const any_case = with.how == test::text_equals_any_case || with.value.name == "action";
    bool const wild = with.how == test::text_like;
    if (!with.variables) {
        if (any_case) {
            auto const lower = ascii_lower(wanted);
            return wild ? glob_matches(lower, ascii_lower(text)) : lower == ascii_lower(text);
        }
        return wild ? glob_matches(wanted, text) : wanted == text;
    }
    auto const value = [&](std::string_view key) {
        auto found = variable_of(key, with.request, with.waits);
        return found && any_case ? std::optional(ascii_lower(*found)) : found;
    };
    if (any_case) return iam_matches(ascii_lower(wanted), ascii_lower(text), wild, value);
    return iam_matches(wanted, text, wild, value);
}

condition_outcome number_fits(test how, std::string const& wanted, double number) {
    auto const limit = parse_decimal(wanted);
    if (!limit) return condition_outcome::unknown;
    switch (how) {
        case test::number_equals: return outcome(number == *limit);
        case test::number_less: return outcome(number < *limit);
        case test::number_at_most: return outcome(number <= *limit);
        case test::number_greater: return outcome(number > *limit);
        case test::number_at_least: return outcome(number >= *limit);
        default: return condition_outcome::unknown;
    }
}

condition_outcome time_fits(test how, std::string const& wanted, double now) {
    auto const limit = parse_decimal(wanted);
    if (!limit) return condition_outcome::unknown;
    switch (how) {
        case test::time_before: return outcome(now < *limit);
        case test::time_after: return outcome(now > *limit);
        case test::time_at_or_before: return outcome(now <= *limit);
        case test::time_at_or_after: return outcome(now >= *limit);
        // Times of policies are whole seconds.
        case test::time_equals: return outcome(std::floor(now / 1000) == std::floor(*limit / 1000));
        default: return condition_outcome::unknown;
    }
}

condition_outcome one_fits(comparison const& with, family of, std::string const& wanted,
                           std::string const& text) {
    switch (of) {
        case family::text: return outcome(text_fits(with, wanted, text));
        case family::network: return address_in(wanted, text);
        case family::flag:
            if (wanted != "true" && wanted != "false") return condition_outcome::unknown;
            return outcome(ascii_lower(text) == wanted);
        case family::time: return time_fits(with.how, wanted, *parse_decimal(text));
        case family::number: {
            auto number = parse_decimal(text);
            if (!number) return condition_outcome::fails;
            if (with.value.name == "aws:EpochTime") number = std::floor(*number / 1000);
            return number_fits(with.how, wanted, *number);
        }
        case family::presence:
        case family::none: return condition_outcome::unknown;
    }
    return condition_outcome::unknown;
}

// Any of the wanted texts; unknown when one of them is not understood.
condition_outcome any_fits(comparison const& with, family of, std::string const& text) {
    auto found = condition_outcome::fails;
    for (auto const& wanted : with.value.values) {
        auto const one = one_fits(with, of, wanted, text);
        if (one == condition_outcome::unknown) return one;
        if (one == condition_outcome::holds) found = one;
    }
    return found;
}

// Names whose values a family can be tried on; conditions of the grammars name no others.
bool suits(family of, std::string_view name) {
    auto const* key = find_iam_key(name);
    auto const type = key != nullptr ? key->type : iam_type::text;
    bool const is_time = name == "time" || type == iam_type::date;
    bool const is_flag = name == "tls" || type == iam_type::flag;
    bool const is_address = name == "source_ip" || type == iam_type::address;
    switch (of) {
        case family::network: return is_address;
        case family::time: return is_time;
        case family::flag: return is_flag;
        case family::number: return !is_flag && !is_address && (!is_time || name == "aws:EpochTime");
        case family::text: return !is_time;
        case family::presence:
        case family::none: return true;
    }
    return false;
}

condition_outcome test_presence(condition const& value, bool is_there) {
    if (value.values.size() != 1) return condition_outcome::unknown;
    auto const& wanted = value.values.front();
    if (wanted != "true" && wanted != "false") return condition_outcome::unknown;
    return outcome(is_there == (wanted == "true"));
}

// Of none of the values: what holds.
bool holds_of_none(condition const& value, bool negated) {
    if (value.if_present || value.how_many == condition::over::every_value) return true;
    return value.how_many == condition::over::one && negated;
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
    double value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

condition_outcome test_condition(condition const& value, access_request const& request,
                                 bool variables) {
    auto const row = row_of(value.how);
    if (row.of == family::none || !suits(row.of, value.name)) return condition_outcome::unknown;
    if (value.how_many > condition::over::every_value) return condition_outcome::unknown;
    auto const found = values_of(value.name, request);
    if (!found.known) return condition_outcome::unknown;
    if (found.waits) return condition_outcome::waits;
    if (row.of == family::presence) return test_presence(value, !found.texts.empty());
    if (found.texts.empty()) return outcome(holds_of_none(value, row.negated));
    bool waits = false;
    comparison const with{value, row.positive, request, variables, waits};
    // A negated test of several values without a quantifier is one of all of them.
    bool const every = value.how_many == condition::over::every_value ||
                       (value.how_many == condition::over::one && row.negated);
    bool holds = every;
    for (auto const& text : found.texts) {
        auto const one = any_fits(with, row.of, text);
        if (waits) return condition_outcome::waits;
        if (one == condition_outcome::unknown) return one;
        bool const fits = (one == condition_outcome::holds) != row.negated;
        holds = every ? holds && fits : holds || fits;
    }
    return outcome(holds);
}

condition_outcome test_condition(condition const& value, request_context const& context) {
    access_request request;
    request.context = &context;
    return test_condition(value, request, false);
}

}  // namespace sluice::auth
