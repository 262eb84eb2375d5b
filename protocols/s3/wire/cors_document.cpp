#include "protocols/s3/wire/cors_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/http/response.hpp"

namespace sluice::s3 {
namespace {

constexpr std::array<std::string_view, 5> methods{"GET", "PUT", "HEAD", "POST", "DELETE"};

// Elements that may come several times, in the order they are written.
struct list_element {
    std::string_view name;
    std::vector<std::string> cors_rule::*member;
};
constexpr std::array list_elements{
    list_element{"AllowedHeader", &cors_rule::headers},
    list_element{"AllowedMethod", &cors_rule::methods},
    list_element{"AllowedOrigin", &cors_rule::origins},
    list_element{"ExposeHeader", &cors_rule::exposed},
};

s3_failure refused(std::string message) {
    return {error_code::invalid_request, std::move(message)};
}

bool has_many_wildcards(std::string_view pattern) noexcept {
    return std::count(pattern.begin(), pattern.end(), '*') > 1;
}

s3_result<> check_patterns(std::string_view element, std::vector<std::string> const& patterns) {
    for (auto const& pattern : patterns)
        if (has_many_wildcards(pattern))
            return refused(std::string(element) + " \"" + pattern +
                           "\" can not have more than one wildcard.");
    return {};
}

s3_result<> check_rule(cors_rule const& rule) {
    if (rule.methods.empty() || rule.origins.empty()) return error_code::malformed_xml;
    if (rule.id.size() > cors_id_characters)
        return refused("The ID value can be up to " + std::to_string(cors_id_characters) +
                       " characters long. Invalid ID is \"" + rule.id + "\"");
    for (auto const& method : rule.methods)
        if (std::find(methods.begin(), methods.end(), method) == methods.end())
            return refused("Found unsupported HTTP method in CORS config. Unsupported method is " +
                           method);
    if (auto fine = check_patterns("AllowedOrigin", rule.origins); !fine) return fine;
    if (auto fine = check_patterns("AllowedHeader", rule.headers); !fine) return fine;
    for (auto const& header : rule.exposed) {
        if (header.find('*') != std::string::npos)
            return refused("ExposeHeader \"" + header +
                           "\" contains wildcard. We currently do not support wildcard for "
                           "ExposeHeader.");
        // It goes into a header of every answer that the rule allows.
        if (!http::valid_header_value(header) || header.find(',') != std::string::npos)
            return refused("ExposeHeader \"" + header + "\" is not the name of a header.");
    }
    return {};
}

s3_result<std::uint32_t> seconds_in(std::string_view text) {
    std::int32_t seconds = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, seconds);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end || seconds < 0)
        return error_code::malformed_xml;
    return static_cast<std::uint32_t>(seconds);
}

s3_result<> take_element(cors_rule& rule, xml_element const& child) {
    if (!child.children.empty()) return error_code::malformed_xml;
    for (auto const& [name, member] : list_elements) {
        if (child.name != name) continue;
        (rule.*member).push_back(child.text);
        return {};
    }
    if (child.name == "ID" && rule.id.empty()) {
        rule.id = child.text;
        return {};
    }
    if (child.name != "MaxAgeSeconds" || rule.max_age_seconds) return error_code::malformed_xml;
    auto const seconds = seconds_in(child.text);
    if (!seconds) return seconds.error();
    rule.max_age_seconds = *seconds;
    return {};
}

}  // namespace

s3_result<std::vector<cors_rule>> cors_rules_in(xml_element const& configuration) {
    if (configuration.children.empty() || !configuration.holds_only({"CORSRule"}))
        return error_code::malformed_xml;
    if (configuration.children.size() > cors_rules_max)
        return refused("The number of CORS rules should not exceed allowed limit of " +
                       std::to_string(cors_rules_max) + " rules.");
    std::vector<cors_rule> rules;
    for (auto const& element : configuration.children) {
        auto& rule = rules.emplace_back();
        for (auto const& child : element.children)
            if (auto const taken = take_element(rule, child); !taken) return taken.error();
        if (auto const fine = check_rule(rule); !fine) return fine.error();
    }
    return rules;
}

void write_cors_rules(xml_writer& out, std::vector<cors_rule> const& rules) {
    for (auto const& rule : rules) {
        out.open("CORSRule");
        if (!rule.id.empty()) out.element("ID", rule.id);
        for (auto const& [name, member] : list_elements)
            for (auto const& text : rule.*member) out.element(name, text);
        if (rule.max_age_seconds) out.element("MaxAgeSeconds", *rule.max_age_seconds);
        out.close();
    }
}

}  // namespace sluice::s3
