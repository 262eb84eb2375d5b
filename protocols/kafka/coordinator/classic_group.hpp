// One classic consumer group (Kafka's generic group protocol): who is in it, which generation, whose turn it is.
// Pure state: requests and the time go in, answers and the next deadline come out; sockets, timers and the store are
// elsewhere. Join and sync requests that must wait keep a ticket; their answers come out of a later call.
//
// Source: KIP-62 (timeouts), KIP-134 (initial delay), KIP-345 (static members), KIP-394 (member id required),
// KIP-814 (skip assignment), and the group coordinator's documented answers per state.
// Thread rule: one call at a time. Every call may add to take_answers(); after each call ask next_deadline().
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/clock.hpp"
#include "protocols/kafka/coordinator/group_kind.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

enum class group_state : std::uint8_t { empty, preparing_rebalance, completing_rebalance, stable, dead };
// As DescribeGroups and ListGroups spell it.
std::string_view name_of(group_state) noexcept;

// Names a waiting request; the session that waits knows which connection it means.
enum class ticket : std::uint64_t {};

struct group_limits {
    std::chrono::milliseconds min_session_timeout{6'000};        // group.min.session.timeout.ms
    std::chrono::milliseconds max_session_timeout{1'800'000};    // group.max.session.timeout.ms
    std::chrono::milliseconds initial_rebalance_delay{3'000};    // group.initial.rebalance.delay.ms
    std::size_t max_size = 10'000;                               // group.max.size
    std::size_t member_bytes = 1024 * 1024;                      // protocols' metadata of one member
};

struct member_protocol {
    std::string name;
    std::string metadata;
    bool operator==(member_protocol const&) const = default;
};

struct join_request {
    std::string member_id;                       // empty: new
    std::optional<std::string> instance_id;
    std::string client_id, client_host;
    std::chrono::milliseconds session_timeout{};
    std::chrono::milliseconds rebalance_timeout{};
    std::string protocol_type;
    std::vector<member_protocol> protocols;
    bool requires_known_member_id = false;       // JoinGroup v4 and later
    bool supports_skip_assignment = false;       // v9 and later
};
struct join_answer {
    error_code error = error_code::none;
    std::int32_t generation = -1;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    std::string leader;
    std::string member_id;
    bool skip_assignment = false;
    struct member {
        std::string member_id;
        std::optional<std::string> instance_id;
        std::string metadata;
    };
    std::vector<member> members;                 // only for the leader
};

struct sync_request {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::int32_t generation = 0;
    std::optional<std::string> protocol_type;    // v5
    std::optional<std::string> protocol_name;
    std::map<std::string, std::string> assignments;   // the leader's: member id -> assignment
};
struct sync_answer {
    error_code error = error_code::none;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    std::string assignment;
};

struct group_answers {
    std::vector<std::pair<ticket, join_answer>> joins;
    std::vector<std::pair<ticket, sync_answer>> syncs;
    bool empty() const noexcept { return joins.empty() && syncs.empty(); }
};

struct described_member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string client_id, client_host;
    std::string metadata;                        // of the chosen protocol, when stable
    std::string assignment;
};

// A member on its way between a classic group and a consumer group (online migration).
struct handed_member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string client_id, client_host;
    std::chrono::milliseconds session_timeout{}, rebalance_timeout{};
    std::vector<member_protocol> protocols;
    std::string assignment;
};

class classic_group final : public group_kind {
public:
    // `id_suffix` makes new member ids unique: called once per new member.
    classic_group(group_limits const& limits, std::string (*id_suffix)());

    void join(ticket, join_request const&, monotonic_time now);
    void sync(ticket, sync_request const&, monotonic_time now);
    error_code heartbeat(std::string const& member_id, std::optional<std::string> const& instance_id,
                         std::int32_t generation, monotonic_time now);
    // By member id, or by instance id with an empty member id (LeaveGroup v3).
    error_code leave(std::string const& member_id, std::optional<std::string> const& instance_id, monotonic_time now);
    // Whether this member may commit offsets now; counts as a sign of life. Generation -1 and no member: a consumer
    // that assigns itself, allowed while the group is empty, and always from a transaction: producers before KIP-447
    // do not say who consumed.
    error_code may_commit(std::string const& member_id, std::optional<std::string> const& instance_id,
                          std::int32_t generation, monotonic_time now, bool transactional = false);
    error_code may_commit(commit_claim const& claim, monotonic_time now) override;
    error_code may_fetch(std::optional<std::string> const&, std::int32_t) const override {
        return error_code::none;
    }
    // The connection behind a waiting request is gone: nobody will take its answer.
    void forget(ticket);

    void advance(monotonic_time now) override;
    std::optional<monotonic_time> next_deadline() const override;

    // What the calls so far have answered.
    group_answers take_answers();

    group_state state() const noexcept { return state_; }
    std::int32_t generation() const noexcept { return generation_; }
    std::string const& protocol_type() const noexcept { return protocol_type_; }
    std::string const& protocol_name() const noexcept { return protocol_name_; }
    std::vector<described_member> members() const;
    std::size_t size() const noexcept { return members_.size(); }
    bool is_unused() const noexcept override { return members_.empty() && pending_.empty(); }

    // After a restart, or when a killed group could not be removed: an empty group that goes on
    // counting generations where it was.
    void restore(std::string protocol_type, std::int32_t generation);
    error_code kill() override;

    // ---- online migration (classic_group_migration.cpp) ------------------------------------------
    // Whether its members could go on in a consumer group: all joined and none in the middle of it.
    bool can_hand_over() const noexcept;
    std::vector<handed_member> handed() const;
    // They are members no more; who waits is told that the group rebalances.
    void let_go();
    // Only into an empty group: these are its members in this generation, and join again now.
    void take_over(std::vector<handed_member> members, std::int32_t generation, monotonic_time now);

private:
    struct member {
        std::optional<std::string> instance_id;
        std::string client_id, client_host;
        std::chrono::milliseconds session_timeout{}, rebalance_timeout{};
        std::vector<member_protocol> protocols;
        std::string assignment;
        std::optional<ticket> joining, syncing;
        bool skip_assignment = false;            // the waiting join understands it
        monotonic_time session_end{};
    };
    using member_map = std::map<std::string, member>;

    error_code check_join(join_request const&) const;
    void join_unknown_dynamic(ticket, join_request const&, monotonic_time);
    void join_unknown_static(ticket, join_request const&, monotonic_time);
    void join_known(ticket, join_request const&, monotonic_time);
    void replace_static(ticket, std::string const& old_id, join_request const&, monotonic_time);
    void add_member(ticket, std::string id, join_request const&, monotonic_time);
    void update_and_rebalance(ticket, member_map::iterator, join_request const&, monotonic_time);
    void remove_member(member_map::iterator, monotonic_time);
    void answer_join(ticket, join_answer);
    void answer_join_error(ticket, error_code, std::string member_id = {});
    join_answer current_join_answer(std::string const& member_id) const;

    void prepare_rebalance(monotonic_time);
    void try_complete_join(monotonic_time);
    void complete_join(monotonic_time);
    void choose_leader();
    std::string vote_protocol() const;
    bool supports(std::vector<member_protocol> const&, std::string const& type) const;
    void reset_assignments();
    bool all_joined() const;
    void touch(member&, monotonic_time) const;
    std::string const* metadata_of(member const&, std::string const& protocol) const;
    error_code check_member(std::string const& member_id, std::optional<std::string> const& instance_id) const;
    std::chrono::milliseconds longest_rebalance() const;

    group_limits limits_;
    std::string (*id_suffix_)();
    group_state state_ = group_state::empty;
    std::int32_t generation_ = 0;
    std::string protocol_type_, protocol_name_, leader_;
    member_map members_;
    std::map<std::string, std::string> instances_;           // instance id -> member id
    std::map<std::string, monotonic_time> pending_;          // ids given out by MEMBER_ID_REQUIRED -> when they lapse
    std::optional<monotonic_time> rebalance_end_;            // preparing: joins are over; completing: syncs are
    std::optional<monotonic_time> initial_delay_end_;        // first rebalance of an empty group
    bool new_member_in_delay_ = false;
    std::set<std::string> owes_sync_;
    group_answers answers_;
};

}  // namespace sluice::kafka
