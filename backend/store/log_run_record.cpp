#include "backend/store/log_run_record.hpp"

#include <limits>

#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

// 1 had no newest_so_far; 3 ends with flags, and is written only when one is set.
constexpr std::uint8_t first_version = 1;
constexpr std::uint8_t plain_version = 2;
constexpr std::uint8_t flagged_version = 3;
constexpr std::uint8_t numbered_flag = 1;
constexpr std::uint8_t piece_version = 1;

}  // namespace

std::string encode(log_run_record const& record) {
    std::string bytes;
    bytes.reserve(64);
    byte_writer(bytes)
        .little(std::uint64_t{0})
        .little(record.numbered ? flagged_version : plain_version)
        .big(journal::encode(record.at))
        .little(to_underlying(record.newest_so_far))
        .varint(record.length)
        .varint(record.offsets)
        .varint(record.batches)
        .little(to_underlying(record.first_timestamp))
        .little(to_underlying(record.last_timestamp));
    if (record.numbered) byte_writer(bytes).little(numbered_flag);
    return bytes;
}

result<log_run_record> decode_log_run(std::string_view bytes) {
    byte_reader in(bytes);
    log_run_record record;
    record.changed = lsn{in.little<std::uint64_t>()};
    auto const version = in.little<std::uint8_t>();
    if (version < first_version || version > flagged_version) in.fail();
    record.at = journal::decode_location(in.big<std::uint64_t>());
    // Unknown: as large as can be, so that a search by time begins at the log's start.
    record.newest_so_far = version == first_version
                               ? unix_millis{std::numeric_limits<std::int64_t>::max()}
                               : unix_millis{in.little<std::int64_t>()};
    record.length = in.varint();
    record.offsets = in.varint();
    record.batches = in.varint();
    record.first_timestamp = unix_millis{in.little<std::int64_t>()};
    record.last_timestamp = unix_millis{in.little<std::int64_t>()};
    record.numbered = version == flagged_version;
    if (record.numbered && in.little<std::uint8_t>() != numbered_flag) in.fail();
    if (!in.ok() || !in.at_end() || record.offsets == 0 || record.length == 0)
        return failure{error::corrupt, "log run record does not parse"};
    return record;
}

std::string encode(log_piece_record const& record) {
    std::string bytes;
    byte_writer(bytes)
        .little(std::uint64_t{0})
        .little(piece_version)
        .big(journal::encode(record.at))
        .varint(record.length);
    return bytes;
}

result<log_piece_record> decode_log_piece(std::string_view bytes) {
    byte_reader in(bytes);
    log_piece_record record;
    record.changed = lsn{in.little<std::uint64_t>()};
    if (in.little<std::uint8_t>() != piece_version) in.fail();
    record.at = journal::decode_location(in.big<std::uint64_t>());
    record.length = in.varint();
    if (!in.ok() || !in.at_end() || record.length == 0)
        return failure{error::corrupt, "log piece record does not parse"};
    return record;
}

}  // namespace sluice::store
