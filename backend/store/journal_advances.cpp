#include "backend/store/journal_advances.hpp"

#include "backend/store/engine.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

task<result<void>> advance_journal(engine& store, change& work, journal_advance what) {
    auto const journal = store.logs().find(what.journal);
    if (!journal || !is_journal(journal->name()))
        co_return failure{error::not_found, "the journal '" + what.journal + "'"};
    partition_index const index{0};
    SLUICE_CO_CHECK(co_await take_lock(store, work.locks, partition_lock(journal->id(), index),
                                       lock_mode::exclusive));
    auto* const partition = journal->partition(index);
    if (partition->is_closed()) co_return failure{error::not_found, "the journal was dropped"};
    auto const bounds = partition->bounds();
    if (bounds.start != what.from)
        co_return failure{error::conflict, "somebody else wrote out '" + what.journal + "'"};
    if (what.before < what.from || what.before > bounds.end)
        co_return failure{error::out_of_range, "'" + what.journal + "' ends before"};
    work.mutations().put_stamped(
        kv::family::log, keys::log_state(journal->id(), index),
        encode(log_state_record{{}, what.before, partition->leader_epoch()}));
    auto& upkeep = store.upkeep();
    work.on_published = [then = std::move(work.on_published), &upkeep, journal, partition,
                         start = what.before](lsn at) {
        if (then) then(at);
        partition->publish_start(start);
        upkeep.wake();
    };
    co_return success();
}

}  // namespace sluice::store
