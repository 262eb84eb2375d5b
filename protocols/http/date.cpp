#include "protocols/http/date.hpp"

#include <array>
#include <charconv>

#include "gateway/core/ids.hpp"

namespace sluice::http {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> weekday_names{"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct broken_down {
    int year = 0;
    unsigned month = 0, day = 0, weekday = 0, hour = 0, minute = 0, second = 0, millis = 0;
};

broken_down break_down(unix_millis time) {
    milliseconds const since_epoch(to_underlying(time));
    auto const day = std::chrono::floor<days>(since_epoch);
    year_month_day const date{sys_days(day)};
    auto const rest = (since_epoch - day).count();
    return {int(date.year()),           unsigned(date.month()),
            unsigned(date.day()),       std::chrono::weekday(sys_days(day)).c_encoding(),
            unsigned(rest / 3'600'000), unsigned(rest / 60'000 % 60),
            unsigned(rest / 1000 % 60), unsigned(rest % 1000)};
}

std::optional<unix_millis> build_up(broken_down const& parts) {
    year_month_day const date{std::chrono::year(parts.year), std::chrono::month(parts.month),
                              std::chrono::day(parts.day)};
    if (!date.ok() || parts.year < 1970 || parts.hour > 23 || parts.minute > 59 ||
        parts.second > 60)
        return std::nullopt;
    auto const day = milliseconds(sys_days(date).time_since_epoch()).count();
    return static_cast<unix_millis>(day + parts.hour * 3'600'000LL + parts.minute * 60'000LL +
                                    parts.second * 1000LL + parts.millis);
}

// Takes fixed pieces from the front of a text; latches the first mismatch.
class piece_reader {
public:
    explicit piece_reader(std::string_view text) : rest_(text) {}

    unsigned number(std::size_t digits) {
        if (rest_.size() < digits) return fail();
        unsigned value = 0;
        for (char const c : rest_.substr(0, digits)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + unsigned(c - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    unsigned name_of_month() {
        for (unsigned month = 0; month < month_names.size(); ++month)
            if (rest_.starts_with(month_names[month])) {
                rest_.remove_prefix(3);
                return month + 1;
            }
        return fail();
    }
    piece_reader& literal(std::string_view text) {
        if (rest_.starts_with(text)) rest_.remove_prefix(text.size());
        else fail();
        return *this;
    }
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    void skip_past(char separator) {
        auto const at = rest_.find(separator);
        if (at == std::string_view::npos) fail();
        else rest_.remove_prefix(at + 1);
    }
    bool finished() const { return !failed_ && rest_.empty(); }
    std::string_view rest() const { return rest_; }

private:
    unsigned fail() {
        failed_ = true;
        rest_ = {};
        return 0;
    }
    std::string_view rest_;
    bool failed_ = false;
};

void read_time(piece_reader& in, broken_down& out) {
    out.hour = in.number(2);
    out.minute = in.literal(":").number(2);
    out.second = in.literal(":").number(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<unix_millis> parse_fixdate(std::string_view text) {
    piece_reader in(text);
    broken_down parts;
    in.skip_past(',');
    parts.day = in.literal(" ").number(2);
    parts.month = in.literal(" ").name_of_month();
    parts.year = static_cast<int>(in.literal(" ").number(4));
    in.literal(" ");
    read_time(in, parts);
    if (!in.take(" GMT")) in.literal(" UTC");
    if (!in.finished()) return std::nullopt;
    return build_up(parts);
}

// "Sunday, 06-Nov-94 08:49:37 GMT"; the two digits mean 1970 to 2069.
std::optional<unix_millis> parse_rfc850(std::string_view text) {
    piece_reader in(text);
    broken_down parts;
    in.skip_past(',');
    parts.day = in.literal(" ").number(2);
    parts.month = in.literal("-").name_of_month();
    auto const year = in.literal("-").number(2);
    parts.year = static_cast<int>(year) + (year < 70 ? 2000 : 1900);
    in.literal(" ");
    read_time(in, parts);
    if (!in.literal(" GMT").finished()) return std::nullopt;
    return build_up(parts);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<unix_millis> parse_asctime(std::string_view text) {
    piece_reader in(text);
    broken_down parts;
    in.skip_past(' ');
    parts.month = in.name_of_month();
    in.literal(" ");
    parts.day = in.take(" ") ? in.number(1) : in.number(2);
    in.literal(" ");
    read_time(in, parts);
    parts.year = static_cast<int>(in.literal(" ").number(4));
    if (!in.finished()) return std::nullopt;
    return build_up(parts);
}

// Writes over `count` characters from `at`. A listing has a date in each of its entries.
void put_digits(std::string& out, std::size_t at, std::size_t count, unsigned value) {
    for (auto left = count; left > 0; --left, value /= 10)
        out[at + left - 1] = static_cast<char>('0' + value % 10);
}

// "08:49:37"
void put_time(std::string& out, std::size_t at, broken_down const& parts) {
    put_digits(out, at, 2, parts.hour);
    put_digits(out, at + 3, 2, parts.minute);
    put_digits(out, at + 6, 2, parts.second);
}

}  // namespace

std::string http_date(unix_millis time) {
    auto const at = break_down(time);
    std::string out = "Sun, 06 Nov 1994 08:49:37 GMT";
    out.replace(0, 3, weekday_names[at.weekday]);
    put_digits(out, 5, 2, at.day);
    out.replace(8, 3, month_names[at.month - 1]);
    put_digits(out, 12, 4, static_cast<unsigned>(at.year));
    put_time(out, 17, at);
    return out;
}

std::optional<unix_millis> parse_http_date(std::string_view text) {
    if (auto time = parse_fixdate(text)) return time;
    if (auto time = parse_rfc850(text)) return time;
    return parse_asctime(text);
}

std::string iso_date(unix_millis time) {
    auto const at = break_down(time);
    std::string out = "1994-11-06T08:49:37.000Z";
    put_digits(out, 0, 4, static_cast<unsigned>(at.year));
    put_digits(out, 5, 2, at.month);
    put_digits(out, 8, 2, at.day);
    put_time(out, 11, at);
    put_digits(out, 20, 3, at.millis);
    return out;
}

std::optional<unix_millis> parse_iso_date(std::string_view text) {
    piece_reader in(text);
    broken_down parts;
    parts.year = static_cast<int>(in.number(4));
    parts.month = in.literal("-").number(2);
    parts.day = in.literal("-").number(2);
    in.literal("T");
    read_time(in, parts);
    if (in.take(".")) {
        unsigned scale = 100;
        while (!in.rest().empty() && in.rest().front() >= '0' && in.rest().front() <= '9') {
            parts.millis += in.number(1) * scale;
            scale /= 10;
        }
    }
    if (!in.literal("Z").finished()) return std::nullopt;
    return build_up(parts);
}

}  // namespace sluice::http
