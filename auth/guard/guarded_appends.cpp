// Appending through guarded_logs: decided once per topic, committed together.
#include <map>

#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_logs.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/log_verbs.hpp"

namespace sluice::auth {
namespace {

using answers = std::vector<guarded<store::log_appended>>;

// One topic of a request.
struct append_topic {
    intent wanted;
    decision decided;
    store::topic_handle topic;
    std::optional<refusal> refused;
    std::vector<std::size_t> parts;
};

// Parts of one commit, and which topics and answers they belong to.
struct append_group {
    store::append_request request;
    std::vector<std::size_t> topics;     // per record
    std::vector<std::uint64_t> bytes;    // per record
    std::vector<std::size_t> parts;      // per part of the request: where it is answered
    std::size_t total = 0;
};

class append_plan {
public:
    append_plan(guard_core& core, caller const& who, std::vector<store::log_append_part> parts,
                std::function<void()> on_submitted)
        : core_(core),
          who_(who),
          parts_(std::move(parts)),
          on_submitted_(std::move(on_submitted)),
          answers_(parts_.size(), not_found()) {}

    task<answers> run() {
        sort_by_topic();
        for (auto& topic : topics_) co_await decide(topic);
        auto groups = group_parts();
        if (!groups.empty()) groups.back().request.on_submitted = std::move(on_submitted_);
        for (auto& group : groups) co_await commit(group);
        co_return std::move(answers_);
    }

private:
    static guarded<store::log_appended> not_found() {
        return refusal(failure{error::not_found, "the topic does not exist"});
    }

    void sort_by_topic() {
        std::map<std::string_view, std::size_t> known;   // of names in parts_, which stay
        of_part_.resize(parts_.size());
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            auto const [found, is_new] = known.emplace(parts_[i].topic, topics_.size());
            if (is_new) {
                topics_.emplace_back();
                topics_.back().wanted = on_topic(action::append, parts_[i].topic);
            }
            of_part_[i] = found->second;
            topics_[found->second].parts.push_back(i);
        }
    }

    task<void> decide(append_topic& topic) {
        topic.topic = core_.engine.logs().find(topic.wanted.name);
        auto const owner =
            topic.topic ? topic.topic->describe()->info.owner : principal_id{};
        topic.decided = core_.decide(who_, topic.wanted, owner);
        if (!topic.decided.allowed()) {
            topic.refused = co_await core_.deny(who_, topic.wanted, topic.decided);
        } else {
            core_.allowed.fetch_add(1, std::memory_order_relaxed);
            if (!topic.topic)
                topic.refused =
                    co_await core_.failed(who_, topic.wanted, topic.decided, not_found().error());
        }
        if (!topic.refused) co_return;
        for (auto const part : topic.parts) answers_[part] = *topic.refused;
    }

    // In the request's order, cut where a commit is full.
    std::vector<append_group> group_parts() {
        std::vector<append_group> groups;
        std::map<std::size_t, std::size_t> record_of;   // topic -> record of the last group
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            auto& topic = topics_[of_part_[i]];
            if (topic.refused) continue;
            auto const size = parts_[i].batches.size();
            bool const full =
                groups.empty() || groups.back().total + size > core_.engine.append_bytes() ||
                groups.back().parts.size() >= core_.engine.limits().append_parts;
            if (full) {
                groups.emplace_back();
                record_of.clear();
            }
            auto& group = groups.back();
            auto const [record, is_new] =
                record_of.emplace(of_part_[i], group.topics.size());
            if (is_new) {
                group.topics.push_back(of_part_[i]);
                group.bytes.push_back(0);
            }
            group.bytes[record->second] += size;
            group.total += size;
            group.parts.push_back(i);
            group.request.parts.push_back({topic.topic, parts_[i].partition,
                                           std::move(parts_[i].batches), record->second,
                                           std::move(parts_[i].ticket)});
        }
        return groups;
    }

    task<void> commit(append_group& group) {
        for (std::size_t i = 0; i < group.topics.size(); ++i) {
            auto const& topic = topics_[group.topics[i]];
            group.request.audit.push_back(
                core_.write_record(who_, topic.wanted, topic.decided, group.bytes[i]));
        }
        // Which record speaks of which answer: the request goes away with its parts.
        std::vector<std::size_t> records;
        records.reserve(group.parts.size());
        for (auto const& part : group.request.parts) records.push_back(part.audit);
        auto done = co_await store::append_log(core_.engine, std::move(group.request));
        std::vector<std::optional<failure>> failures(group.topics.size());
        std::vector<bool> succeeded(group.topics.size(), false);
        for (std::size_t i = 0; i < done.size(); ++i) {
            bool const refused =
                done[i] && done[i]->refused != store::producer_refusal::none;
            if (done[i] && !refused) succeeded[records[i]] = true;
            if (done[i].has_error()) failures[records[i]] = done[i].error();
            else if (refused)
                failures[records[i]] = failure{error::conflict, "the producer's sequence"};
            if (done[i].has_error()) answers_[group.parts[i]] = refusal(std::move(done[i]).error());
            else answers_[group.parts[i]] = *done[i];
        }
        for (std::size_t i = 0; i < failures.size(); ++i) {
            if (succeeded[i] || !failures[i]) continue;
            auto const& topic = topics_[group.topics[i]];
            // Its answer is the parts' own.
            (void)co_await core_.failed(who_, topic.wanted, topic.decided,
                                        std::move(*failures[i]));
        }
    }

    guard_core& core_;
    caller const& who_;
    std::vector<store::log_append_part> parts_;
    std::function<void()> on_submitted_;
    answers answers_;
    std::vector<append_topic> topics_;
    std::vector<std::size_t> of_part_;
};

}  // namespace

task<std::vector<guarded<store::log_appended>>> guarded_logs::append(
    caller const& who, std::vector<store::log_append_part> parts,
    std::function<void()> on_submitted) {
    append_plan plan(core_, who, std::move(parts), std::move(on_submitted));
    co_return co_await plan.run();
}

}  // namespace sluice::auth
