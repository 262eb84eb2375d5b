#include "auth/policy/rule.hpp"

#include <charconv>

#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

// "all" as it is stored, whatever verbs came later: the first sixteen.
constexpr std::uint64_t all_verbs = 0xffff;

std::uint64_t stored_bits(action_set verbs) noexcept {
    return verbs == action_set::all() ? all_verbs : verbs.bits();
}

action_set verbs_of(std::uint64_t stored) noexcept {
    return stored == all_verbs ? action_set::all() : action_set{stored};
}

constexpr std::uint8_t record_version = 1;

// A condition's first byte: the test in five bits, then what absence means, then the quantifier.
constexpr std::uint8_t test_bits = 0x1f;
constexpr std::uint8_t if_present_bit = 0x20;
constexpr int over_shift = 6;

void write_pattern(byte_writer& writer, text_pattern const& pattern) {
    writer.little(static_cast<std::uint8_t>(pattern.what)).sized(pattern.text);
}

text_pattern read_pattern(byte_reader& reader) {
    auto kind = reader.little<std::uint8_t>();
    if (kind < 1 || kind > 4) reader.fail();
    text_pattern pattern;
    pattern.what = static_cast<text_pattern::kind>(kind);
    pattern.text = std::string(reader.sized());
    return pattern;
}

std::vector<std::string> read_texts(byte_reader& reader) {
    std::vector<std::string> texts;
    auto count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) texts.emplace_back(reader.sized());
    return texts;
}

void write_texts(byte_writer& writer, std::vector<std::string> const& texts) {
    writer.varint(texts.size());
    for (auto const& text : texts) writer.sized(text);
}

std::vector<condition> read_conditions(byte_reader& reader) {
    std::vector<condition> conditions;
    auto count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        condition one;
        auto const how = reader.little<std::uint8_t>();
        one.how = static_cast<condition::test>(how & test_bits);
        one.if_present = (how & if_present_bit) != 0;
        one.how_many = static_cast<condition::over>(how >> over_shift);
        one.name = std::string(reader.sized());
        one.values = read_texts(reader);
        conditions.push_back(std::move(one));
    }
    return conditions;
}

}  // namespace

std::string encode(rule const& value) {
    std::string out;
    byte_writer writer(out);
    writer.little(record_version)
        .little(to_underlying(value.id))
        .little(static_cast<std::uint8_t>(value.effect))
        .little(static_cast<std::uint8_t>(value.who.what))
        .little(to_underlying(value.who.id))
        .little(stored_bits(value.verbs))
        .little(static_cast<std::uint8_t>(value.on.kind));
    write_pattern(writer, value.on.name);
    write_pattern(writer, value.on.part);
    writer.little(value.facets);
    write_texts(writer, value.columns);
    writer.varint(value.conditions.size());
    for (auto const& one : value.conditions) {
        auto const how = static_cast<unsigned>(one.how) | (one.if_present ? if_present_bit : 0u) |
                         static_cast<unsigned>(one.how_many) << over_shift;
        writer.little(static_cast<std::uint8_t>(how)).sized(one.name);
        write_texts(writer, one.values);
    }
    writer.little(to_underlying(value.grantor))
        .little(static_cast<std::uint8_t>(value.grant_option))
        .little(static_cast<std::uint8_t>(value.origin))
        .little(to_underlying(value.created))
        .sized(value.document)
        .sized(value.text);
    return out;
}

result<rule> decode_rule(std::string_view bytes) {
    byte_reader reader(bytes);
    auto version = reader.little<std::uint8_t>();
    if (reader.ok() && (version == 0 || version > record_version))
        return failure{error::unsupported, "rule: unknown version " + std::to_string(version)};
    rule value;
    value.id = rule_id{reader.little<std::uint64_t>()};
    auto which = reader.little<std::uint8_t>();
    auto who = reader.little<std::uint8_t>();
    value.who.id = principal_id{reader.little<std::uint64_t>()};
    value.verbs = verbs_of(reader.little<std::uint64_t>());
    auto kind = reader.little<std::uint8_t>();
    value.on.name = read_pattern(reader);
    value.on.part = read_pattern(reader);
    value.facets = reader.little<std::uint8_t>();
    value.columns = read_texts(reader);
    value.conditions = read_conditions(reader);
    value.grantor = principal_id{reader.little<std::uint64_t>()};
    value.grant_option = reader.little<std::uint8_t>() != 0;
    auto origin = reader.little<std::uint8_t>();
    value.created = unix_millis{reader.little<std::int64_t>()};
    value.document = std::string(reader.sized());
    value.text = std::string(reader.sized());
    if (which < 1 || which > 2 || who < 1 || who > 3 || kind < 1 || kind > 5 || origin < 1 ||
        origin > 4)
        reader.fail();
    SLUICE_CHECK(reader.finish("rule"));
    value.effect = static_cast<auth::effect>(which);
    value.who.what = static_cast<principal_pattern::kind>(who);
    value.on.kind = static_cast<resource_kind>(kind);
    value.origin = static_cast<grammar>(origin);
    return value;
}

result<void> check_rule(rule const& value, rule_limits const& limits) {
    if (value.verbs.empty())
        return failure{error::invalid_argument, "a rule needs at least one verb"};
    if (value.facets == 0)
        return failure{error::invalid_argument, "a rule needs at least one facet"};
    if (value.who.what == principal_pattern::kind::named && value.who.id == principal_id{})
        return failure{error::invalid_argument, "a rule needs a principal"};
    if (value.on.name.text.size() > longest_pattern || value.on.part.text.size() > longest_pattern)
        return failure{error::too_large, "a pattern is longer than 1024 bytes"};
    if (value.columns.size() > limits.columns) return failure{error::too_large, "too many columns"};
    if (value.conditions.size() > limits.conditions)
        return failure{error::too_large, "too many conditions"};
    if (value.text.size() > limits.text_bytes)
        return failure{error::too_large, "the rule's text is too long"};
    for (auto const& one : value.conditions) {
        if (one.values.size() > limits.values)
            return failure{error::too_large, "too many condition values"};
        for (auto const& text : one.values)
            if (text.size() > longest_pattern)
                return failure{error::too_large, "a condition value is too long"};
    }
    return {};
}

std::string to_text(rule_id id) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out(16, '0');
    auto value = to_underlying(id);
    for (auto at = out.rbegin(); at != out.rend(); ++at, value >>= 4) *at = digits[value & 15];
    return out;
}

result<rule_id> parse_rule_id(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 16 || problem != std::errc{} || end != text.data() + text.size())
        return failure{error::invalid_argument, "a rule's id is 16 hex digits"};
    return rule_id{value};
}

std::string_view name_of(effect value) noexcept {
    return value == effect::allow ? "allow" : "deny";
}

std::string_view name_of(resource_kind kind) noexcept {
    switch (kind) {
        case resource_kind::cluster: return "cluster";
        case resource_kind::dataset: return "dataset";
        case resource_kind::group: return "group";
        case resource_kind::transaction: return "transaction";
        case resource_kind::principal: return "principal";
    }
    return "unknown";
}

std::string_view name_of(facet value) noexcept {
    switch (value) {
        case facet::rows: return "rows";
        case facet::log: return "log";
        case facet::files: return "files";
    }
    return "unknown";
}

}  // namespace sluice::auth
