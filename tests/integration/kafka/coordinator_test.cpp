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
        request.session_timeout = request.rebalance_timeout = timeout;
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
    auth::guard_world world;
    boost::asio::io_context context;
    coordinator_options options;
    std::chrono::milliseconds timeout{10'000};
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

// With the machine's clock, since the timer waits by it.
TEST_F(Coordinator, TheTimerFindsWhatIsDue) {
    options.groups.min_session_timeout = std::chrono::milliseconds{1};
    timeout = std::chrono::milliseconds{20};
    auto const groups = std::make_unique<group_coordinator>(
        options, world.door().logs(), system_wall_clock(), context.get_executor());
    task_group timing(context.get_executor());
    ASSERT_TRUE(timing.spawn(groups->run()));
    join(*groups);
    context.restart();
    while (groups->describe("g")->state != group_state::empty) context.run_one();
    timing.cancel();
    test::run_task(context, timing.drain());
}

TEST_F(Coordinator, UnusedGroupsGoWithTheirOffsets) {
    auto const groups = make();
    auto const committed = [&] {
        return test::run_task(context, groups->may_commit("old", {}));
    };
    ASSERT_EQ(committed(), error_code::none);
    auto& logs = world.door().logs();
    EXPECT_EQ(test::run_task(context, logs.saved_groups("", 10)).value().size(), 1u);
    test::run_task(context, groups->sweep());
    EXPECT_EQ(groups->list().size(), 1u) << "used a moment ago";
    world.clock.advance(std::chrono::hours{2});
    test::run_task(context, groups->sweep());
    EXPECT_TRUE(groups->list().empty());
    EXPECT_TRUE(test::run_task(context, logs.saved_groups("", 10)).value().empty());
    EXPECT_EQ(committed(), error_code::none) << "the name can be used again";
}

TEST_F(Coordinator, GroupsAreBounded) {
    options.groups_max = 1;
    auto const groups = make();
    join(*groups);
    EXPECT_EQ(test::run_task(context, groups->may_commit("second", {})),
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
