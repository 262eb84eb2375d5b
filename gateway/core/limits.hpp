// A named bound that configuration may move within a range. Modules keep plain numbers in their *_options;
// a limit is how config declares, parses, checks and documents them:
//
//     limit body{"limits.s3_body_bytes", 5 * gibibyte, 1 * mebibyte, 50 * gibibyte, limit_unit::bytes};
//     SLUICE_CHECK(body.parse("8 GiB"));
//     options.body_bytes_max = body.value();
//
// Durations count nanoseconds. Not thread-safe: parsed at start-up, then only read.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/assert.hpp"
#include "gateway/core/result.hpp"

namespace sluice {

enum class limit_unit : std::uint8_t { count, bytes, duration };

class limit {
public:
    // `name` is a literal; least <= value <= most.
    constexpr limit(std::string_view name, std::uint64_t value, std::uint64_t least, std::uint64_t most,
                    limit_unit unit = limit_unit::count)
        : name_(name), value_(value), least_(least), most_(most), unit_(unit) {
        SLUICE_ASSERT(least <= value && value <= most);
    }
    limit(std::string_view name, std::chrono::nanoseconds value, std::chrono::nanoseconds least,
          std::chrono::nanoseconds most)
        : limit(name, static_cast<std::uint64_t>(value.count()), static_cast<std::uint64_t>(least.count()),
                static_cast<std::uint64_t>(most.count()), limit_unit::duration) {}

    std::string_view name() const noexcept { return name_; }
    limit_unit unit() const noexcept { return unit_; }
    std::uint64_t value() const noexcept { return value_; }
    std::uint64_t least() const noexcept { return least_; }
    std::uint64_t most() const noexcept { return most_; }
    std::chrono::nanoseconds length() const noexcept {
        return std::chrono::nanoseconds{static_cast<std::int64_t>(value_)};
    }

    // invalid_argument, naming the limit and its range, and nothing changes.
    result<void> assign(std::uint64_t value);
    result<void> parse(std::string_view text);

    // "limits.s3_body_bytes = 5 GiB (1 MiB to 50 GiB)"
    std::string describe() const;

private:
    std::string formatted(std::uint64_t value) const;

    std::string_view name_;
    std::uint64_t value_, least_, most_;
    limit_unit unit_;
};

}  // namespace sluice
