#include "gateway/core/units.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "gateway/core/bytes.hpp"

namespace sluice {
namespace {

struct unit {
    std::string_view name;
    std::uint64_t size;
};

constexpr std::array byte_units{unit{"TiB", 1024 * gibibyte}, unit{"GiB", gibibyte}, unit{"MiB", mebibyte},
                                unit{"KiB", kibibyte}, unit{"B", 1}};
constexpr std::array time_units{unit{"d", 86'400'000'000'000}, unit{"h", 3'600'000'000'000},
                                unit{"min", 60'000'000'000},   unit{"s", 1'000'000'000},
                                unit{"ms", 1'000'000},         unit{"us", 1'000},
                                unit{"ns", 1}};

failure bad(std::string_view text, std::string_view why) {
    return {error::invalid_argument, "'" + std::string(text) + "' " + std::string(why)};
}

struct split_text {
    std::string_view number, unit;
};

split_text split(std::string_view text) {
    auto const digits = text.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) return {text, {}};
    auto rest = text.substr(digits);
    auto const blanks = rest.find_first_not_of(' ');
    return {text.substr(0, digits), blanks == std::string_view::npos ? rest : rest.substr(blanks)};
}

template <std::size_t Count>
result<std::uint64_t> in_units(std::string_view text, std::array<unit, Count> const& units,
                               std::uint64_t most, std::string_view what) {
    auto const [number, name] = split(text);
    SLUICE_TRY(auto const count, parse_count(number));
    for (auto const& each : units) {
        if (each.name != name) continue;
        if (count > most / each.size) return bad(text, "is too large");
        return count * each.size;
    }
    return bad(text, what);
}

template <std::size_t Count>
std::string in_largest_unit(std::uint64_t value, std::array<unit, Count> const& units) {
    auto const* best = &units.back();
    for (auto const& each : units) {
        if (value != 0 && value % each.size == 0) {
            best = &each;
            break;
        }
    }
    return std::to_string(value / best->size) + ' ' + std::string(best->name);
}

}  // namespace

result<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t count = 0;
    auto const* const end = text.data() + text.size();
    auto const [at, code] = std::from_chars(text.data(), end, count);
    if (code == std::errc::result_out_of_range) return bad(text, "is too large");
    if (code != std::errc{} || at != end) return bad(text, "is not a whole number");
    return count;
}

result<std::uint64_t> parse_bytes(std::string_view text) {
    if (auto const count = parse_count(text); count.has_value()) return count;
    return in_units(text, byte_units, std::numeric_limits<std::uint64_t>::max(),
                    "is not a size such as '64 MiB' (units: B, KiB, MiB, GiB, TiB)");
}

result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    if (text == "0") return std::chrono::nanoseconds{0};
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    SLUICE_TRY(auto const length,
               in_units(text, time_units, most,
                        "is not a duration such as '30 s' (units: ns, us, ms, s, min, h, d)"));
    return std::chrono::nanoseconds{static_cast<std::int64_t>(length)};
}

std::string format_bytes(std::uint64_t bytes) { return in_largest_unit(bytes, byte_units); }

std::string format_duration(std::chrono::nanoseconds length) {
    if (length.count() < 0) return '-' + format_duration(-length);
    if (length.count() == 0) return "0 s";
    return in_largest_unit(static_cast<std::uint64_t>(length.count()), time_units);
}

}  // namespace sluice
