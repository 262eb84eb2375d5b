// Topics: made, altered, dropped and found again; what a dropped one held goes.
#include <gtest/gtest.h>

#include "backend/store/audit_log.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {
namespace {

using namespace store;
using kv::key_space::key_kind;

class topics : public testing::TestWithParam<world_kind> {
protected:
    result<topic_info> drop(std::string name) {
        drop_topic_request request{std::move(name), {"dropped"}};
        return world.run(drop_topic(world.store(), std::move(request)));
    }
    log_world world{{.kind = GetParam()}};
};

TEST_P(topics, are_found_by_name_number_and_uuid_also_after_a_restart) {
    auto const made = world.make_topic("orders", 3, {1000, 2000});
    EXPECT_EQ(made.partitions, 3u);
    EXPECT_NE(made.uuid, topic_uuid{});
    EXPECT_NE(world.make_topic("other").uuid, made.uuid);
    for (int round = 0; round < 2; ++round) {
        auto& logs = world.store().logs();
        for (auto const& found : {logs.find("orders"), logs.find(made.uuid), logs.find(made.id)}) {
            ASSERT_TRUE(found);
            auto const what = found->describe();
            EXPECT_EQ(what->info.name, "orders");
            EXPECT_EQ(what->info.id, made.id);
            EXPECT_EQ(what->info.uuid, made.uuid);
            EXPECT_EQ(what->info.partitions, 3u);
            EXPECT_EQ(what->info.settings.at("cleanup.policy"), "delete");
            EXPECT_EQ(what->retention.milliseconds, 1000);
            EXPECT_EQ(what->retention.bytes, 2000);
        }
        EXPECT_FALSE(logs.find("nothing"));
        auto const page = logs.list("__audit", 10);
        ASSERT_EQ(page.size(), 2u);
        EXPECT_EQ(page[0]->name(), "orders");
        EXPECT_EQ(page[1]->name(), "other");
        world.reopen();
    }
}

TEST_P(topics, are_refused_when_they_cannot_be) {
    world.make_topic("orders");
    auto create = [&](std::string name, std::uint32_t partitions, bool validate_only = false) {
        create_topic_request request;
        request.name = std::move(name);
        request.partitions = partitions;
        request.validate_only = validate_only;
        auto made = world.run(create_topic(world.store(), std::move(request)));
        return made ? std::optional<error>() : made.error().code;
    };
    EXPECT_EQ(create("orders", 1), error::already_exists);
    EXPECT_EQ(create("orders", 1, true), error::already_exists);
    EXPECT_EQ(create("", 1), error::invalid_argument);
    EXPECT_EQ(create("__mine", 1), error::invalid_argument);
    EXPECT_EQ(create("many", 1'000'000), error::too_large);
    EXPECT_EQ(create("none", 0), error::invalid_argument);
    EXPECT_EQ(create("valid", 5, true), std::nullopt);
    EXPECT_FALSE(world.topic("valid"));
    EXPECT_EQ(create("valid", 5), std::nullopt);
}

TEST_P(topics, settings_change_as_a_whole) {
    world.make_topic("orders");
    auto const before = world.topic("orders")->describe()->info.settings;
    auto const change = [](topic_info const& now) -> result<changed_topic> {
        if (now.settings.contains("retention.ms")) return failure{error::conflict, "set already"};
        return changed_topic{{{"retention.ms", "5"}}, {5, -1}};
    };
    change_topic_request request{"orders", change, true, {}};
    EXPECT_EQ(world.run(change_topic(world.store(), request)).value().settings.size(), 1u);
    EXPECT_EQ(world.topic("orders")->describe()->info.settings, before) << "validated only";
    request.validate_only = false;
    request.audit = {"altered"};
    world.run(change_topic(world.store(), request)).value();
    EXPECT_EQ(world.run(change_topic(world.store(), request)).error().code, error::conflict);
    world.reopen();
    auto const what = world.topic("orders")->describe();
    EXPECT_EQ(what->info.settings.size(), 1u);
    EXPECT_EQ(what->retention.milliseconds, 5);
    request.name = "nothing";
    EXPECT_EQ(world.run(change_topic(world.store(), request)).error().code, error::not_found);
    request.name = "__audit";
    EXPECT_EQ(world.run(change_topic(world.store(), request)).error().code, error::not_found);
}

TEST_P(topics, a_topic_grows_and_keeps_what_it_has) {
    world.make_topic("orders", 2);
    world.append("orders", batch_maker{}.make(3), 1).value();
    auto const before = world.topic("orders");
    auto const grow = [&](std::uint32_t partitions, bool validate_only = false) {
        grow_topic_request request{"orders", partitions, validate_only, {}};
        if (!validate_only) request.audit = {"grown"};
        auto made = world.run(grow_topic(world.store(), std::move(request)));
        return made ? std::optional<error>() : made.error().code;
    };
    EXPECT_EQ(grow(2), error::invalid_argument);
    EXPECT_EQ(grow(1), error::invalid_argument);
    EXPECT_EQ(grow(1'000'000), error::too_large);
    EXPECT_EQ(grow(4, true), std::nullopt);
    EXPECT_EQ(world.topic("orders")->partitions(), 2u);
    EXPECT_EQ(grow(4), std::nullopt);
    EXPECT_EQ(world.topic("orders")->partitions(), 4u);
    world.append("orders", batch_maker{}.make(2), 3).value();
    world.append("orders", batch_maker{}.make(1), 1).value();
    EXPECT_EQ(before->partition(partition_index{1})->bounds().end, log_offset{4})
        << "the old handle shares its partitions";
    world.reopen();
    auto const after = world.topic("orders");
    EXPECT_EQ(after->describe()->info.partitions, 4u);
    EXPECT_EQ(after->partition(partition_index{1})->bounds().end, log_offset{4});
    EXPECT_EQ(after->partition(partition_index{3})->bounds().end, log_offset{2});
    EXPECT_EQ(after->partition(partition_index{2})->bounds().end, log_offset{0});
    EXPECT_GT(world.run(log_bytes(world.store(), after, partition_index{1})).value(), 0u);
    EXPECT_EQ(world.run(log_bytes(world.store(), after, partition_index{2})).value(), 0u);
    grow_topic_request absent{"nothing", 3, false, {}};
    EXPECT_EQ(world.run(grow_topic(world.store(), absent)).error().code, error::not_found);
    EXPECT_EQ(drop("orders").value().partitions, 4u);
}

TEST_P(topics, a_dropped_one_is_gone_at_once_and_its_bytes_later) {
    world.make_topic("orders", 2);
    world.make_topic("kept");
    batch_maker with{.producer = 7, .epoch = 0, .sequence = 0, .value_bytes = 5000};
    for (int partition = 0; partition < 2; ++partition)
        world.append("orders", with.make(10), partition).value();
    world.append("kept", batch_maker{}.make(2, 'k')).value();
    auto const handle = world.topic("orders");
    EXPECT_EQ(drop("orders").value().name, "orders");
    EXPECT_FALSE(world.topic("orders"));
    EXPECT_EQ(drop("orders").error().code, error::not_found);
    EXPECT_EQ(drop("__audit").error().code, error::not_found);

    append_request late;
    late.parts.push_back({handle, partition_index{0}, batch_maker{}.make(1), 0});
    EXPECT_EQ(world.run(append_log(world.store(), std::move(late))).front().error().code,
              error::not_found);
    read_log_request reading{handle, partition_index{0}, log_offset{0}, 1000, true};
    EXPECT_EQ(world.run(read_log(world.store(), reading)).error().code, error::not_found);

    // A new one under the name has nothing of the old one.
    world.make_topic("orders", 1);
    EXPECT_EQ(world.bounds("orders").end, log_offset{0});
    world.append("orders", batch_maker{}.make(1, 'n')).value();
    world.reopen();
    EXPECT_EQ(world.keys_of(key_kind::dropped_log), 1u);
    EXPECT_EQ(world.keys_of(key_kind::producer_state), 2u);
    auto const done = world.upkeep();
    EXPECT_EQ(done.topics, 1u);
    EXPECT_EQ(done.runs, 2u);
    EXPECT_EQ(world.keys_of(key_kind::dropped_log), 0u);
    EXPECT_EQ(world.keys_of(key_kind::producer_state), 0u);
    EXPECT_EQ(world.upkeep().topics, 0u);
    EXPECT_EQ(world.letters("orders"), "n");
    EXPECT_EQ(world.letters("kept"), "kk");
}

TEST_P(topics, the_audit_log_is_one_that_nobody_writes) {
    world.make_topic("orders");
    world.append("orders", batch_maker{}.make(1), 0, {"appended"}).value();
    auto const audit = world.topic("__audit");
    ASSERT_TRUE(audit);
    EXPECT_EQ(audit->id(), audit_dataset);
    auto const slice = world.read("__audit", 0).value();
    auto const records = read_log_batches(slice.batches).value();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].value, "appended");
    EXPECT_EQ(slice.bounds.end, log_offset{1});
    EXPECT_EQ(world.append("__audit", batch_maker{}.make(1)).error().code,
              error::permission_denied);
    EXPECT_EQ(world.erase_before("__audit", 1).error().code, error::permission_denied);
}

INSTANTIATE_TEST_SUITE_P(stores, topics,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
