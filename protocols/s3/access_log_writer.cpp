#include "protocols/s3/access_log_writer.hpp"

#include <fmt/format.h>

#include "gateway/core/log.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/s3/log_object.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/object_events.hpp"

namespace sluice::s3 {
namespace {

constexpr std::int64_t day_millis = 24 * 60 * 60 * 1000;

}  // namespace

access_log_writer::access_log_writer(auth::guard& guard, auth::caller who, wall_clock const& clock,
                                     random_source& random, s3_options const& front,
                                     access_log_options options)
    : guard_(guard),
      who_(std::move(who)),
      clock_(clock),
      random_(random),
      front_(front),
      options_(options),
      sources_(std::make_shared<sources const>()) {
    who_.operation = "ServerAccessLog";
}

std::shared_ptr<access_log_writer::sources const> access_log_writer::current() const noexcept {
    std::lock_guard const lock(mutex_);
    return sources_;
}

bool access_log_writer::wants(std::string_view bucket) const noexcept {
    return current()->contains(bucket);
}

void access_log_writer::add(access_log_entry entry) noexcept {
    auto const known = current();
    auto const found = known->find(entry.bucket);
    if (found == known->end()) return;
    auto const& from = found->second;
    entry.owner = from.owner;
    auto const line = access_log_line(entry);
    bool const by_day = from.target.format == log_key_format::by_event_time;
    batch_name name{found->first, by_day ? to_underlying(entry.time) / day_millis : 0};
    std::lock_guard const lock(mutex_);
    if (bytes_ + line.size() > options_.bytes) return lose(1);
    auto const [place, is_new] = batches_.try_emplace(std::move(name));
    auto& into = place->second;
    if (is_new) {
        into.event = entry.time;
        into.due = clock_.monotonic() + wait_of(from.target);
    }
    into.from = from;
    into.lines += line;
    ++into.count;
    bytes_ += line.size();
}

bool access_log_writer::is_filling() const noexcept {
    std::lock_guard const lock(mutex_);
    return bytes_ * 2 >= options_.bytes;
}

access_log_counters access_log_writer::counters() const noexcept {
    access_log_counters out;
    out.lines = lines_.load(std::memory_order_relaxed);
    out.lost = lost_.load(std::memory_order_relaxed);
    out.objects = objects_.load(std::memory_order_relaxed);
    std::lock_guard const lock(mutex_);
    out.bytes = bytes_;
    return out;
}

std::chrono::milliseconds access_log_writer::wait_of(access_log_target const& target) const {
    if (target.roll_seconds != 0) return std::chrono::seconds(target.roll_seconds);
    return options_.interval;
}

void access_log_writer::tell(failure const& what) {
    if (what.code == error::cancelled) return;
    if (news_.is_news("access log", what, clock_.monotonic()))
        SLUICE_LOG(log_level::error, "access log not written", {"failure", what});
}

task<void> access_log_writer::run() {
    auto looked = clock_.monotonic();
    for (;;) {
        auto const now = clock_.monotonic();
        if (stale_.exchange(false, std::memory_order_acq_rel) || now - looked >= options_.interval) {
            looked = now;
            auto const learned = co_await refresh();
            if (learned.has_error()) {
                stale_.store(true, std::memory_order_release);
                tell(learned.error());
            }
        }
        auto due = take(is_filling() ? monotonic_time::max() : now);
        auto const written = co_await write_all(std::move(due));
        if (written.has_error()) tell(written.error());
        auto const waited = co_await wait_for(options_.look_every);
        if (waited.has_error()) co_return;
    }
}

task<result<void>> access_log_writer::refresh() {
    auto next = std::make_shared<sources>();
    auth::guarded_buckets::list_request request;
    request.max_buckets = options_.bucket_page;
    for (bool more = true; more;) {
        auto page = co_await guard_.buckets().visible(who_, request);
        if (page.has_error()) co_return std::move(page).error();
        for (auto& bucket : page->buckets) {
            request.after = bucket.name;
            SLUICE_CO_TRY(auto target, access_log_of_settings(bucket.settings));
            if (!target || target->is_journal()) continue;
            if (next->size() == options_.logged_buckets)
                co_return failure{error::too_large, "too many buckets have access logs"};
            next->emplace(bucket.name, source{guard_.label_of(bucket.owner).canonical_id,
                                              bucket.owner, *std::move(target)});
        }
        more = page->truncated;
    }
    is_on_.store(!next->empty(), std::memory_order_release);
    std::lock_guard const lock(mutex_);
    sources_ = std::move(next);
    co_return success();
}

access_log_writer::batches access_log_writer::take(monotonic_time due) {
    std::lock_guard const lock(mutex_);
    batches taken;
    for (auto at = batches_.begin(); at != batches_.end();) {
        auto const next = std::next(at);
        if (at->second.due <= due) taken.insert(batches_.extract(at));
        at = next;
    }
    return taken;
}

task<result<void>> access_log_writer::flush() {
    auto all = take(monotonic_time::max());
    co_return co_await write_all(std::move(all));
}

task<result<void>> access_log_writer::write_all(batches taken) {
    result<void> outcome = success();
    if (taken.empty()) co_return outcome;
    who_.request_id = "access-log-" + std::to_string(to_underlying(clock_.now()));
    for (auto& [name, what] : taken) {
        auto const written = co_await write(name.first, what);
        if (written.has_error()) {
            lose(what.count);
            outcome = written.error();
        } else {
            lines_.fetch_add(what.count, std::memory_order_relaxed);
            objects_.fetch_add(1, std::memory_order_relaxed);
        }
        std::lock_guard const lock(mutex_);
        bytes_ -= what.lines.size();
    }
    co_return outcome;
}

task<result<void>> access_log_writer::write(std::string bucket, batch const& what) {
    auto const& target = what.from.target;
    auto const unique = fmt::format("{:016X}", random_.next_u64());
    log_object_request request;
    request.bucket = target.bucket;
    request.owner = what.from.owner_id;
    request.key = log_object_key(target, {bucket, front_.account_id, front_.region, what.event,
                                          clock_.now(), unique});
    request.lines = what.lines;
    request.announce = announcer_of(guard_, who_, front_, "Put");
    co_return co_await put_log_object(guard_, who_, front_, std::move(request));
}

}  // namespace sluice::s3
