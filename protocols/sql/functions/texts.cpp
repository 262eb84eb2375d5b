// Functions of text, character by character where PostgreSQL counts characters. `rtrim1` also
// serves text(bpchar), because both are the same C function.
#include <algorithm>

#include "gateway/core/crypto.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/functions/text_format.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

datum too_large(function_frame& f) { return f.fail({"54000", "requested length too large"}); }
bool fits(function_frame& f, std::size_t bytes) { return bytes <= f.context.io.limits.value_bytes; }

datum concatenate(function_frame& f) {
    if (!fits(f, f.text(0).size() + f.text(1).size())) return too_large(f);
    return f.text(0) + f.text(1);
}
// text || anynonarray and its mirror.
datum concatenate_any(function_frame& f) {
    std::string out;
    for (std::size_t i = 0; i < 2; ++i) output_text(f.types[i].oid, f[i], f.context.io, out);
    return fits(f, out.size()) ? datum(std::move(out)) : too_large(f);
}
datum length(function_frame& f) { return static_cast<std::int64_t>(character_count(f.text(0))); }
datum bpchar_length(function_frame& f) {
    std::string_view const text = f.text(0);
    return static_cast<std::int64_t>(
        character_count(text.substr(0, text.find_last_not_of(' ') + 1)));
}
datum byte_length(function_frame& f) { return static_cast<std::int64_t>(f.text(0).size()); }
datum bit_length(function_frame& f) { return static_cast<std::int64_t>(f.text(0).size() * 8); }
datum lower(function_frame& f) { return lower_case(f.text(0)); }
datum upper(function_frame& f) { return upper_case(f.text(0)); }
datum initial_capitals(function_frame& f) { return capitalised(f.text(0)); }

// ---- substrings

std::string part(std::string_view text, std::int64_t start, std::int64_t length) {
    // 1-based `start` may lie before the text; what is before it counts.
    auto end = length > 4611686018427387904LL - std::max<std::int64_t>(start, 0) ? INT64_MAX
                                                                                 : start + length;
    start = std::max<std::int64_t>(start, 1);
    if (end <= start) return {};
    auto const from = character_offset(text, static_cast<std::size_t>(start - 1));
    auto const rest = text.substr(from);
    return std::string(
        rest.substr(0, character_offset(rest, static_cast<std::size_t>(end - start))));
}
datum substring(function_frame& f) {
    if (f.integer(2) < 0) return f.fail({"22011", "negative substring length not allowed"});
    return part(f.text(0), f.integer(1), f.integer(2));
}
datum substring_from(function_frame& f) {
    return part(f.text(0), f.integer(1), INT32_MAX * 2LL + 4);
}
datum left(function_frame& f) {
    auto const n = f.integer(1);
    auto const count = static_cast<std::int64_t>(character_count(f.text(0)));
    return part(f.text(0), 1, n >= 0 ? n : std::max<std::int64_t>(count + n, 0));
}
datum right(function_frame& f) {
    auto const n = f.integer(1);
    auto const count = static_cast<std::int64_t>(character_count(f.text(0)));
    return part(f.text(0), (n >= 0 ? std::max<std::int64_t>(count - n, 0) : -n) + 1, count);
}
datum overlay_with(function_frame& f, std::int64_t length) {
    auto const start = f.integer(2);
    if (start <= 0) return f.fail({"22011", "negative substring length not allowed"});
    if (start + length > INT32_MAX) return f.fail({"22003", "integer out of range"});
    return part(f.text(0), 1, start - 1) + f.text(1) +
           part(f.text(0), start + length, INT32_MAX * 2LL + 4);
}
datum overlay(function_frame& f) { return overlay_with(f, f.integer(3)); }
datum overlay_whole(function_frame& f) {
    return overlay_with(f, static_cast<std::int64_t>(character_count(f.text(1))));
}
datum position(function_frame& f) {
    auto const at = f.text(0).find(f.text(1));
    if (at == std::string::npos) return std::int64_t{0};
    return static_cast<std::int64_t>(character_count(std::string_view(f.text(0)).substr(0, at))) +
           1;
}
datum starts_with(function_frame& f) { return f.text(0).starts_with(f.text(1)); }

datum reverse(function_frame& f) {
    std::string out;
    std::string_view const text = f.text(0);
    for (auto end = text.size(); end > 0;) {
        auto begin = end - 1;
        while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
        out += text.substr(begin, end - begin);
        end = begin;
    }
    return out;
}
datum repeat(function_frame& f) {
    auto const count = std::max<std::int64_t>(f.integer(1), 0);
    auto const& text = f.text(0);
    if (!text.empty() &&
        static_cast<std::uint64_t>(count) > f.context.io.limits.value_bytes / text.size())
        return too_large(f);
    std::string out;
    out.reserve(text.size() * static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count && !text.empty(); ++i) out += text;
    return out;
}
datum replace(function_frame& f) {
    auto const &text = f.text(0), &from = f.text(1), &to = f.text(2);
    if (from.empty()) return text;
    std::string out;
    std::size_t at = 0;
    while (true) {
        auto const found = text.find(from, at);
        out.append(text, at, found - at);
        if (found == std::string::npos) return out;
        out += to;
        if (!fits(f, out.size())) return too_large(f);
        at = found + from.size();
    }
}
datum split_part(function_frame& f) {
    auto const &text = f.text(0), &separator = f.text(1);
    auto n = f.integer(2);
    if (n == 0) return f.fail({"22023", "field position must not be zero"});
    if (text.empty()) return std::string();
    if (separator.empty()) return n == 1 || n == -1 ? text : std::string();
    if (n < 0) {
        std::int64_t count = 1;
        for (auto at = text.find(separator); at != std::string::npos;
             at = text.find(separator, at + separator.size()))
            ++count;
        n += count + 1;
    }
    if (n < 1) return std::string();
    std::size_t at = 0;
    while (true) {
        auto const found = text.find(separator, at);
        if (--n == 0) return text.substr(at, found - at);
        if (found == std::string::npos) return std::string();
        at = found + separator.size();
    }
}
datum translate(function_frame& f) {
    std::string out;
    std::string_view text = f.text(0), from = f.text(1), to = f.text(2);
    std::vector<char32_t> sources, targets;
    while (!from.empty()) sources.push_back(next_character(from));
    while (!to.empty()) targets.push_back(next_character(to));
    while (!text.empty()) {
        auto const c = next_character(text);
        auto const found = std::find(sources.begin(), sources.end(), c) - sources.begin();
        if (static_cast<std::size_t>(found) == sources.size())
            append_character(out, c);
        else if (static_cast<std::size_t>(found) < targets.size())
            append_character(out, targets[static_cast<std::size_t>(found)]);
    }
    return out;
}

// ---- padding and trimming

template <bool Left>
datum pad(function_frame& f) {
    static std::string const blank = " ";
    auto const& text = f.text(0);
    auto const& fill = f.size() > 2 ? f.text(2) : blank;
    auto const wanted = static_cast<std::size_t>(std::max<std::int64_t>(f.integer(1), 0));
    auto const count = character_count(text);
    if (wanted <= count || fill.empty())
        return std::string(text.substr(0, character_offset(text, wanted)));
    if (!fits(f, wanted)) return too_large(f);
    std::string padding;
    std::string_view rest;
    for (auto i = count; i < wanted; ++i) {
        if (rest.empty()) rest = fill;
        append_character(padding, next_character(rest));
    }
    return Left ? padding + text : text + padding;
}
std::string strip(std::string_view text, std::string_view set, bool left, bool right) {
    std::vector<char32_t> characters;
    while (!set.empty()) characters.push_back(next_character(set));
    auto const has = [&](char32_t c) {
        return std::find(characters.begin(), characters.end(), c) != characters.end();
    };
    while (left && !text.empty()) {
        auto rest = text;
        if (!has(next_character(rest))) break;
        text = rest;
    }
    while (right && !text.empty()) {
        auto begin = text.size() - 1;
        while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
        auto last = text.substr(begin);
        if (!has(next_character(last))) break;
        text = text.substr(0, begin);
    }
    return std::string(text);
}
template <bool Left, bool Right>
datum trim(function_frame& f) {
    return strip(f.text(0), f.size() > 1 ? std::string_view(f.text(1)) : " ", Left, Right);
}

// ---- characters and numbers

datum character_of(function_frame& f) {
    auto const code = f.integer(0);
    if (code == 0) return f.fail({"54000", "null character not permitted"});
    if (code < 0) return f.fail({"54000", "character number must be positive"});
    if (code > 0x10FFFF)
        return f.fail(
            {"54000", "requested character too large for encoding: " + std::to_string(code)});
    if (code >= 0xD800 && code <= 0xDFFF)
        return f.fail(
            {"54000", "requested character not valid for encoding: " + std::to_string(code)});
    std::string out;
    append_character(out, static_cast<char32_t>(code));
    return out;
}
datum code_of(function_frame& f) {
    std::string_view text = f.text(0);
    return text.empty() ? std::int64_t{0} : std::int64_t{next_character(text)};
}
template <class Unsigned>
datum hexadecimal(function_frame& f) {
    char text[24];
    std::snprintf(text, sizeof text, "%llx",
                  static_cast<unsigned long long>(static_cast<Unsigned>(f.integer(0))));
    return std::string(text);
}
datum md5(function_frame& f) {
    hasher hash{digest_kind::md5};
    hash.update(as_bytes(f.text(0)));
    return hash.finish().hex();
}

// ---- quoting, joining

datum quoted_identifier(function_frame& f) { return quote_identifier(f.text(0)); }
std::string any_text(function_frame& f, std::size_t i) {
    std::string text;
    output_text(f.types[i].oid, f[i], f.context.io, text);
    return text;
}
datum quoted_literal(function_frame& f) { return quote_literal(any_text(f, 0)); }
datum quoted_nullable(function_frame& f) {
    return f.null_at(0) ? std::string("NULL") : quote_literal(any_text(f, 0));
}

datum concat(function_frame& f) {
    std::string out;
    auto const values = spread_arguments(f, 0);
    for (auto const& [type, value] : values) {
        if (!is_null(value)) output_text(type, value, f.context.io, out);
        if (!fits(f, out.size())) return too_large(f);
    }
    return out;
}
datum concat_with(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    std::string out;
    bool first = true;
    for (auto const& [type, value] : spread_arguments(f, 1)) {
        if (is_null(value)) continue;
        if (!first) out += f.text(0);
        first = false;
        output_text(type, value, f.context.io, out);
        if (!fits(f, out.size())) return too_large(f);
    }
    if (f.variadic && f.null_at(1)) return sql_null{};
    return out;
}

}  // namespace

void register_text_functions(function_registry& to) {
    to.scalars({
        {"textcat", concatenate},
        {"textlen", length},
        {"bpcharlen", bpchar_length},
        {"textoctetlen", byte_length},
        {"bpcharoctetlen", byte_length},
        {"lower", lower},
        {"upper", upper},
        {"initcap", initial_capitals},
        {"text_substr", substring},
        {"text_substr_no_len", substring_from},
        {"text_left", left},
        {"text_right", right},
        {"textoverlay", overlay},
        {"textoverlay_no_len", overlay_whole},
        {"textpos", position},
        {"text_starts_with", starts_with},
        {"text_reverse", reverse},
        {"repeat", repeat},
        {"replace_text", replace},
        {"split_part", split_part},
        {"translate", translate},
        {"lpad", pad<true>},
        {"rpad", pad<false>},
        {"btrim", trim<true, true>},
        {"ltrim", trim<true, false>},
        {"rtrim", trim<false, true>},
        {"btrim1", trim<true, true>},
        {"ltrim1", trim<true, false>},
        {"chr", character_of},
        {"ascii", code_of},
        {"to_hex32", hexadecimal<std::uint32_t>},
        {"to_hex64", hexadecimal<std::uint64_t>},
        {"md5_text", md5},
        {"md5_bytea", md5},
        {"quote_ident", quoted_identifier},
        {"quote_literal", quoted_literal},
        {"quote_nullable", quoted_nullable},
        {"text_concat", concat},
        {"text_concat_ws", concat_with},
        {"text_format", format_text},
        {"text_format_nv", format_text},
    });
    to.scalar(2003, concatenate_any);
    to.scalar(2004, concatenate_any);
    to.scalar(1811, bit_length);
    to.scalar(1810, bit_length);
    to.scalar(879, pad<true>);
    to.scalar(880, pad<false>);
    to.scalar(1285, quoted_literal);
    to.scalar(1290, quoted_nullable);
}

}  // namespace sluice::sql
