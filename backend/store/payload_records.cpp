#include "backend/store/payload_records.hpp"

#include "backend/store/stored_checksums.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t record_version = 1;

failure unreadable(char const* what) {
    return failure{error::corrupt, std::string(what) + " does not parse"};
}

}  // namespace

journal::location frames_extent::frame_at(std::uint64_t within) const noexcept {
    auto const frame = within / frame_bytes;
    return {first.segment,
            static_cast<std::uint32_t>(first.offset + frame * bulk_stride(frame_bytes))};
}

std::string encode(payload_head const& head) {
    std::string bytes;
    byte_writer(bytes)
        .little(record_version)
        .little(static_cast<std::uint8_t>(head.kind))
        .little(head.codec)
        .little(head.encryption)
        .varint(head.references)
        .varint(head.length)
        .varint(head.extents);
    return bytes;
}

result<payload_head> decode_payload_head(std::string_view bytes) {
    byte_reader in(bytes);
    payload_head head;
    auto const version = in.little<std::uint8_t>();
    auto const kind = in.little<std::uint8_t>();
    head.kind = static_cast<payload_kind>(kind);
    head.codec = in.little<std::uint8_t>();
    head.encryption = in.little<std::uint8_t>();
    head.references = in.varint();
    head.length = in.varint();
    head.extents = in.varint();
    if (!in.ok() || !in.at_end() || version != record_version || kind < 1 || kind > 2 ||
        head.codec != 0 || head.encryption != 0)
        return unreadable("payload head");
    return head;
}

std::string encode(frames_extent const& extent) {
    std::string bytes;
    byte_writer(bytes)
        .little(record_version)
        .little(static_cast<std::uint8_t>(payload_kind::frames))
        .big(journal::encode(extent.first))
        .varint(extent.frame_bytes)
        .varint(extent.length);
    return bytes;
}

std::string encode(part_extent const& extent) {
    std::string bytes;
    byte_writer out(bytes);
    out.little(record_version)
        .little(static_cast<std::uint8_t>(payload_kind::composed))
        .varint(to_underlying(extent.payload))
        .varint(extent.payload_offset)
        .varint(extent.length)
        .varint(extent.number);
    put_checksums(out, extent.checksums);
    return bytes;
}

result<extent_record> decode_extent(std::string_view bytes) {
    byte_reader in(bytes);
    extent_record record;
    auto const version = in.little<std::uint8_t>();
    auto const kind = in.little<std::uint8_t>();
    if (version != record_version) in.fail();
    if (kind == static_cast<std::uint8_t>(payload_kind::frames)) {
        record.frames.first = journal::decode_location(in.big<std::uint64_t>());
        record.frames.frame_bytes = in.varint();
        record.frames.length = in.varint();
        if (record.frames.frame_bytes == 0 || record.frames.length == 0) in.fail();
    } else if (kind == static_cast<std::uint8_t>(payload_kind::composed)) {
        record.kind = payload_kind::composed;
        record.part.payload = payload_id{in.varint()};
        record.part.payload_offset = in.varint();
        record.part.length = in.varint();
        record.part.number = static_cast<std::uint32_t>(in.varint());
        record.part.checksums = take_checksums(in);
        if (record.part.length == 0) in.fail();
    } else {
        in.fail();
    }
    if (!in.ok() || !in.at_end()) return unreadable("extent");
    return record;
}

std::string encode(reverse_record const& record) {
    std::string bytes;
    byte_writer out(bytes);
    out.little(static_cast<std::uint8_t>(record.kind));
    if (record.kind == reverse_record::owner_kind::payload) {
        out.big(to_underlying(record.payload)).big(record.payload_offset);
    } else {
        out.big(to_underlying(record.dataset))
            .big(to_underlying(record.partition))
            .big(to_underlying(record.base));
    }
    out.varint(record.length);
    if (record.piece > 0) out.varint(record.piece);
    return bytes;
}

result<reverse_record> decode_reverse(std::string_view bytes) {
    byte_reader in(bytes);
    reverse_record record;
    record.kind = static_cast<reverse_record::owner_kind>(in.little<std::uint8_t>());
    switch (record.kind) {
    case reverse_record::owner_kind::payload:
        record.payload = payload_id{in.big<std::uint64_t>()};
        record.payload_offset = in.big<std::uint64_t>();
        break;
    case reverse_record::owner_kind::log:
        record.dataset = dataset_id{in.big<std::uint64_t>()};
        record.partition = partition_index{in.big<std::int32_t>()};
        record.base = log_offset{in.big<std::int64_t>()};
        break;
    default: in.fail();
    }
    record.length = in.varint();
    if (record.kind == reverse_record::owner_kind::log && !in.at_end())
        record.piece = static_cast<std::uint16_t>(in.varint());
    if (!in.ok() || !in.at_end()) return unreadable("reverse entry");
    return record;
}

}  // namespace sluice::store
