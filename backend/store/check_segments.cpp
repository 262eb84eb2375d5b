#include "backend/store/check_segments.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/journal/frame_walk.hpp"

namespace sluice::store {
namespace {

constexpr char const* superblock_path = "superblock";

result<std::optional<journal::superblock>> read_superblock(flash::device& device,
    blocking_token token) {
    SLUICE_TRY(auto const file, device.open(superblock_path, token));
    std::optional<journal::superblock> newest;
    if (file->size_bytes() < 2 * flash::block_bytes) return newest;
    flash::aligned_buffer blocks(2 * flash::block_bytes);
    SLUICE_CHECK(file->read(0, blocks.span(0, 2 * flash::block_bytes), token));
    for (std::size_t copy = 0; copy < 2; ++copy) {
        auto const found =
            journal::decode_superblock(blocks.span(copy * flash::block_bytes, flash::block_bytes));
        if (found && (!newest || found->generation > newest->generation)) newest = found;
    }
    return newest;
}

// "00000012.seg" -> 12; 0 for what is no segment's name.
segment_id id_of(std::string_view name) {
    std::uint32_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    bool const is_one =
        journal::segment_table::path_of(segment_id{number}) == "segments/" + std::string(name);
    return is_one ? segment_id{number} : segment_id{};
}

std::string place_text(segment_id segment, std::uint64_t offset) {
    return fmt::format("{} at {}", journal::segment_table::path_of(segment), offset);
}

}  // namespace

closed_segments::closed_segments(flash::device& device, kv::index& index,
                                 journal::superblock const& superblock)
    : superblock_(superblock),
      context_(device, index, {}, system_wall_clock(), system_random(), superblock.store,
               superblock.segment_bytes),
      publisher_(system_wall_clock()),
      registry_(context_, publisher_),
      reader_(context_, registry_) {}

result<std::unique_ptr<closed_segments>> closed_segments::open(flash::device& device,
    kv::index& index,
                                                               complaint const& complain,
                                                                   blocking_token token) {
    auto superblock = read_superblock(device, token);
    if (!superblock && superblock.error().code != error::not_found) return superblock.error();
    if (!superblock || !*superblock) {
        complain(check_rule::folder, superblock_path, superblock ? "both copies are damaged"
                 : "is missing");
        return std::unique_ptr<closed_segments>{};
    }
    if (auto known = journal::check_features(**superblock); !known) {
        complain(check_rule::folder, superblock_path, known.error().describe());
        return std::unique_ptr<closed_segments>{};
    }
    std::unique_ptr<closed_segments> opened(new closed_segments(device, index, **superblock));
    SLUICE_CHECK(opened->read_headers(complain, token));
    return opened;
}

result<void> closed_segments::read_headers(complaint const& complain, blocking_token token) {
    auto const names = context_.device.list("segments", token);
    if (!names && names.error().code == error::not_found) {
        complain(check_rule::folder, "segments", "is missing");
        return {};
    }
    if (!names) return names.error();
    for (auto const& name : *names) {
        auto const id = id_of(name);
        if (id == segment_id{}) continue;
        SLUICE_CHECK(read_header(id, complain, token));
    }
    return {};
}

result<void> closed_segments::read_header(segment_id id, complaint const& complain,
                                          blocking_token token) {
    auto const path = journal::segment_table::path_of(id);
    SLUICE_TRY(auto const file, registry_.files().open(id, token));
    bool const whole = file->size_bytes() == context_.segment_bytes;
    // power went while it was created
    if (file->size_bytes() < journal::segment_header_bytes) return {};
    flash::aligned_buffer blocks(journal::segment_header_bytes);
    SLUICE_CHECK(file->read(0, blocks.span(0, journal::segment_header_bytes), token));
    auto const decoded =
        journal::decode_segment_header(blocks.span(0, journal::segment_header_bytes), id,
                                                        context_.store);
    if (!decoded.header && !decoded.is_blank)
        complain(check_rule::folder, path, "both copies of the header are damaged");
    if (!decoded.header || decoded.header->where == journal::lane::none) return {};
    if (!whole) {
        complain(check_rule::folder, path,
                 fmt::format("has {} bytes instead of {}", file->size_bytes(),
                             context_.segment_bytes));
        return {};
    }
    registry_.add(id, journal::segment_state::sealed, decoded.header->where,
                  decoded.header->incarnation, 0, {});
    headers_.emplace(id, *decoded.header);
    return {};
}

journal::segment_header const* closed_segments::newest_commit_segment() const {
    journal::segment_header const* newest = nullptr;
    for (auto const& [id, header] : headers_) {
        if (header.where != journal::lane::commit) continue;
        if (newest == nullptr || std::tuple(header.epoch,
            header.ordinal) > std::tuple(newest->epoch, newest->ordinal))
            newest = &header;
    }
    return newest;
}

// True: good frames up to `end`.
result<bool> closed_segments::walk(journal::segment_header const& header, std::uint64_t end,
                                   lsn& last,
                                   blocking_token token) {
    SLUICE_TRY(auto const file, registry_.files().open(header.id, token));
    journal::frame_walk frames(context_.seeds,
                               {file.get(), journal::lane::commit, header.incarnation, end});
    auto previous = header.previous_frame_crc;
    while (!frames.at_end()) {
        SLUICE_TRY(auto const frame, frames.look(token));
        if (!frame || !frame->body_is_good || frame->header.predecessor != previous) return false;
        previous = frame->crc;
        if (frame->header.type != journal::frame_type::payload)
            last = std::max(last, frame->header.at);
        frames.step_over(*frame);
    }
    return true;
}

result<lsn> closed_segments::follow_chain(lsn applied, complaint const& complain,
                                          blocking_token token) {
    struct link {
        journal::segment_header const* header;
        std::uint64_t end;
    };
    auto const* header = newest_commit_segment();
    if (header == nullptr) {
        if (applied != lsn{})
            complain(check_rule::chain, "segments", "no segment of the commit lane is left");
        return lsn{};
    }
    std::vector<link> chain{{header, context_.segment_bytes}};
    while (header->first > next(applied)) {
        auto const found = headers_.find(header->previous);
        bool const linked = found != headers_.end() &&
            found->second.where == journal::lane::commit &&
                            found->second.incarnation == header->previous_incarnation &&
                            std::tuple(found->second.epoch, found->second.ordinal) <
                                std::tuple(header->epoch, header->ordinal);
        if (!linked) {
            complain(check_rule::chain, journal::segment_table::path_of(header->previous),
                     fmt::format("is missing: {} continues it at lsn {}, and {} is applied",
                                 journal::segment_table::path_of(header->id),
                                     to_underlying(header->first),
                                 to_underlying(applied)));
            break;
        }
        chain.push_back({&found->second, header->previous_end});
        header = &found->second;
    }
    auto last = lsn{to_underlying(header->first) - 1};
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
        SLUICE_TRY(bool const whole, walk(*at->header, at->end, last, token));
        if (!whole && at + 1 != chain.rend())
            complain(check_rule::chain, place_text(at->header->id, 0),
                     fmt::format("a bad frame behind lsn {}, but its successor says there is more",
                                 to_underlying(last)));
    }
    return last;
}

}  // namespace sluice::store
