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
#include <unordered_map>
#include <vector>

#include "auth/guard/guarded_logs.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/event.hpp"
#include "gateway/core/task.hpp"
#include "protocols/kafka/coordinator/awaited.hpp"
#include "protocols/kafka/coordinator/classic_group.hpp"

namespace sluice::kafka {

struct coordinator_options {
    group_limits groups;
    std::size_t groups_max = 100'000;                          // limits.kafka_groups
    std::size_t group_id_bytes = 4096;                         // limits.kafka_group_id
    std::chrono::milliseconds offsets_retention{604'800'000};  // offsets.retention.minutes
    std::chrono::milliseconds sweep_every{600'000};  // offsets.retention.check.interval.ms
};

class group_coordinator {
public:
    group_coordinator(coordinator_options options, auth::guarded_logs& logs,
                      wall_clock const& clock, boost::asio::any_io_executor executor);
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
    error_code leave(std::string const& group, std::string const& member_id,
                     std::optional<std::string> const& instance_id);
    // Whether offsets may be committed now, by the consumer or in a transaction. The first commit of
    // a consumer that assigns itself makes the group, durably.
    task<error_code> may_commit(std::string group, std::string member_id,
                                std::optional<std::string> instance_id, std::int32_t generation,
                                bool transactional = false);

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
        group_state state = group_state::dead;
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
    task<result<void>> save(entry_ptr of);
    monotonic_time next_deadline() const;

    coordinator_options const options_;
    auth::guarded_logs& logs_;
    wall_clock const& clock_;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<event> changed_;  // shared with posted notifications
    mutable std::mutex mutex_;        // of what follows; taken after an entry's own lock
    std::unordered_map<std::string, entry_ptr> groups_;
    std::set<std::pair<monotonic_time, std::string>> deadlines_;
    monotonic_time armed_ = monotonic_time::max();
    std::atomic<std::uint64_t> tickets_{0};
    std::atomic<bool> stopped_{false};
};

}  // namespace sluice::kafka
