#include <algorithm>
#include <iterator>

#include "protocols/sql/types/time_zone.hpp"

namespace sluice::sql {
namespace {

struct row {
    std::string_view name;
    std::int32_t seconds_east;
    bool daylight;
    std::string_view zone;
};
constexpr row rows[] = {
#include "protocols/sql/types/zone_abbreviations.inc"
};

}  // namespace

bool find_zone_abbreviation(std::string_view upper, zone_abbreviation& found) {
    auto const at = std::lower_bound(std::begin(rows), std::end(rows), upper,
                                     [](row const& each, auto name) { return each.name < name; });
    if (at == std::end(rows) || at->name != upper) return false;
    found = {at->seconds_east, at->daylight, at->zone};
    return true;
}

}  // namespace sluice::sql
