// Producer ids and consumer groups of guarded_logs.
#include <map>

#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/group_verbs.hpp"
#include "backend/store/id_counters.hpp"

namespace sluice::auth {

task<guarded<std::int64_t>> guarded_logs::new_producer_id(caller const& who) {
    // A number by itself gives no right: each append is decided. Strangers get none.
    if (who.is_anonymous()) {
        auto const wanted = on_cluster(action::append);
        auto const decided = core_.decide(who, wanted);
        if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    }
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    auto id = core_.engine.ids().next_producer();
    if (id.has_error()) co_return refusal(std::move(id).error());
    co_return *id;
}

task<std::vector<guarded<void>>> guarded_logs::commit_offsets(
    caller const& who, std::string group, std::vector<store::committed_offset> offsets) {
    std::vector<guarded<void>> answers(offsets.size());
    auto const wanted = on_group(action::commit_offset, group);
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) {
        auto const denied = co_await core_.deny(who, wanted, decided);
        for (auto& answer : answers) answer = denied;
        co_return answers;
    }
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    store::commit_offsets_request request;
    request.group = group;
    std::vector<std::size_t> places;
    std::map<std::string, std::optional<refusal>> topics;   // decided once each
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        auto const reading = on_topic(action::read_log, offsets[i].topic);
        auto topic = core_.engine.logs().find(offsets[i].topic);
        auto known = topics.find(offsets[i].topic);
        if (known == topics.end()) {
            std::optional<refusal> refused;
            auto const owner = topic ? topic->describe()->info.owner : principal_id{};
            auto const may = core_.decide(who, reading, owner);
            if (!may.allowed()) refused = co_await core_.deny(who, reading, may);
            else if (!topic) refused = refusal(failure{error::not_found, "the topic"});
            known = topics.emplace(offsets[i].topic, std::move(refused)).first;
        }
        if (known->second || !topic) {
            answers[i] = known->second.value_or(refusal(failure{error::not_found, "the topic"}));
            continue;
        }
        places.push_back(i);
        request.offsets.push_back({std::move(topic), std::move(offsets[i])});
    }
    if (places.empty()) co_return answers;
    request.audit.push_back(core_.write_record(who, wanted, decided));
    auto done = co_await store::commit_offsets(core_.engine, std::move(request));
    bool any = false;
    for (std::size_t i = 0; i < done.size(); ++i) {
        any = any || done[i].has_value();
        if (done[i].has_error()) answers[places[i]] = refusal(done[i].error());
    }
    if (!any) (void)co_await core_.failed(who, wanted, decided, done.front().error());
    co_return answers;
}

task<guarded<std::vector<store::committed_offset>>> guarded_logs::committed_offsets(
    caller const& who, std::string group) {
    auto const wanted = on_group(action::describe, group);
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    auto const counted = co_await core_.count_read(who, wanted, decided);
    if (counted.has_error()) co_return counted.error();
    auto found = co_await store::committed_offsets(core_.engine, std::move(group));
    if (found.has_error()) co_return refusal(std::move(found).error());
    // Only of topics that the caller may know of.
    auto const hidden = [&](store::committed_offset const& one) {
        auto const topic = core_.engine.logs().find(one.topic);
        auto const owner = topic ? topic->describe()->info.owner : principal_id{};
        return !core_.decide(who, on_topic(action::describe, one.topic), owner).allowed();
    };
    std::erase_if(*found, hidden);
    co_return std::move(*found);
}

task<std::vector<guarded<void>>> guarded_logs::forget_offsets(caller const& who, std::string group,
                                                              std::vector<group_partition> of) {
    std::vector<guarded<void>> answers(of.size());
    auto const wanted = on_group(action::drop, group);
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) {
        auto const denied = co_await core_.deny(who, wanted, decided);
        for (auto& answer : answers) answer = denied;
        co_return answers;
    }
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    store::forget_offsets_request request;
    request.group = group;
    std::vector<std::size_t> places;
    std::map<std::string, std::optional<refusal>> topics;  // decided once each
    for (std::size_t i = 0; i < of.size(); ++i) {
        auto topic = core_.engine.logs().find(of[i].topic);
        auto known = topics.find(of[i].topic);
        if (known == topics.end()) {
            auto const reading = on_topic(action::read_log, of[i].topic);
            std::optional<refusal> refused;
            auto const owner = topic ? topic->describe()->info.owner : principal_id{};
            auto const may = core_.decide(who, reading, owner);
            if (!may.allowed()) refused = co_await core_.deny(who, reading, may);
            else if (!topic) refused = refusal(failure{error::not_found, "the topic"});
            known = topics.emplace(of[i].topic, std::move(refused)).first;
        }
        if (known->second) {
            answers[i] = *known->second;
        } else if (!topic || topic->partition(of[i].partition) == nullptr) {
            answers[i] = refusal(failure{error::not_found, "the partition"});
        } else {
            places.push_back(i);
            request.offsets.push_back({std::move(topic), of[i].partition});
        }
    }
    if (places.empty()) co_return answers;
    request.audit.push_back(core_.write_record(who, wanted, decided));
    auto done = co_await store::forget_offsets(core_.engine, std::move(request));
    if (done.has_error()) {
        auto const why = co_await core_.failed(who, wanted, decided, std::move(done).error());
        for (auto const place : places) answers[place] = why;
    }
    co_return answers;
}

task<guarded<void>> guarded_logs::drop_group(caller const& who, std::string group) {
    auto const wanted = on_group(action::drop, group);
    auto const decided = core_.decide(who, wanted);
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    store::audit_records audit;
    audit.push_back(core_.write_record(who, wanted, decided));
    auto gone = co_await store::remove_group(core_.engine, std::move(group), std::move(audit));
    if (gone.has_value()) co_return guarded<void>();
    co_return co_await core_.failed(who, wanted, decided, std::move(gone).error());
}

task<result<void>> guarded_logs::save_group(std::string group, std::string state) {
    store::saved_group what{std::move(group), std::move(state)};
    return store::save_group(core_.engine, std::move(what));
}

task<result<void>> guarded_logs::remove_group(std::string group) {
    return store::remove_group(core_.engine, std::move(group));
}

task<result<std::vector<guarded_logs::saved_group>>> guarded_logs::saved_groups(
    std::string after, std::size_t most) {
    SLUICE_CO_TRY(auto found,
                  co_await store::saved_groups(core_.engine, std::move(after), most));
    std::vector<saved_group> all;
    all.reserve(found.size());
    for (auto& one : found) all.push_back({std::move(one.group), std::move(one.state)});
    co_return all;
}

}  // namespace sluice::auth
