// All consumer groups of the server: finds a request's group, passes it to the group's state
// machine, holds the requests that wait, turns time into rebalances, and keeps what must survive a
// restart through the guarded logs. Whoever asks was decided by the guard before.
//
//     run()       the timer: spawned by wiring, ends when cancelled
//     stop()      answers everybody who waits; later requests are not_coordinator
//     advance()   what run() calls when a deadline is due, and sweep() now and then; tests turn a
//                 fake clock and call them
//
// Thread rule: everything from any thread; run() on the executor given. Lifetime: logs, clock and
// random source outlive it; drain the sessions before it goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/guard/guarded_logs.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/event.hpp"
#include "gateway/core/task.hpp"
#include "protocols/kafka/coordinator/awaited.hpp"
#include "protocols/kafka/coordinator/classic_group.hpp"
#include "protocols/kafka/coordinator/consumer_group.hpp"

namespace sluice::kafka {

struct coordinator_options {
    group_limits groups;
    consumer_group_limits consumers;
    std::chrono::milliseconds topics_check{1'000};             // how old what is known of topics may be
    std::size_t groups_max = 100'000;                          // limits.kafka_groups
    std::size_t group_id_bytes = 4096;                         // limits.kafka_group_id
    std::chrono::milliseconds offsets_retention{604'800'000};  // offsets.retention.minutes
    std::chrono::milliseconds sweep_every{600'000};  // offsets.retention.check.interval.ms
};

class group_coordinator {
public:
    // `topics`: without it consumer groups find no topics.
    group_coordinator(coordinator_options options, auth::guarded_logs& logs,
                      wall_clock const& clock, boost::asio::any_io_executor executor,
                      topic_source topics = {});
    ~group_coordinator();

    // Before the first request.
    task<result<void>> load();
    task<void> run();
    void advance(monotonic_time now);
    // Removes groups that nobody used for offsets_retention, with their offsets, and those that
    // never came to be.
    task<void> sweep();
    void stop();

    task<join_answer> join(std::string group, join_request request);
    task<sync_answer> sync(std::string group, sync_request request);
    error_code heartbeat(std::string const& group, std::string const& member_id,
                         std::optional<std::string> const& instance_id, std::int32_t generation);
    task<error_code> leave(std::string group, std::string member_id,
                           std::optional<std::string> instance_id);
    // Whether offsets may be committed now, by the consumer or in a transaction. The first commit of
    // a consumer that assigns itself makes the group, durably.
    task<error_code> may_commit(std::string group, commit_claim claim);
    // Whether offsets may be read by who says that he is this member.
    error_code may_fetch(std::string const& group, std::optional<std::string> const& member_id,
                         std::int32_t epoch) const;

    // ---- consumer groups (consumer_coordination.cpp) ---------------------------------------------
    // The answer follows the group's record. A classic group of consumers becomes a consumer group
    // with the first member that speaks the newer protocol, and the other way round.
    task<beat_answer> consumer_heartbeat(std::string group, member_beat beat,
                                         topic_filter may_see);
    consumer_group_limits const& consumer_limits() const noexcept { return options_.consumers; }
    struct consumer_description {
        error_code error = error_code::none;
        std::string text;
        std::string_view state;
        std::int32_t epoch = 0, assignment_epoch = 0;
        std::string assignor;
        std::map<std::string, consumer_member> members;
    };
    consumer_description describe_consumers(std::string const& group) const;
    // Whether a member of a consumer group is subscribed to the topic.
    bool reads(std::string const& group, std::string const& topic) const;
    // As known now.
    std::shared_ptr<topic_directory const> topics();

    // DeleteGroups: nobody finds the group while what is kept of it is taken away, and whoever asks
    // meanwhile is told to ask again. non_empty_group; group_id_not_found; `trouble` otherwise, and
    // the group is as it was.
    struct removal {
        error_code error = error_code::none;
        std::optional<failure> trouble;
    };
    task<removal> remove(auth::caller const& who, std::string group);

    struct description {
        std::string group;
        group_type type = group_type::classic;
        std::string_view state_name;
        group_state state = group_state::dead;  // of a classic group
        std::string protocol_type;
        std::string protocol_name;
        std::vector<described_member> members;
    };
    // Without members.
    std::vector<description> list() const;
    // nullopt: no such group.
    std::optional<description> describe(std::string const& group) const;

private:
    struct entry;
    using entry_ptr = std::shared_ptr<entry>;  // shared by the map and requests under way

    entry_ptr find(std::string const& group) const;
    result<entry_ptr> find_or_make(std::string const& group);
    // With the entry's lock held; says when to look at it again.
    void schedule(entry& of);
    void deliver(entry& of, group_answers answers);
    static description show(entry& of);
    // Until the record holds all changes so far; one write at a time, for all who wait.
    task<result<void>> persist(entry_ptr of);
    monotonic_time next_deadline() const;
    beat_answer beat_group(entry& of, member_beat const& beat, topic_filter const& may_see);
    // With the entry's lock held; false: it is a classic group and remains one.
    bool become_consumer_group(entry& of, bool joins);
    void maybe_become_classic(entry& of);
    std::optional<join_answer> join_consumer_group(entry& of, join_request const& request);
    result<void> restore(entry& of, std::string_view record) const;

    coordinator_options const options_;
    auth::guarded_logs& logs_;
    wall_clock const& clock_;
    boost::asio::any_io_executor executor_;
    topic_source const topic_source_;
    std::shared_ptr<event> changed_;  // shared with posted notifications
    mutable std::mutex topics_mutex_;  // of the next two; nothing else is taken with it
    std::shared_ptr<topic_directory const> topics_;  // shared with requests under way
    monotonic_time topics_due_ = monotonic_time::min();
    mutable std::mutex mutex_;        // of what follows; taken after an entry's own lock
    std::unordered_map<std::string, entry_ptr> groups_;
    std::set<std::pair<monotonic_time, std::string>> deadlines_;
    monotonic_time armed_ = monotonic_time::max();
    std::atomic<std::uint64_t> tickets_{0};
    std::atomic<bool> stopped_{false};
};

}  // namespace sluice::kafka
