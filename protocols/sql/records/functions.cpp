#include <charconv>
#include <cmath>

#include "protocols/sql/records/evaluate.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

record_fault cast_failed(value const& of, std::string_view type) {
    std::string shown;
    print(of, shown);
    constexpr std::size_t shown_max = 64;
    if (shown.size() > shown_max) {
        shown.resize(character_offset(shown, shown_max / 4));
        shown += "...";
    }
    return {fault::cast_failed,
            "Attempt to convert '" + shown + "' to " + std::string(type) + " using CAST failed."};
}

record_fault wrong_type(std::string_view function, std::string_view wanted) {
    return {fault::incorrect_sql_function_argument_type,
            std::string(function) + " takes " + std::string(wanted) + "."};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

record_result<value> to_boolean(value const& of) {
    if (of.get<bool>() != nullptr) return of;
    std::string_view room;
    if (auto const* text = of.text(room)) {
        auto const word = trimmed(*text);
        if (same_ignoring_case(word, "true")) return true;
        if (same_ignoring_case(word, "false")) return false;
        return cast_failed(of, "BOOL");
    }
    auto const number = as_number(of);
    if (number.is_missing()) return cast_failed(of, "BOOL");
    return compare(number, value(std::int64_t{0})) != ordering::equal;
}

record_result<value> to_integer(value const& of) {
    if (auto const* flag = of.get<bool>()) return std::int64_t{*flag ? 1 : 0};
    std::string_view room;
    if (auto const* text = of.text(room)) {
        auto const number = number_of(trimmed(*text));
        if (number.get<std::int64_t>() == nullptr) return cast_failed(of, "INT");
        return number;
    }
    if (auto const* real = of.get<double>()) {
        // The bounds are exact as doubles.
        constexpr double bound = 9223372036854775808.0;
        if (!(*real >= -bound && *real < bound)) return cast_failed(of, "INT");
        return static_cast<std::int64_t>(*real);
    }
    if (auto const* decimal = of.get<numeric>()) {
        auto const whole = decimal->truncated(0).to_int64();
        if (!whole) return cast_failed(of, "INT");
        return *whole;
    }
    if (of.get<std::int64_t>() != nullptr) return of;
    return cast_failed(of, "INT");
}

record_result<value> to_number(value const& of, bool exact) {
    auto const* name = exact ? "DECIMAL" : "FLOAT";
    value number;
    std::string_view room;
    if (auto const* flag = of.get<bool>()) {
        number = std::int64_t{*flag ? 1 : 0};
    } else if (auto const* text = of.text(room)) {
        auto const word = trimmed(*text);
        if (!exact) {
            auto const digits = word.starts_with('+') ? word.substr(1) : word;
            double real = 0;
            auto const* end = digits.data() + digits.size();
            auto const parsed = std::from_chars(digits.data(), end, real);
            if (number_of(word).is_missing() || parsed.ec != std::errc{} || parsed.ptr != end)
                return cast_failed(of, name);
            return real;
        }
        number = number_of(word);
    } else {
        number = as_number(of);
    }
    if (number.is_missing()) return cast_failed(of, name);
    if (!exact) return to_float(number);
    if (auto const* real = number.get<double>(); real != nullptr && !std::isfinite(*real))
        return cast_failed(of, name);
    return value(to_decimal(number));
}

record_result<value> to_moment(value const& of) {
    if (of.get<timestamp>() != nullptr) return of;
    std::string_view room;
    if (auto const* text = of.text(room))
        if (auto const moment = parse_timestamp(trimmed(*text))) return value(*moment);
    return cast_failed(of, "TIMESTAMP");
}

record_result<std::string_view> text_of(value const& of, std::string_view& room,
                                        std::string_view function) {
    auto const* text = of.text(room);
    if (text == nullptr) return wrong_type(function, "a string");
    return *text;
}

record_result<timestamp> moment_of(value const& of, std::string_view function) {
    auto const* moment = of.get<timestamp>();
    if (moment == nullptr) return wrong_type(function, "a timestamp");
    return *moment;
}

record_result<std::int64_t> whole_of(value const& of, std::string_view function) {
    auto const number = as_number(of);
    if (auto const* whole = number.get<std::int64_t>()) return *whole;
    return wrong_type(function, "a whole number");
}

// Positions count from 1; what lies before the text is not there, as in SQL-92.
record_result<value> substring(std::span<value const> arguments) {
    std::string_view room;
    SLUICE_TRY(auto const text, text_of(arguments[0], room, "SUBSTRING"));
    SLUICE_TRY(auto const start, whole_of(arguments[1], "SUBSTRING"));
    auto const count = static_cast<std::int64_t>(character_count(text));
    auto end = count + 1;
    if (arguments.size() == 3) {
        SLUICE_TRY(auto const length, whole_of(arguments[2], "SUBSTRING"));
        if (length < 0)
            return record_fault(fault::evaluator_invalid_arguments,
                                "The length of SUBSTRING must not be negative.");
        std::int64_t asked = 0;
        if (!__builtin_add_overflow(start, length, &asked)) end = std::min(end, asked);
    }
    auto const first = std::max<std::int64_t>(start, 1);
    if (first >= end) return std::string();
    auto const from = character_offset(text, static_cast<std::size_t>(first - 1));
    auto const to = character_offset(text, static_cast<std::size_t>(end - 1));
    return std::string(text.substr(from, to - from));
}

record_result<value> trim(operation what, std::span<value const> arguments) {
    std::string_view room, set_room;
    SLUICE_TRY(auto text, text_of(arguments[0], room, "TRIM"));
    std::u32string set(1, U' ');
    if (arguments.size() == 2) {
        SLUICE_TRY(auto characters, text_of(arguments[1], set_room, "TRIM"));
        set.clear();
        while (!characters.empty()) set += next_character(characters);
    }
    auto const in_set = [&set](char32_t c) { return set.find(c) != std::u32string::npos; };
    if (what != operation::trim_trailing) {
        for (auto rest = text; !rest.empty(); text = rest)
            if (!in_set(next_character(rest))) break;
    }
    if (what != operation::trim_leading) {
        while (!text.empty()) {
            auto begin = text.size() - 1;
            while (begin > 0 && (text[begin] & 0xc0) == 0x80) --begin;
            auto last = text.substr(begin);
            if (!in_set(next_character(last))) break;
            text = text.substr(0, begin);
        }
    }
    return std::string(text);
}

record_result<value> date_function(expression const& of, std::span<value const> arguments) {
    if (of.what == operation::date_add) {
        SLUICE_TRY(auto const quantity, whole_of(arguments[0], "DATE_ADD"));
        SLUICE_TRY(auto const base, moment_of(arguments[1], "DATE_ADD"));
        SLUICE_TRY(auto const moved, add_to(base, of.part, quantity));
        return value(moved);
    }
    if (of.what == operation::date_diff) {
        SLUICE_TRY(auto const a, moment_of(arguments[0], "DATE_DIFF"));
        SLUICE_TRY(auto const b, moment_of(arguments[1], "DATE_DIFF"));
        return difference(of.part, a, b);
    }
    if (of.what == operation::extract) {
        SLUICE_TRY(auto const from, moment_of(arguments[0], "EXTRACT"));
        return extract(of.part, from);
    }
    std::string_view room;
    if (of.what == operation::to_timestamp) {
        SLUICE_TRY(auto const text, text_of(arguments[0], room, "TO_TIMESTAMP"));
        auto const moment = parse_timestamp(text);
        if (!moment)
            return record_fault(fault::value_parse_failure,
                                "TO_TIMESTAMP was given a text that is no timestamp.");
        return value(*moment);
    }
    SLUICE_TRY(auto const moment, moment_of(arguments[0], "TO_STRING"));
    SLUICE_TRY(auto const pattern, text_of(arguments[1], room, "TO_STRING"));
    SLUICE_TRY(auto text, format_timestamp(moment, pattern));
    return value(std::move(text));
}

record_result<value> like(std::span<value const> arguments) {
    std::string_view room[3];
    std::optional<std::string_view> texts[3];
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto const* text = arguments[i].text(room[i]);
        if (text == nullptr)
            return record_fault(fault::like_invalid_inputs, "LIKE takes strings.");
        texts[i] = *text;
    }
    SLUICE_TRY(auto const matches, is_like(*texts[0], *texts[1], texts[2]));
    return matches;
}

}  // namespace

record_result<value> cast_to(cast_type to, value const& of) {
    switch (to) {
        case cast_type::boolean: return to_boolean(of);
        case cast_type::integer: return to_integer(of);
        case cast_type::floating: return to_number(of, false);
        case cast_type::decimal: return to_number(of, true);
        case cast_type::timestamp: return to_moment(of);
        case cast_type::string: break;
    }
    if (of.as_list() != nullptr || of.as_object() != nullptr) return cast_failed(of, "STRING");
    std::string text;
    print(of, text);
    return value(std::move(text));
}

record_result<value> call(expression const& of, std::span<value const> arguments) {
    std::string_view room, other_room;
    switch (of.what) {
        case operation::like: return like(arguments);
        case operation::concatenate: {
            SLUICE_TRY(auto const left, text_of(arguments[0], room, "||"));
            SLUICE_TRY(auto const right, text_of(arguments[1], other_room, "||"));
            return std::string(left) + std::string(right);
        }
        case operation::char_length: {
            SLUICE_TRY(auto const text, text_of(arguments[0], room, "CHAR_LENGTH"));
            return static_cast<std::int64_t>(character_count(text));
        }
        case operation::lower: {
            SLUICE_TRY(auto const text, text_of(arguments[0], room, "LOWER"));
            return lower_case(text);
        }
        case operation::upper: {
            SLUICE_TRY(auto const text, text_of(arguments[0], room, "UPPER"));
            return upper_case(text);
        }
        case operation::substring: return substring(arguments);
        case operation::trim_both:
        case operation::trim_leading:
        case operation::trim_trailing: return trim(of.what, arguments);
        default: return date_function(of, arguments);
    }
}

}  // namespace sluice::sql::records
