// What a produced batch must be for its topic: the rules of the broker that need no log (format,
// crc, sizes, codecs, timestamps, producer fields), and the codes for breaking them. The bytes are
// kept as they came, unless the topic has a codec or times of its own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/refusal.hpp"
#include "backend/store/model/log_types.hpp"
#include "backend/store/model/topic_batches.hpp"
#include "backend/store/model/topic_info.hpp"
#include "protocols/kafka/kafka_options.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

struct batch_rules {
    std::int64_t message_bytes = 0;  // max.message.bytes
    std::int64_t before_max_ms = 0;  // message.timestamp.before.max.ms
    std::int64_t after_max_ms = 0;   // message.timestamp.after.max.ms
    std::size_t decompressed_bytes = 0;
    bool zstd_allowed = true;  // Produce 7 and later (KIP-110)
    bool keys_needed = false;  // the topic is compacted
    store::batch_form form;              // of the topic
    bool transactional_allowed = false;  // the request names its transactional id
};
batch_rules batch_rules_of(store::topic_info const& topic, kafka_options const& options,
                           int version);

struct batch_verdict {
    error_code error = error_code::none;
    std::string text;
    std::vector<std::int32_t> records;  // those at fault, if it is they (KIP-467)
    std::string record_text;            // of each
};
// `where`: topic and partition, as texts name them.
batch_verdict check_produced(std::string_view bytes, batch_rules const& rules, unix_millis now,
                             std::string_view where);

// Makes of a batch without a defect what the topic keeps. It may become larger than the topic takes.
batch_verdict give_form(std::string& batch, batch_rules const& rules, unix_millis now);

// Codes for what the append itself refused.
error_code append_error(failure const& why) noexcept;
error_code producer_error(store::producer_refusal refused) noexcept;

}  // namespace sluice::kafka
