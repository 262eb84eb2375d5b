#include "protocols/s3/model/cors_match.hpp"

#include <algorithm>

#include "protocols/http/request.hpp"

namespace sluice::s3 {
namespace {

// Both ends fixed; the one '*' of a pattern stands for any text, also for none.
bool matches(std::string_view pattern, std::string_view text) noexcept {
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    auto const before = pattern.substr(0, star);
    auto const behind = pattern.substr(star + 1);
    return text.size() >= before.size() + behind.size() && text.starts_with(before) &&
           text.ends_with(behind);
}

std::string const* matching(std::vector<std::string> const& patterns, std::string_view text) {
    auto const found = std::find_if(patterns.begin(), patterns.end(),
                                    [&](auto const& pattern) { return matches(pattern, text); });
    return found == patterns.end() ? nullptr : &*found;
}

// Header names compare without case.
bool allows_header(cors_rule const& rule, std::string_view name) {
    return std::any_of(rule.headers.begin(), rule.headers.end(), [&](auto const& pattern) {
        return matches(http::lower_cased(pattern), name);
    });
}

std::string joined(std::vector<std::string> const& names) {
    std::string out;
    for (auto const& name : names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

header_fields fields_of(cors_rule const& rule, bool everyone, cors_question const& question) {
    header_fields out;
    out.emplace_back("Access-Control-Allow-Origin", everyone ? "*" : question.origin);
    out.emplace_back("Access-Control-Allow-Methods", joined(rule.methods));
    if (!question.headers.empty())
        out.emplace_back("Access-Control-Allow-Headers", joined(question.headers));
    if (!rule.exposed.empty())
        out.emplace_back("Access-Control-Expose-Headers", joined(rule.exposed));
    if (rule.max_age_seconds)
        out.emplace_back("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
    // Browsers refuse credentials together with "*" (Fetch 3.3.5).
    if (!everyone) out.emplace_back("Access-Control-Allow-Credentials", "true");
    out.emplace_back("Vary",
                     "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    return out;
}

}  // namespace

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        auto const comma = list.find(',');
        auto const name = http::trimmed(list.substr(0, comma));
        if (!name.empty()) names.push_back(http::lower_cased(name));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return names;
}

std::optional<header_fields> allowed_by(std::vector<cors_rule> const& rules,
                                        cors_question const& question) {
    for (auto const& rule : rules) {
        auto const* origin = matching(rule.origins, question.origin);
        if (origin == nullptr) continue;
        if (std::find(rule.methods.begin(), rule.methods.end(), question.method) ==
            rule.methods.end())
            continue;
        if (!std::all_of(question.headers.begin(), question.headers.end(),
                         [&](auto const& name) { return allows_header(rule, name); }))
            continue;
        return fields_of(rule, *origin == "*", question);
    }
    return std::nullopt;
}

}  // namespace sluice::s3
