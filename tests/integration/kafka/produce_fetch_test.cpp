// Records in and out: what is validated, what is answered, what waits.
#include <gtest/gtest.h>

#include "backend/store/model/log_batch.hpp"
#include "gateway/core/task_group.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

class KafkaRecords : public testing::Test {
protected:
    kafka_world world;

    std::vector<std::string> values(std::string const& bytes) {
        std::vector<std::string> out;
        for (auto const& record : store::read_log_batches(bytes).value())
            out.push_back(*record.value);
        return out;
    }
    list_offsets_response offsets_at(std::string topic, std::int64_t timestamp, int version = 7) {
        list_offsets_request request;
        auto& one = request.topics.emplace_back();
        one.name = std::move(topic);
        one.partitions.emplace_back().timestamp = timestamp;
        return world.ask(request, version);
    }
};

using strings = std::vector<std::string>;

TEST_F(KafkaRecords, WhatIsProducedIsFetched) {
    world.make_topic("t");
    auto const first = world.produce("t", batch_of({"a", "b"}));
    EXPECT_EQ(first.error, error_code::none);
    EXPECT_EQ(first.offset, 0);
    EXPECT_EQ(world.produce("t", batch_of({"c"})).offset, 2);
    auto const got = world.fetch("t", 0);
    EXPECT_EQ(got.high_watermark, 3);
    EXPECT_EQ(values(got.bytes), strings({"a", "b", "c"}));
}

TEST_F(KafkaRecords, EveryVersionOfProduceAndFetchServes) {
    world.make_topic("t");
    for (int version = 3; version <= 12; ++version)
        EXPECT_EQ(world.produce("t", batch_of({"x"}), version).error, error_code::none) << version;
    for (int version = 4; version <= 12; ++version) {
        fetch_request request;
        auto& one = request.topics.emplace_back();
        one.topic = "t";
        one.partitions.emplace_back().partition_max_bytes = 1 << 20;
        auto const answer = world.ask(request, version);
        EXPECT_EQ(answer.responses.at(0).partitions.at(0).high_watermark, 10) << version;
    }
}

TEST_F(KafkaRecords, FromVersion13TopicsHaveIds) {
    world.make_topic("t");
    world.produce("t", batch_of({"x"}));
    metadata_request about;
    about.topics->push_back({{}, "t"});
    auto const id = world.ask(about, 12).topics.at(0).topic_id;
    EXPECT_NE(id, uuid{});
    fetch_request request;
    auto& known = request.topics.emplace_back();
    known.topic_id = id;
    known.partitions.emplace_back().partition_max_bytes = 1 << 20;
    auto& unknown = request.topics.emplace_back();
    unknown.topic_id[3] = 9;
    unknown.partitions.emplace_back();
    auto const answer = world.ask(request, 16);
    EXPECT_EQ(answer.responses.at(0).partitions.at(0).error_code, 0);
    EXPECT_EQ(answer.responses.at(0).topic_id, id);
    EXPECT_EQ(answer.responses.at(1).partitions.at(0).error_code,
              wire(error_code::unknown_topic_id));
}

TEST_F(KafkaRecords, AnOffsetInsideABatchGetsTheWholeBatch) {
    world.make_topic("t");
    world.produce("t", batch_of({"a", "b", "c"}));
    EXPECT_EQ(values(world.fetch("t", 2).bytes), strings({"a", "b", "c"}));
    EXPECT_EQ(world.fetch("t", 3).bytes, "");
    EXPECT_EQ(world.fetch("t", 4).error, error_code::offset_out_of_range);
    EXPECT_EQ(world.fetch("t", -1).error, error_code::offset_out_of_range);
}

TEST_F(KafkaRecords, TheFirstBatchComesWhateverItsSize) {
    world.make_topic("t");
    world.produce("t", batch_of({std::string(5000, 'x')}));
    world.produce("t", batch_of({"second"}));
    EXPECT_EQ(values(world.fetch("t", 0, 10).bytes).size(), 1u);
}

TEST_F(KafkaRecords, FetchSaysWhatItDoesNotKnow) {
    EXPECT_EQ(world.fetch("absent", 0).error, error_code::unknown_topic_or_partition);
    world.make_topic("t");
    fetch_request request;
    auto& one = request.topics.emplace_back();
    one.topic = "t";
    one.partitions.emplace_back().partition = 5;
    one.partitions.emplace_back().current_leader_epoch = 1;
    auto const answer = world.ask(request, 12);
    auto const& parts = answer.responses.at(0).partitions;
    EXPECT_EQ(parts.at(0).error_code, wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(parts.at(1).error_code, wire(error_code::unknown_leader_epoch));
    request.session_id = 77;
    request.session_epoch = 1;
    EXPECT_EQ(world.ask(request, 12).error_code, wire(error_code::fetch_session_id_not_found));
    request.session_id = -1;
    request.session_epoch = -1;
    EXPECT_EQ(world.ask(request, 12).responses.size(), 1u) << "full by its epoch: kafka-go asks so";
    request.session_id = 0;
    request.session_epoch = 0;
    EXPECT_EQ(world.ask(request, 12).session_id, 0) << "no session is made";
}

TEST_F(KafkaRecords, AFetchWaitsForRecords) {
    world.make_topic("t");
    fetch_request request;
    request.max_wait_ms = 60'000;
    request.min_bytes = 1;
    auto& one = request.topics.emplace_back();
    one.topic = "t";
    one.partitions.emplace_back().partition_max_bytes = 1 << 20;
    // The second connection produces while the first one waits.
    auto ends = test::memory_stream::make_pair(world.context().get_executor());
    auth::connection_facts const facts{"kafka", "127.0.0.1", false};
    endpoint const reached{"127.0.0.1", 9092};
    auto const services = world.services();
    task_group waiting(world.context().get_executor());
    ASSERT_TRUE(waiting.spawn(serve_kafka(*ends.second, facts, reached, services)));
    auto const sent = world.login_frames() + frame_of(request, 12);
    test::run_task(world.context(), write_all(*ends.first, as_bytes(std::string_view(sent))))
        .value();
    EXPECT_EQ(world.produce("t", batch_of({"late"})).error, error_code::none);
    test::run_task(world.context(), ends.first->shutdown()).value();
    auto const all = test::run_task(world.context(), test::read_to_end(*ends.first)).value();
    auto const answers = kafka_world::cut_frames(all);
    ASSERT_EQ(answers.size(), 3u);
    auto const answer = answer_in<fetch_request>(answers[2], 12);
    EXPECT_EQ(answer.responses.at(0).partitions.at(0).high_watermark, 1);
    test::run_task(world.context(), waiting.drain());
}

TEST_F(KafkaRecords, BadBatchesAreRefusedAndNothingIsKept) {
    world.make_topic("t", 1, {{"max.message.bytes", "2000"}});
    auto const good = batch_of({"x"});
    auto flipped = good;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    auto old = good;
    old[16] = 1;
    auto control = good;
    control[22] = 32;
    renew_crc(control);
    auto counted = good;
    store_big(counted.data() + 57, std::int32_t{2});
    renew_crc(counted);
    auto stamped = good;
    stamped[22] = 8;
    renew_crc(stamped);
    auto compressed = good;
    compressed[22] = 1;
    renew_crc(compressed);
    struct {
        std::string name, batch;
        error_code error;
    } const cases[] = {
        {"flipped", flipped, error_code::corrupt_message},
        {"cut", good.substr(0, good.size() - 1), error_code::corrupt_message},
        {"stub", good.substr(0, 20), error_code::corrupt_message},
        {"old magic", old, error_code::invalid_record},
        {"two batches", good + good, error_code::invalid_record},
        {"none", "", error_code::invalid_record},
        {"control", control, error_code::invalid_record},
        {"count", counted, error_code::invalid_record},
        {"append time", stamped, error_code::invalid_timestamp},
        {"not gzip", compressed, error_code::invalid_record},
        {"too large", batch_of({std::string(3000, 'x')}), error_code::message_too_large},
        {"sequence", batch_of({"x"}, 5, 0, -1), error_code::invalid_record},
    };
    for (auto const& one : cases)
        EXPECT_EQ(world.produce("t", one.batch).error, one.error) << one.name;
    EXPECT_EQ(world.fetch("t", 0).high_watermark, 0);
}

TEST_F(KafkaRecords, TimestampsOutsideTheBoundsAreRefused) {
    world.make_topic("t", 1, {{"message.timestamp.before.max.ms", "1000"}});
    store::log_batch_builder builder;
    auto const now = to_underlying(system_wall_clock().now());
    builder.add(unix_millis{now - 60'000}, "k", "old");
    EXPECT_EQ(world.produce("t", builder.finish()).error, error_code::invalid_timestamp);
    builder.add(unix_millis{now + 7'200'000}, "k", "future");
    EXPECT_EQ(world.produce("t", builder.finish()).error, error_code::invalid_timestamp);
    builder.add(unix_millis{now}, "k", "now");
    EXPECT_EQ(world.produce("t", builder.finish()).error, error_code::none);
}

TEST_F(KafkaRecords, ATopicCanGiveTheTimeOfTheAppend) {
    world.make_topic("t", 1, {{"message.timestamp.type", "LogAppendTime"},
                              {"message.timestamp.before.max.ms", "1000"}});
    auto const before = to_underlying(system_wall_clock().now());
    store::log_batch_builder builder;
    builder.add(unix_millis{1}, "k", "long ago");
    builder.add(unix_millis{before + 7'200'000}, "k", "not yet");
    auto const answer = world.ask(produce_of("t", builder.finish()), 9);
    auto const& told = answer.responses.at(0).partition_responses.at(0);
    EXPECT_EQ(told.error_code, 0);
    EXPECT_GE(told.log_append_time_ms, before);
    auto const stored = world.fetch("t", 0).bytes;
    EXPECT_TRUE(store::check_log_batch(stored).value().has_append_time());
    auto const records = store::read_log_batches(stored).value();
    ASSERT_EQ(records.size(), 2u);
    for (auto const& record : records)
        EXPECT_EQ(to_underlying(record.timestamp), told.log_append_time_ms);
    auto const found = offsets_at("t", told.log_append_time_ms).topics.at(0).partitions.at(0);
    EXPECT_EQ(found.offset, 0);
    EXPECT_EQ(found.timestamp, told.log_append_time_ms);
    world.make_topic("as-given");
    auto const kept = world.produce("as-given", batch_of({"x"}));
    EXPECT_EQ(kept.error, error_code::none);
    EXPECT_FALSE(store::check_log_batch(world.fetch("as-given", 0).bytes).value().has_append_time());
}

TEST_F(KafkaRecords, ATopicCanHaveACodecOfItsOwn) {
    using store::log_codec;
    std::pair<std::string, log_codec> const names[] = {
        {"uncompressed", log_codec::none}, {"gzip", log_codec::gzip}, {"snappy", log_codec::snappy},
        {"lz4", log_codec::lz4}, {"zstd", log_codec::zstd}};
    auto const many = strings(50, std::string(40, 'x'));
    std::vector<std::string> stored;
    for (auto const& [name, codec] : names) {
        world.make_topic(name, 1, {{"compression.type", name}});
        ASSERT_EQ(world.produce(name, batch_of(many)).error, error_code::none) << name;
        stored.push_back(world.fetch(name, 0).bytes);
        EXPECT_EQ(store::check_log_batch(stored.back()).value().codec(), codec) << name;
        EXPECT_EQ(values(stored.back()), many) << name;
    }
    // From any codec into any other.
    for (auto const& batch : stored)
        for (auto const& [name, codec] : names) {
            auto const done = world.produce(name, batch);
            ASSERT_EQ(done.error, error_code::none) << name;
            auto const bytes = world.fetch(name, done.offset).bytes;
            EXPECT_EQ(store::parse_log_batch_header(bytes).value().codec(), codec) << name;
            EXPECT_EQ(values(bytes), many) << name;
        }
    world.make_topic("small", 1, {{"compression.type", "uncompressed"},
                                  {"max.message.bytes", "1000"}});
    EXPECT_EQ(world.produce("small", stored.back()).error, error_code::message_too_large);
    EXPECT_EQ(world.fetch("small", 0).high_watermark, 0);
}

TEST_F(KafkaRecords, AcksAreMinusOneZeroOrOne) {
    world.make_topic("t");
    EXPECT_EQ(world.produce("t", batch_of({"x"}), 9, 1).error, error_code::none);
    EXPECT_EQ(world.produce("t", batch_of({"x"}), 9, 2).error, error_code::invalid_required_acks);
}

TEST_F(KafkaRecords, WithoutAcksThereIsNoAnswer) {
    world.make_topic("t");
    auto const batch = batch_of({"quiet"});
    auto const answers =
        world.converse({frame_of(produce_of("t", batch, 0), 9), frame_of(metadata_request{}, 9)});
    ASSERT_EQ(answers.size(), 1u) << "only Metadata answers";
    EXPECT_EQ(world.fetch("t", 0).high_watermark, 1);
    auto const closed = world.converse(
        {frame_of(produce_of("absent", batch, 0), 9), frame_of(metadata_request{}, 9)});
    EXPECT_TRUE(closed.empty()) << "an error shows as a closed connection";
}

TEST_F(KafkaRecords, IdempotentProducersAreNotDoubled) {
    world.make_topic("t");
    init_producer_id_request wanted;
    wanted.transactional_id.reset();
    auto const made = world.ask(wanted, 4);
    ASSERT_EQ(made.error_code, 0);
    EXPECT_EQ(made.producer_epoch, 0);
    EXPECT_NE(world.ask(wanted, 4).producer_id, made.producer_id);
    auto const id = made.producer_id;
    EXPECT_EQ(world.produce("t", batch_of({"a"}, id, 0, 0)).offset, 0);
    EXPECT_EQ(world.produce("t", batch_of({"b"}, id, 0, 1)).offset, 1);
    auto const again = world.produce("t", batch_of({"a"}, id, 0, 0));
    EXPECT_EQ(again.error, error_code::none);
    EXPECT_EQ(again.offset, 0) << "the offset of the first time";
    EXPECT_EQ(world.produce("t", batch_of({"d"}, id, 0, 3)).error,
              error_code::out_of_order_sequence_number);
    EXPECT_EQ(world.fetch("t", 0).high_watermark, 2);
    EXPECT_EQ(world.produce("t", batch_of({"c"}, id, 1, 0)).error, error_code::none);
    EXPECT_EQ(world.produce("t", batch_of({"c"}, id, 0, 2)).error,
              error_code::invalid_producer_epoch);
}

TEST_F(KafkaRecords, OffsetsAreListedByTime) {
    world.make_topic("t");
    store::log_batch_builder builder;
    auto const now = to_underlying(system_wall_clock().now());
    builder.add(unix_millis{now - 1000}, "k", "a");
    builder.add(unix_millis{now}, "k", "b");
    builder.add(unix_millis{now - 500}, "k", "c");
    world.produce("t", builder.finish());
    auto const at = [&](std::int64_t timestamp, int version = 7) {
        return offsets_at("t", timestamp, version).topics.at(0).partitions.at(0);
    };
    EXPECT_EQ(at(-1).offset, 3);
    EXPECT_EQ(at(-2).offset, 0);
    EXPECT_EQ(at(-3).offset, 1);
    EXPECT_EQ(at(-3).timestamp, now);
    EXPECT_EQ(at(now - 1000).offset, 0);
    EXPECT_EQ(at(now - 999).offset, 1);
    EXPECT_EQ(at(now + 1).offset, -1);
    EXPECT_EQ(at(-1).leader_epoch, 0);
    EXPECT_EQ(at(-3, 6).error_code, wire(error_code::unsupported_version));
    EXPECT_EQ(at(-4, 8).offset, 0);
    for (auto const [timestamp, version] : {std::pair{-5, 9}, std::pair{-6, 11}}) {
        auto const tiered = at(timestamp, version);
        EXPECT_EQ(tiered.error_code, 0) << timestamp;
        EXPECT_EQ(tiered.offset, -1) << timestamp;
        EXPECT_EQ(tiered.leader_epoch, -1) << timestamp;
        EXPECT_EQ(at(timestamp, version - 1).error_code, wire(error_code::unsupported_version));
    }
    EXPECT_EQ(at(-7, 11).error_code, wire(error_code::unsupported_version));
    EXPECT_EQ(offsets_at("absent", -1).topics.at(0).partitions.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
}

TEST_F(KafkaRecords, TheOneEpochEndsAtTheEnd) {
    world.make_topic("t");
    world.produce("t", batch_of({"a", "b"}));
    offset_for_leader_epoch_request request;
    auto& one = request.topics.emplace_back();
    one.topic = "t";
    one.partitions.emplace_back().leader_epoch = 0;
    auto const known = world.ask(request, 4).topics.at(0).partitions.at(0);
    EXPECT_EQ(known.end_offset, 2);
    EXPECT_EQ(known.leader_epoch, 0);
    request.topics[0].partitions[0].leader_epoch = 3;
    EXPECT_EQ(world.ask(request, 4).topics.at(0).partitions.at(0).end_offset, -1);
}

}  // namespace
}  // namespace sluice::kafka
