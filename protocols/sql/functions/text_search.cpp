// LIKE and the functions of regular expressions.
#include <algorithm>

#include "protocols/sql/functions/regexp_options.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

// ---- LIKE: bytes for text in UTF-8 (`_` takes a whole character) and for bytea (a byte)

enum class like : std::uint8_t { no, yes, bad_escape };

like matches(std::string_view text, std::string_view pattern, bool characters) {
    // One `%` is remembered: going back to the last is enough.
    std::size_t t = 0, p = 0, star = std::string_view::npos, star_text = 0;
    auto const width = [&](std::size_t at) {
        return characters ? std::min(character_bytes(static_cast<unsigned char>(text[at])),
                                     text.size() - at)
                          : 1;
    };
    while (true) {
        if (p < pattern.size() && pattern[p] == '%') {
            star = ++p;
            star_text = t;
            continue;
        }
        if (t == text.size()) {
            while (p < pattern.size() && pattern[p] == '%') ++p;
            if (p == pattern.size()) return like::yes;
            return like::no;
        }
        if (p < pattern.size()) {
            if (pattern[p] == '_') {
                t += width(t);
                ++p;
                continue;
            }
            auto at = p;
            if (pattern[at] == '\\') {
                if (++at == pattern.size()) return like::bad_escape;
            }
            if (pattern[at] == text[t]) {
                ++t;
                p = at + 1;
                continue;
            }
        }
        if (star == std::string_view::npos) return like::no;
        star_text += width(star_text);
        t = star_text;
        p = star;
    }
}

datum answer(function_frame& f, like found, bool wanted) {
    if (found == like::bad_escape)
        return f.fail({"22025", "LIKE pattern must not end with escape character"});
    return (found == like::yes) == wanted;
}
template <bool Wanted, bool Characters>
datum like_operator(function_frame& f) {
    return answer(f, matches(f.text(0), f.text(1), Characters), Wanted);
}
template <bool Wanted>
datum ilike_operator(function_frame& f) {
    return answer(f, matches(lower_case(f.text(0)), lower_case(f.text(1)), true), Wanted);
}
// The pattern with its escape character made a backslash.
datum like_escape(function_frame& f) {
    std::string_view const pattern = f.text(0), escape = f.text(1);
    if (character_count(escape) > 1)
        return f.fail(sql_error("22025", "invalid escape string")
                          .with_hint("Escape string must be empty or one character."));
    if (escape == "\\") return f[0];
    std::string out;
    bool after = false;
    for (auto rest = pattern; !rest.empty();) {
        auto const size =
            std::min(character_bytes(static_cast<unsigned char>(rest[0])), rest.size());
        auto const c = rest.substr(0, size);
        rest.remove_prefix(size);
        if (!after && !escape.empty() && c == escape) {
            out.push_back('\\');
            after = true;
            continue;
        }
        if (c == "\\" && !after) out.push_back('\\');
        out += c;
        after = false;
    }
    return out;
}

// ---- regular expressions

// Texts are searched character by character, four bytes each.
std::size_t most_characters(function_frame const& f) {
    return f.context.io.limits.value_bytes / sizeof(char32_t);
}
sql_error too_long_to_search() { return {"54000", "text is too long for a regular expression"}; }

bool find_in(function_frame& f, bool ignore_case, bool& found) {
    expression_options options;
    options.ignore_case = ignore_case;
    auto const compiled = find_expression(f.text(1), options);
    if (compiled.has_error()) return f.fail(compiled.error()), false;
    if (f.text(0).size() > most_characters(f)) return f.fail(too_long_to_search()), false;
    auto const text = characters_of(f.text(0));
    std::vector<match_span> groups;
    auto const result = (*compiled)->search(text, 0, false, groups);
    if (result.has_error()) return f.fail(result.error()), false;
    found = *result;
    return true;
}
template <bool Wanted, bool IgnoreCase>
datum regular_operator(function_frame& f) {
    bool found = false;
    return find_in(f, IgnoreCase, found) ? datum(found == Wanted) : datum();
}

// Searching one text again and again.
class scan {
public:
    scan(function_frame& f, std::size_t text, std::size_t pattern, regexp_options options)
        : f_(f) {
        if (f.text(text).size() > most_characters(f)) {
            f.fail(too_long_to_search());
            return;
        }
        text_ = characters_of(f.text(text));
        auto compiled = find_expression(f.text(pattern), options.expression);
        if (compiled.has_error())
            f.fail(std::move(compiled).error());
        else
            expression_ = *compiled;
    }
    explicit operator bool() const { return expression_ != nullptr && !f_.error; }
    bool next(std::size_t from) {
        if (f_.error || from > text_.size()) return false;
        if (f_.context.cancelled && f_.context.cancelled()) {
            f_.fail({"57014", "canceling statement due to user request"});
            return false;
        }
        auto const found = expression_->search(text_, from, true, groups);
        if (found.has_error()) return f_.fail(found.error()), false;
        return *found;
    }
    // Where the search goes on after a match.
    std::size_t after() const {
        auto const end = static_cast<std::size_t>(groups[0].end);
        return groups[0].end == groups[0].begin ? end + 1 : end;
    }
    std::u32string_view part(match_span span) const {
        return std::u32string_view(text_).substr(static_cast<std::size_t>(span.begin),
                                                 static_cast<std::size_t>(span.end - span.begin));
    }
    datum value(match_span span) const {
        return span.begin < 0 ? datum() : datum(utf8_of(part(span)));
    }
    std::u32string const& text() const { return text_; }
    std::size_t group_count() const { return expression_->group_count(); }
    std::vector<match_span> groups;

private:
    function_frame& f_;
    std::u32string text_;
    std::shared_ptr<regular_expression> expression_;
};

datum substring_from_pattern(function_frame& f) {
    scan search(f, 0, 1, {});
    if (!search || !search.next(0)) return sql_null{};
    return search.value(search.group_count() > 0 ? search.groups[1] : search.groups[0]);
}

datum parts_of(scan const& search) {
    std::vector<datum> parts;
    if (search.group_count() == 0) parts.push_back(search.value(search.groups[0]));
    for (std::size_t i = 1; i <= search.group_count(); ++i)
        parts.push_back(search.value(search.groups[i]));
    return make_array(oid::text, std::move(parts));
}
datum regexp_match(function_frame& f) {
    auto const options = read_options(f, 2);
    if (f.error) return sql_null{};
    if (options.global)
        return f.fail(sql_error("22023", "regexp_match() does not support the \"global\" option")
                          .with_hint("Use the regexp_matches function instead."));
    scan search(f, 0, 1, options);
    return search && search.next(0) ? parts_of(search) : datum();
}

// Up to a little more than `most` characters in all.
void append_replacement(scan const& search, std::u32string_view replacement, std::size_t most,
                        std::u32string& out) {
    for (std::size_t i = 0; i < replacement.size() && out.size() <= most; ++i) {
        auto const c = replacement[i];
        if (c != U'\\' || i + 1 == replacement.size()) {
            out.push_back(c);
            continue;
        }
        auto const next = replacement[++i];
        if (next == U'&') {
            out += search.part(search.groups[0]);
        } else if (next >= U'1' && next <= U'9') {
            auto const group = static_cast<std::size_t>(next - U'0');
            if (group < search.groups.size() && search.groups[group].begin >= 0)
                out += search.part(search.groups[group]);
        } else if (next == U'\\') {
            out.push_back(U'\\');
        } else {
            out.push_back(U'\\');
            out.push_back(next);
        }
    }
}
// From the `start`-th character, the n-th match (0: all).
datum replace_with(function_frame& f, regexp_options const& options, std::int64_t start,
                   std::int64_t n) {
    scan search(f, 0, 1, options);
    if (!search) return sql_null{};
    if (f.text(2).size() > most_characters(f))
        return f.fail({"54000", "requested length too large"});
    auto const replacement = characters_of(f.text(2));
    std::u32string out;
    std::size_t copied = 0;
    auto from = static_cast<std::size_t>(start - 1);
    for (std::int64_t count = 1; search.next(from); ++count) {
        if (n == 0 || count == n) {
            auto const begin = static_cast<std::size_t>(search.groups[0].begin);
            out += search.text().substr(copied, begin - copied);
            append_replacement(search, replacement, most_characters(f), out);
            copied = static_cast<std::size_t>(search.groups[0].end);
            if (out.size() > most_characters(f))
                return f.fail({"54000", "requested length too large"});
        }
        if (n == count) break;
        from = search.after();
    }
    if (f.error) return sql_null{};
    if (copied < search.text().size()) out += search.text().substr(copied);
    return utf8_of(out);
}
datum replace_first(function_frame& f) { return replace_with(f, {}, 1, 1); }
datum replace_flags(function_frame& f) {
    auto const& flags = f.text(3);
    if (!flags.empty() && flags[0] >= '0' && flags[0] <= '9')
        return f.fail(
            sql_error("22023", "invalid regular expression option: \"" + flags.substr(0, 1) + "\"")
                .with_hint("If you meant to use regexp_replace() with a start parameter, cast the "
                           "fourth argument to integer explicitly."));
    auto const options = read_options(f, 3);
    return f.error ? datum() : replace_with(f, options, 1, options.global ? 0 : 1);
}
bool positive(function_frame& f, std::size_t i, char const* name, std::int64_t least) {
    if (f.integer(i) >= least) return true;
    f.fail({"22023", std::string("invalid value for parameter \"") + name +
                         "\": " + std::to_string(f.integer(i))});
    return false;
}
datum replace_extended(function_frame& f) {
    if (!positive(f, 3, "start", 1)) return sql_null{};
    std::int64_t n = 1;
    if (f.size() > 4) {
        if (!positive(f, 4, "n", 0)) return sql_null{};
        n = f.integer(4);
    }
    auto options = read_options(f, 5);
    if (f.error) return sql_null{};
    if (f.size() < 5 && options.global) n = 0;
    return replace_with(f, options, f.integer(3), n);
}

datum regexp_count(function_frame& f) {
    if (f.size() > 2 && !positive(f, 2, "start", 1)) return sql_null{};
    auto const options = read_options(f, 3);
    scan search(f, 0, 1, options);
    if (!search) return sql_null{};
    std::int64_t count = 0;
    auto from = static_cast<std::size_t>(f.size() > 2 ? f.integer(2) - 1 : 0);
    while (search.next(from)) ++count, from = search.after();
    return f.error ? datum() : datum(count);
}
datum regexp_like(function_frame& f) {
    auto const options = read_options(f, 2);
    scan search(f, 0, 1, options);
    if (!search) return sql_null{};
    bool const found = search.next(0);
    return f.error ? datum() : datum(found);
}

std::vector<datum> split_at_matches(function_frame& f) {
    std::vector<datum> parts;
    auto const options = read_options(f, 2);
    scan search(f, 0, 1, options);
    if (!search) return parts;
    std::size_t copied = 0, from = 0, weight = 0;
    auto const& text = search.text();
    while (search.next(from)) {
        auto const begin = static_cast<std::size_t>(search.groups[0].begin);
        auto const end = static_cast<std::size_t>(search.groups[0].end);
        from = search.after();
        // An empty match at the start, at the end or right after a match does not split.
        if (begin == end && (begin == text.size() || begin == copied)) continue;
        parts.emplace_back(utf8_of(std::u32string_view(text).substr(copied, begin - copied)));
        copied = end;
        weight += weight_of(parts.back());
        if (weight > f.context.io.limits.value_bytes) {
            f.fail({"54000", "too many regular expression matches"});
            return parts;
        }
    }
    parts.emplace_back(utf8_of(std::u32string_view(text).substr(std::min(copied, text.size()))));
    return parts;
}
datum split_to_array(function_frame& f) {
    auto parts = split_at_matches(f);
    return f.error ? datum() : make_array(oid::text, std::move(parts));
}

std::unique_ptr<row_set> split_to_table(function_frame& f) {
    return rows_at_hand(split_at_matches(f));
}
std::unique_ptr<row_set> all_matches(function_frame& f) {
    std::vector<datum> rows;
    std::size_t weight = 0;
    auto const options = read_options(f, 2);
    scan search(f, 0, 1, options);
    if (search) {
        std::size_t from = 0;
        while (search.next(from)) {
            rows.push_back(parts_of(search));
            weight += weight_of(rows.back());
            if (weight > f.context.io.limits.value_bytes) {
                f.fail({"54000", "too many regular expression matches"});
                break;
            }
            from = search.after();
            if (!options.global) break;
        }
    }
    return rows_at_hand(std::move(rows));
}

// SIMILAR TO's pattern as a regular expression; null escape: none.
datum similar_pattern(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    std::string_view const escape =
        f.size() > 1 ? (f.null_at(1) ? std::string_view("\\") : f.text(1)) : "\\";
    if (character_count(escape) > 1)
        return f.fail(sql_error("22019", "invalid escape string")
                          .with_hint("Escape string must be empty or one character."));
    std::string out = "^(?:";
    bool after = false, bracket = false;
    for (std::string_view rest = f.text(0); !rest.empty();) {
        auto const size =
            std::min(character_bytes(static_cast<unsigned char>(rest[0])), rest.size());
        auto const c = rest.substr(0, size);
        rest.remove_prefix(size);
        if (after) {
            if (c == "\"" && !bracket)
                return f.fail({"0A000", "SIMILAR TO separators are not supported"});
            out += "\\" + std::string(c);
            after = false;
        } else if (!escape.empty() && c == escape) {
            after = true;
        } else if (bracket) {
            if (c == "\\") out += "\\";
            out += c;
            if (c == "]") bracket = false;
        } else if (c == "[") {
            out += c;
            bracket = true;
        } else if (c == "%") {
            out += ".*";
        } else if (c == "_") {
            out += ".";
        } else if (c == "(") {
            out += "(?:";
        } else if (c == "\\" || c == "." || c == "^" || c == "$") {
            out += "\\" + std::string(c);
        } else {
            out += c;
        }
    }
    return out + ")$";
}

}  // namespace

regexp_options read_options(function_frame& f, std::size_t index) {
    regexp_options options;
    if (index >= f.size()) return options;
    for (char const c : f.text(index)) {
        auto& e = options.expression;
        switch (c) {
            case 'g':
                options.global = true;
                break;
            case 'b':
                e.basic = true;
                break;
            case 'c':
                e.ignore_case = false;
                break;
            case 'e':
                e.basic = false;
                break;
            case 'i':
                e.ignore_case = true;
                break;
            case 'm':
            case 'n':
                e.newline_stops = e.newline_anchors = true;
                break;
            case 'p':
                e.newline_stops = true, e.newline_anchors = false;
                break;
            case 'q':
                e.literal = true;
                break;
            case 's':
                e.newline_stops = e.newline_anchors = false;
                break;
            case 't':
                e.expanded = false;
                break;
            case 'w':
                e.newline_stops = false, e.newline_anchors = true;
                break;
            case 'x':
                e.expanded = true;
                break;
            default:
                f.fail(
                    {"22023", "invalid regular expression option: \"" + std::string(1, c) + "\""});
                return options;
        }
    }
    return options;
}

void register_text_search_functions(function_registry& to) {
    to.scalars({
        {"textlike", like_operator<true, true>},
        {"textnlike", like_operator<false, true>},
        {"namelike", like_operator<true, true>},
        {"namenlike", like_operator<false, true>},
        {"bytealike", like_operator<true, false>},
        {"byteanlike", like_operator<false, false>},
        {"texticlike", ilike_operator<true>},
        {"texticnlike", ilike_operator<false>},
        {"nameiclike", ilike_operator<true>},
        {"nameicnlike", ilike_operator<false>},
        {"like_escape", like_escape},
        {"textregexeq", regular_operator<true, false>},
        {"textregexne", regular_operator<false, false>},
        {"texticregexeq", regular_operator<true, true>},
        {"texticregexne", regular_operator<false, true>},
        {"nameregexeq", regular_operator<true, false>},
        {"nameregexne", regular_operator<false, false>},
        {"nameicregexeq", regular_operator<true, true>},
        {"nameicregexne", regular_operator<false, true>},
        {"textregexsubstr", substring_from_pattern},
        {"regexp_match", regexp_match},
        {"regexp_match_no_flags", regexp_match},
        {"textregexreplace_noopt", replace_first},
        {"textregexreplace", replace_flags},
        {"textregexreplace_extended", replace_extended},
        {"textregexreplace_extended_no_flags", replace_extended},
        {"textregexreplace_extended_no_n", replace_extended},
        {"regexp_count", regexp_count},
        {"regexp_count_no_start", regexp_count},
        {"regexp_count_no_flags", regexp_count},
        {"regexp_like", regexp_like},
        {"regexp_like_no_flags", regexp_like},
        {"regexp_split_to_array", split_to_array},
        {"regexp_split_to_array_no_flags", split_to_array},
        {"similar_to_escape_1", similar_pattern},
        {"similar_to_escape_2", similar_pattern},
        {"similar_escape", similar_pattern},
    });
    to.sets({{"regexp_matches", all_matches},
             {"regexp_matches_no_flags", all_matches},
             {"regexp_split_to_table", split_to_table},
             {"regexp_split_to_table_no_flags", split_to_table}});
}

}  // namespace sluice::sql
