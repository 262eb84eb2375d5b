#include "auth/policy/iam_pattern.hpp"

#include "auth/policy/pattern.hpp"

namespace sluice::auth {
namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

result<iam_piece> variable_in(std::string_view inside) {
    iam_piece piece;
    if (inside == "*" || inside == "?" || inside == "$") {
        piece.is_variable = true;
        piece.text = inside;
        return piece;
    }
    auto const comma = inside.find(',');
    piece.is_variable = true;
    piece.text = trimmed(inside.substr(0, comma));
    bool right = piece.text.find(':') != piece.text.npos;
    if (comma != inside.npos) {
        auto const quoted = trimmed(inside.substr(comma + 1));
        right = right && quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'' &&
                quoted.substr(1, quoted.size() - 2).find('\'') == quoted.npos;
        if (right) piece.otherwise = quoted.substr(1, quoted.size() - 2);
    }
    if (!right) return failure{error::invalid_argument, "${" + std::string(inside) + "}"};
    return piece;
}

// A pattern as characters, each of which is itself or wild.
struct expanded {
    std::string text;
    std::string is_wild;  // '1' or '0' for each
    void add(char c, bool wild) {
        text += c;
        is_wild += wild ? '1' : '0';
    }
};

std::optional<expanded> expand(std::string_view pattern, bool wild, iam_lookup const& value_of) {
    auto const pieces = pieces_of(pattern);
    if (pieces.has_error()) return std::nullopt;
    expanded out;
    for (auto const& piece : *pieces) {
        if (!piece.is_variable) {
            for (char const c : piece.text) out.add(c, wild && (c == '*' || c == '?'));
            continue;
        }
        if (piece.text.size() == 1) {
            out.add(piece.text[0], false);
            continue;
        }
        auto value = value_of(piece.text);
        if (!value && piece.otherwise) value = std::string(*piece.otherwise);
        if (!value) return std::nullopt;
        for (char const c : *value) out.add(c, false);
    }
    return out;
}

// As glob_matches, with characters that are not wild.
bool matches(expanded const& pattern, std::string_view name) {
    constexpr auto none = std::string_view::npos;
    std::size_t p = 0, n = 0, star = none, star_name = 0;
    auto const size = pattern.text.size();
    auto const is = [&](std::size_t at, char c) {
        return at < size && pattern.is_wild[at] == '1' && pattern.text[at] == c;
    };
    while (n < name.size()) {
        bool const same = p < size && pattern.is_wild[p] == '0' && pattern.text[p] == name[n];
        if (is(p, '*')) {
            star = p++;
            star_name = n;
        } else if (same || is(p, '?')) {
            ++p;
            ++n;
        } else if (star != none) {
            p = star + 1;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (is(p, '*')) ++p;
    return p == size;
}

}  // namespace

result<std::vector<iam_piece>> pieces_of(std::string_view text) {
    std::vector<iam_piece> out;
    while (!text.empty()) {
        auto const start = text.find("${");
        if (start != 0) {
            iam_piece plain;
            plain.text = text.substr(0, start);
            out.push_back(plain);
            if (start == text.npos) break;
            text.remove_prefix(start);
        }
        auto const end = text.find('}');
        if (end == text.npos) return failure{error::invalid_argument, std::string(text)};
        SLUICE_TRY(auto one, variable_in(text.substr(2, end - 2)));
        out.push_back(one);
        text.remove_prefix(end + 1);
    }
    return out;
}

bool iam_matches(std::string_view pattern, std::string_view text, bool wild,
                 iam_lookup const& value_of) {
    if (pattern.find("${") == pattern.npos)
        return wild ? glob_matches(pattern, text) : pattern == text;
    auto const made = expand(pattern, wild, value_of);
    return made && matches(*made, text);
}

}  // namespace sluice::auth
