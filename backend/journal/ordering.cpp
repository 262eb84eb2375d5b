#include "backend/journal/ordering.hpp"

#include <algorithm>
#include <limits>

namespace sluice::journal {
namespace {

constexpr auto nothing_wakes = std::numeric_limits<std::size_t>::max();
// Of a group's write, spent on waiting for the commits that may join the next one.
constexpr int patience_part = 2;
constexpr std::chrono::milliseconds longest_patience{1};
// So many clients that wait for their answers make two groups that take turns, one being written
// while the other is applied and answered; fewer make one (figures: 0004).
constexpr std::size_t two_halves_from = 8;

}  // namespace

ordering::ordering(store_context& context, admission& admission)
    : context_(context),
      admission_(admission),
      largest_(
          std::min<std::size_t>(context.frames_capacity(),
                                std::max<std::size_t>(context.options.group_bytes, 2 * mebibyte)) -
          64 * kibibyte) {}

std::optional<ordering::refusal> ordering::submit(pending work, admission_class what) {
    if (work.bytes > largest_)
        return refusal{std::move(work), {error::too_large, "a commit larger than a commit group"}};
    if (!admission_.has_space(what))
        return refusal{std::move(work), {error::no_space, "the device is full"}};
    std::lock_guard lock(mutex_);
    // Under the lock: after take_all() nothing may join the queue any more.
    if (context_.read_only.load(std::memory_order_acquire))
        return refusal{std::move(work), context_.read_only_failure()};
    if (closed_) return refusal{std::move(work), {error::read_only, "the store is closing"}};
    if (waiting_.empty() && admission_.fits(held_bytes_, work.bytes)) {
        order(std::move(work));
    } else if (waiting_.size() < context_.options.waiting_commits) {
        waiting_.push_back(std::move(work));
    } else {
        return refusal{std::move(work), {error::overloaded, "too many commits wait"}};
    }
    return std::nullopt;
}

void ordering::order(pending work) {
    work.at = last_ = next(last_);
    held_bytes_ += work.bytes;
    queued_bytes_ += work.bytes;
    if (work.work) {
        if (!work.work->audit_records.empty()) last_ = next(last_);
        if (work.work->on_ordered) work.work->on_ordered(*work.work, work.at);
    }
    queue_.push_back(std::move(work));
    if (queue_.size() >= woken_by_ || is_pressed()) wake_writer();
}

void ordering::wake_writer() {
    if (!std::exchange(writer_waits_, false)) return;
    work_.notify_one();
}

bool ordering::is_pressed() const {
    return queued_bytes_ >= context_.options.overlap_bytes || stopped_ || closed_ ||
           context_.read_only.load(std::memory_order_acquire);
}

void ordering::admit_locked() {
    if (context_.read_only.load(std::memory_order_acquire)) return;
    while (!waiting_.empty() && admission_.fits(held_bytes_, waiting_.front().bytes)) {
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        order(std::move(work));
    }
}

ordering::wake ordering::wait(std::optional<std::chrono::milliseconds> idle_after) {
    std::unique_lock lock(mutex_);
    woken_by_ = 1;
    auto const ready = [&] { return unless_waiting(!queue_.empty() || stopped_); };
    if (!idle_after) {
        work_.wait(lock, ready);
    } else if (!work_.wait_for(lock, *idle_after, ready)) {
        writer_waits_ = false;
        return wake::idle;
    }
    return queue_.empty() ? wake::stopped : wake::work;
}

// What the writer waits for, asked again after every wake.
bool ordering::unless_waiting(bool is_over) {
    writer_waits_ = !is_over;
    return is_over;
}

// Acknowledgements are a prefix of the order: a small group beside one that is being written is not
// answered before it, and costs the device a sync of its own. Clients that wait for their answers
// come back at about the same time, so a group waits for them a little.
void ordering::gather() {
    std::unique_lock lock(mutex_);
    woken_by_ = nothing_wakes;
    work_.wait(lock, [&] { return unless_waiting(writing_ == 0 || is_pressed()); });
    woken_by_ = expected_;
    work_.wait_for(lock, patience_,
                   [&] { return unless_waiting(queue_.size() >= expected_ || is_pressed()); });
    writer_waits_ = false;
}

void ordering::group_issued() {
    std::lock_guard lock(mutex_);
    ++writing_;
}

void ordering::group_written(std::size_t commits, std::chrono::nanoseconds took) {
    std::lock_guard lock(mutex_);
    --writing_;
    auto const clients = commits + queue_.size();
    expected_ = clients < two_halves_from ? clients : (clients + 1) / 2;
    patience_ = std::min<std::chrono::nanoseconds>(took / patience_part, longest_patience);
    if (writing_ == 0) wake_writer();
}

void ordering::take(std::size_t most_bytes, std::vector<pending>& into) {
    std::lock_guard lock(mutex_);
    std::size_t taken = 0;
    while (!queue_.empty()) {
        if (!into.empty() && taken + queue_.front().bytes > most_bytes) break;
        taken += queue_.front().bytes;
        queued_bytes_ -= queue_.front().bytes;
        into.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
}

bool ordering::has_work() const {
    std::lock_guard lock(mutex_);
    return !queue_.empty();
}

void ordering::release(std::uint64_t bytes) {
    admission_.refresh_pressure();
    std::lock_guard lock(mutex_);
    held_bytes_ -= bytes;
    admit_locked();
    if (held_bytes_ == 0 && waiting_.empty()) empty_.notify_all();
}

void ordering::admit_waiting() {
    std::lock_guard lock(mutex_);
    admit_locked();
}

bool ordering::has_waiting() const {
    std::lock_guard lock(mutex_);
    return !waiting_.empty();
}

void ordering::close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    wake_writer();
}

std::vector<pending> ordering::take_all() {
    std::lock_guard lock(mutex_);
    std::vector<pending> left(std::make_move_iterator(queue_.begin()),
                              std::make_move_iterator(queue_.end()));
    queue_.clear();
    queued_bytes_ = 0;
    for (auto& work : waiting_) left.push_back(std::move(work));
    waiting_.clear();
    return left;
}

void ordering::wait_until_empty() {
    std::unique_lock lock(mutex_);
    empty_.wait(lock, [&] { return held_bytes_ == 0 && waiting_.empty(); });
}

void ordering::stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    work_.notify_all();
}

ordering::view ordering::look() const {
    std::lock_guard lock(mutex_);
    return {queue_.size(), held_bytes_, waiting_.size()};
}

}  // namespace sluice::journal
