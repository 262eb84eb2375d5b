#include "protocols/s3/access_log_writer.hpp"

#include <fmt/format.h>

#include "gateway/core/crypto.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/principal_names.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/running_checksum.hpp"

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
    if (is_new) into.event = entry.time;
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

void access_log_writer::tell(failure const& what) {
    if (what.code == error::cancelled) return;
    if (news_.is_news("access log", what, clock_.monotonic()))
        SLUICE_LOG(log_level::error, "access log not written", {"failure", what});
}

task<void> access_log_writer::run() {
    auto flushed = clock_.monotonic(), looked = flushed;
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
        if (now - flushed >= options_.interval || is_filling()) {
            flushed = now;
            auto const written = co_await flush();
            if (written.has_error()) tell(written.error());
        }
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
            if (!target) continue;
            if (next->size() == options_.logged_buckets)
                co_return failure{error::too_large, "too many buckets have access logs"};
            next->emplace(bucket.name,
                          source{guard_.label_of(bucket.owner).canonical_id, bucket.owner, *std::move(target)});
        }
        more = page->truncated;
    }
    is_on_.store(!next->empty(), std::memory_order_release);
    std::lock_guard const lock(mutex_);
    sources_ = std::move(next);
    co_return success();
}

task<result<void>> access_log_writer::flush() {
    std::map<batch_name, batch> taken;
    {
        std::lock_guard const lock(mutex_);
        taken.swap(batches_);
    }
    result<void> outcome = success();
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
    auto const into = co_await guard_.buckets().head(who_, target.bucket);
    if (into.has_error()) co_return into.error();
    // It may have gone and come back since it was named.
    if (into->owner != what.from.owner_id)
        co_return failure{error::permission_denied,
                          "'" + target.bucket + "' has another owner than the logged bucket"};
    auto const unique = fmt::format("{:016X}", random_.next_u64());
    auto key = log_object_key(target, {bucket, front_.account_id, front_.region, what.event,
                                       clock_.now(), unique});
    auto const encryption = default_choice(into->settings, front_);
    if (!encryption)
        co_return failure{error::unsupported, "how '" + target.bucket + "' is encrypted by default"};
    auto writing = co_await guard_.objects().create(who_, target.bucket, std::move(key),
                                                    what.lines.size(), *encryption);
    if (writing.has_error()) co_return std::move(writing).error();
    SLUICE_CO_CHECK(co_await writing->append(as_bytes(what.lines)));
    auth::writable_object::finish how;
    how.etag = hides_digest(encryption->kind) ? writing->fresh_etag()
                                              : hash(digest_kind::md5, what.lines).hex();
    how.attributes.content_type = "text/plain";
    how.attributes.checksums.push_back(
        {default_checksum, store::checksum_scope::full_object,
         running_checksum::of(default_checksum, what.lines)});
    how.announce = announcer_of(who_, front_, "Put");
    auto const stored = co_await writing->commit(std::move(how));
    if (stored.has_error()) co_return stored.error();
    co_return success();
}

}  // namespace sluice::s3
