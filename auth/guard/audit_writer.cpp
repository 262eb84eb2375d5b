#include "auth/guard/audit_writer.hpp"

#include "backend/store/audit_log.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/timer.hpp"

namespace sluice::auth {
namespace {

// Small enough that one append is one commit, so that a failed one wrote nothing.
constexpr std::size_t records_of_one_append = 32;
constexpr std::chrono::milliseconds retry_pause{5};

audit_record as_record(read_count const& from) {
    audit_record record;
    record.time = unix_millis{from.second * 1000};
    record.protocol = from.protocol;
    record.principal = from.principal_name;
    record.credential_id = from.credential_id;
    record.verb = name_of(from.verb);
    record.filed_under = action_class::read;
    record.kind = from.kind;
    record.resource = from.dataset;
    record.decided = {effect::allow, from.rule};
    record.status = "counted";
    record.count = from.count;
    return record;
}

audit_record as_record(failure_count const& from) {
    audit_record record;
    record.time = from.first;
    record.protocol = from.protocol;
    record.client_address = from.source;
    record.operation = "authenticate";
    record.filed_under = action_class::auth;
    record.kind = resource_kind::cluster;
    record.decided = {effect::deny, built_in::default_deny};
    record.status = from.reason;
    record.count = from.count;
    return record;
}

template <class Value>
std::vector<std::string> encode_all(std::vector<Value> const& values) {
    std::vector<std::string> out;
    out.reserve(values.size());
    for (auto const& value : values) out.push_back(encode(as_record(value)));
    return out;
}

// The next `most` of `from`, moved out.
template <class Value>
std::vector<Value> take_some(std::vector<Value>& from, std::size_t most) {
    auto count = std::min(most, from.size());
    std::vector<Value> out(std::make_move_iterator(from.end() - static_cast<std::ptrdiff_t>(count)),
                           std::make_move_iterator(from.end()));
    from.resize(from.size() - count);
    return out;
}

}  // namespace

audit_writer::audit_writer(guard_options const& options, store::engine& engine,
                           wall_clock const& clock)
    : engine_(engine),
      clock_(clock),
      read_wait_(options.counted_read_wait),
      writes_(options.writes_under_way),
      reads_(options.counted_reads),
      failures_(options.failure_sources) {}

task<result<void>> audit_writer::append(std::vector<std::string> records) {
    auto const limit = engine_.limits().audit_records_bytes;
    for (std::size_t next = 0; next < records.size();) {
        std::vector<std::string> some;
        std::size_t bytes = 0;
        while (next < records.size() && (some.empty() || bytes + records[next].size() <= limit)) {
            bytes += records[next].size();
            some.push_back(std::move(records[next++]));
        }
        auto count = some.size();
        auto appended = co_await store::append_audit(engine_, std::move(some));
        if (appended.has_error()) co_return std::move(appended).error();
        written_.fetch_add(count, std::memory_order_relaxed);
    }
    co_return success();
}

task<result<void>> audit_writer::count_read(read_counts::reader who, action verb,
                                            resource_kind kind, std::string_view dataset,
                                            rule_id rule) {
    if (reads_.count(who, verb, kind, dataset, rule, clock_.now())) co_return success();
    // Full: help to empty it rather than trust that someone else does.
    auto const until = clock_.monotonic() + read_wait_;
    for (;;) {
        auto flushed = co_await flush_reads();
        if (reads_.count(who, verb, kind, dataset, rule, clock_.now())) co_return success();
        if (flushed.has_error()) co_return std::move(flushed).error();
        if (clock_.monotonic() >= until)
            co_return failure{error::overloaded, "the audit log does not keep up"};
        SLUICE_CO_CHECK(co_await wait_for(retry_pause));
    }
}

bool audit_writer::reserve_write() {
    std::lock_guard lock(mutex_);
    if (writes_under_way_ == writes_) return false;
    ++writes_under_way_;
    return true;
}

void audit_writer::release_write() {
    std::lock_guard lock(mutex_);
    SLUICE_ASSERT(writes_under_way_ > 0);
    --writes_under_way_;
}

void audit_writer::record_abandoned(audit_record record) {
    std::lock_guard lock(mutex_);
    abandoned_.push_back(std::move(record));
}

task<result<void>> audit_writer::flush() {
    SLUICE_CO_CHECK(co_await flush_reads());
    SLUICE_CO_CHECK(co_await flush_failures());
    co_return co_await flush_abandoned();
}

task<result<void>> audit_writer::flush_reads() {
    auto all = reads_.take();
    while (!all.empty()) {
        auto some = take_some(all, records_of_one_append);
        auto appended = co_await append(encode_all(some));
        if (appended.has_error()) {
            reads_.give_back(std::move(some));
            reads_.give_back(std::move(all));
            co_return std::move(appended).error();
        }
        reads_.release(some);
    }
    co_return success();
}

task<result<void>> audit_writer::flush_failures() {
    auto all = failures_.take();
    while (!all.empty()) {
        auto some = take_some(all, records_of_one_append);
        auto appended = co_await append(encode_all(some));
        if (appended.has_error()) {
            failures_.give_back(std::move(some));
            failures_.give_back(std::move(all));
            co_return std::move(appended).error();
        }
    }
    co_return success();
}

task<result<void>> audit_writer::flush_abandoned() {
    std::vector<audit_record> all;
    {
        std::lock_guard lock(mutex_);
        all.swap(abandoned_);
    }
    while (!all.empty()) {
        auto some = take_some(all, records_of_one_append);
        std::vector<std::string> encoded;
        for (auto const& record : some) encoded.push_back(encode(record));
        auto appended = co_await append(std::move(encoded));
        std::lock_guard lock(mutex_);
        if (appended.has_error()) {
            for (auto* unwritten : {&some, &all})
                for (auto& record : *unwritten) abandoned_.push_back(std::move(record));
            co_return std::move(appended).error();
        }
        SLUICE_ASSERT(writes_under_way_ >= some.size());
        writes_under_way_ -= some.size();
    }
    co_return success();
}

}  // namespace sluice::auth
