#include "protocols/sql/types/posix_zone.hpp"

#include <algorithm>

#include "protocols/sql/types/datetime.hpp"

namespace sluice::sql {
namespace {

bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

bool read_name(std::string_view& text, std::string& name) {
    if (!text.empty() && text[0] == '<') {
        auto const end = text.find('>');
        if (end == std::string_view::npos) return false;
        name = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        return !name.empty();
    }
    std::size_t length = 0;
    while (length < text.size() && is_letter(text[length])) ++length;
    name = text.substr(0, length);
    text.remove_prefix(length);
    return length >= 3;
}

bool read_number(std::string_view& text, int most, int& value) {
    std::size_t length = 0;
    value = 0;
    while (length < text.size() && is_digit(text[length]) && length < 4)
        value = value * 10 + (text[length++] - '0');
    text.remove_prefix(length);
    return length > 0 && value <= most;
}

bool read_time(std::string_view& text, int most_hours, std::int32_t& seconds) {
    bool const negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    int hours = 0, minutes = 0, rest = 0;
    if (!read_number(text, most_hours, hours)) return false;
    if (!text.empty() && text[0] == ':') {
        text.remove_prefix(1);
        if (!read_number(text, 59, minutes)) return false;
        if (!text.empty() && text[0] == ':') {
            text.remove_prefix(1);
            if (!read_number(text, 59, rest)) return false;
        }
    }
    seconds = hours * 3600 + minutes * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
}

std::int64_t days_since_unix_epoch(std::int64_t year, int month, int day) {
    return days_of({year, month, day}) - unix_epoch_days;
}
std::int64_t year_of(std::int64_t unix_seconds) {
    auto const days = unix_seconds / 86400 - (unix_seconds % 86400 < 0 ? 1 : 0);
    return date_of_days(days + unix_epoch_days).year;
}

}  // namespace

bool posix_zone::read_rule(std::string_view& text, date_rule& rule) {
    if (text.empty() || text[0] != ',') return false;
    text.remove_prefix(1);
    if (text.empty()) return false;
    if (text[0] == 'M') {
        text.remove_prefix(1);
        if (!read_number(text, 12, rule.month) || text.empty() || text[0] != '.') return false;
        text.remove_prefix(1);
        if (!read_number(text, 5, rule.week) || text.empty() || text[0] != '.') return false;
        text.remove_prefix(1);
        if (!read_number(text, 6, rule.day)) return false;
        if (rule.month < 1 || rule.week < 1) return false;
    } else {
        rule.what = date_rule::kind::zero_based;
        if (text[0] == 'J') {
            rule.what = date_rule::kind::julian;
            text.remove_prefix(1);
        }
        if (!read_number(text, 366, rule.day)) return false;
    }
    if (!text.empty() && text[0] == '/') {
        text.remove_prefix(1);
        return read_time(text, 167, rule.seconds);
    }
    return true;
}

std::int64_t posix_zone::date_rule::local_in(std::int64_t year) const {
    std::int64_t days = 0;
    if (what == kind::month_week) {
        auto const first = days_since_unix_epoch(year, month, 1);
        auto const weekday = weekday_of(first + unix_epoch_days);
        int of_month = (day - weekday + 7) % 7 + (week - 1) * 7;
        while (of_month >= days_in_month(year, month)) of_month -= 7;
        days = first + of_month;
    } else {
        days = days_since_unix_epoch(year, 1, 1) + day;
        if (what == kind::julian) {
            days -= 1;
            if (day >= 60 && days_in_month(year, 2) == 29) days += 1;
        }
    }
    return days * 86400 + seconds;
}

std::shared_ptr<posix_zone const> posix_zone::fixed(std::int32_t seconds_east, std::string name) {
    auto zone = std::make_shared<posix_zone>();
    zone->standard_ = name;
    zone->name_ = std::move(name);
    zone->standard_east_ = seconds_east;
    return zone;
}

std::shared_ptr<posix_zone const> posix_zone::parse(std::string_view text) {
    auto zone = std::make_shared<posix_zone>();
    zone->name_ = text;
    std::int32_t west = 0;
    if (!read_name(text, zone->standard_) || !read_time(text, 167, west)) return nullptr;
    zone->standard_east_ = -west;
    if (text.empty()) return zone;
    if (!read_name(text, zone->summer_)) return nullptr;
    zone->has_summer_ = true;
    zone->summer_east_ = zone->standard_east_ + 3600;
    if (!text.empty() && text[0] != ',') {
        if (!read_time(text, 167, west)) return nullptr;
        zone->summer_east_ = -west;
    }
    std::string_view rules = text.empty() ? std::string_view(",M3.2.0,M11.1.0") : text;
    if (!read_rule(rules, zone->start_) || !read_rule(rules, zone->end_) || !rules.empty())
        return nullptr;
    return zone;
}

zone_offset posix_zone::at(std::int64_t unix_seconds) const {
    zone_offset const standard{standard_east_, false, standard_};
    if (!has_summer_) return standard;
    auto const year = year_of(unix_seconds + standard_east_);
    auto const begin = start_.local_in(year) - standard_east_;
    auto const end = end_.local_in(year) - summer_east_;
    bool const summer = begin < end ? unix_seconds >= begin && unix_seconds < end
                                    : unix_seconds >= begin || unix_seconds < end;
    return summer ? zone_offset{summer_east_, true, summer_} : standard;
}

bool posix_zone::next_change(std::int64_t unix_seconds, std::int64_t& at) const {
    if (!has_summer_) return false;
    auto const year = year_of(unix_seconds);
    bool found = false;
    for (auto each = year - 1; each <= year + 1; ++each) {
        for (auto const change :
             {start_.local_in(each) - standard_east_, end_.local_in(each) - summer_east_}) {
            if (change > unix_seconds && (!found || change < at)) {
                at = change;
                found = true;
            }
        }
    }
    return found;
}

bool posix_zone::knows_abbreviation(std::string_view upper) const {
    return standard_ == upper || (has_summer_ && summer_ == upper);
}

}  // namespace sluice::sql
