#include "auth/policy/pattern.hpp"

namespace sluice::auth {

bool text_pattern::matches(std::string_view name) const noexcept {
    switch (what) {
        case kind::any: return true;
        case kind::exact: return name == text;
        case kind::prefix: return name.starts_with(text);
        case kind::glob: return glob_matches(text, name);
    }
    return false;
}

text_pattern text_pattern::from_glob(std::string_view text) {
    auto wild = text.find_first_of("*?");
    if (wild == std::string_view::npos) return {kind::exact, std::string(text)};
    if (text == "*") return {kind::any, {}};
    if (wild + 1 == text.size() && text.back() == '*')
        return {kind::prefix, std::string(text.substr(0, wild))};
    return {kind::glob, std::string(text)};
}

std::string text_pattern::to_glob() const {
    switch (what) {
        case kind::any: return "*";
        case kind::exact: return text;
        case kind::prefix: return text + "*";
        case kind::glob: return text;
    }
    return {};
}

// Greedy with one point to come back to: the last star is the only one worth retrying.
bool glob_matches(std::string_view pattern, std::string_view name) noexcept {
    constexpr auto none = std::string_view::npos;
    std::size_t p = 0, n = 0, star = none, star_name = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_name = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != none) {
            p = star + 1;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace sluice::auth
