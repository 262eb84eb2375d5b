// The coordinator with a clock that the test turns: sessions that end, groups that nobody uses.
#include "protocols/kafka/coordinator/group_coordinator.hpp"

#include <gtest/gtest.h>

#include "gateway/core/task_group.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::kafka {
namespace {

class Coordinator : public testing::Test {
protected:
    Coordinator() {
        options.groups.initial_rebalance_delay = std::chrono::milliseconds{0};
        options.sweep_every = std::chrono::milliseconds{0};
        options.offsets_retention = std::chrono::hours{1};
    }

    std::unique_ptr<group_coordinator> make() {
        auto out = std::make_unique<group_coordinator>(options, world.door().logs(), world.clock,
                                                       context.get_executor());
        test::run_task(context, out->load()).value();
        return out;
    }
    // Joins and syncs alone.
    std::string join(group_coordinator& groups) {
        join_request request;
        request.session_timeout = request.rebalance_timeout = std::chrono::seconds{10};
        request.protocol_type = "consumer";
        request.protocols = {{"range", "m"}};
        auto const joined = test::run_task(context, groups.join("g", request));
        EXPECT_EQ(joined.error, error_code::none);
        sync_request sync;
        sync.member_id = joined.member_id;
        sync.generation = joined.generation;
        sync.assignments[joined.member_id] = "all";
        EXPECT_EQ(test::run_task(context, groups.sync("g", sync)).assignment, "all");
        return joined.member_id;
    }
    // Lets run() go on until `reached`.
    template <class Condition>
    void run_until(group_coordinator& groups, Condition reached) {
        task_group timing(context.get_executor());
        ASSERT_TRUE(timing.spawn(groups.run()));
        context.restart();
        while (!reached()) context.run_one();
        timing.cancel();
        test::run_task(context, timing.drain());
    }

    auth::guard_world world;
    boost::asio::io_context context;
    coordinator_options options;
};

TEST_F(Coordinator, ASilentMemberIsRemoved) {
    auto const groups = make();
    join(*groups);
    EXPECT_EQ(groups->describe("g")->state, group_state::stable);
    world.clock.advance(std::chrono::seconds{9});
    groups->advance(world.clock.monotonic());
    EXPECT_EQ(groups->describe("g")->members.size(), 1u);
    world.clock.advance(std::chrono::seconds{2});
    groups->advance(world.clock.monotonic());
    EXPECT_EQ(groups->describe("g")->state, group_state::empty);
}

TEST_F(Coordinator, TheTimerFindsWhatIsDue) {
    auto const groups = make();
    join(*groups);
    world.clock.advance(std::chrono::seconds{11});
    run_until(*groups, [&] { return groups->describe("g")->state == group_state::empty; });
}

TEST_F(Coordinator, UnusedGroupsGoWithTheirOffsets) {
    auto const groups = make();
    auto const committed = [&] {
        return test::run_task(context, groups->may_commit("old", "", std::nullopt, -1));
    };
    ASSERT_EQ(committed(), error_code::none);
    auto& logs = world.door().logs();
    EXPECT_EQ(test::run_task(context, logs.saved_groups("", 10)).value().size(), 1u);
    world.clock.advance(std::chrono::hours{2});
    run_until(*groups, [&] { return groups->list().empty(); });
    EXPECT_TRUE(test::run_task(context, logs.saved_groups("", 10)).value().empty());
    EXPECT_EQ(committed(), error_code::none) << "the name can be used again";
}

TEST_F(Coordinator, GroupsAreBounded) {
    options.groups_max = 1;
    auto const groups = make();
    join(*groups);
    EXPECT_EQ(test::run_task(context, groups->may_commit("second", "", std::nullopt, -1)),
              error_code::coordinator_not_available);
}

TEST_F(Coordinator, AfterStopNobodyIsLeftWaiting) {
    auto const groups = make();
    groups->stop();
    join_request request;
    EXPECT_EQ(test::run_task(context, groups->join("g", request)).error,
              error_code::not_coordinator);
    EXPECT_EQ(groups->heartbeat("g", "m", std::nullopt, 1), error_code::not_coordinator);
}

}  // namespace
}  // namespace sluice::kafka
