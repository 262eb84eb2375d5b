#include "auth/authn/amz_date.hpp"

#include <array>
#include <chrono>

namespace sluice::auth {
namespace {

// Digits only; -1 for anything else.
int number(std::string_view digits) noexcept {
    int value = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<unix_millis> moment(int year, int month, int day, int hour, int minute, int second) {
    using namespace std::chrono;
    year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                        std::chrono::day{static_cast<unsigned>(day)}};
    if (year < 0 || month < 0 || day < 0 || !date.ok()) return std::nullopt;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return std::nullopt;
    auto time = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
    return unix_millis{duration_cast<milliseconds>(time.time_since_epoch()).count()};
}

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::optional<unix_millis> parse_amz_date(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    return moment(number(text.substr(0, 4)), number(text.substr(4, 2)), number(text.substr(6, 2)),
                  number(text.substr(9, 2)), number(text.substr(11, 2)),
                  number(text.substr(13, 2)));
}

std::optional<unix_millis> parse_http_date(std::string_view text) {
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
        text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
        return std::nullopt;
    int month = -1;
    for (std::size_t i = 0; i < months.size(); ++i)
        if (text.substr(8, 3) == months[i]) month = static_cast<int>(i) + 1;
    return moment(number(text.substr(12, 4)), month, number(text.substr(5, 2)),
                  number(text.substr(17, 2)), number(text.substr(20, 2)),
                  number(text.substr(23, 2)));
}

std::string format_amz_date(unix_millis time) {
    using namespace std::chrono;
    sys_time<milliseconds> point{milliseconds{to_underlying(time)}};
    auto days_part = floor<days>(point);
    year_month_day date{days_part};
    hh_mm_ss clock{floor<seconds>(point - days_part)};
    std::string out;
    auto add = [&out](int value, int width) {
        auto digits = std::to_string(value);
        out.append(static_cast<std::size_t>(width) - std::min<std::size_t>(digits.size(), width),
                   '0');
        out += digits;
    };
    add(static_cast<int>(date.year()), 4);
    add(static_cast<int>(static_cast<unsigned>(date.month())), 2);
    add(static_cast<int>(static_cast<unsigned>(date.day())), 2);
    out += 'T';
    add(static_cast<int>(clock.hours().count()), 2);
    add(static_cast<int>(clock.minutes().count()), 2);
    add(static_cast<int>(clock.seconds().count()), 2);
    out += 'Z';
    return out;
}

}  // namespace sluice::auth
