#include "backend/journal/reader.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "backend/flash/aligned_buffer.hpp"
#include "gateway/core/checksum.hpp"

namespace sluice::journal {
namespace {

constexpr std::size_t scratch_bytes = 256 * kibibyte + 2 * flash::block_bytes;
constexpr std::size_t longest_header = frame_head_bytes + 4 * maximum_chunks;

// One per blocking thread, kept for its life. What it holds is used within one read_body only.
struct scratch_space {
    flash::aligned_buffer buffer{scratch_bytes};
    std::uint64_t begin = 0;  // in the segment
    std::size_t bytes = 0;
};
scratch_space& scratch() {
    thread_local scratch_space space;
    return space;
}

bool chunk_is_good(frame_header const& header, std::size_t chunk, const_byte_span bytes) noexcept {
    return crc32c(bytes) == header.crcs[chunk];
}

std::size_t bytes_of_chunk(frame_header const& header, std::size_t chunk) noexcept {
    return std::min<std::size_t>(chunk_bytes, header.body_length - chunk * chunk_bytes);
}

// The number of the first chunk that is wrong in `bytes`, whole chunks from body_offset on.
std::optional<std::size_t> first_bad_chunk(frame_header const& header, std::size_t body_offset,
                                           const_byte_span bytes) noexcept {
    for (std::size_t done = 0; done < bytes.size(); done += chunk_bytes) {
        auto const chunk = (body_offset + done) / chunk_bytes;
        if (!chunk_is_good(header, chunk, bytes.subspan(done, bytes_of_chunk(header, chunk))))
            return chunk;
    }
    return std::nullopt;
}

}  // namespace

header_cache::shard& header_cache::shard_of(key const& where, std::size_t& slot) noexcept {
    auto mixed = (encode(where.at) ^ where.incarnation) * 0x9e3779b97f4a7c15ull;
    slot = (mixed >> 40) % shards_[0].slots.size();
    return shards_[(mixed >> 56) % shards_.size()];
}

std::optional<frame_header> header_cache::find(key const& where) {
    std::size_t slot = 0;
    auto& home = shard_of(where, slot);
    std::lock_guard lock(home.mutex);
    auto const& found = home.slots[slot];
    if (!found.used || !(found.where == where)) return std::nullopt;
    return found.header;
}

void header_cache::put(key const& where, frame_header const& header) {
    std::size_t slot = 0;
    auto& home = shard_of(where, slot);
    std::lock_guard lock(home.mutex);
    home.slots[slot] = {where, header, true};
}

failure reader::damaged(location at, std::string const& what) const {
    return {error::corrupt,
            fmt::format("{} at {}: {}", segment_table::path_of(at.segment), at.offset, what)};
}

result<reader::source> reader::open(location at, blocking_token token) const {
    auto const place = segments_.look_up(at.segment);
    if (!place) return damaged(at, "the segment is not in use");
    auto const end = context_.segment_bytes;
    if (at.offset < first_frame_offset || at.offset % frame_alignment != 0 || at.offset >= end)
        return damaged(at, "no frame can start here");
    SLUICE_TRY(auto file, segments_.files().open(at.segment, token));
    return source{at, *place, std::move(file)};
}

result<frame_header> reader::read_header(source const& from, std::size_t ahead,
                                         blocking_token token) const {
    header_cache::key const key{from.at, from.place.incarnation};
    auto& held = scratch();
    held.bytes = 0;
    if (auto const cached = headers_.find(key)) return *cached;
    auto const begin = align_down(from.at.offset, flash::block_bytes);
    auto const wanted = align_up(from.at.offset + longest_header + ahead, flash::block_bytes);
    auto const end = std::min<std::uint64_t>(std::min<std::uint64_t>(wanted, begin + scratch_bytes),
                                             context_.segment_bytes);
    auto const bytes = held.buffer.span(0, end - begin);
    SLUICE_CHECK(from.file->read(begin, bytes, token));
    auto const seed = context_.seeds.at(from.place.incarnation, from.at.offset);
    auto const decoded =
        decode_frame_header(bytes.subspan(from.at.offset - begin), seed, from.place.where);
    if (!decoded) return damaged(from.at, "the frame header fails its check");
    auto const& header = decoded->header;
    if (from.at.offset + header.body_offset + header.body_length > context_.segment_bytes)
        return damaged(from.at, "the frame ends outside its segment");
    headers_.put(key, header);
    held.begin = begin;
    held.bytes = bytes.size();
    return header;
}

// True when all chunks asked for came along with the header and are good; else the general way
// decides.
bool reader::copy_from_scratch(source const& from, frame_header const& header,
                               std::size_t body_offset, byte_span into) const {
    auto& held = scratch();
    auto const body_at = from.at.offset + header.body_offset;
    auto const first = body_offset / chunk_bytes;
    auto const last = (body_offset + into.size() - 1) / chunk_bytes;
    auto const end = std::min<std::size_t>((last + 1) * chunk_bytes, header.body_length);
    if (held.bytes == 0 || body_at + end > held.begin + held.bytes) return false;
    auto const body = held.buffer.span(body_at - held.begin, end);
    for (auto chunk = first; chunk <= last; ++chunk)
        if (!chunk_is_good(header, chunk,
                           body.subspan(chunk * chunk_bytes, bytes_of_chunk(header, chunk))))
            return false;
    std::memcpy(into.data(), body.data() + body_offset, into.size());
    return true;
}

// What memory has may be damaged while the device's bytes are good, so the device decides.
bool reader::read_kept(source const& from, frame_header const& header, std::size_t body_offset,
                       byte_span into, blocking_token token) const {
    auto const begin = from.at.offset + header.body_offset + body_offset;
    if (into.size() < recent_reads::least_bytes ||
        !segments_.recent().remember(from.at, from.place.incarnation, body_offset))
        return false;
    if (begin + into.size() > from.place.settled) return false;
    return from.file->read_kept(begin, into, token).has_value() &&
           !first_bad_chunk(header, body_offset, into);
}

// `body_offset` is a chunk's start and `into` takes whole chunks; both ends lie on device blocks.
result<void> reader::read_whole_chunks(source const& from, frame_header const& header,
                                       std::size_t body_offset, byte_span into,
                                       blocking_token token) const {
    if (read_kept(from, header, body_offset, into, token)) return {};
    SLUICE_CHECK(from.file->read(from.at.offset + header.body_offset + body_offset, into, token));
    if (auto const chunk = first_bad_chunk(header, body_offset, into))
        return damaged(from.at, fmt::format("body chunk {} fails its check", *chunk));
    return {};
}

result<void> reader::read_checked(source const& from, frame_header const& header,
                                  std::size_t body_offset, byte_span into,
                                  blocking_token token) const {
    auto const body_at = from.at.offset + header.body_offset;
    std::size_t done = 0;
    while (done < into.size()) {
        auto const position = body_offset + done;
        auto const left = into.size() - done;
        auto const chunk = position / chunk_bytes;
        auto* to = into.data() + done;
        // Whole chunks that lie on blocks, into memory that does: no copy.
        auto const whole = align_down(left, chunk_bytes);
        bool const aligned = position % chunk_bytes == 0 &&
                             (body_at + position) % flash::block_bytes == 0 &&
                             reinterpret_cast<std::uintptr_t>(to) % flash::block_bytes == 0;
        if (aligned && whole > 0) {
            SLUICE_CHECK(
                read_whole_chunks(from, header, position, into.subspan(done, whole), token));
            done += whole;
            continue;
        }
        // As many chunks as the scratch buffer holds, copied out.
        auto const last = std::min<std::size_t>((position + left - 1) / chunk_bytes, chunk + 3);
        auto const begin = align_down(body_at + chunk * chunk_bytes, flash::block_bytes);
        auto const end_of_chunks =
            std::min<std::uint64_t>((last + 1) * chunk_bytes, header.body_length);
        auto const end = align_up(body_at + end_of_chunks, flash::block_bytes);
        auto const bytes = scratch().buffer.span(0, end - begin);
        SLUICE_CHECK(from.file->read(begin, bytes, token));
        auto const chunks_at = body_at + chunk * chunk_bytes - begin;
        for (auto one = chunk; one <= last; ++one) {
            auto const at = chunks_at + (one - chunk) * chunk_bytes;
            if (!chunk_is_good(header, one, bytes.subspan(at, bytes_of_chunk(header, one))))
                return damaged(from.at, fmt::format("body chunk {} fails its check", one));
        }
        auto const skip = position - chunk * chunk_bytes;
        auto const taken = std::min<std::size_t>(left, end_of_chunks - position);
        std::memcpy(to, bytes.data() + chunks_at + skip, taken);
        done += taken;
    }
    return {};
}

result<void> reader::read_body(location at, std::uint64_t owner, std::uint64_t owner_offset,
                               std::size_t body_offset, byte_span into,
                               blocking_token token) const {
    SLUICE_TRY(auto const from, open(at, token));
    // Bulk bodies are read for themselves, in place where they can be.
    auto const ahead = from.place.where == lane::commit ? body_offset + into.size() : 0;
    SLUICE_TRY(auto const header, read_header(from, std::min(ahead, inline_payload_limit), token));
    if (header.type != frame_type::payload || header.owner != owner ||
        header.owner_offset != owner_offset)
        return damaged(at, fmt::format("belongs to {}+{}, expected {}+{}", header.owner,
                                       header.owner_offset, owner, owner_offset));
    if (body_offset > header.body_length || into.size() > header.body_length - body_offset)
        return damaged(at, fmt::format("has {} bytes, asked for {}+{}", header.body_length,
                                       body_offset, into.size()));
    if (into.empty() || copy_from_scratch(from, header, body_offset, into)) return {};
    return read_checked(from, header, body_offset, into, token);
}

result<std::string> reader::read_chunk(location at, blocking_token token) const {
    SLUICE_TRY(auto const from, open(at, token));
    SLUICE_TRY(auto const header, read_header(from, 0, token));
    if (header.type != frame_type::mutations) return damaged(at, "is not a transaction chunk");
    std::string body(header.body_length, '\0');
    auto const into = byte_span{reinterpret_cast<std::byte*>(body.data()), body.size()};
    SLUICE_CHECK(read_checked(from, header, 0, into, token));
    return body;
}

}  // namespace sluice::journal
