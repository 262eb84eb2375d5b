// What a classic group keeps across restarts, as the store holds it (opaque there):
//   u8 version 1, i32 generation, varint length + protocol type; integers little-endian.
// Members are not kept: after a restart they find themselves unknown, join again, and the
// generation goes on from here. Version 2 is a consumer group's (consumer_group_record.cpp). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::kafka {

struct group_record {
    std::int32_t generation = 0;
    std::string protocol_type;
    bool operator==(group_record const&) const = default;
};

std::string encode(group_record const& record);
bool is_consumer_group_record(std::string_view bytes) noexcept;
// malformed; unsupported: a later version.
result<group_record> decode_group_record(std::string_view bytes);

}  // namespace sluice::kafka
