#include "gateway/core/log_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "gateway/core/ids.hpp"

namespace sluice {
namespace {

// The length of the well-formed UTF-8 sequence (RFC 3629) that `text` begins with, 0 if it is none.
std::size_t utf8_length(std::string_view text) noexcept {
    auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    auto const continues = [&](std::size_t at, unsigned least = 0x80, unsigned most = 0xBF) {
        return at < text.size() && byte(at) >= least && byte(at) <= most;
    };
    auto const lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        auto const least = lead == 0xE0 ? 0xA0u : 0x80u;
        auto const most = lead == 0xED ? 0x9Fu : 0xBFu;
        return continues(1, least, most) && continues(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        auto const least = lead == 0xF0 ? 0x90u : 0x80u;
        auto const most = lead == 0xF4 ? 0x8Fu : 0xBFu;
        return continues(1, least, most) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

void append_quoted(std::string& line, std::string_view text) {
    auto const cut = text.size() > log_value_bytes_max;
    if (cut) text = text.substr(0, log_value_bytes_max);
    line += '"';
    while (!text.empty()) {
        auto const length = utf8_length(text);
        auto const first = static_cast<unsigned char>(text[0]);
        if (length == 0) line += "\xEF\xBF\xBD";
        else if (first == '"' || first == '\\') line.append(1, '\\').append(1, text[0]);
        else if (first == '\n') line += "\\n";
        else if (first < 0x20 || first == 0x7f) fmt::format_to(std::back_inserter(line), "\\u{:04x}", first);
        else line.append(text.substr(0, length));
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    if (cut) line += "...";
    line += '"';
}

struct json_value {
    std::string& line;
    void operator()(std::string_view text) const { append_quoted(line, text); }
    void operator()(bool value) const { line += value ? "true" : "false"; }
    void operator()(double value) const {
        if (std::isfinite(value)) fmt::format_to(std::back_inserter(line), "{}", value);
        else line += "null";
    }
    void operator()(auto value) const { fmt::format_to(std::back_inserter(line), "{}", value); }
};

struct text_value {
    std::string& line;
    void operator()(std::string_view text) const {
        auto const plain = !text.empty() && text.size() <= log_value_bytes_max &&
                           std::ranges::all_of(text, [](unsigned char c) {
                               return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
                           });
        if (plain) line += text;
        else append_quoted(line, text);
    }
    void operator()(bool value) const { line += value ? "true" : "false"; }
    void operator()(auto value) const { fmt::format_to(std::back_inserter(line), "{}", value); }
};

std::string place(log_line_parts const& parts) {
    std::string_view path{parts.file};
    auto cut = path.rfind('/');
    if (cut != std::string_view::npos && cut > 0) cut = path.rfind('/', cut - 1);
    if (cut != std::string_view::npos) path.remove_prefix(cut + 1);
    return fmt::format("{}:{}", path, parts.line);
}

}  // namespace

std::string format_time(unix_millis at) {
    using namespace std::chrono;
    sys_time<milliseconds> const when{milliseconds{to_underlying(at)}};
    auto const day = floor<days>(when);
    year_month_day const date{day};
    hh_mm_ss const time{when - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

std::string json_line(log_line_parts const& parts, std::initializer_list<log_field> const& fields) {
    std::string line = "{\"time\":\"" + format_time(parts.at) + "\",\"level\":\"";
    line += name_of(parts.level);
    line += "\",\"message\":";
    append_quoted(line, parts.message);
    for (auto const& field : fields) {
        line += ',';
        append_quoted(line, field.key);
        line += ':';
        std::visit(json_value{line}, field.value);
    }
    if (parts.suppressed > 0) fmt::format_to(std::back_inserter(line), ",\"suppressed\":{}", parts.suppressed);
    line += ",\"at\":";
    append_quoted(line, place(parts));
    line += '}';
    return line;
}

std::string text_line(log_line_parts const& parts, std::initializer_list<log_field> const& fields) {
    auto line = fmt::format("{} {:<7} {}", format_time(parts.at), name_of(parts.level), parts.message);
    for (auto const& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        std::visit(text_value{line}, field.value);
    }
    if (parts.suppressed > 0) fmt::format_to(std::back_inserter(line), " suppressed={}", parts.suppressed);
    line += " at=" + place(parts);
    return line;
}

}  // namespace sluice
