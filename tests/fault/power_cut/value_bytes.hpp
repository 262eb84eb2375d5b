// The bytes behind a written_value, and how it lies in the index:
//    0  u64 commit LSN (slot)      8  u64 location (slot; 0 for small values)
//   16  u8 kind   17  u64 number   25  u64 length   33  the bytes of a small value
#pragma once

#include <string>
#include <string_view>

#include "backend/journal/commit.hpp"
#include "backend/kv/mutation_batch.hpp"
#include "tests/fault/power_cut/journal_model.hpp"

namespace sluice::fault {

inline constexpr std::size_t location_position = 8;

// `length` bytes that follow from `number`.
std::string bytes_of(std::uint64_t number, std::size_t length);

kv::family family_of_key(int key);
std::string name_of_key(int key);
result<int> key_of_name(std::string_view name);

// The value as put; the LSN is a slot, the location too unless it is given.
std::string encode_value(written_value const&, journal::location where = {});

struct decoded_value {
    written_value value;
    lsn at{};
    journal::location where;
};
// corrupt: not such a value, or the bytes of a small one are wrong.
result<decoded_value> decode_value(std::string_view stored);

}  // namespace sluice::fault
