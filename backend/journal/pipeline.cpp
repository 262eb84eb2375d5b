#include "backend/journal/pipeline.hpp"

#include <algorithm>
#include <bit>

#include "gateway/core/assert.hpp"

namespace sluice::journal {
namespace {

constexpr std::size_t smallest_buffer = 64 * kibibyte;

}  // namespace

pipeline::pipeline(store_context& context) : context_(context) {}

void pipeline::wait_for_place() {
    std::unique_lock lock(mutex_);
    place_.wait(lock, [&] { return writing_ < std::max(context_.options.groups_in_flight, 1u); });
}

void pipeline::wait_for_headers() {
    std::unique_lock lock(mutex_);
    place_.wait(lock, [&] { return headers_ == 0; });
}

bool pipeline::has_one_write() const {
    std::lock_guard lock(mutex_);
    return writing_ == 1;
}

void pipeline::wait_until_written() {
    std::unique_lock lock(mutex_);
    place_.wait(lock, [&] { return writing_ == 0; });
}

flash::aligned_buffer pipeline::take_buffer(std::size_t bytes) {
    {
        std::lock_guard lock(mutex_);
        auto fitting = std::find_if(buffers_.begin(), buffers_.end(),
                                    [&](auto const& one) { return one.capacity() >= bytes; });
        if (fitting != buffers_.end()) {
            auto taken = std::move(*fitting);
            buffers_.erase(fitting);
            return taken;
        }
    }
    return flash::aligned_buffer(std::bit_ceil(std::max(bytes, smallest_buffer)));
}

group& pipeline::add(std::unique_ptr<group> made) {
    std::lock_guard lock(mutex_);
    auto& added = *made;
    groups_.push_back(std::move(made));
    ++writing_;
    if (added.is_header) ++headers_;
    if (context_.options.bugs.apply_early) resolved_.notify_one();
    return added;
}

void pipeline::complete(group& written, result<void> const& outcome) {
    if (outcome.has_error()) context_.become_read_only(outcome.error());
    auto const completed_at = context_.clock.monotonic();
    written.pin.release();  // first: whoever waits for the last write may take everything down
    std::lock_guard lock(mutex_);
    written.written = outcome.has_error() ? group::state::failed : group::state::durable;
    written.durable_at = completed_at;
    --writing_;
    if (written.is_header) --headers_;
    auto const kept = std::size_t{2} + context_.options.groups_in_flight;
    if (buffers_.size() < kept) buffers_.push_back(std::move(written.buffer));
    if (outcome.has_error()) failed_ = true;

    bool const was_front = groups_[durable_prefix_].get() == &written;
    // Behind a gap that was handed out already nothing is a prefix any more.
    while (!gap_handed_out_ && durable_prefix_ < groups_.size() &&
           groups_[durable_prefix_]->written == group::state::durable) {
        auto const& durable = *groups_[durable_prefix_];
        if (durable.last != lsn{}) context_.durable.store(durable.last, std::memory_order_release);
        if (durable.claim != lsn{}) context_.marked.store(durable.claim, std::memory_order_release);
        if (durable.is_mark) context_.marks.fetch_add(1, std::memory_order_relaxed);
        ++durable_prefix_;
    }
    if (was_front || failed_) resolved_.notify_one();
    place_.notify_all();
}

// Hands out the durable prefix, and after a failure everything whose write is over, in order.
void pipeline::collect(step& into) {
    for (; durable_prefix_ > 0; --durable_prefix_) {
        into.durable.push_back(std::move(groups_.front()));
        groups_.pop_front();
    }
    if (failed_) {
        while (!groups_.empty() && groups_.front()->written != group::state::writing) {
            into.failed.push_back(std::move(groups_.front()));
            groups_.pop_front();
            gap_handed_out_ = true;
        }
    }
    into.refusals.swap(refusals_);
    if (context_.options.bugs.apply_early)
        for (auto const& waiting : groups_)
            if (!waiting->is_applied) into.early.push_back(waiting.get());
}

pipeline::step pipeline::next() {
    std::unique_lock lock(mutex_);
    step found;
    for (;;) {
        collect(found);
        bool const nudged = std::exchange(nudged_, false);
        if (!found.durable.empty() || !found.failed.empty() || !found.refusals.empty() ||
            !found.early.empty() || nudged)
            return found;
        if (stopped_ && groups_.empty()) {
            found.ended = true;
            return found;
        }
        resolved_.wait(lock);
    }
}

void pipeline::refuse(ordering::refusal refused) {
    std::lock_guard lock(mutex_);
    refusals_.push_back(std::move(refused));
    resolved_.notify_one();
}

void pipeline::wake_applier() {
    std::lock_guard lock(mutex_);
    nudged_ = true;
    resolved_.notify_one();
}

void pipeline::stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    resolved_.notify_one();
}

}  // namespace sluice::journal
