#include "auth/guard/guarded_transactions.hpp"

#include <map>

#include "auth/guard/guard_core.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/transaction_verbs.hpp"

namespace sluice::auth {
namespace {

intent on_transaction(action verb, std::string id) {
    intent wanted;
    wanted.verb = verb;
    wanted.kind = resource_kind::transaction;
    wanted.name = std::move(id);
    return wanted;
}

refusal no_such_topic() {
    return refusal(failure{error::not_found, "the topic does not exist"});
}

// Decides with the topic's owner; a denial is recorded before it is answered.
task<guarded<store::topic_handle>> readable_topic(guard_core& core, caller const& who,
                                                  std::string name) {
    auto const wanted = on_topic(action::read_log, name);
    auto topic = core.engine.logs().find(name);
    auto const owner = topic ? topic->describe()->info.owner : principal_id{};
    auto const decided = core.decide(who, wanted, owner);
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    if (!topic) co_return no_such_topic();
    co_return topic;
}

}  // namespace

task<guarded<void>> guarded_transactions::permit(caller const& who, action verb, std::string id) {
    auto const wanted = on_transaction(verb, std::move(id));
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    co_return guarded<void>();
}

bool guarded_transactions::may(caller const& who, action verb, std::string const& id) const {
    return core_.decide(who, on_transaction(verb, id)).allowed();
}

task<guarded<void>> guarded_transactions::end(caller const& who,
                                              store::transaction_ending ending) {
    auto const wanted = on_transaction(action::append, ending.id);
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    store::audit_records audit;
    audit.push_back(core_.write_record(who, wanted, decided));
    auto done =
        co_await store::end_transaction(core_.engine, std::move(ending), std::move(audit));
    if (done.has_value()) co_return guarded<void>();
    co_return co_await core_.failed(who, wanted, decided, std::move(done).error());
}

task<std::vector<guarded<void>>> guarded_transactions::save_offsets(
    caller const& who, std::string id, std::string group,
    std::vector<store::committed_offset> offsets) {
    std::vector<guarded<void>> answers(offsets.size());
    auto const wanted = on_group(action::commit_offset, group);
    auto const decided = core_.decide(who, wanted);
    auto allowed = co_await permit(who, action::append, id);
    if (allowed.has_value() && !decided.allowed())
        allowed = co_await core_.deny(who, wanted, decided);
    if (allowed.has_error()) {
        for (auto& answer : answers) answer = allowed.error();
        co_return answers;
    }
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    std::vector<store::transaction_offset> kept;
    std::vector<std::size_t> places;
    std::map<std::string, guarded<store::topic_handle>> topics;  // decided once each
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        auto known = topics.find(offsets[i].topic);
        if (known == topics.end()) {
            auto found = co_await readable_topic(core_, who, offsets[i].topic);
            known = topics.emplace(offsets[i].topic, std::move(found)).first;
        }
        if (known->second.has_error()) {
            answers[i] = known->second.error();
            continue;
        }
        places.push_back(i);
        store::transaction_offset one;
        one.group = group;
        one.topic = (*known->second)->id();
        one.offset = std::move(offsets[i]);
        kept.push_back(std::move(one));
    }
    if (places.empty()) co_return answers;
    store::audit_records audit;
    audit.push_back(core_.write_record(who, wanted, decided));
    auto done = co_await store::save_transaction_offsets(core_.engine, std::move(id),
                                                         std::move(kept), std::move(audit));
    bool any = false;
    for (std::size_t i = 0; i < done.size(); ++i) {
        any = any || done[i].has_value();
        if (done[i].has_error()) answers[places[i]] = refusal(done[i].error());
    }
    if (!any) (void)co_await core_.failed(who, wanted, decided, done.front().error());
    co_return answers;
}

task<std::vector<guarded<void>>> guarded_transactions::write_markers(
    caller const& who, store::transaction_ending ending) {
    std::vector<guarded<void>> answers(ending.partitions.size());
    auto wanted = on_cluster(action::admin);
    wanted.part = "transaction of producer " + std::to_string(ending.producer);  // for the record
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) {
        auto const denied = co_await core_.deny(who, wanted, decided);
        for (auto& answer : answers) answer = denied;
        co_return answers;
    }
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    std::vector<store::transaction_partition> kept;
    for (std::size_t i = 0; i < ending.partitions.size(); ++i) {
        auto const& one = ending.partitions[i];
        auto const topic = core_.engine.logs().find(one.topic);
        auto const* const partition = topic ? topic->partition(one.partition) : nullptr;
        if (partition == nullptr || partition->is_closed()) {
            answers[i] = no_such_topic();
            continue;
        }
        auto const known = partition->find_producer(ending.producer);
        if (known && known->epoch > ending.epoch)
            answers[i] = refusal(failure{error::conflict, "the producer has a later epoch"});
        else
            kept.push_back(one);
    }
    if (kept.empty()) co_return answers;
    ending.id.clear();
    ending.offsets.clear();
    ending.partitions = std::move(kept);
    store::audit_records audit;
    audit.push_back(core_.write_record(who, wanted, decided));
    auto done = co_await store::end_transaction(core_.engine, std::move(ending), std::move(audit));
    if (done.has_value()) co_return answers;
    auto const failed = co_await core_.failed(who, wanted, decided, std::move(done).error());
    for (auto& answer : answers)
        if (answer.has_value()) answer = failed;
    co_return answers;
}

task<guarded<std::vector<store::active_producer>>> guarded_transactions::producers(
    caller const& who, std::string topic, partition_index partition) {
    auto const found = co_await readable_topic(core_, who, std::move(topic));
    if (found.has_error()) co_return found.error();
    auto const* const one = (*found)->partition(partition);
    if (one == nullptr || one->is_closed()) co_return no_such_topic();
    co_return one->active_producers();
}

result<std::int64_t> guarded_transactions::new_producer_id() {
    return core_.engine.ids().next_producer();
}

task<result<void>> guarded_transactions::end_unasked(store::transaction_ending ending) {
    return store::end_transaction(core_.engine, std::move(ending));
}

task<result<void>> guarded_transactions::save(store::saved_transaction what) {
    return store::save_transaction(core_.engine, std::move(what));
}

task<result<void>> guarded_transactions::remove(std::string id) {
    return store::remove_transaction(core_.engine, std::move(id));
}

task<result<std::vector<store::saved_transaction>>> guarded_transactions::saved(
    std::string after, std::size_t most) {
    return store::saved_transactions(core_.engine, std::move(after), most);
}

task<result<std::vector<store::saved_transaction_offset>>> guarded_transactions::saved_offsets() {
    return store::saved_transaction_offsets(core_.engine);
}

std::vector<store::open_transaction_part> guarded_transactions::open() const {
    return store::open_transactions(core_.engine);
}

std::optional<std::string> guarded_transactions::topic_name(dataset_id topic) const {
    auto const found = core_.engine.logs().find(topic);
    if (!found) return std::nullopt;
    return found->name();
}

std::optional<dataset_id> guarded_transactions::topic_id(std::string const& name) const {
    auto const found = core_.engine.logs().find(name);
    if (!found) return std::nullopt;
    return found->id();
}

}  // namespace sluice::auth
