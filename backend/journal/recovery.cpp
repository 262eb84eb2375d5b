#include "backend/journal/recovery.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/kv/key_space.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::journal {
namespace {

constexpr std::size_t held_bytes_limit = 4 * mebibyte;

// "00000012.seg" -> 12; nullopt for what is no segment's name.
std::optional<segment_id> parse_name(std::string_view name) {
    std::uint32_t number = 0;
    auto const [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (problem != std::errc{} || number == 0) return std::nullopt;
    auto const path = segment_table::path_of(segment_id{number});
    if (std::string_view(path).substr(path.find('/') + 1) != name) return std::nullopt;
    return segment_id{number};
}

auto age_of(segment_header const& header) { return std::tuple(header.epoch, header.ordinal); }

}  // namespace

recovery::recovery(store_context& context, segment_registry& segments, reader const& reader)
    : context_(context),
      segments_(segments),
      steps_(
          context.index,
          [&reader](location at) {
              return reader.read_chunk(at, blocking_token::for_this_thread());
          },
          [&context]() -> result<void> {
              SLUICE_CHECK(context.index.flush());
              return {};
          }) {}

failure recovery::corrupt_at(segment_id segment, std::uint64_t offset,
                             std::string const& what) const {
    return {error::corrupt,
            fmt::format("{} at {}, after lsn {}: {}", segment_table::path_of(segment), offset,
                        to_underlying(last_), what)};
}

result<recovery::outcome> recovery::run(blocking_token token) {
    applied_ = context_.index.applied_lsn();
    found_.report.applied_before = applied_;
    SLUICE_TRY(auto const begun, read_begun());
    segments_.set_flushed(applied_);
    SLUICE_CHECK(read_headers(token));
    SLUICE_CHECK(build_chain());
    if (!chain_.empty()) {
        last_ = lsn{to_underlying(chain_.front().header.first) - 1};
        SLUICE_TRY(auto const where, replay(token));
        SLUICE_CHECK(settle(where, token));
    }
    if (applied_ > last_)
        return failure{error::corrupt, fmt::format("the index holds lsn {}, the journal ends at {}",
                                                   to_underlying(applied_), to_underlying(last_))};
    if (begun > last_)
        return failure{error::corrupt,
                       fmt::format("the index holds a part of lsn {}, the journal ends at {}",
                                   to_underlying(begun), to_underlying(last_))};
    found_.end.last = last_;
    found_.report.applied_after = context_.index.applied_lsn();
    return found_;
}

// The large transaction whose chunks were applied last, as the index on flash knows it. 0: none.
result<lsn> recovery::read_begun() const {
    auto const view = context_.index.take_snapshot();
    SLUICE_TRY(auto const stored, context_.index.get(*view, kv::family::meta,
                                                     kv::key_space::begun_lsn(),
                                                     kv::read_tier::may_block));
    if (!stored) return lsn{};
    byte_reader in(*stored);
    auto const begun = in.little<std::uint64_t>();
    if (!in.finish("begun lsn")) return failure{error::corrupt, "the index's begun lsn"};
    return lsn{begun};
}

// -- segments

result<void> recovery::read_headers(blocking_token token) {
    SLUICE_TRY(auto const names, context_.device.list("segments", token));
    for (auto const& name : names) {
        auto const id = parse_name(name);
        if (!id) continue;
        SLUICE_TRY(auto const header, read_header(*id, segment_table::path_of(*id), token));
        if (!header) continue;
        headers_.push_back(*header);
        if (header->where == lane::bulk)
            found_.bulk_ordinal = std::max(found_.bulk_ordinal, header->ordinal);
    }
    return {};
}

// nullopt: a file that holds nothing.
result<std::optional<segment_header>> recovery::read_header(segment_id id, std::string const& path,
                                                            blocking_token token) {
    SLUICE_TRY(auto const file, segments_.files().open(id, token));
    decoded_segment_header decoded;
    decoded.is_blank = true;
    if (file->size_bytes() >= segment_header_bytes) {
        flash::aligned_buffer blocks(segment_header_bytes);
        SLUICE_CHECK(file->read(0, blocks.span(0, segment_header_bytes), token));
        decoded = decode_segment_header(blocks.span(0, segment_header_bytes), id, context_.store);
    }
    if (!decoded.header && !decoded.is_blank)
        return failure{error::corrupt, path + ": both copies of the segment header are damaged"};
    if (file->size_bytes() != context_.segment_bytes) {
        if (decoded.header)
            return failure{error::corrupt, fmt::format("{}: has {} bytes instead of {}", path,
                                                       file->size_bytes(), context_.segment_bytes)};
        segments_.files().forget(id);  // power went while it was created
        SLUICE_CHECK(context_.device.remove(path, token));
        return std::optional<segment_header>{};
    }
    bool const is_used = decoded.header && decoded.header->where != lane::none;
    segments_.add(id, is_used ? segment_state::sealed : segment_state::free,
                  is_used ? decoded.header->where : lane::none,
                  is_used ? decoded.header->incarnation : 0, 0, {});
    if (!is_used) return std::optional<segment_header>{};
    return decoded.header;
}

result<void> recovery::build_chain() {
    std::vector<segment_header const*> lane_headers;
    for (auto const& header : headers_)
        if (header.where == lane::commit) lane_headers.push_back(&header);
    if (lane_headers.empty()) {
        if (applied_ == lsn{}) return {};  // a new store
        return failure{
            error::corrupt,
            fmt::format("the index holds lsn {}, but no segment of the commit lane is left",
                        to_underlying(applied_))};
    }
    auto const* link =
        *std::max_element(lane_headers.begin(), lane_headers.end(),
                          [](auto const* a, auto const* b) { return age_of(*a) < age_of(*b); });
    chain_.push_back({*link, context_.segment_bytes});
    while (link->first > next(applied_)) {
        auto const previous =
            std::find_if(lane_headers.begin(), lane_headers.end(), [&](auto const* one) {
                return one->id == link->previous && one->incarnation == link->previous_incarnation;
            });
        if (previous == lane_headers.end() || age_of(**previous) >= age_of(*link))
            return failure{error::corrupt, fmt::format("{} is missing: {} continues it at lsn {}",
                                                       segment_table::path_of(link->previous),
                                                       segment_table::path_of(link->id),
                                                       to_underlying(link->first))};
        chain_.push_back({**previous, link->previous_end});
        link = *previous;
    }
    std::reverse(chain_.begin(), chain_.end());
    return {};
}

// -- replay

// Where the good frames end.
result<recovery::cut> recovery::replay(blocking_token token) {
    last_crc_ = chain_.front().header.previous_frame_crc;
    cut where;
    for (std::size_t link = 0; link < chain_.size(); ++link) {
        where.link = link;
        SLUICE_TRY(bool const whole, replay_link(link, where.offset, token));
        if (!whole) break;
    }
    SLUICE_CHECK(finish_step());
    return where;
}

// True: every group up to the end that the successor states is whole, and its last frame is the one
// it names. Otherwise `offset` is where the first group begins that is not.
result<bool> recovery::replay_link(std::size_t link, std::uint64_t& offset, blocking_token token) {
    auto const& [header, end] = chain_[link];
    SLUICE_TRY(auto const file, segments_.files().open(header.id, token));
    // After a killed process a whole group may lie in the device's cache: what is replayed must be
    // on flash.
    SLUICE_CHECK(file->sync(token));
    frame_walk walk(context_.seeds, {file.get(), lane::commit, header.incarnation, end});
    offset = walk.offset();
    auto crc = last_crc_;
    bool good = true;
    while (!walk.at_end()) {
        SLUICE_TRY(auto const frame, walk.look(token));
        good = frame && frame->body_is_good && frame->header.predecessor == crc;
        if (!good) break;
        crc = frame->crc;
        take_frame(*frame);
        walk.step_over(*frame);
        if (!frame->header.last_of_group) continue;
        if (auto taken = take_group(); taken.has_error())
            return corrupt_at(header.id, frame->offset, taken.error().describe());
        offset = walk.offset();
        last_crc_ = crc;
    }
    group_commits_.clear();
    group_last_ = lsn{};
    if (link + 1 == chain_.size()) return false;
    return good && offset == end && last_crc_ == chain_[link + 1].header.previous_frame_crc;
}

void recovery::take_frame(walked_frame const& frame) {
    auto const& header = frame.header;
    if (header.type == frame_type::payload) return;
    group_last_ = std::max(group_last_, header.at);
    if (header.type == frame_type::commit && header.at > applied_)
        group_commits_.emplace_back(header.at, std::string(frame.body));
}

result<void> recovery::take_group() {
    last_ = std::max(last_, std::exchange(group_last_, lsn{}));
    for (auto const& [at, body] : std::exchange(group_commits_, {})) {
        SLUICE_CHECK(take_commit(at, body));
    }
    return held_bytes_ >= held_bytes_limit ? finish_step() : result<void>{};
}

result<void> recovery::take_commit(lsn at, std::string_view encoded) {
    SLUICE_TRY(auto const body, decode_commit_body(encoded));
    held_.emplace_back(body.mutations);
    SLUICE_CHECK(steps_.add(held_.back(), body.chunks, at));
    for (auto const& chunk : body.chunks) kept_.emplace_back(chunk.segment, at);
    ++found_.report.replayed_commits;
    found_.report.replayed_bytes = steps_.bytes();
    held_bytes_ += body.mutations.size();
    return {};
}

result<void> recovery::finish_step() {
    SLUICE_CHECK(steps_.flush());
    held_.clear();
    held_bytes_ = 0;
    return {};
}

// -- the cut

// Whether anything was written behind the cut. Corrupt when that proves that the cut was on flash
// once: a later frame that says so, or a later start that went on from a later place.
result<bool> recovery::is_followed(cut const& where, blocking_token token) {
    bool followed = where.link + 1 < chain_.size();
    for (auto link = where.link; link < chain_.size(); ++link) {
        auto const& [header, end] = chain_[link];
        if (link > where.link && header.epoch != chain_[link - 1].header.epoch)
            return corrupt_at(chain_[where.link].header.id, where.offset,
                              "a bad frame, and a later start has read it");
        SLUICE_TRY(auto const file, segments_.files().open(header.id, token));
        frame_walk walk(context_.seeds, {file.get(), lane::commit, header.incarnation, end});
        if (link == where.link) walk.move_to(where.offset);
        while (!walk.at_end()) {
            SLUICE_TRY(auto const frame, walk.look(token));
            if (!frame) {
                walk.skip_block();
                continue;
            }
            followed = true;
            if (frame->header.durable > last_)
                return corrupt_at(
                    chain_[where.link].header.id, where.offset,
                    fmt::format("a bad frame, but lsn {} was on flash when {} at {} was written",
                                to_underlying(frame->header.durable),
                                segment_table::path_of(header.id), frame->offset));
            walk.step_over(*frame);
        }
    }
    return followed;
}

result<void> recovery::settle(cut const& where, blocking_token token) {
    SLUICE_TRY(found_.report.torn_tail, is_followed(where, token));
    auto const& newest = chain_.back().header;
    auto const& last = chain_[where.link].header;
    found_.end = {newest.epoch, newest.ordinal, last.id, last.incarnation,
                  where.offset, last_crc_,      last_};
    for (std::size_t link = 0; link <= where.link; ++link) {
        auto const& header = chain_[link].header;
        bool const is_last = link == where.link;
        auto const used = align_up(is_last ? where.offset : chain_[link].end, flash::block_bytes);
        auto const upto = is_last ? last_ : lsn{to_underlying(chain_[link + 1].header.first) - 1};
        segments_.add(header.id, segment_state::sealed, lane::commit, header.incarnation, used,
                      upto);
    }
    for (auto const& [segment, upto] : kept_) segments_.keep_until(segment, upto);
    return {};
}

}  // namespace sluice::journal
