// When a sealed segment may be written over again, and the walk that scrubs one: the parts of
// segment_registry that read the index and the device.
#include <algorithm>

#include "backend/journal/frame_walk.hpp"
#include "backend/journal/segment_registry.hpp"
#include "backend/kv/key_space.hpp"

namespace sluice::journal {
namespace {

constexpr std::size_t swept_per_pass =
    8;  // segments looked at again though nobody reported a change

}  // namespace

// A scan says something lasting only when nothing can come to refer to the segment any more.
bool segment_registry::may_be_scanned(entry const& one) const {
    return one.exists && one.state == segment_state::sealed && !one.empty_at &&
           one.last <= flushed_ && !has_open_stream(one);
}

bool segment_registry::may_be_freed(entry const& one) const {
    return one.exists && one.state == segment_state::sealed && one.empty_at &&
           *one.empty_at <= flushed_ && one.last <= flushed_ && one.pins == 0 &&
           !has_open_stream(one);
}

bool segment_registry::is_waiting_for_flush(bool trust_hints) const {
    std::lock_guard lock(mutex_);
    return std::any_of(entries_.begin(), entries_.end(), [&](entry const& one) {
        if (!one.exists || one.state != segment_state::sealed) return false;
        if (one.empty_at) return *one.empty_at > flushed_;
        return one.last > flushed_ && (!trust_hints || !one.live_known || one.live <= 0);
    });
}

std::vector<segment_id> segment_registry::segments_to_scan() {
    bool const everything = is_short();
    std::lock_guard lock(mutex_);
    std::vector<segment_id> chosen;
    for (std::size_t number = 1; number < entries_.size(); ++number) {
        auto const& one = entries_[number];
        bool const worth = everything || (one.touched && (one.live <= 0 || !one.live_known));
        if (worth && may_be_scanned(one)) chosen.push_back(segment_id(number));
    }
    // Hints may be wrong: every segment is looked at again in the course of time.
    for (std::size_t looked = 0; !everything && looked < swept_per_pass; ++looked, ++sweep_) {
        if (sweep_ >= entries_.size()) sweep_ = 1;
        if (sweep_ >= entries_.size()) break;
        auto const swept = segment_id(sweep_);
        if (may_be_scanned(entries_[sweep_]) &&
            std::find(chosen.begin(), chosen.end(), swept) == chosen.end())
            chosen.push_back(swept);
    }
    return chosen;
}

result<bool> segment_registry::is_empty_in(published_snapshot const& view,
                                           segment_id segment) const {
    auto const range = kv::key_space::reverse_entries(segment);
    auto cursor = context_.index.scan(view.index, kv::family::payload, range.lower, range.upper,
                                      kv::read_tier::may_block);
    SLUICE_CHECK(cursor->status());
    return !cursor->valid();
}

// Pins and streams are counted under the same mutex, and a reader pins while it holds its snapshot:
// whoever could still reach the segment shows up in one of the two.
std::size_t segment_registry::free_what_is_due() {
    std::vector<segment_id> freed;
    {
        std::lock_guard lock(mutex_);
        if (holds_ > 0) return 0;
        for (std::size_t number = 1; number < entries_.size(); ++number) {
            auto& one = entries_[number];
            if (!may_be_freed(one) || publisher_.ages().oldest() < *one.empty_at) continue;
            one.state = segment_state::free;
            one.where = lane::none;
            ++free_;
            ++recycled_;
            freed.push_back(segment_id(number));
        }
        count_spare();
    }
    return freed.size();
}

result<std::size_t> segment_registry::recycle(blocking_token) {
    std::lock_guard one_at_a_time(recycling_);
    auto const chosen = segments_to_scan();
    // Taken after the streams were looked at: what a stream closed by then has committed is in it.
    auto const view = publisher_.current();
    if (!view) return std::size_t{0};
    for (auto segment : chosen) {
        SLUICE_TRY(bool const empty, is_empty_in(*view, segment));
        std::lock_guard lock(mutex_);
        auto& scanned = at(segment);
        scanned.touched = false;
        // The index may have flushed more than was published when the snapshot was taken.
        if (empty && may_be_scanned(scanned) && view->at >= scanned.last)
            scanned.empty_at = view->at;
        if (empty && !scanned.empty_at) scanned.touched = true;
    }
    return free_what_is_due();
}

result<void> segment_registry::scrub(segment_id segment,
                                     std::function<void(scrubbed_frame const&)> const& visit,
                                     blocking_token token) {
    frame_walk::subject subject;
    segment_pin pinned;
    {
        std::lock_guard lock(mutex_);
        auto const* found = find(segment);
        if (found == nullptr || found->state != segment_state::sealed || found->where == lane::none)
            return failure{error::invalid_argument, path_of(segment) + " is not sealed"};
        subject.where = found->where;
        subject.incarnation = found->incarnation;
        subject.end = found->used;
        ++at(segment).pins;
        pinned = make_pin(segment);
    }
    SLUICE_TRY(auto file, files_.open(segment, token));
    subject.file = file.get();
    frame_walk walk(context_.seeds, subject);
    while (!walk.at_end()) {
        SLUICE_TRY(auto frame, walk.look(token));
        if (!frame) {
            walk.skip_block();
            continue;
        }
        if (frame->header.type == frame_type::payload)
            visit({{segment, static_cast<std::uint32_t>(frame->offset)},
                   frame->header.owner,
                   frame->header.owner_offset,
                   frame->header.body_length,
                   frame->body_is_good});
        walk.step_over(*frame);
    }
    return {};
}

}  // namespace sluice::journal
