#include <algorithm>
#include <charconv>
#include <optional>

#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/datetime_fields.hpp"

namespace sluice::sql {
namespace {

enum class bad : std::uint8_t { none, format, field, month_day, zone, unknown_zone };

// What the fields of one text say.
struct reading {
    enum class moment : std::uint8_t {
        none,
        infinity,
        minus_infinity,
        epoch,
        now,
        today,
        tomorrow,
        yesterday
    };
    moment special = moment::none;
    bool has_year = false, has_month = false, has_day = false, text_month = false,
         two_digits = false;
    bool weekday = false, has_time = false, bc = false, julian = false, day_of_year = false;
    int half_day = 0;  // 1 AM, 2 PM
    std::int64_t year = 0, days = 0;
    int month = 0, day = 0;
    std::int64_t time = 0;
    bool has_zone = false;
    std::int32_t seconds_east = 0;
    time_zone_ptr zone;
    std::string zone_text;

    bool any_date() const { return has_year || has_month || has_day || julian; }
    bool whole_date() const { return julian || (has_year && has_month && has_day); }
};

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class datetime_reader {
public:
    explicit datetime_reader(io_context const& context, bool time_only = false)
        : order_(context.style.order), time_only_(time_only) {}

    bad read(std::string_view text, reading& out) {
        std::vector<date_field> fields;
        if (!split_date_fields(text, fields) || fields.empty()) return bad::format;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            auto const failed = field(fields, i, out);
            if (failed != bad::none) return failed;
        }
        return finish(out);
    }

private:
    using kind = date_field::kind;

    bad field(std::vector<date_field> const& fields, std::size_t& i, reading& out) {
        auto const& text = fields[i].text;
        switch (fields[i].what) {
            case kind::date:
                return date(text, out);
            case kind::time:
                return clock(text, out);
            case kind::zone:
                return offset(text, out);
            case kind::number:
                return number(text, out);
            case kind::special:
                if (text == "-infinity")
                    return out.special = reading::moment::minus_infinity, bad::none;
                if (text == "+infinity") return out.special = reading::moment::infinity, bad::none;
                return bad::format;
            case kind::word:
                return word(fields, i, out);
        }
        return bad::format;
    }

    bad clock(std::string_view text, reading& out) {
        if (out.has_time) return bad::format;
        bool out_of_range = false;
        if (!read_clock(text, out.time, out_of_range))
            return out_of_range ? bad::field : bad::format;
        out.has_time = true;
        return bad::none;
    }

    bad offset(std::string_view text, reading& out) {
        bool out_of_range = false;
        if (out.has_zone && !out.zone) return bad::format;
        std::int32_t east = 0;
        if (!read_zone_offset(text, east, out_of_range)) {
            return out_of_range ? bad::zone : bad::format;
        }
        out.seconds_east = east;
        out.has_zone = true;
        return bad::none;
    }

    bad zone_name(std::string_view text, reading& out) {
        if (out.has_zone) return bad::format;
        auto zone = find_time_zone(text);
        if (!zone) {
            out.zone_text = text;
            return text.find('/') != std::string_view::npos ? bad::unknown_zone : bad::format;
        }
        out.zone = std::move(zone);
        out.has_zone = true;
        return bad::none;
    }

    bad date(std::string_view text, reading& out) {
        if (out.any_date() || !(text[0] >= '0' && text[0] <= '9')) {
            if (text[0] >= '0' && text[0] <= '9') return bad::format;
            auto const prefix = text.substr(0, text.find_first_of("-/."));
            if (out.any_date() || month_named(prefix) == 0) return zone_name(text, out);
        }
        if (out.weekday) return bad::format;
        // Parts between separators; words first, because they leave the numbers unambiguous.
        std::vector<std::string_view> numbers;
        std::size_t at = 0;
        while (at < text.size()) {
            bool const digit = text[at] >= '0' && text[at] <= '9';
            std::size_t end = at;
            auto const same = [&](char c) {
                return digit ? c >= '0' && c <= '9' : c >= 'a' && c <= 'z';
            };
            while (end < text.size() && same(text[end])) ++end;
            if (end == at) {
                ++at;
                continue;
            }
            auto const part = text.substr(at, end - at);
            if (digit) {
                numbers.push_back(part);
            } else {
                out.month = month_named(part);
                if (out.month == 0 || out.has_month) return bad::format;
                out.has_month = out.text_month = true;
            }
            at = end;
        }
        if (numbers.size() + (out.has_month ? 1 : 0) > 3) return bad::format;
        for (auto const part : numbers) {
            auto const failed = date_number(part, out);
            if (failed != bad::none) return failed;
        }
        return out.whole_date() || out.day_of_year ? bad::none : bad::format;
    }

    bad number(std::string_view text, reading& out) {
        auto const point = text.find('.');
        if (point != std::string_view::npos) {
            if (!out.any_date() && point <= 4 &&
                text.find('.', point + 1) == std::string_view::npos &&
                text.size() - point - 1 == 3 && point == 4) {
                // year.day-of-year
                auto const failed = date_number(text.substr(0, point), out);
                if (failed != bad::none) return failed;
                return date_number(text.substr(point + 1), out);
            }
            return compact(text, out);
        }
        if (time_only_ && text.size() == 4 && !out.any_date()) return compact(text, out);
        if (text.size() > 4 && !(out.has_month && !out.whole_date())) return compact(text, out);
        if (out.whole_date()) return compact(text, out);
        return date_number(text, out);
    }

    // yyyymmdd, yymmdd; or after a date hhmmss[.fff], hhmm.
    bad compact(std::string_view text, reading& out) {
        std::int64_t fraction = 0;
        auto digits = text;
        auto const point = text.find('.');
        if (point != std::string_view::npos) {
            digits = text.substr(0, point);
            if (!read_fraction(text.substr(point), fraction)) return bad::format;
        } else if (!out.any_date() && digits.size() >= 6 && !(time_only_ && digits.size() == 6)) {
            auto const days = digits.substr(digits.size() - 2);
            auto const months = digits.substr(digits.size() - 4, 2);
            auto const years = digits.substr(0, digits.size() - 4);
            out.has_year = out.has_month = out.has_day = true;
            out.two_digits = years.size() == 2;
            if (!value_of(years, out.year)) return bad::field;
            out.month = small(months);
            out.day = small(days);
            return bad::none;
        }
        if (out.has_time) return bad::format;
        if (digits.size() == 6 || (digits.size() == 4 && point == std::string_view::npos)) {
            int const hour = small(digits.substr(0, 2)), minute = small(digits.substr(2, 2));
            int const second = digits.size() == 6 ? small(digits.substr(4, 2)) : 0;
            if (minute > 59 || second > 60) return bad::field;
            out.time = ((hour * 60LL + minute) * 60 + second) * second_us + fraction;
            out.has_time = true;
            return bad::none;
        }
        return bad::format;
    }

    static bool value_of(std::string_view digits, std::int64_t& value) {
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return read.ec == std::errc() && value <= 2147483647;
    }
    static int small(std::string_view digits) { return (digits[0] - '0') * 10 + (digits[1] - '0'); }

    bad date_number(std::string_view text, reading& out) {
        std::int64_t value = 0;
        if (!all_digits(text)) return bad::format;
        if (!value_of(text, value)) return bad::field;
        auto const year = [&] {
            out.year = value;
            out.has_year = true;
            out.two_digits = text.size() <= 2;
        };
        auto const month = [&] { out.month = static_cast<int>(value), out.has_month = true; };
        auto const day = [&] { out.day = static_cast<int>(value), out.has_day = true; };
        if (text.size() == 3 && out.has_year && !out.has_month && !out.has_day && value >= 1 &&
            value <= 366) {
            out.day_of_year = out.has_month = out.has_day = true;
            out.day = static_cast<int>(value);
            return bad::none;
        }
        bool const year_first = order_ == date_order::ymd;
        int const have = (out.has_year ? 4 : 0) + (out.has_month ? 2 : 0) + (out.has_day ? 1 : 0);
        switch (have) {
            case 0:
                if (text.size() >= 3 || year_first)
                    year();
                else if (order_ == date_order::dmy)
                    day();
                else
                    month();
                break;
            case 4:
                month();
                break;
            case 2:
                if (out.text_month && (text.size() >= 3 || year_first))
                    year();
                else
                    day();
                break;
            case 6:
                if (out.text_month && text.size() >= 3 && out.two_digits) {  // dd-mon-yyyy misread
                    out.day = static_cast<int>(out.year);
                    out.has_day = true;
                    year();
                } else {
                    day();
                }
                break;
            case 1:
                month();
                break;
            case 3:
                year();
                break;
            default:
                return bad::format;
        }
        return bad::none;
    }

    bad word(std::vector<date_field> const& fields, std::size_t& i, reading& out) {
        auto const& text = fields[i].text;
        using moment = reading::moment;
        if (auto const month = month_named(text); month != 0) {
            // "08 Feb 2000" read the 8 as a month.
            if (out.has_month && !out.text_month && !out.has_day && out.month >= 1 &&
                out.month <= 31) {
                out.day = out.month;
                out.has_day = true;
            }
            out.month = month;
            out.has_month = out.text_month = true;
            return bad::none;
        }
        if (weekday_named(text) >= 0) return out.weekday = true, bad::none;
        if (text == "at" || text == "on") return bad::none;
        if (text == "am" || text == "a.m." || text == "pm") {
            out.half_day = text == "pm" ? 2 : 1;
            return bad::none;
        }
        if (text == "bc" || text == "ad") return out.bc = text == "bc", bad::none;
        if (text == "t") {  // ISO 8601 between date and time
            if (i + 1 >= fields.size() || !out.any_date()) return bad::format;
            return bad::none;
        }
        if (text == "j" || text == "jd" || text == "julian") return julian(fields, i, out);
        constexpr std::pair<std::string_view, moment> moments[] = {
            {"infinity", moment::infinity}, {"epoch", moment::epoch},
            {"now", moment::now},           {"today", moment::today},
            {"tomorrow", moment::tomorrow}, {"yesterday", moment::yesterday},
        };
        for (auto const& [name, what] : moments)
            if (text == name) return out.special = what, bad::none;
        if (text == "allballs") {
            out.time = 0;
            out.has_time = out.has_zone = true;
            out.seconds_east = 0;
            return bad::none;
        }
        return zone_word(text, out);
    }

    bad julian(std::vector<date_field> const& fields, std::size_t& i, reading& out) {
        if (i + 1 >= fields.size() || fields[i + 1].what != kind::number) return bad::format;
        std::int64_t value = 0;
        auto const& text = fields[++i].text;
        if (!all_digits(text) || !value_of(text, value)) return bad::field;
        out.julian = true;
        out.days = value - julian_epoch_days;
        return bad::none;
    }

    bad zone_word(std::string const& text, reading& out) {
        if (text == "dst" && out.has_zone) return out.seconds_east += 3600, bad::none;
        std::string upper = text;
        for (auto& byte : upper)
            if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte & ~0x20);
        zone_abbreviation found;
        if (find_zone_abbreviation(upper, found)) {
            if (out.has_zone) return bad::format;
            out.has_zone = true;
            if (found.zone.empty()) {
                out.seconds_east = found.seconds_east;
            } else {
                out.zone = find_time_zone(found.zone);
                if (!out.zone) return bad::format;
            }
            return bad::none;
        }
        return zone_name(text, out);
    }

    static bad finish(reading& out) {
        if (out.special != reading::moment::none) return bad::none;
        if (out.half_day != 0) {
            auto const hour = out.time / hour_us;
            if (hour > 12) return bad::field;
            if (out.half_day == 1 && hour == 12) out.time -= 12 * hour_us;
            if (out.half_day == 2 && hour != 12) out.time += 12 * hour_us;
        }
        if (out.time > day_us) return bad::field;
        if (out.julian || !out.any_date()) return bad::none;
        if (out.has_year) {
            if (out.bc) {
                if (out.year <= 0) return bad::field;
                out.year = 1 - out.year;
            } else if (out.two_digits) {
                out.year += out.year < 70 ? 2000 : out.year < 100 ? 1900 : 0;
            } else if (out.year <= 0) {
                return bad::field;
            }
        }
        if (out.day_of_year) {
            out.days = days_of({out.year, 1, 1}) + out.day - 1;
            out.julian = true;
            return bad::none;
        }
        if (out.has_month && (out.month < 1 || out.month > 12)) return bad::month_day;
        if (out.has_day && (out.day < 1 || out.day > 31)) return bad::month_day;
        if (out.whole_date() && out.day > days_in_month(out.year, out.month)) return bad::field;
        if (out.whole_date()) out.days = days_of({out.year, out.month, out.day});
        return bad::none;
    }

    date_order order_;
    bool time_only_;
};

sql_error error_of(bad what, std::string_view text, std::string_view type) {
    auto const quoted = "\"" + std::string(text) + "\"";
    switch (what) {
        case bad::field:
            return {"22008", "date/time field value out of range: " + quoted};
        case bad::month_day:
            return sql_error("22008", "date/time field value out of range: " + quoted)
                .with_hint("Perhaps you need a different \"datestyle\" setting.");
        case bad::zone:
            return {"22009", "time zone displacement out of range: " + quoted};
        case bad::none:
        case bad::unknown_zone:
        case bad::format:
            break;
    }
    return {"22007", "invalid input syntax for type " + std::string(type) + ": " + quoted};
}

// The local timestamp of 'now', 'today', ... in the session's zone.
std::int64_t moment_local(reading::moment what, io_context const& context) {
    auto const local = local_of_utc(context.transaction_time, zone_of(context.style));
    if (what == reading::moment::now) return local;
    auto days = day_part(local);
    if (what == reading::moment::tomorrow) ++days;
    if (what == reading::moment::yesterday) --days;
    return days * day_us;
}

struct parsed_timestamp {
    std::int64_t local = 0;
    reading fields;
    bool final = false;  // `local` is already the answer (infinity)
};

sql_result<parsed_timestamp> read_timestamp(std::string_view text, io_context const& context,
                                            std::string_view type, bool with_zone) {
    parsed_timestamp out;
    auto failed = datetime_reader(context).read(text, out.fields);
    using moment = reading::moment;
    auto const& fields = out.fields;
    if (failed == bad::none && fields.special == moment::none && !fields.whole_date())
        failed = bad::format;
    if (failed == bad::unknown_zone)
        return sql_error("22023", "time zone \"" + fields.zone_text + "\" not recognized");
    if (failed != bad::none) return error_of(failed, text, type);
    auto const out_of_range = [&] {
        return sql_error("22008", "timestamp out of range: \"" + std::string(text) + "\"");
    };
    if (fields.special == moment::infinity || fields.special == moment::minus_infinity) {
        out.local =
            fields.special == moment::infinity ? timestamp_infinity : timestamp_minus_infinity;
        out.final = true;
        return out;
    }
    if (fields.special == moment::epoch) {
        out.local = unix_epoch_days * day_us;
        out.fields.has_zone = with_zone;
        out.fields.seconds_east = 0;
        return out;
    }
    if (fields.special != moment::none) {
        out.local = moment_local(fields.special, context);
        if (fields.has_time) out.local += fields.time;
        if (fields.special == moment::now && with_zone) {
            out.local = context.transaction_time;
            out.final = true;
        }
        return out;
    }
    auto const wide = static_cast<__int128>(fields.days) * day_us + fields.time;
    if (wide < first_timestamp - day_us || wide >= static_cast<__int128>(end_timestamp) + day_us)
        return out_of_range();
    out.local = static_cast<std::int64_t>(wide);
    if (!with_zone && !is_timestamp(out.local)) return out_of_range();
    return out;
}

}  // namespace

sql_result<std::int64_t> parse_timestamp(std::string_view text, io_context const& context) {
    SLUICE_TRY(auto const parsed, read_timestamp(text, context, "timestamp", false));
    return parsed.local;
}

sql_result<std::int64_t> parse_timestamptz(std::string_view text, io_context const& context) {
    SLUICE_TRY(auto const parsed, read_timestamp(text, context, "timestamp with time zone", true));
    if (parsed.final) return parsed.local;
    auto const& fields = parsed.fields;
    std::int64_t at = 0;
    if (fields.has_zone && !fields.zone)
        at = parsed.local - fields.seconds_east * second_us;
    else
        at = utc_of_local(parsed.local, fields.zone ? *fields.zone : zone_of(context.style));
    if (!is_timestamp(at))
        return sql_error("22008", "timestamp out of range: \"" + std::string(text) + "\"");
    return at;
}

sql_result<std::int64_t> parse_date(std::string_view text, io_context const& context) {
    reading fields;
    auto const failed = datetime_reader(context).read(text, fields);
    if (failed != bad::none) return error_of(failed, text, "date");
    switch (fields.special) {
        case reading::moment::infinity:
            return date_infinity;
        case reading::moment::minus_infinity:
            return date_minus_infinity;
        case reading::moment::epoch:
            return unix_epoch_days;
        case reading::moment::none:
            break;
        default:
            return day_part(moment_local(fields.special, context));
    }
    if (!fields.whole_date()) return error_of(bad::format, text, "date");
    if (!is_date(fields.days))
        return sql_error("22008", "date out of range: \"" + std::string(text) + "\"");
    return fields.days;
}

sql_result<std::int64_t> parse_time(std::string_view text, io_context const& context) {
    reading fields;
    auto const failed = datetime_reader(context, true).read(text, fields);
    if (failed != bad::none) return error_of(failed, text, "time");
    if (fields.special == reading::moment::now)
        return time_part(moment_local(fields.special, context));
    if (!fields.has_time) return error_of(bad::format, text, "time");
    return fields.time;
}

sql_result<timetz_value> parse_timetz(std::string_view text, io_context const& context) {
    reading fields;
    auto const failed = datetime_reader(context, true).read(text, fields);
    constexpr std::string_view type = "time with time zone";
    if (failed != bad::none) return error_of(failed, text, type);
    auto const& zone = zone_of(context.style);
    if (fields.special == reading::moment::now) {
        auto const offset = offset_at(zone, context.transaction_time);
        return timetz_value{time_part(moment_local(fields.special, context)), -offset.seconds_east};
    }
    if (!fields.has_time) return error_of(bad::format, text, type);
    if (fields.has_zone && !fields.zone) return timetz_value{fields.time, -fields.seconds_east};
    auto const& used = fields.zone ? *fields.zone : zone;
    // A zone whose offset depends on the date needs one; the session's zone takes today's.
    auto days = fields.days;
    if (!fields.whole_date()) {
        std::int64_t change = 0;
        if (fields.zone && fields.zone->next_change(
                               context.transaction_time / second_us - unix_epoch_seconds, change))
            return error_of(bad::format, text, type);
        days = day_part(local_of_utc(context.transaction_time, zone));
    }
    auto const local = days * day_us + fields.time;
    return timetz_value{fields.time,
                        static_cast<std::int32_t>((utc_of_local(local, used) - local) / second_us)};
}

sql_result<time_zone_ptr> zone_named(std::string_view text) {
    std::string upper(text);
    for (auto& byte : upper)
        if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte & ~0x20);
    zone_abbreviation found;
    if (find_zone_abbreviation(upper, found)) {
        if (found.zone.empty()) return fixed_time_zone(found.seconds_east, upper);
        if (auto zone = find_time_zone(found.zone)) return zone;
    }
    if (auto zone = find_time_zone(text)) return zone;
    std::int32_t east = 0;
    bool out_of_range = false;
    if (read_zone_offset(text, east, out_of_range))
        return fixed_time_zone(-east, std::string(text));  // POSIX sign: west is positive
    return sql_error("22023", "time zone \"" + std::string(text) + "\" not recognized");
}

}  // namespace sluice::sql
