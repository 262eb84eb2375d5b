#include "backend/store/object_records.hpp"

#include "backend/store/stored_checksums.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t record_version = 1;

// Stored numbers: never renumber.
enum class object_bytes : std::uint8_t { in_record = 1, in_payload = 2, delete_marker = 3 };
constexpr std::uint8_t null_version_flag = 0x10;
// Of a bucket that keeps or kept versions.
constexpr std::uint8_t versioned_bucket_version = 2;
// Of one whose objects have access lists; says its versioning too.
constexpr std::uint8_t shared_bucket_version = 3;
// Of an object or part whose payload has another length than its bytes.
constexpr std::uint8_t stored_length_version = 2;

byte_writer begin(std::string& bytes, std::uint8_t version = record_version) {
    byte_writer out(bytes);
    out.little(std::uint64_t{0}).little(version);
    return out;
}

lsn open(byte_reader& in) {
    auto const changed = lsn{in.little<std::uint64_t>()};
    if (in.little<std::uint8_t>() != record_version) in.fail();
    return changed;
}

// Of records that may say a stored length, which ends them.
struct opened_sized {
    lsn changed{};
    bool says_stored = false;
};
opened_sized open_sized(byte_reader& in) {
    opened_sized out;
    out.changed = lsn{in.little<std::uint64_t>()};
    auto const version = in.little<std::uint8_t>();
    out.says_stored = version == stored_length_version;
    if (version != record_version && !out.says_stored) in.fail();
    return out;
}

std::uint8_t version_for(std::uint64_t size, std::uint64_t stored) noexcept {
    return size == stored ? record_version : stored_length_version;
}

[[gnu::noinline]] failure unreadable(char const* what) {
    std::string text(what);
    return failure{error::corrupt, std::move(text.append(" does not parse"))};
}

template <class Record>
result<Record> close(byte_reader const& in, Record&& record, char const* what) {
    if (!in.ok() || !in.at_end()) return unreadable(what);
    return std::forward<Record>(record);
}

void put_time(byte_writer& out, unix_millis time) { out.little(to_underlying(time)); }
unix_millis take_time(byte_reader& in) { return unix_millis{in.little<std::int64_t>()}; }

}  // namespace

std::string encode(bucket_record const& record) {
    std::string bytes;
    bool const is_versioned = record.versions != versioning::never;
    bool const is_shared = !record.access.empty();
    auto out = begin(bytes, is_shared      ? shared_bucket_version
                            : is_versioned ? versioned_bucket_version
                                           : record_version);
    out.varint(to_underlying(record.id)).varint(to_underlying(record.owner));
    put_time(out, record.created);
    out.sized(record.settings);
    if (is_versioned || is_shared) out.little(static_cast<std::uint8_t>(record.versions));
    if (is_shared) out.sized(record.access);
    return bytes;
}

result<bucket_record> decode_bucket(std::string_view bytes) {
    byte_reader in(bytes);
    bucket_record record;
    record.changed = lsn{in.little<std::uint64_t>()};
    auto const version = in.little<std::uint8_t>();
    record.id = dataset_id{in.varint()};
    record.owner = principal_id{in.varint()};
    record.created = take_time(in);
    record.settings = in.sized();
    bool const is_shared = version == shared_bucket_version;
    if (version == versioned_bucket_version || is_shared) {
        record.versions = static_cast<versioning>(in.little<std::uint8_t>());
        bool const is_never = is_shared && record.versions == versioning::never;
        if (!is_never && record.versions != versioning::enabled &&
            record.versions != versioning::suspended)
            in.fail();
    } else if (version != record_version) {
        in.fail();
    }
    if (is_shared) {
        record.access = in.sized();
        if (record.access.empty()) in.fail();
    }
    return close(in, std::move(record), "bucket record");
}

bucket_info describe(std::string name, bucket_record&& record) {
    return {std::move(name), record.id, record.owner, record.created, std::move(record.settings),
            record.changed, record.versions, std::move(record.access)};
}

std::string encode(object_record const& record) {
    std::string bytes;
    bytes.reserve(64 + record.etag.size() + record.attributes.size() + record.bytes.size());
    auto out = begin(bytes, version_for(record.size, record.stored));
    auto const where = record.is_delete_marker                ? object_bytes::delete_marker
                       : to_underlying(record.payload) == 0 ? object_bytes::in_record
                                                             : object_bytes::in_payload;
    auto const flags = record.is_null ? null_version_flag : std::uint8_t{0};
    out.little(static_cast<std::uint8_t>(static_cast<std::uint8_t>(where) | flags))
        .varint(record.size);
    put_time(out, record.modified);
    out.sized(record.etag)
        .sized(record.attributes)
        .varint(record.part_count)
        .varint(to_underlying(record.upload));
    if (where == object_bytes::in_record) out.sized(record.bytes);
    if (where == object_bytes::in_payload) out.varint(to_underlying(record.payload));
    if (record.size != record.stored) out.varint(record.stored);
    return bytes;
}

namespace {

// `bytes_too`: also the object's bytes that are in the record.
result<object_record> decode(std::string_view stored, bool bytes_too) {
    byte_reader in(stored);
    object_record record;
    auto const opened = open_sized(in);
    record.changed = opened.changed;
    auto const kind = in.little<std::uint8_t>();
    record.is_null = (kind & null_version_flag) != 0;
    auto const where = static_cast<object_bytes>(kind & ~null_version_flag);
    record.size = in.varint();
    record.modified = take_time(in);
    record.etag = in.sized();
    record.attributes = in.sized();
    record.part_count = static_cast<std::uint32_t>(in.varint());
    record.upload = upload_id{in.varint()};
    std::string_view bytes;
    if (where == object_bytes::in_record) {
        bytes = in.sized();
        if (bytes_too) record.bytes = bytes;
    } else if (where == object_bytes::in_payload) {
        record.payload = payload_id{in.varint()};
        if (to_underlying(record.payload) == 0) in.fail();
    } else if (where == object_bytes::delete_marker) {
        record.is_delete_marker = true;
        if (record.size != 0) in.fail();
    } else {
        in.fail();
    }
    record.stored = opened.says_stored ? in.varint() : record.size;
    if (where == object_bytes::in_record && bytes.size() != record.stored) in.fail();
    if (record.is_delete_marker && record.stored != 0) in.fail();
    return close(in, std::move(record), "object record");
}

}  // namespace

result<object_record> decode_object(std::string_view bytes) { return decode(bytes, true); }

result<object_record> decode_object_description(std::string_view bytes) {
    return decode(bytes, false);
}

std::string encode_null_version(object_version number) {
    std::string bytes;
    begin(bytes).varint(to_underlying(number));
    return bytes;
}

result<object_version> decode_null_version(std::string_view bytes) {
    byte_reader in(bytes);
    open(in);
    auto const number = object_version{in.varint()};
    if (number == object_version{}) in.fail();
    return close(in, object_version(number), "null version");
}

object_stat describe(dataset_id bucket, std::string key, object_version version,
                     object_record const& record) {
    object_stat stat;
    stat.key = std::move(key);
    stat.bucket = bucket;
    stat.version = version;
    stat.size = record.size;
    stat.etag = record.etag;
    stat.last_modified = record.modified;
    stat.changed = record.changed;
    stat.part_count = record.part_count;
    stat.is_delete_marker = record.is_delete_marker;
    return stat;
}

result<object_stat> describe_fully(dataset_id bucket, std::string key, object_version version,
                                   object_record const& record) {
    auto stat = describe(bucket, std::move(key), version, record);
    SLUICE_TRY(stat.attributes, decode_attributes(record.attributes));
    return stat;
}

std::string encode(upload_record const& record) {
    std::string bytes;
    auto out = begin(bytes);
    out.varint(to_underlying(record.initiator));
    put_time(out, record.created);
    out.sized(record.attributes);
    return bytes;
}

result<upload_record> decode_upload(std::string_view bytes) {
    byte_reader in(bytes);
    upload_record record;
    record.changed = open(in);
    record.initiator = principal_id{in.varint()};
    record.created = take_time(in);
    record.attributes = in.sized();
    return close(in, std::move(record), "upload record");
}

std::string encode(part_record const& record) {
    std::string bytes;
    auto out = begin(bytes, version_for(record.size, record.stored));
    out.varint(record.size);
    put_time(out, record.modified);
    out.sized(record.etag).varint(to_underlying(record.payload));
    put_checksums(out, record.checksums);
    if (record.size != record.stored) out.varint(record.stored);
    return bytes;
}

result<part_record> decode_part(std::string_view bytes) {
    byte_reader in(bytes);
    part_record record;
    auto const opened = open_sized(in);
    record.changed = opened.changed;
    record.size = in.varint();
    record.modified = take_time(in);
    record.etag = in.sized();
    record.payload = payload_id{in.varint()};
    record.checksums = take_checksums(in);
    record.stored = opened.says_stored ? in.varint() : record.size;
    return close(in, std::move(record), "part record");
}

part_info describe(std::uint32_t number, part_record&& record) {
    return {number, record.size, std::move(record.etag), record.modified,
            std::move(record.checksums)};
}

}  // namespace sluice::store
