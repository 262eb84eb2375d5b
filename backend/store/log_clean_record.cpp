#include "backend/store/log_clean_record.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t record_version = 1;

}  // namespace

std::string encode(log_clean_record const& record) {
    std::string bytes;
    byte_writer(bytes)
        .little(std::uint64_t{0})
        .little(record_version)
        .little(to_underlying(record.clean))
        .little(to_underlying(record.reach));
    return bytes;
}

result<log_clean_record> decode_log_clean(std::string_view bytes) {
    byte_reader in(bytes);
    log_clean_record record;
    record.changed = lsn{in.little<std::uint64_t>()};
    if (in.little<std::uint8_t>() != record_version) in.fail();
    record.clean = log_offset{in.little<std::int64_t>()};
    record.reach = log_offset{in.little<std::int64_t>()};
    if (!in.ok() || !in.at_end() || record.clean < log_offset{0} || record.reach < record.clean)
        return failure{error::corrupt, "log clean record does not parse"};
    return record;
}

}  // namespace sluice::store
