#include <array>

#include "protocols/sql/records/timestamp.hpp"

namespace sluice::sql::records {
namespace {

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::size_t result_bytes_max = 4096;

void pad(std::int64_t value, std::size_t width, std::string& out) {
    auto const digits = std::to_string(value);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
}

record_fault unknown_symbol(std::string_view run) {
    return {fault::evaluator_invalid_timestamp_format_pattern_symbol,
            "The timestamp format pattern has an invalid symbol: " + std::string(run)};
}

bool print_date(char symbol, std::size_t count, time_fields const& at, std::string& out) {
    if (symbol == 'y') {
        if (count == 2) pad(at.year % 100, 2, out);
        else if (count == 1 || count == 3) pad(at.year, 1, out);
        else if (count == 4) pad(at.year, 4, out);
        else return false;
        return true;
    }
    if (symbol == 'd') {
        pad(at.day, count, out);
        return count <= 2;
    }
    auto const name = months[at.month - 1];
    switch (count) {
        case 1:
        case 2: pad(at.month, count, out); return true;
        case 3: out += name.substr(0, 3); return true;
        case 4: out += name; return true;
        case 5: out += name.front(); return true;
        default: return false;
    }
}

bool print_time(char symbol, std::size_t count, time_fields const& at, std::string& out) {
    if (count > 2) return false;
    switch (symbol) {
        case 'a': out += at.hour < 12 ? "AM" : "PM"; return count == 1;
        case 'h': pad(at.hour % 12 == 0 ? 12 : at.hour % 12, count, out); return true;
        case 'H': pad(at.hour, count, out); return true;
        case 'm': pad(at.minute, count, out); return true;
        default: pad(at.second, count, out); return true;
    }
}

bool print_fraction(char symbol, std::size_t count, timestamp const& of, std::string& out) {
    if (symbol == 'n') {
        pad(of.nanos, 1, out);
        return count == 1;
    }
    if (count > 9) return false;
    std::string digits;
    pad(of.nanos, 9, digits);
    out.append(digits, 0, count);
    return true;
}

bool print_offset(char symbol, std::size_t count, timestamp const& of, std::string& out) {
    if (count > 5) return false;
    if (symbol == 'X' && of.offset_minutes == 0) {
        out += 'Z';
        return true;
    }
    auto const minutes = of.offset_minutes < 0 ? -of.offset_minutes : of.offset_minutes;
    out += of.offset_minutes < 0 ? '-' : '+';
    pad(minutes / 60, 2, out);
    if (count == 1 && minutes % 60 == 0) return true;
    if (count == 3 || count == 5) out += ':';
    pad(minutes % 60, 2, out);
    return true;
}

bool print_symbol(std::string_view run, timestamp const& of, time_fields const& at,
                  std::string& out) {
    auto const symbol = run.front();
    switch (symbol) {
        case 'y':
        case 'M':
        case 'd': return print_date(symbol, run.size(), at, out);
        case 'a':
        case 'h':
        case 'H':
        case 'm':
        case 's': return print_time(symbol, run.size(), at, out);
        case 'S':
        case 'n': return print_fraction(symbol, run.size(), of, out);
        case 'X':
        case 'x': return print_offset(symbol, run.size(), of, out);
        default: return false;
    }
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

record_result<std::string> format_timestamp(timestamp const& of, std::string_view pattern) {
    auto const at = fields_of(of);
    std::string out;
    while (!pattern.empty()) {
        if (out.size() > result_bytes_max)
            return record_fault(fault::evaluator_invalid_timestamp_format_pattern,
                                "The timestamp format pattern is too long.");
        auto const c = pattern.front();
        if (c == '\'') {
            auto const end = pattern.find('\'', 1);
            if (end == std::string_view::npos)
                return record_fault(fault::evaluator_unterminated_timestamp_format_pattern_token,
                                    "The timestamp format pattern has an unterminated text.");
            out += end == 1 ? std::string_view("'") : pattern.substr(1, end - 1);
            pattern.remove_prefix(end + 1);
        } else if (is_letter(c)) {
            auto const end = std::min(pattern.find_first_not_of(c), pattern.size());
            auto const run = pattern.substr(0, end);
            if (!print_symbol(run, of, at, out)) return unknown_symbol(run);
            pattern.remove_prefix(end);
        } else {
            out += c;
            pattern.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace sluice::sql::records
