#include "auth/policy/grammar_text.hpp"

namespace sluice::auth {
namespace {

class words {
public:
    explicit words(std::string_view text) : rest_(text) {}
    bool at_end() const noexcept { return rest_.empty(); }
    std::string_view peek() const noexcept { return rest_.substr(0, rest_.find(' ')); }
    std::string_view take() noexcept {
        auto word = peek();
        rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
        return word;
    }
    bool take_if(std::string_view word) noexcept {
        if (peek() != word) return false;
        take();
        return true;
    }

private:
    std::string_view rest_;
};

failure bad(std::string_view word, char const* why) {
    return failure{error::invalid_argument, "'" + std::string(word) + "': " + why};
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    for (;;) {
        auto comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

std::string join(std::vector<std::string> const& parts) {
    std::string out;
    for (auto const& part : parts) {
        if (!out.empty()) out += ',';
        out += part;
    }
    return out;
}

result<principal_pattern> parse_who(std::string_view word, principal_resolver const& resolve) {
    if (word == "anyone" || word == "*")
        return principal_pattern{principal_pattern::kind::anyone, {}};
    if (word == "authenticated")
        return principal_pattern{principal_pattern::kind::authenticated, {}};
    auto id = resolve(word);
    if (!id) return failure{error::not_found, "there is no principal '" + std::string(word) + "'"};
    return principal_pattern{principal_pattern::kind::named, *id};
}

result<resource_pattern> parse_resource(std::string_view word) {
    if (word.empty()) return bad(word, "a resource is missing");
    if (word == "cluster") return resource_pattern{resource_kind::cluster, {}, {}};
    for (auto kind : {resource_kind::group, resource_kind::transaction, resource_kind::principal}) {
        auto prefix = std::string(name_of(kind)) + ":";
        if (word.starts_with(prefix))
            return resource_pattern{kind, text_pattern::from_glob(word.substr(prefix.size())), {}};
    }
    auto slash = word.find('/');
    resource_pattern on;
    on.name = text_pattern::from_glob(word.substr(0, slash));
    if (slash != std::string_view::npos) on.part = text_pattern::from_glob(word.substr(slash + 1));
    return on;
}

result<std::uint8_t> parse_facets(std::string_view word) {
    std::uint8_t bits = 0;
    for (auto const& name : split(word)) {
        std::uint8_t bit = 0;
        for (auto face : {facet::rows, facet::log, facet::files})
            if (name == name_of(face)) bit = static_cast<std::uint8_t>(face);
        if (bit == 0) return bad(name, "a facet is rows, log or files");
        bits |= bit;
    }
    return bits;
}

struct test_word {
    std::string_view word;
    condition::test how;
};
// tls tests a flag and source_ip addresses, so `is` and `in` mean what fits the name.
constexpr test_word tests[] = {
    {"is", condition::test::text_equals},     {"not", condition::test::text_not_equals},
    {"like", condition::test::text_like},     {"unlike", condition::test::text_not_like},
    {"in", condition::test::ip_in},           {"outside", condition::test::ip_not_in},
    {"before", condition::test::time_before}, {"after", condition::test::time_after},
};
// What only other grammars write, so that a listing can show it.
constexpr test_word shown_tests[] = {
    {"is", condition::test::is},
    {"is_any_case", condition::test::text_equals_any_case},
    {"not_any_case", condition::test::text_not_equals_any_case},
    {"=", condition::test::number_equals},
    {"!=", condition::test::number_not_equals},
    {"<", condition::test::number_less},
    {"<=", condition::test::number_at_most},
    {">", condition::test::number_greater},
    {">=", condition::test::number_at_least},
    {"until", condition::test::time_at_or_before},
    {"from", condition::test::time_at_or_after},
    {"at", condition::test::time_equals},
    {"not_at", condition::test::time_not_equals},
    {"present", condition::test::present},
};

result<condition> parse_condition(words& rest) {
    condition one;
    one.name = std::string(rest.take());
    auto word = rest.take();
    bool found = false;
    for (auto const& row : tests) {
        if (row.word != word) continue;
        one.how = row.how;
        found = true;
    }
    if (!found) return bad(word, "a test is is, not, like, unlike, in, outside, before or after");
    if (one.name == "tls" && word == "is") one.how = condition::test::is;
    constexpr std::string_view known[] = {"source_ip",   "tls",    "time",     "protocol",
                                          "auth_method", "prefix", "client_id"};
    bool is_known = false;
    for (auto name : known) is_known = is_known || one.name == name;
    if (!is_known) return bad(one.name, "no such condition");
    if (rest.at_end()) return bad(one.name, "a condition needs a value");
    one.values = split(rest.take());
    return one;
}

std::string word_of(condition::test how) {
    for (auto const& row : tests)
        if (row.how == how) return std::string(row.word);
    for (auto const& row : shown_tests)
        if (row.how == how) return std::string(row.word);
    return "test_" + std::to_string(static_cast<unsigned>(how));  // of a later version
}

std::string shown(condition const& one) {
    std::string out = " if ";
    if (one.how_many == condition::over::any_value) out += "any ";
    if (one.how_many == condition::over::every_value) out += "every ";
    out += one.name + " " + word_of(one.how);
    if (one.if_present) out += "_or_absent";
    return out + " " + join(one.values);
}

result<void> parse_options(words& rest, rule& value) {
    while (!rest.at_end()) {
        if (rest.take_if("facets")) {
            SLUICE_TRY(value.facets, parse_facets(rest.take()));
        } else if (rest.take_if("columns")) {
            value.columns = split(rest.take());
        } else if (rest.take_if("grantable")) {
            value.grant_option = true;
        } else if (rest.take_if("if")) {
            SLUICE_TRY(auto one, parse_condition(rest));
            value.conditions.push_back(std::move(one));
        } else {
            return bad(rest.peek(), "expected facets, columns, grantable or if");
        }
    }
    return {};
}

}  // namespace

result<rule> parse_rule_text(std::string_view text, principal_resolver const& resolve) {
    words rest(text);
    rule value;
    auto which = rest.take();
    if (which != "allow" && which != "deny") return bad(which, "a rule starts with allow or deny");
    value.effect = which == "allow" ? effect::allow : effect::deny;
    SLUICE_TRY(value.who, parse_who(rest.take(), resolve));
    SLUICE_TRY(value.verbs, parse_actions(rest.take()));
    if (!rest.take_if("on")) return bad(rest.peek(), "expected 'on'");
    SLUICE_TRY(value.on, parse_resource(rest.take()));
    SLUICE_CHECK(parse_options(rest, value));
    value.origin = grammar::sluice;
    value.text = std::string(text);
    SLUICE_CHECK(check_rule(value));
    return value;
}

std::string to_rule_text(rule const& value, principal_namer const& name) {
    std::string out(name_of(value.effect));
    switch (value.who.what) {
        case principal_pattern::kind::anyone: out += " anyone "; break;
        case principal_pattern::kind::authenticated: out += " authenticated "; break;
        case principal_pattern::kind::named: out += " " + name(value.who.id) + " "; break;
    }
    out += to_text(value.verbs) + " on ";
    if (value.on.kind == resource_kind::cluster) out += "cluster";
    else if (value.on.kind != resource_kind::dataset)
        out += std::string(name_of(value.on.kind)) + ":";
    if (value.on.kind != resource_kind::cluster) out += value.on.name.to_glob();
    if (value.on.part.what != text_pattern::kind::any) out += "/" + value.on.part.to_glob();
    if (value.facets != all_facets) {
        std::vector<std::string> faces;
        for (auto face : {facet::rows, facet::log, facet::files})
            if (value.facets & static_cast<std::uint8_t>(face)) faces.emplace_back(name_of(face));
        out += " facets " + join(faces);
    }
    if (!value.columns.empty()) out += " columns " + join(value.columns);
    if (value.grant_option) out += " grantable";
    for (auto const& one : value.conditions) out += shown(one);
    return out;
}

}  // namespace sluice::auth
