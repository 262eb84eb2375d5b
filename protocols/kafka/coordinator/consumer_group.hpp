// One consumer group of KIP-848: its members say in heartbeats what they want and own, the group
// says what they may read. Three epochs: the group's moves with every change of members,
// subscriptions or topics; the assignment's follows when a target was made for it; a member's when
// it gave back what the target takes from it. A partition is given to a member only when nobody
// else owns it.
// Pure state: requests, the topics that there are and the time go in, answers and the next deadline
// come out. Members of the classic protocol (online migration) are in consumer_group_classic.cpp.
//
// Source: KIP-848, KIP-1082 (ids made by members), and what a broker of 4.1 answers.
// Thread rule: one call at a time; after each call ask next_deadline() and version().
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/kafka/coordinator/classic_group.hpp"
#include "protocols/kafka/coordinator/consumer_group_limits.hpp"
#include "protocols/kafka/coordinator/consumer_member.hpp"
#include "protocols/kafka/coordinator/consumer_protocol.hpp"
#include "protocols/kafka/coordinator/group_kind.hpp"
#include "protocols/kafka/coordinator/topic_directory.hpp"

namespace sluice::kafka {

// Epochs that are requests.
inline constexpr std::int32_t joins_epoch = 0;
inline constexpr std::int32_t leaves_epoch = -1;
inline constexpr std::int32_t leaves_for_a_while_epoch = -2;  // a static member that comes back

struct member_beat {
    std::string member_id;
    std::int32_t epoch = 0;
    std::optional<std::string> instance_id, rack_id;
    std::optional<std::chrono::milliseconds> rebalance_timeout;
    std::optional<std::set<std::string>> topic_names;
    std::optional<std::string> topic_regex;
    std::optional<std::string> assignor;
    std::optional<partition_map> owned;
    std::string client_id, client_host;
    bool makes_its_id = false;  // ConsumerGroupHeartbeat v1
};
struct beat_answer {
    error_code error = error_code::none;
    std::string text;  // with an error
    std::string member_id;
    std::int32_t epoch = 0;
    std::optional<partition_map> assignment;  // where it is news
};
// What is wrong with a heartbeat whatever the group is; error none: nothing.
beat_answer check_beat(member_beat const& beat, consumer_group_limits const& limits);

// What a request comes with.
struct group_moment {
    topic_directory const& topics;
    topic_filter const& may_see;  // for regular expressions
    monotonic_time now;
};

class consumer_group final : public group_kind {
public:
    // Begins at `epoch`. `new_id` makes ids of members, one per call.
    consumer_group(consumer_group_limits const& limits, std::string (*new_id)(),
                   std::int32_t epoch = 0);

    // The beat passed check_beat().
    beat_answer heartbeat(member_beat const& beat, group_moment const& at);

    // ---- members of the classic protocol --------------------------------------------------------
    // `subscription`: of the request's first protocol.
    join_answer classic_join(join_request const& request, consumer_subscription const& subscription,
                             group_moment const& at);
    sync_answer classic_sync(sync_request const& request, topic_directory const& topics,
                             monotonic_time now);
    error_code classic_heartbeat(std::string const& member_id,
                                 std::optional<std::string> const& instance_id,
                                 std::int32_t generation, monotonic_time now);
    error_code classic_leave(std::string const& member_id,
                             std::optional<std::string> const& instance_id, monotonic_time now);
    // In place of a classic group that becomes this one; false: the members' bytes are no
    // consumers', and nothing was taken.
    bool take_over(std::vector<handed_member> const& members, topic_directory const& topics,
                   monotonic_time now);
    // Whether only members of the classic protocol are left, and those, for the classic group that
    // this one becomes then.
    bool is_classic_now() const;
    std::vector<handed_member> hand_over(topic_directory const& topics) const;

    // ---- any group --------------------------------------------------------------------------------
    error_code may_commit(commit_claim const& claim, monotonic_time now) override;
    error_code may_fetch(std::optional<std::string> const& member_id,
                         std::int32_t epoch) const override;
    void advance(monotonic_time now) override;
    std::optional<monotonic_time> next_deadline() const override;
    bool is_unused() const noexcept override { return members_.empty(); }
    error_code kill() override;
    void revive() noexcept { is_dead_ = false; }

    std::string_view state_name() const noexcept;
    std::int32_t epoch() const noexcept { return epoch_; }
    std::int32_t assignment_epoch() const noexcept { return assignment_epoch_; }
    std::string assignor_name() const;
    std::map<std::string, consumer_member> const& members() const noexcept { return members_; }
    bool is_dead() const noexcept { return is_dead_; }
    // By name or by expression.
    bool reads(std::string const& topic) const;
    // Moves with everything that encode() holds.
    std::uint64_t version() const noexcept { return version_; }

    // consumer_group_record.cpp. `now`: sessions begin anew.
    std::string encode() const;
    result<void> restore(std::string_view record, monotonic_time now);

private:
    using member_map = std::map<std::string, consumer_member>;
    struct place {
        beat_answer refused;
        consumer_member* member = nullptr;
        std::string id;
        bool is_new = false;
    };
    place place_dynamic(member_beat const& beat, monotonic_time now);
    place place_static(member_beat const& beat, monotonic_time now);
    beat_answer check_epoch(consumer_member const& one, member_beat const& beat) const;
    beat_answer check_room(member_beat const& beat) const;
    beat_answer leave(member_beat const& beat, monotonic_time now);
    consumer_member& rename(std::string const& from, std::string const& to);
    bool take_subscription(consumer_member& one, member_beat const& beat);
    void fence(member_map::iterator gone);

    // consumer_group_assignment.cpp
    void follow(bool changed, group_moment const& at);
    void resolve_regexes(group_moment const& at);
    std::map<store::topic_uuid, std::int32_t> subscribed(topic_directory const& topics) const;
    std::set<store::topic_uuid> topics_of(consumer_member const& one,
                                          topic_directory const& topics) const;
    void make_target(topic_directory const& topics);
    void reconcile(std::string const& id, consumer_member& one,
                   std::optional<partition_map> const& owned, monotonic_time now);
    void step(std::string const& id, consumer_member& one,
              std::optional<partition_map> const& owned);
    bool is_owned_by_other(std::string const& id, store::topic_uuid const& topic,
                           std::int32_t partition) const;
    bool waits_for_others(std::string const& id, consumer_member const& one) const;
    bool is_reconciled(consumer_member const& one) const;

    // consumer_group_classic.cpp
    struct found_member {
        error_code error = error_code::none;
        member_map::iterator at;
    };
    found_member find_classic(std::string const& member_id,
                              std::optional<std::string> const& instance_id);
    bool supports(join_request const& request) const;
    error_code check_classic_join(join_request const& request) const;
    member_map::iterator place_classic(join_request const& request, join_answer& answer);
    void touch(consumer_member& one, monotonic_time now) const;

    consumer_group_limits limits_;
    std::string (*new_id_)();
    bool is_dead_ = false;
    std::int32_t epoch_ = 0, assignment_epoch_ = 0;
    member_map members_;
    std::map<std::string, std::string> instances_;             // instance id -> member id
    std::map<store::topic_uuid, std::int32_t> topics_;         // subscribed to -> partitions
    std::map<std::string, std::set<std::string>> resolved_;    // expression -> topics
    std::uint64_t seen_topics_ = 0;                            // number of the directory
    std::uint64_t version_ = 0;
    mutable std::size_t record_bytes_ = 0;                     // of the last encode()
};

}  // namespace sluice::kafka
