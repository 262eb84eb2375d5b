// The journal of a bucket's changes: a topic of one partition, the server's own, which clients neither
// write nor drop (0007, "Journals of buckets").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/ids.hpp"

namespace sluice::store {

inline constexpr std::string_view journal_prefix = "__journal.";

// The number keeps it apart from that of a bucket of the same name that is gone.
inline std::string journal_name(std::string_view bucket, dataset_id id) {
    return std::string(journal_prefix).append(bucket).append(".").append(
        std::to_string(to_underlying(id)));
}
inline bool is_journal(std::string_view topic) noexcept { return topic.starts_with(journal_prefix); }

}  // namespace sluice::store
