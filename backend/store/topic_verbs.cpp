#include "backend/store/topic_verbs.hpp"

#include "backend/store/change.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::size_t topic_name_bytes = 255;

lock_name topic_lock(std::string const& name) {
    return {kv::family::meta, keys::topic(name)};
}

failure no_such_topic(std::string const& name) {
    return failure{error::not_found, "topic '" + name + "'"};
}

result<std::string> record_of(engine& store, topic_log::description const& what) {
    auto record = encode(stored_topic{{}, what.info, what.retention});
    if (record.size() > store.limits().record_bytes)
        return failure{error::too_large, "limits.record_bytes"};
    return record;
}

// Gives the partitions back unless the topic came to be.
class reservation {
public:
    reservation(log_table& table, std::uint32_t count) : table_(table), count_(count) {}
    reservation(reservation const&) = delete;
    reservation& operator=(reservation const&) = delete;
    ~reservation() {
        if (count_ > 0) table_.release_partitions(count_);
    }
    void keep() noexcept { count_ = 0; }

private:
    log_table& table_;
    std::uint32_t count_;
};

result<void> check(create_topic_request const& request) {
    bool const is_own = request.of_server && request.name.starts_with(journal_prefix);
    if (request.name.empty() || (request.name.starts_with("__") && !is_own))
        return failure{error::invalid_argument, "a topic name is empty or the system's"};
    if (request.name.size() > topic_name_bytes)
        return failure{error::invalid_argument, "a topic name is too long"};
    if (request.partitions == 0) return failure{error::invalid_argument, "no partitions"};
    return success();
}

}  // namespace

task<result<topic_info>> create_topic(engine& store, create_topic_request request) {
    SLUICE_CO_CHECK(check(request));
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, topic_lock(request.name), lock_mode::exclusive));
    auto& table = store.logs();
    if (table.find(request.name))
        co_return failure{error::already_exists, "topic '" + request.name + "'"};
    if (!table.reserve_partitions(request.partitions, store.limits().partitions))
        co_return failure{error::too_large, "limits.store_partitions"};
    reservation reserved(table, request.partitions);
    topic_log::description what;
    what.info.name = request.name;
    what.info.partitions = request.partitions;
    what.info.settings = std::move(request.settings);
    what.info.owner = request.owner;
    what.info.created = store.clock().now();
    what.retention = request.retention;
    store.random().fill({what.info.uuid.data(), what.info.uuid.size()});
    if (request.validate_only) {
        SLUICE_CO_CHECK(record_of(store, what));
        co_return what.info;
    }
    SLUICE_CO_TRY(what.info.id, store.ids().next_dataset());
    SLUICE_CO_TRY(auto const record, record_of(store, what));
    work.mutations().put_stamped(kv::family::meta, keys::topic(request.name), record);
    std::vector<std::shared_ptr<log_partition>> partitions;
    for (std::uint32_t i = 0; i < request.partitions; ++i)
        partitions.push_back(std::make_shared<log_partition>(log_offset{0}));
    auto const info = what.info;
    auto const topic = std::make_shared<topic_log>(std::move(what), std::move(partitions));
    work.on_published = [&table, topic](lsn) { table.add(topic); };
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    auto const done = co_await commit_change(store, std::move(work));
    // An unknown outcome: the store is read-only, what is counted matters no more.
    if (done.has_error()) co_return done.error();
    reserved.keep();
    co_return info;
}

task<result<topic_info>> change_topic(engine& store, change_topic_request request) {
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, topic_lock(request.name), lock_mode::exclusive));
    auto const topic = store.logs().find(request.name);
    if (!topic || topic->is_system()) co_return no_such_topic(request.name);
    auto what = *topic->describe();
    SLUICE_CO_TRY(auto wanted, request.change(what.info));
    what.info.settings = std::move(wanted.settings);
    what.retention = wanted.retention;
    SLUICE_CO_TRY(auto const record, record_of(store, what));
    if (request.validate_only) co_return what.info;
    work.mutations().put_stamped(kv::family::meta, keys::topic(request.name), record);
    work.on_published = [topic, what](lsn) { topic->redescribe(what); };
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    co_return what.info;
}

// The topic gets a new handle, which shares the partitions there are with the old one: whoever still
// holds that sees them and not the new ones.
task<result<topic_info>> grow_topic(engine& store, grow_topic_request request) {
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, topic_lock(request.name), lock_mode::exclusive));
    auto& table = store.logs();
    auto const topic = table.find(request.name);
    if (!topic || topic->is_system()) co_return no_such_topic(request.name);
    auto what = *topic->describe();
    auto const before = what.info.partitions;
    if (request.partitions <= before)
        co_return failure{error::invalid_argument,
                          "the topic has " + std::to_string(before) + " partitions"};
    auto const added = request.partitions - before;
    if (!table.reserve_partitions(added, store.limits().partitions))
        co_return failure{error::too_large, "limits.store_partitions"};
    reservation reserved(table, added);
    what.info.partitions = request.partitions;
    SLUICE_CO_TRY(auto const record, record_of(store, what));
    if (request.validate_only) co_return what.info;
    work.mutations().put_stamped(kv::family::meta, keys::topic(request.name), record);
    auto partitions = topic->shared_partitions();
    for (std::uint32_t i = 0; i < added; ++i)
        partitions.push_back(std::make_shared<log_partition>(log_offset{0}));
    auto const info = what.info;
    auto const grown = std::make_shared<topic_log>(std::move(what), std::move(partitions));
    work.on_published = [&table, grown](lsn) { table.add(grown); };
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    reserved.keep();
    co_return info;
}

task<result<topic_info>> drop_topic(engine& store, drop_topic_request request) {
    change work;
    work.locks = make_locks(store);
    SLUICE_CO_CHECK(
        co_await take_lock(store, work.locks, topic_lock(request.name), lock_mode::exclusive));
    auto const topic = store.logs().find(request.name);
    bool const is_own = topic && request.of_server && is_journal(topic->name());
    if (!topic || (topic->is_system() && !is_own)) co_return no_such_topic(request.name);
    auto const what = topic->describe();
    work.mutations().erase(kv::family::meta, keys::topic(request.name));
    work.mutations().put_stamped(kv::family::log, keys::dropped_log(topic->id()),
                                 encode(dropped_log_record{{}, what->info.partitions}));
    // What is ordered from here on finds the log closed; what was before is erased with it.
    work.commit->on_ordered = [topic](journal::commit&, lsn) { topic->close(); };
    auto& table = store.logs();
    auto& upkeep = store.upkeep();
    work.on_published = [&table, &upkeep, topic](lsn) {
        table.remove(topic);
        topic->give_up_waiters(error::not_found);
        upkeep.wake();
    };
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    co_return what->info;
}

}  // namespace sluice::store
