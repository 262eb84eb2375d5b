// Encoded rows and keys of tables: physical kinds, no SQL (bytes: gateway/design/0008-tables.md).
// Rows are decoded by column; keys compare by bytes as their values do. Pure functions, any thread.
// Views point into the encoded row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/core/result.hpp"

namespace sluice::store {

enum class column_kind : std::uint8_t {
    boolean = 1,
    int16,
    int32,
    int64,
    float32,
    float64,
    bytes,     // text, bytea, json, numeric (canonical form), arrays: opaque to the store
    interval,  // 16 bytes
    uuid,      // 16 bytes
};

// null, boolean, any integer kind, either float kind, any byte kind
using column_value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
using column_view = std::variant<std::monostate, bool, std::int64_t, double, std::string_view>;

// Everything after the commit-LSN slot. Sizes match: one value per kind.
std::string encode_row(std::vector<column_kind> const& kinds,
                       std::vector<column_value> const& values);

// Decodes the columns asked for, in that order. A column past the stored ones is nullopt (added
// later: the caller knows its missing value). corrupt: not an encoded row of these kinds.
result<std::vector<std::optional<column_view>>> decode_row(
    std::string_view row, std::vector<column_kind> const& kinds,
    std::vector<std::uint32_t> const& columns);

// All stored columns, into a vector that is used again for the next row; those after them were
// added later.
result<void> decode_row(std::string_view row, std::vector<column_kind> const& kinds,
                        std::vector<column_view>& present);

// Appends one key column. For kind bytes the form is escaped; numeric columns pass their own
// ordered form as bytes.
void append_key_value(std::string& key, column_kind, column_value const&);
result<std::vector<column_value>> decode_key(std::string_view key,
                                             std::vector<column_kind> const& kinds);

}  // namespace sluice::store
