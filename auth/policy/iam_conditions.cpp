// The conditions of a statement: operators, keys and their values.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "auth/policy/condition.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_pattern.hpp"
#include "auth/policy/iam_statement.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

using test = condition::test;

enum class value_form : std::uint8_t { text, arn, number, date, flag, address, presence, binary };

struct operator_row {
    std::string_view name;
    test how;
    value_form form;
};

constexpr operator_row operators[] = {
    {"StringEquals", test::text_equals, value_form::text},
    {"StringNotEquals", test::text_not_equals, value_form::text},
    {"StringEqualsIgnoreCase", test::text_equals_any_case, value_form::text},
    {"StringNotEqualsIgnoreCase", test::text_not_equals_any_case, value_form::text},
    {"StringLike", test::text_like, value_form::text},
    {"StringNotLike", test::text_not_like, value_form::text},
    {"NumericEquals", test::number_equals, value_form::number},
    {"NumericNotEquals", test::number_not_equals, value_form::number},
    {"NumericLessThan", test::number_less, value_form::number},
    {"NumericLessThanEquals", test::number_at_most, value_form::number},
    {"NumericGreaterThan", test::number_greater, value_form::number},
    {"NumericGreaterThanEquals", test::number_at_least, value_form::number},
    {"DateEquals", test::time_equals, value_form::date},
    {"DateNotEquals", test::time_not_equals, value_form::date},
    {"DateLessThan", test::time_before, value_form::date},
    {"DateLessThanEquals", test::time_at_or_before, value_form::date},
    {"DateGreaterThan", test::time_after, value_form::date},
    {"DateGreaterThanEquals", test::time_at_or_after, value_form::date},
    {"Bool", test::is, value_form::flag},
    {"IpAddress", test::ip_in, value_form::address},
    {"NotIpAddress", test::ip_not_in, value_form::address},
    // Both are compared with wild characters.
    {"ArnEquals", test::text_like, value_form::arn},
    {"ArnLike", test::text_like, value_form::arn},
    {"ArnNotEquals", test::text_not_like, value_form::arn},
    {"ArnNotLike", test::text_not_like, value_form::arn},
    // What the bytes are, in base64.
    {"BinaryEquals", test::text_equals, value_form::binary},
    {"Null", test::present, value_form::presence},
};

struct read_operator {
    operator_row row{};
    bool if_present = false;
    condition::over how_many = condition::over::one;
};

bool take_front(std::string_view& text, std::string_view front) {
    if (!text.starts_with(front)) return false;
    text.remove_prefix(front.size());
    return true;
}

result<read_operator> operator_named(std::string_view name) {
    read_operator out;
    auto rest = name;
    if (take_front(rest, "ForAllValues:")) out.how_many = condition::over::every_value;
    else if (take_front(rest, "ForAnyValue:")) out.how_many = condition::over::any_value;
    if (rest.ends_with("IfExists")) {
        out.if_present = true;
        rest.remove_suffix(std::string_view("IfExists").size());
    }
    for (auto const& row : operators) {
        if (row.name != rest) continue;
        out.row = row;
        if (row.form == value_form::presence && rest != name) break;  // Null is whole
        return out;
    }
    return malformed_policy("Policy has an invalid condition operator: " + std::string(name));
}

// Whether values of the key can be compared so.
bool suits(value_form form, iam_type type) {
    switch (form) {
        case value_form::presence: return true;
        case value_form::text:
        case value_form::binary: return type != iam_type::date && type != iam_type::address;
        case value_form::arn: return type == iam_type::arn;
        case value_form::number: return type == iam_type::number;
        case value_form::date: return type == iam_type::date;
        case value_form::flag: return type == iam_type::flag;
        case value_form::address: return type == iam_type::address;
    }
    return false;
}

std::optional<int> digits(std::string_view text) {
    int value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const right = problem == std::errc{} && end == text.data() + text.size() &&
                       text.find_first_not_of("0123456789") == text.npos;
    return right ? std::optional(value) : std::nullopt;
}

// "2026-01-01", "2026-01-01T12:00Z", "2026-01-01T12:00:00Z", with a fraction of the second or without; or
// seconds since 1970. As milliseconds.
std::optional<std::int64_t> parse_date(std::string_view text) {
    if (text.find('-') == text.npos) {
        auto const seconds = parse_decimal(text);
        if (!seconds || *seconds < 0 || *seconds > 253'402'300'799.0) return std::nullopt;
        return static_cast<std::int64_t>(*seconds * 1000);
    }
    if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    auto const year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)),
               day = digits(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    std::chrono::year_month_day const date{std::chrono::year{*year},
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    auto const days = std::chrono::sys_days(date).time_since_epoch().count();
    std::int64_t millis = std::int64_t{days} * 86'400'000;
    text.remove_prefix(10);
    if (text.empty()) return millis;
    if (text.size() < 7 || text[0] != 'T' || text[3] != ':' || text.back() != 'Z')
        return std::nullopt;
    text.remove_suffix(1);
    auto const hour = digits(text.substr(1, 2)), minute = digits(text.substr(4, 2));
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    millis += (*hour * 60 + *minute) * 60'000;
    text.remove_prefix(6);
    if (text.empty()) return millis;
    if (text.front() != ':') return std::nullopt;
    auto const seconds = parse_decimal(text.substr(1));
    bool const two = text.size() == 3 || (text.size() > 4 && text[3] == '.');
    if (!seconds || !two || *seconds < 0 || *seconds >= 60) return std::nullopt;
    return millis + static_cast<std::int64_t>(*seconds * 1000);
}

// Six parts, so that no wild character reaches over a colon.
bool is_arn(std::string_view text) {
    auto const pieces = pieces_of(text);
    if (pieces.has_error()) return false;
    std::ptrdiff_t colons = 0;
    for (auto const& piece : *pieces)
        if (!piece.is_variable) colons += std::count(piece.text.begin(), piece.text.end(), ':');
    return text.starts_with("arn:") && colons >= 5;
}

failure bad_value(std::string_view key, std::string const& value) {
    return malformed_policy("Policy has an invalid value for condition key " + std::string(key) +
                            ": " + value);
}

result<std::string> read_value(json_tree const& from, value_form form, iam_key const& key,
                               iam_reading const& how) {
    using kind = json_tree::kind;
    auto const& text = from.text;
    if (from.what != kind::text && from.what != kind::number && from.what != kind::flag)
        return bad_value(key.name, "it must be a text");
    switch (form) {
        case value_form::arn:
            if (!is_arn(text)) return bad_value(key.name, text);
            return stored_text(text, how);
        case value_form::text: return stored_text(text, how);
        case value_form::binary: {
            auto bytes = base64_decode(text);
            if (bytes.has_error()) return bad_value(key.name, text);
            auto as_it_stands = how;
            as_it_stands.has_variables = false;
            return stored_text(*std::move(bytes), as_it_stands);
        }
        case value_form::number:
            if (!parse_decimal(text)) return bad_value(key.name, text);
            return text;
        case value_form::date: {
            auto const millis = parse_date(text);
            if (!millis) return bad_value(key.name, text);
            return std::to_string(*millis);
        }
        case value_form::flag:
            if (text != "true" && text != "false") return bad_value(key.name, text);
            return text;
        case value_form::presence:
            if (text != "true" && text != "false") return bad_value(key.name, text);
            return std::string(text == "true" ? "false" : "true");
        case value_form::address:
            if (address_in(text, "::1") == condition_outcome::unknown)
                return bad_value(key.name, text);
            return text;
    }
    return bad_value(key.name, text);
}

// Whether a value is one fixed thing, or a range that is not most of the world.
bool is_fixed(condition const& one, value_form form, std::string const& value) {
    if (form == value_form::address) {
        auto const slash = value.find('/');
        if (slash == value.npos) return true;
        auto const bits = digits(std::string_view(value).substr(slash + 1)).value_or(0);
        return bits >= (value.find(':') == value.npos ? 8 : 32);
    }
    bool const plain = value.find("${") == value.npos;
    return plain && (one.how != test::text_like || value.find_first_of("*?") == value.npos);
}

bool fixes(condition const& one, value_form form, iam_key const& key) {
    bool const positive = one.how == test::text_equals || one.how == test::text_like ||
                          one.how == test::text_equals_any_case || one.how == test::ip_in;
    if (!key.fixes || !positive || one.if_present || one.how_many == condition::over::every_value)
        return false;
    return std::all_of(one.values.begin(), one.values.end(),
                       [&](auto const& value) { return is_fixed(one, form, value); });
}

// Of a family, with the tag that it names.
std::string stored_name(iam_key const& key, std::string_view written) {
    std::string name(key.name);
    if (name.ends_with('/')) name.append(written.substr(name.size()));
    return name;
}

// The name of a provider's claim, as one of the providers there are has it.
bool is_claim_of_provider(std::string_view name, iam_scope const& scope) {
    if (scope.providers == nullptr || !is_token_key(name)) return false;
    auto const provider = name.substr(0, name.rfind(':'));
    return std::any_of(scope.providers->begin(), scope.providers->end(),
                       [&](auto const& one) { return one.name == provider; });
}

result<iam_key> key_named(std::string_view name, iam_reading const& how) {
    if (is_claim_of_provider(name, how.scope)) return iam_key{name, iam_type::text, true};
    if (is_refused_iam_key(name))
        return malformed_policy("The condition key " + std::string(name) + " is not implemented");
    auto const* key = find_iam_key(name);
    bool const names_no_tag =
        key != nullptr && key->name.ends_with('/') && name.size() == key->name.size();
    if (key == nullptr || names_no_tag)
        return malformed_policy("Policy has an invalid condition key: " + std::string(name));
    // Which service's requests have it.
    bool const is_trust = how.scope.providers != nullptr;
    bool const elsewhere = is_trust ? key->name.starts_with("s3:")
                                    : !how.scope.bucket.empty() && key->name.starts_with("sts:");
    if (elsewhere)
        return malformed_policy("The condition key " + std::string(name) +
                                " does not apply to the actions of this policy");
    return *key;
}

result<void> read_one(std::string_view operator_name, std::string_view key_name,
                      json_tree const& values, iam_reading const& how, iam_conditions& into) {
    SLUICE_TRY(auto const read, operator_named(operator_name));
    SLUICE_TRY(auto const known, key_named(key_name, how));
    auto const* const key = &known;
    // Seconds since 1970 are a number too.
    bool const epoch_number =
        key->name == "aws:EpochTime" && read.row.form == value_form::number;
    if (!suits(read.row.form, key->type) && !epoch_number)
        return malformed_policy("The condition operator " + std::string(operator_name) +
                                " does not apply to condition key " + std::string(key_name));
    condition one{stored_name(*key, key_name), read.row.how, {}};
    one.if_present = read.if_present;
    one.how_many = read.how_many;
    std::vector<json_tree const*> listed;
    if (values.what == json_tree::kind::list)
        for (auto const& value : values.items) listed.push_back(&value);
    else listed.push_back(&values);
    if (listed.empty() || listed.size() > how.scope.limits.list ||
        (read.row.form == value_form::presence && listed.size() != 1))
        return bad_value(key->name, "the number of values");
    for (auto const* value : listed) {
        SLUICE_TRY(auto text, read_value(*value, read.row.form, *key, how));
        one.values.push_back(std::move(text));
    }
    into.fixes = into.fixes || fixes(one, read.row.form, *key);
    into.tests.push_back(std::move(one));
    return {};
}

}  // namespace

result<iam_conditions> read_conditions(json_tree const& from, iam_reading const& how) {
    iam_conditions out;
    if (from.what != json_tree::kind::object)
        return malformed_policy("Policy has an invalid Condition: it must be an object");
    for (std::size_t i = 0; i < from.items.size(); ++i) {
        auto const& keys = from.items[i];
        if (keys.what != json_tree::kind::object || keys.items.empty())
            return malformed_policy("Policy has an invalid Condition: " + from.names[i] +
                                    " must be an object of condition keys");
        for (std::size_t k = 0; k < keys.items.size(); ++k) {
            SLUICE_CHECK(read_one(from.names[i], keys.names[k], keys.items[k], how, out));
        }
    }
    if (out.tests.size() > how.scope.limits.conditions)
        return malformed_policy("A statement has too many conditions");
    return out;
}

}  // namespace sluice::auth
