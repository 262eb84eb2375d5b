// erase_log_before
#include "backend/store/change.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/log_verbs.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

task<result<log_offset>> erase_log_before(engine& store, erase_log_request request) {
    auto const topic = request.topic;
    auto* const partition = topic->partition(request.partition);
    if (topic->is_system() && !(request.of_server && is_journal(topic->name())))
        co_return failure{error::permission_denied, "a log of the system"};
    if (partition == nullptr) co_return failure{error::not_found, "no such partition"};
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks,
                                       partition_lock(topic->id(), request.partition),
                                       lock_mode::exclusive));
    if (partition->is_closed()) co_return failure{error::not_found, "the topic was dropped"};
    auto const bounds = partition->bounds();
    auto const start = request.before == log_offset{-1} ? bounds.end : request.before;
    if (start < log_offset{0} || start > bounds.end)
        co_return failure{error::out_of_range, "the log ends at " +
                                                   std::to_string(to_underlying(bounds.end))};
    // Nothing moves back; the decision is recorded all the same.
    auto const moved = std::max(start, bounds.start);
    work.mutations().put_stamped(kv::family::log, keys::log_state(topic->id(), request.partition),
                                 encode(log_state_record{{}, moved, partition->leader_epoch()}));
    auto& upkeep = store.upkeep();
    work.on_published = [&upkeep, topic, partition, moved](lsn) {
        partition->publish_start(moved);
        upkeep.wake();
    };
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    co_return moved;
}

}  // namespace sluice::store
