// to_date and to_timestamp by template.
#include <algorithm>
#include <charconv>
#include <optional>

#include "protocols/sql/functions/format_fields.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/datetime_fields.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

struct read_fields {
    std::optional<int> meridiem;  // 0 AM, 1 PM
    bool hour12 = false, bc = false, has_offset = false;
    std::int64_t year = 0;
    bool has_year = false, has_iso = false;
    int iso_year = 0, week = 0, iso_day = 0, month = 0;
    std::int64_t day = 0, doy = 0, ww = 0, w = 0, century = 0;
    int year_digits = 0;
    std::int64_t hour = 0, microsecond = 0, offset_hours = 0, offset_minutes = 0;
    int minute = 0, second = 0;
    bool offset_negative = false;
    std::optional<std::int64_t> seconds_of_day, julian;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class template_reader {
public:
    template_reader(function_frame& f, std::string_view text, std::vector<format_node> const& nodes)
        : f_(f), rest_(text), nodes_(nodes) {}

    bool run(read_fields& out) {
        for (std::size_t i = 0; i < nodes_.size() && !f_.error; ++i) {
            auto const& node = nodes_[i];
            if (node.what == format_field::literal) {
                skip_literal(node);
                continue;
            }
            skip_space();
            if (rest_.empty()) break;
            bool const adjoined =
                i + 1 < nodes_.size() && nodes_[i + 1].what != format_field::literal;
            if (!field(node, adjoined, out)) return false;
            if (node.ordinal != 0) rest_.remove_prefix(std::min<std::size_t>(2, rest_.size()));
        }
        return !f_.error;
    }

private:
    void skip_space() {
        while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
    }
    void skip_literal(format_node const& node) {
        bool const separator = !node.quoted && node.text.size() == 1 && !is_digit(node.text[0]) &&
                               static_cast<unsigned char>(node.text[0]) < 128 &&
                               !is_letter_or_digit(static_cast<unsigned char>(node.text[0]));
        if (!separator) {
            auto const count = character_count(node.text);
            rest_.remove_prefix(character_offset(rest_, count));
            return;
        }
        skip_space();
        // A separator of the template takes one of the text, whatever it is.
        if (!rest_.empty() && !is_digit(rest_[0]) && static_cast<unsigned char>(rest_[0]) < 128 &&
            !is_letter_or_digit(static_cast<unsigned char>(rest_[0])) &&
            !((rest_[0] == '-' || rest_[0] == '+') && node.text[0] == ' '))
            rest_.remove_prefix(1);
    }
    bool fail(sql_error what) { return f_.fail(std::move(what)), false; }

    bool number(std::int64_t& value, std::size_t most, bool adjoined, std::string const& name,
                std::size_t* read = nullptr) {
        std::size_t size = 0;
        if (!rest_.empty() && (rest_[0] == '-' || rest_[0] == '+')) ++size;
        auto const limit = adjoined ? most + size : rest_.size();
        while (size < rest_.size() && size < limit && is_digit(rest_[size])) ++size;
        auto digits = rest_.substr(0, size);
        if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
        auto const done = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (done.ec == std::errc::result_out_of_range || value > INT32_MAX || value < INT32_MIN)
            return fail(
                sql_error("22008", "value for \"" + name + "\" in source string is out of range")
                    .with_detail("Value must be in the range -2147483648 to 2147483647."));
        if (done.ec != std::errc())
            return fail(sql_error("22007", "invalid value \"" + std::string(rest_.substr(0, most)) +
                                               "\" for \"" + name + "\"")
                            .with_detail("Value must be an integer."));
        if (read != nullptr) *read = size;
        rest_.remove_prefix(size);
        return true;
    }
    template <class Integer>
    bool number_to(Integer& to, std::size_t most, bool adjoined, std::string const& name) {
        std::int64_t value = 0;
        if (!number(value, most, adjoined, name)) return false;
        to = static_cast<Integer>(value);
        return true;
    }
    // `scale`: 3 reads milliseconds, 6 microseconds; fewer digits stand for more, more are no fraction
    // of a second.
    bool fraction(std::int64_t& microsecond, std::size_t width, std::size_t scale, bool adjoined,
                  std::string const& name) {
        std::int64_t value = 0;
        std::size_t size = 0;
        if (!number(value, width, adjoined, name, &size)) return false;
        for (auto i = size; i < scale; ++i) value *= 10;
        microsecond = scale == 3 ? value * 1000 : value;
        return true;
    }
    bool year(read_fields& out, std::size_t digits, bool adjoined, std::string const& name) {
        std::size_t size = 0;
        if (!number(out.year, digits, adjoined, name, &size)) return false;
        out.has_year = true;
        out.year_digits = static_cast<int>(digits);
        if (digits < 4 && size < 4) {  // the year nearest to 2020
            if (size <= 2 && digits >= 2)
                out.year += out.year < 70 ? 2000 : 1900;
            else if (digits == 1 || size == 1)
                out.year += 2000;
            else
                out.year += out.year < 100   ? (out.year < 70 ? 2000 : 1900)
                            : out.year < 520 ? 2000
                                             : 1000;
        }
        return true;
    }
    template <std::size_t Count>
    bool name(char const* const (&names)[Count], bool whole, int& index,
              std::string const& keyword) {
        for (std::size_t i = 0; i < Count; ++i) {
            auto const full = std::string_view(names[i]);
            auto const wanted = whole ? full : full.substr(0, 3);
            if (!same_ignoring_case(rest_.substr(0, wanted.size()), wanted)) continue;
            rest_.remove_prefix(wanted.size());
            index = static_cast<int>(i);
            return true;
        }
        return fail(
            sql_error("22007", "invalid value \"" + std::string(rest_.substr(0, rest_.find(' '))) +
                                   "\" for \"" + keyword + "\"")
                .with_detail(
                    "The given value did not match any of the allowed values for this field."));
    }

    bool field(format_node const& n, bool adjoined, read_fields& out) {
        int index = 0;
        std::int64_t wide = 0;
        switch (n.what) {
            case format_field::hh12:
                out.hour12 = true;
                return number_to(out.hour, 2, adjoined, n.text);
            case format_field::hh24:
                return number_to(out.hour, 2, adjoined, n.text);
            case format_field::mi:
                return number_to(out.minute, 2, adjoined, n.text);
            case format_field::ss:
                return number_to(out.second, 2, adjoined, n.text);
            case format_field::ms:
                return fraction(out.microsecond, 3, 3, adjoined, n.text);
            case format_field::us:
                return fraction(out.microsecond, 6, 6, adjoined, n.text);
            case format_field::fraction:
                return fraction(out.microsecond, static_cast<std::size_t>(n.digits), 6, adjoined,
                                n.text);
            case format_field::seconds_of_day:
                if (!number(wide, 5, adjoined, n.text)) return false;
                out.seconds_of_day = wide;
                return true;
            case format_field::meridiem: {
                auto const width = n.dotted ? 4U : 2U;
                auto const word = ascii_lower(rest_.substr(0, width));
                if (word.empty() || (word[0] != 'a' && word[0] != 'p'))
                    return fail({"22007", "invalid value \"" + std::string(rest_.substr(0, width)) +
                                              "\" for \"" + n.text + "\""});
                out.meridiem = word[0] == 'p' ? 1 : 0;
                rest_.remove_prefix(std::min<std::size_t>(width, rest_.size()));
                return true;
            }
            case format_field::era:
                out.bc = ascii_lower(rest_.substr(0, 1)) == "b";
                rest_.remove_prefix(std::min<std::size_t>(n.dotted ? 4 : 2, rest_.size()));
                return true;
            case format_field::y_yyy: {
                std::int64_t thousands = 0, units = 0;
                if (!number(thousands, 1, false, n.text)) return false;
                if (!rest_.empty() && rest_[0] == ',') rest_.remove_prefix(1);
                if (!number(units, 3, true, n.text)) return false;
                out.year = thousands * 1000 + units;
                return out.has_year = true;
            }
            case format_field::yyyy:
                return year(out, 4, adjoined, n.text);
            case format_field::yyy:
                return year(out, 3, adjoined, n.text);
            case format_field::yy:
                return year(out, 2, adjoined, n.text);
            case format_field::y:
                return year(out, 1, adjoined, n.text);
            case format_field::iyyy:
                out.has_iso = true;
                return number_to(out.iso_year, 4, adjoined, n.text);
            case format_field::iw:
                out.has_iso = true;
                return number_to(out.week, 2, adjoined, n.text);
            case format_field::id:
                return number_to(out.iso_day, 1, adjoined, n.text);
            case format_field::month_name:
                if (!name(full_month_names, true, index, n.text)) return false;
                out.month = index + 1;
                return true;
            case format_field::month_short:
                if (!name(full_month_names, false, index, n.text)) return false;
                out.month = index + 1;
                return true;
            case format_field::day_name:
                return name(full_day_names, true, index, n.text);
            case format_field::day_short:
                return name(full_day_names, false, index, n.text);
            case format_field::mm:
                return number_to(out.month, 2, adjoined, n.text);
            case format_field::dd:
                return number_to(out.day, 2, adjoined, n.text);
            case format_field::ddd:
                return number_to(out.doy, 3, adjoined, n.text);
            case format_field::d:
                return number_to(wide, 1, adjoined, n.text);
            case format_field::ww:
                return number_to(out.ww, 2, adjoined, n.text);
            case format_field::w:
                return number_to(out.w, 1, adjoined, n.text);
            case format_field::quarter:
                return number_to(wide, 1, adjoined, n.text);
            case format_field::cc:
                return number_to(out.century, 2, adjoined, n.text);
            case format_field::julian:
                if (!number(wide, 7, adjoined, n.text)) return false;
                out.julian = wide;
                return true;
            case format_field::tzh:
                out.has_offset = true;
                out.offset_negative = rest_[0] == '-';
                if (rest_[0] == '-' || rest_[0] == '+') rest_.remove_prefix(1);
                return number_to(out.offset_hours, 2, adjoined, n.text);
            case format_field::tzm:
                return number_to(out.offset_minutes, 2, adjoined, n.text);
            default:
                return fail(
                    {"0A000", "formatting field \"" + n.text + "\" is only supported in to_char"});
        }
    }

    function_frame& f_;
    std::string_view rest_;
    std::vector<format_node> const& nodes_;
};

bool out_of_range(function_frame& f) {
    f.fail({"22008", "date/time field value out of range: \"" + f.text(0) + "\""});
    return false;
}

constexpr std::int64_t most_offset_hours = 15;

// Days may lie outside of what a date or a timestamp can be.
bool assemble(function_frame& f, read_fields in, std::int64_t& days, std::int64_t& time) {
    if (in.seconds_of_day) {
        in.hour = *in.seconds_of_day / 3600;
        in.minute = static_cast<int>(*in.seconds_of_day / 60 % 60);
        in.second = static_cast<int>(*in.seconds_of_day % 60);
    }
    if (in.hour12 || in.meridiem) {
        if (in.hour12 && (in.hour < 1 || in.hour > 12)) {
            f.fail(sql_error("22007", "hour \"" + std::to_string(in.hour) +
                                          "\" is invalid for the 12-hour clock")
                       .with_hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            return false;
        }
        if (in.meridiem && *in.meridiem == 1 && in.hour < 12) in.hour += 12;
        if (in.meridiem && *in.meridiem == 0 && in.hour == 12) in.hour = 0;
    }
    if (in.hour < 0 || in.hour > 23 || in.minute < 0 || in.minute > 59 || in.second < 0 ||
        in.second > 59 || in.microsecond < 0 || in.microsecond >= second_us)
        return out_of_range(f);
    if (in.offset_hours < 0 || in.offset_hours > most_offset_hours || in.offset_minutes < 0 ||
        in.offset_minutes > 59) {
        f.fail({"22009", "time zone displacement out of range: \"" + f.text(0) + "\""});
        return false;
    }
    time = ((in.hour * 60 + in.minute) * 60 + in.second) * second_us + in.microsecond;
    if (in.julian) {
        days = *in.julian - julian_epoch_days;
        return true;
    }
    if (in.has_iso) {
        days = iso_week_start(in.iso_year, std::max(in.week, 1)) +
               (in.iso_day > 0 ? in.iso_day - 1 : 0);
        return true;
    }
    auto year = in.year;
    if (in.century != 0 && in.has_year && in.year_digits <= 2)
        year = (in.century - 1) * 100 + in.year % 100;
    else if (in.century != 0 && !in.has_year)
        year = (in.century - 1) * 100 + 1;
    else if (!in.has_year)
        year = 0;  // 1 BC
    if (in.bc && in.has_year)
        year = 1 - year;
    else if (in.has_year && year < 0)
        year += 1;
    if (in.doy == 0 && in.ww != 0 && in.month == 0) in.doy = (in.ww - 1) * 7 + 1;
    if (in.doy != 0) {
        if (in.century == 0 && in.year == 0 && !in.bc) {
            f.fail({"22007", "cannot calculate day of year without year information"});
            return false;
        }
        auto const first = days_of({year, 1, 1});
        if (in.doy < 1 || in.doy > days_of({year + 1, 1, 1}) - first) return out_of_range(f);
        days = first + in.doy - 1;
        return true;
    }
    auto month = in.month;
    auto day = in.day;
    if (in.w != 0 && day == 0) day = (in.w - 1) * 7 + 1;
    if (month == 0) month = 1;
    if (day == 0) day = 1;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return out_of_range(f);
    days = days_of({year, month, static_cast<int>(day)});
    return true;
}

bool read(function_frame& f, read_fields& fields, std::int64_t& days, std::int64_t& time) {
    auto const nodes = split_format(f.text(1));
    return template_reader(f, f.text(0), nodes).run(fields) && assemble(f, fields, days, time);
}
datum to_date(function_frame& f) {
    read_fields fields;
    std::int64_t days = 0, time = 0;
    if (!read(f, fields, days, time)) return sql_null{};
    if (!is_date(days)) return f.fail({"22008", "date out of range: \"" + f.text(0) + "\""});
    return days;
}
datum to_timestamp(function_frame& f) {
    read_fields fields;
    std::int64_t days = 0, time = 0;
    if (!read(f, fields, days, time)) return sql_null{};
    auto const local = static_cast<__int128>(days) * day_us + time;
    auto const too_far = [&f] { return f.fail({"22008", "timestamp out of range"}); };
    if (!is_timestamp(local)) return too_far();
    auto at = local;
    if (fields.has_offset) {
        auto const offset = (fields.offset_hours * 60 + fields.offset_minutes) * minute_us;
        at = fields.offset_negative ? local + offset : local - offset;
    } else {
        at = utc_of_local(static_cast<std::int64_t>(local), zone_of(f.context.io.style));
    }
    if (!is_timestamp(at)) return too_far();
    return static_cast<std::int64_t>(at);
}

}  // namespace

void register_format_readers(function_registry& to) {
    to.scalars({{"to_date", to_date}, {"to_timestamp", to_timestamp}});
}

}  // namespace sluice::sql
