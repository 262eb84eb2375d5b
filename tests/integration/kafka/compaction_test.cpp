// Compacted topics on the wire: what their configuration may be, what they take, and that readers
// come past what is gone.
#include <gtest/gtest.h>

#include "backend/store/log_upkeep.hpp"
#include "backend/store/model/log_batch.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

class KafkaCompaction : public testing::Test {
protected:
    kafka_world world;

    std::string batch(std::vector<std::pair<std::optional<std::string>, std::string>> const& all) {
        store::log_batch_builder builder;
        for (auto const& [key, value] : all) {
            std::optional<std::string_view> name;
            if (key) name = *key;
            builder.add(system_wall_clock().now(), name, value);
        }
        return builder.finish();
    }
    void make(std::string name, std::string policy = "compact") {
        world.make_topic(std::move(name), 1,
                         {{"cleanup.policy", policy}, {"min.cleanable.dirty.ratio", "0"}});
    }
    void clean() {
        auto const done = world.engine().upkeep().run_once(blocking_token::for_this_thread());
        ASSERT_TRUE(done) << done.error().describe();
    }
    std::string fetched(std::int64_t from) {
        std::string all;
        for (auto const& record : store::read_log_batches(world.fetch("t", from).bytes).value())
            all += std::to_string(to_underlying(record.offset)) + *record.key + "=" +
                   *record.value + " ";
        return all;
    }
    std::int64_t list_offset(std::int64_t timestamp) {
        list_offsets_request request;
        auto& one = request.topics.emplace_back();
        one.name = "t";
        one.partitions.emplace_back().timestamp = timestamp;
        return world.ask(request, 7).topics.at(0).partitions.at(0).offset;
    }
};

TEST_F(KafkaCompaction, ReadersComePastWhatIsGone) {
    make("t");
    EXPECT_EQ(world.produce("t", batch({{"a", "1"}, {"b", "1"}})).offset, 0);
    EXPECT_EQ(world.produce("t", batch({{"a", "2"}, {"a", "3"}})).offset, 2);
    EXPECT_EQ(world.produce("t", batch({{"c", "1"}})).offset, 4);
    clean();
    for (std::int64_t from : {0, 1}) EXPECT_EQ(fetched(from), "1b=1 3a=3 4c=1 ") << from;
    // As everywhere: the whole batch, and clients skip what is before.
    EXPECT_EQ(fetched(2), "3a=3 4c=1 ");
    EXPECT_EQ(fetched(3), "3a=3 4c=1 ");
    EXPECT_EQ(fetched(4), "4c=1 ");
    EXPECT_EQ(world.fetch("t", 0).high_watermark, 5);
    EXPECT_EQ(list_offset(-1), 5);
    EXPECT_EQ(list_offset(-2), 0);
    EXPECT_EQ(list_offset(1), 1);
    EXPECT_EQ(world.fetch("t", 6).error, error_code::offset_out_of_range);
}

TEST_F(KafkaCompaction, RecordsNeedKeys) {
    for (auto const* const policy : {"compact", "compact,delete"}) {
        auto const name = std::string(policy) == "compact" ? "t" : "u";
        make(name, policy);
        auto const bad = batch({{"a", "1"}, {std::nullopt, "2"}, {"b", "3"}, {std::nullopt, "4"}});
        auto const request = produce_of(name, bad);
        auto const answer = world.ask(request, 9);
        auto const& shown = answer.responses.at(0).partition_responses.at(0);
        EXPECT_EQ(shown.error_code, wire(error_code::invalid_record));
        ASSERT_EQ(shown.record_errors.size(), 2u);
        EXPECT_EQ(shown.record_errors[0].batch_index, 1);
        EXPECT_EQ(shown.record_errors[1].batch_index, 3);
        std::string const why = "Compacted topic cannot accept message without key in topic "
                                "partition " + std::string(name) + "-0.";
        EXPECT_EQ(shown.record_errors[0].batch_index_error_message, why);
        EXPECT_EQ(shown.error_message,
                  "One or more records have been rejected due to 2 record errors in total, and "
                  "only showing the first three errors at most: [RecordError(batchIndex=1, "
                  "message='" + why + "'), RecordError(batchIndex=3, message='" + why + "')]");
        EXPECT_EQ(world.produce(name, batch({{"a", "1"}})).offset, 0) << "nothing of it was stored";
    }
}

TEST_F(KafkaCompaction, ManyRecordsWithoutAKeyAreCounted) {
    make("t");
    std::vector<std::pair<std::optional<std::string>, std::string>> all(3000,
                                                                       {std::nullopt, "v"});
    auto const bad = batch(all);
    auto const request = produce_of("t", bad);
    auto const answer = world.ask(request, 9);
    auto const& shown = answer.responses.at(0).partition_responses.at(0);
    EXPECT_EQ(shown.record_errors.size(), 1000u);
    EXPECT_NE(shown.error_message.value().find("3000 record errors"), std::string::npos);
}

TEST_F(KafkaCompaction, TheLagsMustFitEachOther) {
    create_topics_request request;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.num_partitions = 1;
    topic.replication_factor = 1;
    topic.configs.push_back({"min.compaction.lag.ms", "10"});
    topic.configs.push_back({"max.compaction.lag.ms", "9"});
    auto const refused = world.ask(request, 7).topics.at(0);
    EXPECT_EQ(refused.error_code, wire(error_code::invalid_config));
    EXPECT_EQ(refused.error_message,
              "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (9)");
    topic.configs[1].value = "10";
    EXPECT_EQ(world.ask(request, 7).topics.at(0).error_code, 0);
}

}  // namespace
}  // namespace sluice::kafka
