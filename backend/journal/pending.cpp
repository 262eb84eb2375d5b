#include "backend/journal/pending.hpp"

namespace sluice::journal {
namespace {

constexpr std::size_t largest_varint = 10;
// Log batch header, run entry, its key: what one group's audit commit adds whatever it holds.
constexpr std::size_t audit_commit_overhead = 4 * kibibyte;
constexpr std::size_t audit_record_overhead = 64;

}  // namespace

std::size_t commit_body_bytes(commit const& work) noexcept {
    return 2 * largest_varint + sizeof(std::uint64_t) * work.chunks.size() +
           work.mutations.bytes().size();
}

std::size_t frame_bytes_of(commit const& work) noexcept {
    auto bytes = commit_lane_frame_bytes(commit_body_bytes(work));
    for (auto const& payload : work.payloads)
        bytes += commit_lane_frame_bytes(payload.bytes.size());
    if (!work.audit_records.empty()) bytes += audit_commit_overhead;
    for (auto const& record : work.audit_records) bytes += record.size() + audit_record_overhead;
    return bytes;
}

std::size_t frame_bytes_of(chunk_request const& chunk) noexcept {
    return commit_lane_frame_bytes(chunk.body.size());
}

}  // namespace sluice::journal
