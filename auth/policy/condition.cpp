#include "auth/policy/condition.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace sluice::auth {
namespace {

using address_bytes = std::array<unsigned char, 16>;

struct parsed_address {
    address_bytes bytes{};
    unsigned bits = 128;  // of a bare address
    unsigned mapped = 0;  // bits in front of an IPv4 address
};

std::optional<parsed_address> parse_address(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN + 1] = {};
    if (text.empty() || text.size() > INET6_ADDRSTRLEN) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());
    parsed_address out;
    if (inet_pton(AF_INET, buffer, out.bytes.data() + 12) == 1) {
        out.bytes[10] = out.bytes[11] = 0xff;
        out.mapped = 96;
        return out;
    }
    if (inet_pton(AF_INET6, buffer, out.bytes.data()) == 1) return out;
    return std::nullopt;
}

bool same_prefix(address_bytes const& a, address_bytes const& b, unsigned bits) {
    auto whole = bits / 8, rest = bits % 8;
    if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The text a condition's name stands for; nullopt: not in this request. `known` is false for a name
// that no version of ours had.
std::optional<std::string_view> text_of(std::string_view name, request_context const& context,
                                        bool& known) {
    known = true;
    auto some = [](std::string_view text) {
        return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
    };
    if (name == "source_ip") return some(context.source_ip);
    if (name == "protocol") return some(context.protocol);
    if (name == "auth_method") return some(context.auth_method);
    if (name == "client_id") return some(context.client_id);
    if (name == "prefix")
        return context.has_prefix ? std::optional<std::string_view>(context.prefix) : std::nullopt;
    known = false;
    return std::nullopt;
}

condition_outcome outcome(bool holds) {
    return holds ? condition_outcome::holds : condition_outcome::fails;
}

condition_outcome any_value(condition const& value, std::string_view text, bool like) {
    for (auto const& wanted : value.values)
        if (like ? glob_matches(wanted, text) : wanted == text) return condition_outcome::holds;
    return condition_outcome::fails;
}

condition_outcome any_network(condition const& value, std::string_view address) {
    auto found = condition_outcome::fails;
    for (auto const& cidr : value.values) {
        auto one = address_in(cidr, address);
        if (one == condition_outcome::unknown) return one;
        if (one == condition_outcome::holds) found = one;
    }
    return found;
}

condition_outcome negated(condition_outcome value) {
    if (value == condition_outcome::unknown) return value;
    return outcome(value == condition_outcome::fails);
}

condition_outcome test_text(condition const& value, request_context const& context) {
    using test = condition::test;
    bool known = false;
    auto text = text_of(value.name, context, known);
    if (!known) return condition_outcome::unknown;
    bool is_negated = value.how == test::text_not_equals || value.how == test::text_not_like ||
                      value.how == test::ip_not_in;
    bool is_network = value.how == test::ip_in || value.how == test::ip_not_in;
    if (is_network && value.name != "source_ip") return condition_outcome::unknown;
    if (!text) return outcome(is_negated);
    bool like = value.how == test::text_like || value.how == test::text_not_like;
    auto positive = is_network ? any_network(value, *text) : any_value(value, *text, like);
    return is_negated ? negated(positive) : positive;
}

condition_outcome test_time(condition const& value, request_context const& context) {
    if (value.name != "time" || value.values.size() != 1) return condition_outcome::unknown;
    auto limit = parse_number<std::int64_t>(value.values[0]);
    if (!limit) return condition_outcome::unknown;
    auto now = to_underlying(context.now);
    return outcome(value.how == condition::test::time_before ? now < *limit : now > *limit);
}

condition_outcome test_flag(condition const& value, request_context const& context) {
    if (value.name != "tls" || value.values.size() != 1) return condition_outcome::unknown;
    if (value.values[0] != "true" && value.values[0] != "false") return condition_outcome::unknown;
    return outcome(context.tls == (value.values[0] == "true"));
}

}  // namespace

condition_outcome address_in(std::string_view cidr, std::string_view address) {
    auto slash = cidr.find('/');
    auto network = parse_address(cidr.substr(0, slash));
    if (!network) return condition_outcome::unknown;
    unsigned bits = network->bits;
    if (slash != std::string_view::npos) {
        auto given = parse_number<unsigned>(cidr.substr(slash + 1));
        if (!given || *given > 128 - network->mapped) return condition_outcome::unknown;
        bits = network->mapped + *given;
    }
    auto parsed = parse_address(address);
    return outcome(parsed && same_prefix(network->bytes, parsed->bytes, bits));
}

condition_outcome test_condition(condition const& value, request_context const& context) {
    using test = condition::test;
    switch (value.how) {
        case test::text_equals:
        case test::text_not_equals:
        case test::text_like:
        case test::text_not_like:
        case test::ip_in:
        case test::ip_not_in: return test_text(value, context);
        case test::time_before:
        case test::time_after: return test_time(value, context);
        case test::is: return test_flag(value, context);
        case test::text_equals_any_case:
        case test::text_not_equals_any_case:
        case test::number_equals:
        case test::number_not_equals:
        case test::number_less:
        case test::number_at_most:
        case test::number_greater:
        case test::number_at_least:
        case test::time_at_or_before:
        case test::time_at_or_after:
        case test::time_equals:
        case test::time_not_equals:
        case test::present: return condition_outcome::unknown;
    }
    return condition_outcome::unknown;  // a test of a later version
}

}  // namespace sluice::auth
