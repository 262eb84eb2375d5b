#include "backend/store/topic_records.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t record_version = 1;

byte_writer begin(std::string& bytes) {
    byte_writer out(bytes);
    out.little(std::uint64_t{0}).little(record_version);
    return out;
}

lsn open(byte_reader& in) {
    auto const changed = lsn{in.little<std::uint64_t>()};
    if (in.little<std::uint8_t>() != record_version) in.fail();
    return changed;
}

failure unreadable(char const* what) {
    return failure{error::corrupt, std::string(what) + " does not parse"};
}

}  // namespace

std::string encode(stored_topic const& record) {
    std::string bytes;
    auto out = begin(bytes);
    out.varint(to_underlying(record.info.id));
    out.raw({reinterpret_cast<char const*>(record.info.uuid.data()), record.info.uuid.size()});
    out.varint(record.info.partitions).varint(to_underlying(record.info.owner));
    out.little(to_underlying(record.info.created));
    out.little(record.retention.milliseconds).little(record.retention.bytes);
    out.varint(record.info.settings.size());
    for (auto const& [name, value] : record.info.settings) out.sized(name).sized(value);
    return bytes;
}

result<stored_topic> decode_topic(std::string_view bytes) {
    byte_reader in(bytes);
    stored_topic record;
    record.changed = open(in);
    record.info.id = dataset_id{in.varint()};
    auto const uuid = in.raw(record.info.uuid.size());
    if (in.ok()) std::memcpy(record.info.uuid.data(), uuid.data(), uuid.size());
    record.info.partitions = static_cast<std::uint32_t>(in.varint());
    record.info.owner = principal_id{in.varint()};
    record.info.created = unix_millis{in.little<std::int64_t>()};
    record.retention.milliseconds = in.little<std::int64_t>();
    record.retention.bytes = in.little<std::int64_t>();
    auto const settings = in.varint();
    for (std::uint64_t i = 0; i < settings && in.ok(); ++i) {
        std::string name(in.sized());
        record.info.settings.insert_or_assign(std::move(name), std::string(in.sized()));
    }
    if (!in.ok() || !in.at_end() || record.info.partitions == 0)
        return unreadable("topic record");
    return record;
}

std::string encode(log_state_record const& record) {
    std::string bytes;
    begin(bytes).little(to_underlying(record.start)).little(record.leader_epoch);
    return bytes;
}

result<log_state_record> decode_log_state(std::string_view bytes) {
    byte_reader in(bytes);
    log_state_record record;
    record.changed = open(in);
    record.start = log_offset{in.little<std::int64_t>()};
    record.leader_epoch = in.little<std::int32_t>();
    if (!in.ok() || !in.at_end() || record.start < log_offset{0}) return unreadable("log state");
    return record;
}

std::string encode(aborted_record const& record) {
    std::string bytes;
    begin(bytes)
        .little(record.producer)
        .little(to_underlying(record.first))
        .little(to_underlying(record.stable));
    return bytes;
}

result<aborted_record> decode_aborted(std::string_view bytes) {
    byte_reader in(bytes);
    aborted_record record;
    record.changed = open(in);
    record.producer = in.little<std::int64_t>();
    record.first = log_offset{in.little<std::int64_t>()};
    record.stable = log_offset{in.little<std::int64_t>()};
    if (!in.ok() || !in.at_end()) return unreadable("aborted transaction");
    return record;
}

std::string encode(dropped_log_record const& record) {
    std::string bytes;
    begin(bytes).varint(record.partitions);
    return bytes;
}

result<dropped_log_record> decode_dropped_log(std::string_view bytes) {
    byte_reader in(bytes);
    dropped_log_record record;
    record.changed = open(in);
    record.partitions = static_cast<std::uint32_t>(in.varint());
    if (!in.ok() || !in.at_end()) return unreadable("dropped log");
    return record;
}

}  // namespace sluice::store
