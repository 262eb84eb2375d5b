// In which form a topic keeps batches: with the times their producers gave or that of the append
// (message.timestamp.type), compressed as they came or by the topic's codec (compression.type). Out
// of the topic's settings, whose texts were checked when they were given. Pure functions, any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "backend/store/model/log_compression.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct batch_form {
    bool append_time = false;
    std::optional<log_codec> codec;   // nullopt: as it came

    bool as_it_comes() const noexcept { return !append_time && !codec; }
    bool operator==(batch_form const&) const = default;
};

batch_form batch_form_of(std::map<std::string, std::string> const& settings);

// "producer", "uncompressed" or a codec's name; nullopt: anything else.
std::optional<std::optional<log_codec>> parse_compression_type(std::string_view text);
// Whether "LogAppendTime"; nullopt: neither that nor "CreateTime".
std::optional<bool> parse_timestamp_type(std::string_view text);

// Whole batches one behind the other, checked before, in that form; as they are when they have it.
// malformed; too_large: one holds more than `decompressed_most` bytes.
result<std::string> in_form(batch_form form, std::string batches, unix_millis now,
                            std::size_t decompressed_most);

}  // namespace sluice::store
