#include "gateway/core/limits.hpp"

#include "gateway/core/units.hpp"

namespace sluice {

result<void> limit::assign(std::uint64_t value) {
    if (value < least_ || value > most_)
        return failure{error::invalid_argument, std::string(name_) + ": " + formatted(value) +
                                                    " is outside " + formatted(least_) + " to " +
                                                    formatted(most_)};
    value_ = value;
    return success();
}

result<void> limit::parse(std::string_view text) {
    auto const parsed = [&]() -> result<std::uint64_t> {
        switch (unit_) {
            case limit_unit::count: return parse_count(text);
            case limit_unit::bytes: return parse_bytes(text);
            case limit_unit::duration: {
                SLUICE_TRY(auto const length, parse_duration(text));
                return static_cast<std::uint64_t>(length.count());
            }
        }
        return error::invalid_argument;
    }();
    if (parsed.has_error())
        return failure{error::invalid_argument, std::string(name_) + ": " + parsed.error().text};
    return assign(*parsed);
}

std::string limit::describe() const {
    return std::string(name_) + " = " + formatted(value_) + " (" + formatted(least_) + " to " +
           formatted(most_) + ")";
}

std::string limit::formatted(std::uint64_t value) const {
    switch (unit_) {
        case limit_unit::count: return std::to_string(value);
        case limit_unit::bytes: return format_bytes(value);
        case limit_unit::duration:
            return format_duration(std::chrono::nanoseconds{static_cast<std::int64_t>(value)});
    }
    return {};
}

}  // namespace sluice
