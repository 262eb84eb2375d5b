// The stored forms of the row family (gateway/design/0008-tables.md): a row behind its commit-LSN
// slot, an index entry's way to its row, and the mark of a dropped table or index.
//
//     row      lsn  encoded row
//     entry    u8 1  varint table  primary key
//     dropped  lsn  u8 1
//
// Pure functions, any thread. Views point into what was decoded.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct stored_row_view {
    lsn changed{};
    std::string_view row;
};
std::string encode_stored_row(std::string_view row);  // the slot is zero
result<stored_row_view> decode_stored_row(std::string_view value);

struct index_target {
    dataset_id table{};
    std::string_view primary_key;
};
std::string encode_index_target(dataset_id table, std::string_view primary_key);
result<index_target> decode_index_target(std::string_view value);

std::string encode_dropped();
result<lsn> decode_dropped(std::string_view value);

// A record of another module (key 'p'): its value behind the slot and a version.
std::string encode_identity_value(std::string_view value);

}  // namespace sluice::store
