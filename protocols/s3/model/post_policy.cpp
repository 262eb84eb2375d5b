#include "protocols/s3/model/post_policy.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "auth/authn/amz_date.hpp"
#include "gateway/core/encoding.hpp"
#include "protocols/http/request.hpp"

namespace sluice::s3 {
namespace {

namespace json = boost::json;

constexpr std::size_t nesting_limit = 4;

s3_failure invalid(std::string const& why) {
    return s3_failure(error_code::invalid_policy_document, "Invalid Policy: " + why);
}

std::string text_of(json::string const& text) {
    return std::string(text.data(), text.size());
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// "2026-01-01T00:00:00Z", with or without a fraction of the second; no other zone.
std::optional<unix_millis> parse_expiration(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':' || text.back() != 'Z')
        return std::nullopt;
    auto fraction = text.substr(19, text.size() - 20);
    std::int64_t millis = 0;
    if (!fraction.empty()) {
        auto const digits = fraction.substr(1);
        if (fraction.front() != '.' || digits.size() > 9 || !all_digits(digits))
            return std::nullopt;
        auto padded = std::string(digits.substr(0, 3));
        padded.resize(3, '0');
        std::from_chars(padded.data(), padded.data() + padded.size(), millis);
    }
    std::string basic;
    for (char const c : text.substr(0, 19))
        if (c != '-' && c != ':') basic += c;
    auto const seconds = auth::parse_amz_date(basic + "Z");
    if (!seconds) return std::nullopt;
    return static_cast<unix_millis>(to_underlying(*seconds) + millis);
}

std::string shown(std::string_view operation, json::value const& a, json::value const& b) {
    return "[\"" + std::string(operation) + "\", " + json::serialize(a) + ", " +
           json::serialize(b) + "]";
}

}  // namespace

class post_policy_parser {
public:
    s3_result<post_policy> parse(json::value const& document);

private:
    s3_result<> add(json::value const& condition);
    s3_result<> add_simple(json::object const& condition);
    s3_result<> add_listed(json::array const& condition);
    s3_result<> add_match(bool is_prefix, json::array const& condition);
    s3_result<> add_range(json::array const& condition);
    void add_failing(std::string text) {
        post_policy::condition one;
        one.text = std::move(text);
        policy_.conditions_.push_back(std::move(one));
    }

    post_policy policy_;
};

s3_result<post_policy> post_policy_parser::parse(json::value const& document) {
    if (!document.is_object()) return invalid("Invalid JSON.");
    auto const& members = document.get_object();
    for (auto const& member : members) {
        std::string_view const name(member.key().data(), member.key().size());
        if (name != "expiration" && name != "conditions")
            return invalid("Unexpected: '" + http::lower_cased(name) + "'");
    }
    auto const* expiration = members.if_contains("expiration");
    if (expiration == nullptr) return invalid("Policy missing expiration.");
    if (!expiration->is_string()) return invalid("Invalid 'expiration' value: must be a String.");
    auto const text = text_of(expiration->get_string());
    auto const time = parse_expiration(text);
    if (!time) return invalid("Invalid 'expiration' value: '" + text + "'");
    policy_.expiration_ = *time;
    auto const* conditions = members.if_contains("conditions");
    if (conditions == nullptr) return invalid("Policy missing conditions.");
    if (!conditions->is_array()) return invalid("Invalid 'conditions' value: must be a List.");
    for (auto const& condition : conditions->get_array())
        if (auto added = add(condition); !added) return added.error();
    return std::move(policy_);
}

s3_result<> post_policy_parser::add(json::value const& condition) {
    if (condition.is_object()) return add_simple(condition.get_object());
    if (condition.is_array()) return add_listed(condition.get_array());
    return invalid("Invalid Condition: must be a List or Object.");
}

s3_result<> post_policy_parser::add_simple(json::object const& condition) {
    if (condition.size() != 1)
        return invalid(
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property "
            "specified.");
    auto const& member = *condition.begin();
    if (!member.value().is_string())
        return invalid("Invalid Simple-Condition: value must be a string.");
    post_policy::condition one;
    std::string const name(member.key().data(), member.key().size());
    one.kind = post_policy::test::equals;
    one.name = http::lower_cased(name);
    one.value = text_of(member.value().get_string());
    auto const variable = "$" + name;
    one.text = shown("eq", json::value(json::string_view(variable.data(), variable.size())),
                     member.value());
    policy_.conditions_.push_back(std::move(one));
    return {};
}

s3_result<> post_policy_parser::add_listed(json::array const& condition) {
    if (condition.empty()) return invalid("Invalid Condition: missing operation identifier.");
    if (!condition.front().is_string()) return invalid("Invalid JSON.");
    auto const spelled = text_of(condition.front().get_string());
    auto const operation = http::lower_cased(spelled);
    bool const is_range = operation == "content-length-range";
    if (!is_range && operation != "eq" && operation != "starts-with")
        return invalid("Invalid Condition: unknown operation '" + spelled + "'.");
    if (condition.size() != 3)
        return invalid("Invalid " + operation + ": wrong number of arguments.");
    if (is_range) return add_range(condition);
    return add_match(operation == "starts-with", condition);
}

s3_result<> post_policy_parser::add_match(bool is_prefix, json::array const& condition) {
    if (!condition[1].is_string() || !condition[2].is_string()) return invalid("Invalid JSON.");
    auto const text = shown(is_prefix ? "starts-with" : "eq", condition[1], condition[2]);
    auto const name = text_of(condition[1].get_string());
    if (!name.starts_with('$')) {
        add_failing(text);
        return {};
    }
    post_policy::condition one;
    one.kind = is_prefix ? post_policy::test::starts_with : post_policy::test::equals;
    one.name = http::lower_cased(std::string_view(name).substr(1));
    one.value = text_of(condition[2].get_string());
    one.text = text;
    policy_.conditions_.push_back(std::move(one));
    return {};
}

// Whole numbers, as such or in quotes.
s3_result<> post_policy_parser::add_range(json::array const& condition) {
    std::uint64_t bounds[2] = {0, 0};
    for (std::size_t at = 0; at < 2; ++at) {
        auto const& item = condition[at + 1];
        if (item.is_string()) {
            auto const text = text_of(item.get_string());
            auto const* end = text.data() + text.size();
            auto const parsed = std::from_chars(text.data(), end, bounds[at]);
            if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
                add_failing(shown("content-length-range", condition[1], condition[2]));
                return {};
            }
        } else if (item.is_uint64()) {
            bounds[at] = item.get_uint64();
        } else if (item.is_int64() && item.get_int64() >= 0) {
            bounds[at] = static_cast<std::uint64_t>(item.get_int64());
        } else {
            return invalid("Invalid JSON.");
        }
    }
    policy_.bounds_.least = std::max(policy_.bounds_.least, bounds[0]);
    policy_.bounds_.most = std::min(policy_.bounds_.most, bounds[1]);
    return {};
}

s3_result<post_policy> post_policy::parse(std::string_view base64) {
    auto const text = base64_decode(base64);
    if (!text) return invalid("invalid Base64 encoding.");
    json::parse_options options;
    options.max_depth = nesting_limit;
    boost::system::error_code status;
    auto const document =
        json::parse(json::string_view(text->data(), text->size()), status, {}, options);
    if (status) return invalid("Invalid JSON.");
    return post_policy_parser().parse(document);
}

bool post_policy::holds(condition const& one, std::vector<form_field> const& fields,
                        std::string_view bucket) const {
    if (one.kind == test::never) return false;
    std::optional<std::string_view> value;
    if (one.name == "bucket") value = bucket;
    else
        for (auto const& field : fields)
            if (field.name == one.name) value = field.value;
    if (!value) return false;
    if (one.kind == test::equals) return *value == one.value;
    if (one.name != "content-type") return value->starts_with(one.value);
    // A list of types begins with it in each of its items.
    for (auto rest = *value;;) {
        auto const comma = rest.find(',');
        if (!http::trimmed(rest.substr(0, comma)).starts_with(one.value)) return false;
        if (comma == rest.npos) return true;
        rest.remove_prefix(comma + 1);
    }
}

bool post_policy::covers(std::string_view name) const noexcept {
    return std::any_of(conditions_.begin(), conditions_.end(),
                       [&](condition const& one) { return one.name == name; });
}

s3_result<> post_policy::check(std::vector<form_field> const& fields, std::string_view bucket,
                               unix_millis now) const {
    auto const denied = [](std::string const& why) {
        return s3_failure(error_code::access_denied, "Invalid according to Policy: " + why);
    };
    if (now > expiration_) return denied("Policy expired.");
    for (auto const& one : conditions_)
        if (!holds(one, fields, bucket)) return denied("Policy Condition failed: " + one.text);
    for (auto const& field : fields) {
        bool const needs_none = field.name == "policy" || field.name == "x-amz-signature";
        if (!needs_none && !covers(field.name))
            return denied("Extra input fields: " + field.spelled);
    }
    if (!covers("bucket")) return denied("Extra input fields: bucket");
    return {};
}

}  // namespace sluice::s3
