// The APIs this server speaks, from schema/*.schema: key, name, versions. What a client is told,
// and what is decoded, follow from here. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::kafka {

struct api_row {
    std::int16_t key;
    std::string_view name;  // as in the schema's file name: "list_offsets"
    std::int16_t first, last;
    std::int16_t first_flexible;

    constexpr bool serves(std::int16_t version) const noexcept {
        return first <= version && version <= last;
    }
    constexpr bool is_flexible(std::int16_t version) const noexcept {
        return version >= first_flexible;
    }
};

inline constexpr std::array api_rows{
#define SLUICE_KAFKA_API(key, name, first, last, flexible) \
    api_row{key, #name, first, last, flexible},
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API
};

// nullptr: no such API here.
constexpr api_row const* find_api(std::int16_t key) noexcept {
    auto const* found = std::lower_bound(api_rows.begin(), api_rows.end(), key,
                                         [](api_row const& row, auto k) { return row.key < k; });
    return found != api_rows.end() && found->key == key ? found : nullptr;
}
static_assert(std::is_sorted(api_rows.begin(), api_rows.end(),
                             [](auto const& a, auto const& b) { return a.key < b.key; }));

namespace api_key {
inline constexpr std::int16_t produce = 0;
inline constexpr std::int16_t fetch = 1;
inline constexpr std::int16_t sasl_handshake = 17;
inline constexpr std::int16_t api_versions = 18;
inline constexpr std::int16_t sasl_authenticate = 36;
}  // namespace api_key

// What ApiVersions says. Produce starts at 0 although 0 to 2 were never served: librdkafka before
// 2.11.1 takes an overlap with [0, 0] for the sign that compression is understood (KAFKA-18659).
constexpr std::int16_t advertised_first(api_row const& row) noexcept {
    return row.key == api_key::produce ? std::int16_t{0} : row.first;
}

}  // namespace sluice::kafka
