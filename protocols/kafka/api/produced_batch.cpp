#include "protocols/kafka/api/produced_batch.hpp"

#include <algorithm>
#include <limits>

#include "backend/store/model/log_batch.hpp"
#include "backend/store/model/log_filter.hpp"
#include "backend/store/model/topic_cleaning.hpp"
#include "gateway/core/checksum.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

constexpr int first_zstd_version = 7;
constexpr std::int64_t default_after_max_ms = 3'600'000;

// Records that an answer names: of more their number is told.
constexpr std::size_t records_named = 1000;

batch_verdict refused(error_code error, std::string text) {
    return {error, std::move(text), {}, {}};
}

// Why the whole batch is bad: its frame and crc, or what is inside.
batch_verdict name_defect(std::string_view batch, failure const& why) {
    if (why.code == error::unsupported)
        return refused(error_code::unsupported_compression_type, why.text);
    if (why.code == error::too_large) return refused(error_code::message_too_large, why.text);
    constexpr std::size_t crc_begins = 21;
    auto const header = store::parse_log_batch_header(batch);
    bool const sound =
        header.has_value() && crc32c(as_bytes(batch.substr(crc_begins))) == header->crc;
    return refused(sound ? error_code::invalid_record : error_code::corrupt_message, why.text);
}

batch_verdict check_header(store::log_batch_header const& header, batch_rules const& rules) {
    if (header.is_control())
        return refused(error_code::invalid_record, "Clients cannot write control batches");
    if (header.is_transactional() && !rules.transactional_allowed)
        return refused(error_code::transactional_id_authorization_failed,
                       "A batch of a transaction needs a transactional id");
    if (header.is_transactional() && header.producer_id < 0)
        return refused(error_code::invalid_record, "A batch of a transaction needs a producer id");
    if (header.producer_id >= 0 && (header.base_sequence < 0 || header.producer_epoch < 0))
        return refused(error_code::invalid_record,
                       "A batch with a producer id needs a sequence and an epoch");
    if (header.has_append_time())
        return refused(error_code::invalid_timestamp,
                       "Clients cannot set the timestamp type to LogAppendTime");
    return {};
}

batch_verdict check_size(std::string_view batch, batch_rules const& rules) {
    if (static_cast<std::int64_t>(batch.size()) <= rules.message_bytes) return {};
    return refused(error_code::message_too_large,
                   "A batch of " + std::to_string(batch.size()) + " bytes; the topic takes " +
                       std::to_string(rules.message_bytes));
}

batch_verdict check_times(store::log_batch_facts const& facts, batch_rules const& rules,
                          unix_millis now) {
    auto const at = to_underlying(now);
    // Differences that do not fit are beyond any bound but the largest.
    auto const oldest = rules.before_max_ms > at ? std::numeric_limits<std::int64_t>::min()
                                                 : at - rules.before_max_ms;
    auto const newest = rules.after_max_ms > std::numeric_limits<std::int64_t>::max() - at
                            ? std::numeric_limits<std::int64_t>::max()
                            : at + rules.after_max_ms;
    if (facts.first_timestamp >= oldest && facts.last_timestamp <= newest) return {};
    return refused(error_code::invalid_timestamp,
                   "A record's timestamp is outside message.timestamp.before.max.ms and "
                   "message.timestamp.after.max.ms");
}

// The newest record of a key is what such a topic keeps.
batch_verdict name_records_without_key(std::string_view batch, batch_rules const& rules,
                                       std::string_view where) {
    batch_verdict out;
    std::int32_t index = 0;
    std::size_t count = 0;
    auto const each = [&](store::log_record_view const& record) {
        if (!record.key && ++count <= records_named) out.records.push_back(index);
        ++index;
        return true;
    };
    if (auto walked = store::walk_log_batch(batch, rules.decompressed_bytes, each); !walked)
        return name_defect(batch, walked.error());
    out.error = error_code::invalid_record;
    out.record_text = "Compacted topic cannot accept message without key in topic partition " +
                      std::string(where) + ".";
    out.text = "One or more records have been rejected due to " + std::to_string(count) +
               " record errors in total, and only showing the first three errors at most: [";
    for (std::size_t i = 0; i < std::min<std::size_t>(out.records.size(), 3); ++i)
        out.text += (i == 0 ? "" : ", ") + ("RecordError(batchIndex=" +
                    std::to_string(out.records[i]) + ", message='" + out.record_text + "')");
    out.text += "]";
    return out;
}

}  // namespace

batch_rules batch_rules_of(store::topic_info const& topic, kafka_options const& options,
                           int version) {
    batch_rules out;
    out.message_bytes = number_setting(topic, "max.message.bytes", options.message_bytes);
    out.before_max_ms = number_setting(topic, "message.timestamp.before.max.ms",
                                       std::numeric_limits<std::int64_t>::max());
    out.after_max_ms =
        number_setting(topic, "message.timestamp.after.max.ms", default_after_max_ms);
    out.decompressed_bytes = options.decompressed_bytes;
    out.zstd_allowed = version >= first_zstd_version;
    out.keys_needed = store::cleaning_of(topic.settings).compacts;
    out.form = store::batch_form_of(topic.settings);
    return out;
}

batch_verdict check_produced(std::string_view bytes, batch_rules const& rules, unix_millis now,
                             std::string_view where) {
    if (bytes.empty()) return refused(error_code::invalid_record, "No record batch");
    auto const header = store::parse_log_batch_header(bytes);
    if (header.has_error()) {
        bool const magic = header.error().code == error::unsupported;
        return refused(magic ? error_code::invalid_record : error_code::corrupt_message,
                       header.error().text);
    }
    if (header->total_bytes() > bytes.size())
        return refused(error_code::corrupt_message, "The batch is cut");
    if (header->total_bytes() < bytes.size())
        return refused(error_code::invalid_record,
                       "A produce request has one record batch per partition");
    if (auto verdict = check_size(bytes, rules); verdict.error != error_code::none) return verdict;
    if (header->codec() == store::log_codec::zstd && !rules.zstd_allowed)
        return refused(error_code::unsupported_compression_type,
                       "Produce below version 7 cannot carry zstd");
    if (auto verdict = check_header(*header, rules); verdict.error != error_code::none) return verdict;
    auto const facts = store::check_produced_batch(bytes, rules.decompressed_bytes);
    if (facts.has_error()) return name_defect(bytes, facts.error());
    if (rules.keys_needed && facts->first_null_key >= 0)
        return name_records_without_key(bytes, rules, where);
    // What the producer says of times goes.
    if (rules.form.append_time) return {};
    return check_times(*facts, rules, now);
}

batch_verdict give_form(std::string& batch, batch_rules const& rules, unix_millis now) {
    if (rules.form.as_it_comes()) return {};
    auto formed = store::in_form(rules.form, std::move(batch), now, rules.decompressed_bytes);
    if (formed.has_error()) return refused(error_code::invalid_record, formed.error().text);
    batch = *std::move(formed);
    return check_size(batch, rules);
}

error_code append_error(failure const& why) noexcept {
    switch (why.code) {
        case error::malformed:
        case error::invalid_argument:
            return error_code::invalid_record;
        // Clients try again after these.
        case error::overloaded:
        case error::deadline_exceeded:
        case error::conflict:
            return error_code::request_timed_out;
        default:
            return to_kafka_error(why.code);
    }
}

error_code producer_error(store::producer_refusal refused) noexcept {
    switch (refused) {
        case store::producer_refusal::none:
            return error_code::none;
        case store::producer_refusal::sequence_out_of_order:
            return error_code::out_of_order_sequence_number;
        case store::producer_refusal::duplicate_forgotten:
            return error_code::duplicate_sequence_number;
        case store::producer_refusal::epoch_fenced:
            return error_code::invalid_producer_epoch;
        case store::producer_refusal::transaction_state:
            return error_code::invalid_txn_state;
    }
    return error_code::unknown_server_error;
}

}  // namespace sluice::kafka
