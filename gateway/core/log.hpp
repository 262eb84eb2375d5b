// The server's own log: one line per event, JSON by default, a fixed message and named fields.
//
//     SLUICE_LOG(log_level::info, "listening", {"protocol", "s3"}, {"port", port});
//
// The message is a literal that says what happened and can be searched for; everything variable is a field.
// Passwords, keys, signatures, tokens and SQL literals are never fields. Each call site has its own budget
// of lines per second; what was held back is counted in the field "suppressed" of its next line.
//
// Thread rule: any thread. Before configure_logging and in tests without it, lines go to stderr.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"

namespace sluice {

enum class log_level : std::uint8_t { debug, info, warning, error, off };
enum class log_format : std::uint8_t { json, text };  // text: logfmt, for people

std::string_view name_of(log_level level) noexcept;
result<log_level> parse_log_level(std::string_view text);

struct log_options {
    log_level level = log_level::info;
    log_format format = log_format::json;
    std::string file;                         // empty: stderr
    std::uint32_t lines_per_site_second = 50;  // limits.log_lines_per_site_second
    std::function<void(std::string_view)> sink;  // tests: gets each line instead of stderr and file
};

// Replaces the process's log. io_failed when the file cannot be opened.
result<void> configure_logging(log_options options, wall_clock const& clock = system_wall_clock());
void flush_log();
bool log_enabled(log_level level) noexcept;

struct log_field {
    using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    log_field(std::string_view key, std::string_view value) : key(key), value(value) {}
    log_field(std::string_view key, char const* value) : key(key), value(std::string_view{value}) {}
    log_field(std::string_view key, std::string const& value) : key(key), value(std::string_view{value}) {}
    log_field(std::string_view key, bool value) : key(key), value(value) {}
    log_field(std::string_view key, std::signed_integral auto value)
        : key(key), value(static_cast<std::int64_t>(value)) {}
    log_field(std::string_view key, std::unsigned_integral auto value)
        : key(key), value(static_cast<std::uint64_t>(value)) {}
    log_field(std::string_view key, std::floating_point auto value)
        : key(key), value(static_cast<double>(value)) {}
    log_field(std::string_view key, failure const& value);  // "code: text"

    std::string_view key;
    value_type value;
    std::string owned;  // backs `value` where it had to be made
    log_field(log_field const&) = delete;
    log_field& operator=(log_field const&) = delete;
};

// One per call site, made by SLUICE_LOG.
class log_site {
public:
    constexpr log_site(char const* file, int line) noexcept : file_(file), line_(line) {}
    void write(log_level level, std::string_view message, std::initializer_list<log_field> fields);

private:
    // False when this second's budget is spent; otherwise takes what was suppressed before.
    bool admit(std::uint32_t lines_per_second, std::int64_t second, std::uint64_t& suppressed) noexcept;

    char const* file_;
    int line_;
    std::atomic<std::int64_t> second_ = 0;
    std::atomic<std::uint32_t> lines_ = 0;
    std::atomic<std::uint64_t> suppressed_ = 0;
};

}  // namespace sluice

#define SLUICE_LOG(level, message, ...)                             \
    do {                                                            \
        if (::sluice::log_enabled(level)) {                         \
            static ::sluice::log_site site{__FILE__, __LINE__};     \
            site.write(level, message, {__VA_ARGS__});              \
        }                                                           \
    } while (false)
