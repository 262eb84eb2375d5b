#include "backend/store/table_records.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t record_version = 1;

}  // namespace

std::string encode_stored_row(std::string_view row) {
    std::string value;
    value.reserve(sizeof(std::uint64_t) + row.size());
    byte_writer(value).little(std::uint64_t{0}).raw(row);
    return value;
}

result<stored_row_view> decode_stored_row(std::string_view value) {
    byte_reader in(value);
    auto const changed = lsn{in.little<std::uint64_t>()};
    if (!in.ok()) return failure{error::corrupt, "a row does not parse"};
    return stored_row_view{changed, in.rest()};
}

std::string encode_index_target(dataset_id table, std::string_view primary_key) {
    std::string value;
    value.reserve(primary_key.size() + 11);
    byte_writer(value).little(record_version).varint(to_underlying(table)).raw(primary_key);
    return value;
}

result<index_target> decode_index_target(std::string_view value) {
    byte_reader in(value);
    if (in.little<std::uint8_t>() != record_version) in.fail();
    auto const table = dataset_id{in.varint()};
    if (!in.ok()) return failure{error::corrupt, "an index entry does not parse"};
    return index_target{table, in.rest()};
}

std::string encode_dropped() {
    std::string value;
    byte_writer(value).little(std::uint64_t{0}).little(record_version);
    return value;
}

result<lsn> decode_dropped(std::string_view value) {
    byte_reader in(value);
    auto const changed = lsn{in.little<std::uint64_t>()};
    if (in.little<std::uint8_t>() != record_version) in.fail();
    if (!in.ok() || !in.at_end())
        return failure{error::corrupt, "the mark of a dropped dataset does not parse"};
    return changed;
}

std::string encode_identity_value(std::string_view value) {
    std::string bytes;
    byte_writer(bytes).little(std::uint64_t{0}).little(record_version).raw(value);
    return bytes;
}

}  // namespace sluice::store
