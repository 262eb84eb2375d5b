#include "protocols/sql/types/datetime_fields.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace sluice::sql {
namespace {

constexpr std::size_t max_fields = 25, max_text = 128;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_alpha(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool is_punctuation(char byte) {
    return byte > ' ' && byte < 127 && !is_digit(byte) && !is_alpha(byte);
}
char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; }

class field_reader {
public:
    field_reader(std::string_view text, std::vector<date_field>& fields)
        : rest_(text), fields_(fields) {}

    bool read() {
        while (!rest_.empty()) {
            if (is_space(peek())) {
                rest_.remove_prefix(1);
                continue;
            }
            if (fields_.size() >= max_fields) return false;
            date_field field;
            if (!one(field)) return false;
            if (field.text.size() > max_text) return false;
            if (!field.text.empty()) fields_.push_back(std::move(field));
        }
        return true;
    }

private:
    using kind = date_field::kind;
    char peek(std::size_t ahead = 0) const { return ahead < rest_.size() ? rest_[ahead] : '\0'; }
    void take(date_field& field) {
        field.text.push_back(lower(rest_.front()));
        rest_.remove_prefix(1);
    }
    template <class Test>
    void take_while(date_field& field, Test test) {
        while (!rest_.empty() && test(rest_.front())) take(field);
    }

    bool one(date_field& field) {
        char const first = peek();
        if (is_digit(first)) return digits(field), true;
        if (first == '.') {
            field.what = kind::number;
            take(field);
            take_while(field, is_digit);
            return true;
        }
        if (is_alpha(first)) return word(field), true;
        if (first == '+' || first == '-') {
            take(field);
            while (!rest_.empty() && is_space(peek())) rest_.remove_prefix(1);
            if (is_digit(peek())) {
                field.what = kind::zone;
                take_while(field,
                           [](char c) { return is_digit(c) || c == ':' || c == '.' || c == '-'; });
                return true;
            }
            if (is_alpha(peek())) {
                field.what = kind::special;
                take_while(field, is_alpha);
                return true;
            }
            return false;
        }
        if (is_punctuation(first)) {  // separators without meaning
            rest_.remove_prefix(1);
            return true;
        }
        return false;
    }

    void digits(date_field& field) {
        take_while(field, is_digit);
        char const next = peek();
        if (next == ':') {
            field.what = kind::time;
            take_while(field, [](char c) { return is_digit(c) || c == ':' || c == '.'; });
        } else if (next == '-' || next == '/' || next == '.') {
            take(field);
            if (is_digit(peek())) {
                field.what = next == '.' ? kind::number : kind::date;
                take_while(field, is_digit);
                if (peek() == next) {
                    field.what = kind::date;
                    take_while(field, [next](char c) { return is_digit(c) || c == next; });
                }
            } else {
                field.what = kind::date;
                take_while(field,
                           [next](char c) { return is_digit(c) || is_alpha(c) || c == next; });
            }
        } else {
            field.what = kind::number;
        }
    }

    void word(date_field& field) {
        field.what = kind::word;
        take_while(field, is_alpha);
        char const next = peek();
        bool is_date = next == '-' || next == '/' || next == '.';
        if (is_date) field.what = kind::date;
        // A zone's name may hold digits, signs, slashes and underscores; a month or a unit does
        // not.
        if (!is_date && (next == '+' || is_digit(next)) && !is_known_word(field.text))
            is_date = true;
        if (next == '_') is_date = true;
        if (!is_date) return;
        take_while(field, [](char c) {
            return c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':' ||
                   is_digit(c) || is_alpha(c);
        });
        field.what = kind::date;
    }
    static bool is_known_word(std::string_view word) {
        return word == "t" || word == "j" || word == "p" || word == "jd" || word == "julian" ||
               month_named(word) != 0 || weekday_named(word) >= 0 || word == "at" || word == "on" ||
               word == "am" || word == "pm" || word == "bc" || word == "ad" || word == "d" ||
               word == "m" || word == "y" || word == "h" || word == "s";
    }

    std::string_view rest_;
    std::vector<date_field>& fields_;
};

}  // namespace

bool split_date_fields(std::string_view text, std::vector<date_field>& fields) {
    return field_reader(text, fields).read();
}

int month_named(std::string_view word) {
    constexpr std::string_view months[] = {"january",   "february", "march",    "april",
                                           "may",       "june",     "july",     "august",
                                           "september", "october",  "november", "december"};
    if (word == "sept") return 9;
    for (int i = 0; i < 12; ++i)
        if (word == months[i] || word == months[i].substr(0, 3)) return i + 1;
    return 0;
}

int weekday_named(std::string_view word) {
    constexpr std::string_view days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                         "thursday", "friday", "saturday"};
    if (word == "tues") return 2;
    if (word == "weds") return 3;
    if (word == "thur" || word == "thurs") return 4;
    for (int i = 0; i < 7; ++i)
        if (word == days[i] || word == days[i].substr(0, 3)) return i;
    return -1;
}

bool read_fraction(std::string_view text, std::int64_t& microseconds) {
    double value = 0;
    std::string padded =
        text.empty() || text[0] == '.' ? "0" + std::string(text) : std::string(text);
    if (padded == "0.") padded = "0";
    auto const read = std::from_chars(padded.data(), padded.data() + padded.size(), value,
                                      std::chars_format::fixed);
    if (read.ec != std::errc() || read.ptr != padded.data() + padded.size()) return false;
    microseconds = static_cast<std::int64_t>(std::rint(value * 1000000));
    return true;
}

bool read_clock(std::string_view text, std::int64_t& microseconds, bool& out_of_range,
                bool minutes_seconds) {
    std::int64_t parts[3] = {0, 0, 0};
    int count = 0;
    std::int64_t fraction = 0;
    bool has_fraction = false;
    while (true) {
        std::int64_t value = 0;
        auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec == std::errc::result_out_of_range) return out_of_range = true, false;
        if (read.ec != std::errc()) return false;
        parts[count++] = value;
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        if (text.empty()) break;
        if (text[0] == ':' && count < 3) {
            text.remove_prefix(1);
            if (text.empty()) break;
            continue;
        }
        if (text[0] != '.' || !read_fraction(text, fraction)) return false;
        has_fraction = true;
        break;
    }
    if (count == 2 && (has_fraction || minutes_seconds)) {  // mm:ss.ffff
        parts[2] = parts[1];
        parts[1] = parts[0];
        parts[0] = 0;
    }
    if (parts[1] > 59 || parts[2] > 60 || (parts[2] == 60 && fraction > 0) || fraction > 1000000) {
        out_of_range = true;
        return false;
    }
    auto const of_minutes = (parts[1] * 60 + parts[2]) * 1000000 + fraction;
    out_of_range = __builtin_mul_overflow(parts[0], std::int64_t{3'600'000'000}, &microseconds) ||
                   __builtin_add_overflow(microseconds, of_minutes, &microseconds);
    return !out_of_range;
}

bool read_zone_offset(std::string_view text, std::int32_t& seconds_east, bool& out_of_range) {
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
    bool const negative = text[0] == '-';
    text.remove_prefix(1);
    int parts[3] = {0, 0, 0};
    int count = 0;
    bool colons = false;
    std::string_view all = text;
    while (!text.empty() && count < 3) {
        auto const read = std::from_chars(text.data(), text.data() + text.size(), parts[count]);
        if (read.ec != std::errc()) return false;
        ++count;
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        if (text.empty()) break;
        if (text[0] != ':') return false;
        colons = true;
        text.remove_prefix(1);
    }
    if (!text.empty()) return false;
    if (!colons && all.size() > 2) {  // hhmm, hhmmss
        int const value = parts[0];
        if (all.size() > 4) {
            parts[0] = value / 10000;
            parts[1] = value / 100 % 100;
            parts[2] = value % 100;
        } else {
            parts[0] = value / 100;
            parts[1] = value % 100;
        }
    }
    if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59) return out_of_range = true, false;
    seconds_east = parts[0] * 3600 + parts[1] * 60 + parts[2];
    if (negative) seconds_east = -seconds_east;
    return true;
}

}  // namespace sluice::sql
