#include "backend/store/audit_log.hpp"

#include <algorithm>

#include "backend/store/audit_state.hpp"
#include "backend/store/change.hpp"
#include "backend/store/log_append.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/log_read.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/timer.hpp"

namespace sluice::store {
namespace {

constexpr partition_index audit_partition{0};
// Of one batch; the records of one commit (limits.audit_records_bytes) fit with room to spare.
constexpr std::size_t batch_bytes = 32 * kibibyte;
// Of one read_audit.
constexpr std::uint64_t read_bytes = 4 * mebibyte;

}  // namespace

void audit_state::close_group(std::vector<std::string> const& records, lsn at,
                              journal::commit& into) {
    auto const now = clock_.now();
    log_offset end{};
    log_batch_builder builder;
    auto const close = [&] {
        auto batch = builder.finish();
        auto const shape = measure_batches(batch);
        SLUICE_ASSERT(shape.has_value());   // our own batch
        auto const run =
            prepare_run(into, audit_dataset, audit_partition, *shape, std::move(batch));
        auto const place = partition_.assign(*shape);
        place_run(into, run, place.base, place.newest);
        place_batches(into, run, place.base);
        end = log_offset{to_underlying(place.base) + run.offsets()};
    };
    for (auto const& record : records) {
        builder.add(now, std::nullopt, record);
        if (builder.bytes() >= batch_bytes) close();
    }
    if (builder.count() > 0) close();
    {
        std::scoped_lock guard(mutex_);
        closed_.push_back({at, end});
    }
    into.on_done = [this](result<lsn> done) {
        if (done) published(*done);
    };
}

void audit_state::published(lsn commit) {
    std::optional<log_offset> end;
    {
        std::scoped_lock guard(mutex_);
        while (!closed_.empty() && closed_.front().at < commit) {
            end = closed_.front().end;
            closed_.pop_front();
        }
        if (!closed_.empty()) end = closed_.front().end;
    }
    if (end) partition_.publish(*end);
}

task<result<lsn>> append_audit(engine& store, audit_records records) {
    change work;
    SLUICE_CO_CHECK(add_audit(store, work, std::move(records)));
    if (work.commit->audit_records.empty())
        co_return failure{error::invalid_argument, "no audit record"};
    co_return co_await commit_change(store, std::move(work), journal::admission_class::freeing);
}

log_offset audit_end(engine& store) {
    return store.audit().partition().published_end();
}

namespace {

result<audit_page> read_page(engine& store, read_audit_request const& request, std::size_t most,
                             blocking_token token) {
    auto const view = view_blocking(store, token);
    audit_page page;
    SLUICE_TRY(page.end, log_end(view, audit_dataset, audit_partition));
    SLUICE_TRY(auto const start, log_start(view, audit_dataset, audit_partition));
    page.next = request.from;
    if (request.from < start || request.from > page.end)
        return failure{error::out_of_range, "the audit log is " +
                                                std::to_string(to_underlying(start)) + " to " +
                                                std::to_string(to_underlying(page.end))};
    SLUICE_TRY(auto const runs,
               find_log_runs(view, audit_dataset, audit_partition, request.from, read_bytes));
    for (auto const& run : runs) {
        std::string bytes;
        SLUICE_CHECK(read_log_run(store, audit_dataset, audit_partition, run, bytes, token));
        SLUICE_TRY(auto records, read_log_batches(bytes));
        for (auto& record : records) {
            if (record.offset < page.next) continue;
            if (page.records.size() == most) return page;
            page.next = log_offset{to_underlying(record.offset) + 1};
            page.records.push_back(std::move(record));
        }
    }
    return page;
}

}  // namespace

task<result<audit_page>> read_audit(engine& store, read_audit_request request) {
    auto const most = std::min(request.max_records, store.limits().list_page);
    auto read = [&](blocking_token token) { return read_page(store, request, most, token); };
    co_return co_await store.blocking().run(std::move(read));
}

task<result<log_offset>> wait_for_audit(engine& store, log_offset known,
                                        monotonic_time deadline_at) {
    auto& partition = store.audit().partition();
    auto const executor = co_await boost::asio::this_coro::executor;
    std::atomic<std::uint64_t> wait_id{0};
    auto give_up = [&] { partition.give_up(wait_id, error::deadline_exceeded); };
    deadline timer(executor, std::move(give_up));
    auto wait = [&](callback<result<log_offset>> done) {
        wait_id = partition.wait_past(known, store.limits().log_waiters, std::move(done));
    };
    timer.arm(std::max(deadline_at - store.clock().monotonic(), monotonic_time::duration::zero()));
    co_return co_await await_callback<result<log_offset>>(std::move(wait));
}

}  // namespace sluice::store
