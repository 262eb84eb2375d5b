#include "protocols/s3/journal_writer.hpp"

#include <fmt/format.h>

#include "backend/store/model/journal_name.hpp"
#include "backend/store/model/log_batch.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/s3/log_object.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/object_events.hpp"

namespace sluice::s3 {
namespace {

constexpr std::int64_t day_millis = 24 * 60 * 60 * 1000;
constexpr partition_index only_partition{0};

// The bucket in the name of a journal (store::journal_name).
std::string_view bucket_of(std::string_view name) {
    name.remove_prefix(store::journal_prefix.size());
    return name.substr(0, name.rfind('.'));
}

bool is_of_one_day(unix_millis a, unix_millis b) {
    return to_underlying(a) / day_millis == to_underlying(b) / day_millis;
}

bool is_gone(error what) { return what == error::not_found || what == error::permission_denied; }

}  // namespace

journal_writer::journal_writer(auth::guard& guard, auth::caller who, wall_clock const& clock,
                               random_source& random, s3_options const& front,
                               journal_options options)
    : guard_(guard),
      who_(std::move(who)),
      clock_(clock),
      random_(random),
      front_(front),
      options_(options) {
    who_.operation = "ServerAccessLog";
}

journal_counters journal_writer::counters() const noexcept {
    return {records_.load(std::memory_order_relaxed), lost_.load(std::memory_order_relaxed),
            objects_.load(std::memory_order_relaxed)};
}

void journal_writer::tell(failure const& what) {
    if (what.code == error::cancelled) return;
    if (news_.is_news("journal", what, clock_.monotonic()))
        SLUICE_LOG(log_level::error, "journal of a bucket not written out", {"failure", what});
}

task<void> journal_writer::run() {
    for (;;) {
        bool const all = flushes_.exchange(false, std::memory_order_acq_rel);
        auto const written = co_await pass(all);
        if (written.has_error()) tell(written.error());
        auto const waited = co_await wait_for(options_.look_every);
        if (waited.has_error()) co_return;
    }
}

task<result<void>> journal_writer::pass(bool all) {
    result<void> outcome = success();
    auto const journals = guard_.logs().journals();
    who_.request_id = "journal-" + std::to_string(to_underlying(clock_.now()));
    std::map<std::string, wait> known;
    for (auto const& journal : journals)
        if (auto found = waits_.extract(journal.name)) known.insert(std::move(found));
    waits_ = std::move(known);
    for (auto const& journal : journals) {
        auto const written = co_await write_out(journal, all);
        if (written.has_error()) {
            outcome = written.error();
            waits_[journal.name].until = clock_.monotonic() + options_.retry_after;
            continue;
        }
        if (!all) continue;
        auto const dropped = co_await drop_if_left(journal.name);
        if (dropped.has_error()) outcome = dropped.error();
    }
    co_return outcome;
}

task<result<void>> journal_writer::write_out(auth::guarded_logs::journal journal, bool all) {
    auto& bounds = journal.bounds;
    auto const waiting = to_underlying(bounds.end) - to_underlying(bounds.start);
    if (waiting == 0) co_return success();
    auto const known = waits_.find(journal.name);
    bool const rests = known != waits_.end() && clock_.monotonic() < known->second.until;
    if (!all && rests && waiting < options_.object_records) co_return success();
    while (bounds.start < bounds.end) {
        SLUICE_CO_TRY(auto const what, co_await read(journal.name, bounds.start));
        if (!all && !is_due(journal.name, what)) co_return success();
        auto const written = co_await put(journal.name, what.target, what);
        if (written.has_error() && !is_gone(written.error().code)) co_return written.error();
        if (written.has_error()) {
            SLUICE_CO_CHECK(co_await put_elsewhere(journal.name, what, written.error()));
        }
        bounds.start = what.end;
    }
    waits_.erase(journal.name);
    co_return success();
}

bool journal_writer::is_due(std::string const& name, batch const& what) {
    if (what.is_whole) return true;
    auto const roll = what.target.roll_seconds == 0
                          ? options_.interval
                          : std::chrono::milliseconds(std::chrono::seconds(what.target.roll_seconds));
    auto const age =
        std::chrono::milliseconds(to_underlying(clock_.now()) - to_underlying(what.first));
    if (age >= roll) return true;
    // A clock that was set back keeps nothing longer than anew.
    waits_[name] = {what.from, clock_.monotonic() + std::min(roll, roll - age)};
    return false;
}

task<result<journal_writer::batch>> journal_writer::read(std::string const& name,
                                                         log_offset from) {
    auto log = co_await guard_.logs().open(who_, name);
    if (log.has_error()) co_return std::move(log).error();
    SLUICE_CO_TRY(auto const slice,
                  co_await log->read(only_partition, from, options_.object_bytes, true));
    SLUICE_CO_TRY(auto const records, store::read_log_batches(slice.batches));
    batch out;
    out.from = from;
    for (auto const& record : records) {
        if (record.offset < from) continue;
        SLUICE_CO_TRY(auto const one, decode_journal_record(record.value.value_or("")));
        bool const by_day = one.target.format == log_key_format::by_event_time;
        if (out.count == 0) {
            out.target = one.target;
            out.owner = one.owner;
            out.first = record.timestamp;
        } else if (one.target != out.target || one.owner != out.owner ||
                   (by_day && !is_of_one_day(record.timestamp, out.first)) ||
                   out.count == options_.object_records) {
            out.is_whole = true;
            break;
        }
        out.lines += one.line;
        out.end = log_offset{to_underlying(record.offset) + 1};
        ++out.count;
    }
    if (out.count == 0) co_return failure{error::corrupt, "'" + name + "' has no records"};
    out.is_whole = out.is_whole || out.end < slice.bounds.end;
    co_return out;
}

task<result<void>> journal_writer::put(std::string const& name, access_log_target const& target,
                                       batch const& what) {
    auto const unique = fmt::format("{:016X}", random_.next_u64());
    log_object_request request;
    request.bucket = target.bucket;
    request.owner = what.owner;
    request.key = log_object_key(target, {bucket_of(name), front_.account_id, front_.region,
                                          what.first, clock_.now(), unique});
    request.lines = what.lines;
    request.announce = journal_announcer_of(guard_, who_, front_);
    request.advance = store::journal_advance{name, what.from, what.end};
    request.is_new = true;
    SLUICE_CO_CHECK(co_await put_log_object(guard_, who_, front_, std::move(request)));
    records_.fetch_add(static_cast<std::uint64_t>(what.count), std::memory_order_relaxed);
    objects_.fetch_add(1, std::memory_order_relaxed);
    co_return success();
}

// The bucket that the records were for is gone: another one gets them, if the logged bucket names one
// now.
task<result<void>> journal_writer::put_elsewhere(std::string const& name, batch const& what,
                                                 failure why) {
    auto const source = co_await guard_.buckets().head(who_, std::string(bucket_of(name)));
    if (source.has_error() && source.error().code != error::not_found) co_return source.error();
    if (source.has_error() || store::journal_name(source->name, source->id) != name)
        co_return co_await give_up(name, what, std::move(why));
    SLUICE_CO_TRY(auto const target, access_log_of_settings(source->settings));
    if (!target || !target->is_journal()) co_return co_await give_up(name, what, std::move(why));
    if (target->bucket == what.target.bucket) co_return why;
    co_return co_await put(name, *target, what);
}

task<result<void>> journal_writer::give_up(std::string const& name, batch const& what,
                                           failure why) {
    auto const erased =
        co_await guard_.logs().erase_before(who_, name, only_partition, what.end);
    if (erased.has_error()) co_return erased.error();
    lost_.fetch_add(static_cast<std::uint64_t>(what.count), std::memory_order_relaxed);
    SLUICE_LOG(log_level::error, "records of a journal given up", {"journal", name},
               {"records", what.count}, {"failure", why});
    co_return success();
}

// Nothing is appended any more once the bucket is seen to be gone: changes hold it.
task<result<void>> journal_writer::drop_if_left(std::string const& name) {
    auto const source = co_await guard_.buckets().head(who_, std::string(bucket_of(name)));
    if (source.has_error() && source.error().code != error::not_found) co_return source.error();
    if (source.has_value() && store::journal_name(source->name, source->id) == name)
        co_return success();
    for (auto const& journal : guard_.logs().journals()) {
        if (journal.name != name) continue;
        if (journal.bounds.start < journal.bounds.end) {
            reconfigured();  // what came last is written first
            co_return success();
        }
        auto const dropped = co_await guard_.logs().drop(who_, name);
        if (dropped.has_error()) co_return dropped.error();
    }
    co_return success();
}

}  // namespace sluice::s3
