// The records of topics and their partitions (bytes: gateway/design/0007-logs.md).
// Pure functions, any thread. Decoders answer `corrupt`.
#pragma once

#include <string>
#include <string_view>

#include "backend/store/model/topic_info.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct stored_topic {
    lsn changed{};
    topic_info info;                     // without its name, which is the key
    topic_retention retention;
};
std::string encode(stored_topic const&);
result<stored_topic> decode_topic(std::string_view);

struct log_state_record {
    lsn changed{};
    log_offset start{};                  // the first offset that may be read
    std::int32_t leader_epoch = 0;
};
std::string encode(log_state_record const&);
result<log_state_record> decode_log_state(std::string_view);

// A transaction that was aborted; its key names its marker.
struct aborted_record {
    lsn changed{};
    std::int64_t producer = 0;
    log_offset first{};                  // of its records
    log_offset stable{};                 // behind the marker when it was written
};
std::string encode(aborted_record const&);
result<aborted_record> decode_aborted(std::string_view);
// Where its fields stand in the encoded value, to be filled in once they are known.
inline constexpr std::size_t aborted_first_position = 8 + 1 + 8;

// A dropped topic whose log is still being erased.
struct dropped_log_record {
    lsn changed{};
    std::uint32_t partitions = 0;
};
std::string encode(dropped_log_record const&);
result<dropped_log_record> decode_dropped_log(std::string_view);

}  // namespace sluice::store
