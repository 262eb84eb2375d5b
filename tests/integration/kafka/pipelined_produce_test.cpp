// Produce requests of one connection behind one another: they wait for their commits together, and
// what a client sees is as if each had been answered before the next was read.
#include <gtest/gtest.h>

#include "backend/store/engine.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/model/log_batch.hpp"
#include "gateway/core/task_group.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

std::int32_t correlation_in(std::string_view frame) {
    return load_big<std::int32_t>(frame.data());
}

produce_response::topic_produce_response::partition_produce_response produced_in(
    std::string const& frame) {
    return answer_in<produce_request>(frame, 9).responses.at(0).partition_responses.at(0);
}

// A connection that stays while a test looks at what happens behind it.
class open_connection {
public:
    explicit open_connection(kafka_world& world)
        : world_(world),
          ends_(test::memory_stream::make_pair(world.context().get_executor(),
                                               {4 * mebibyte, SIZE_MAX})),
          services_(world.services()),
          serving_(world.context().get_executor()) {
        auto session = serve_kafka(*ends_.second, facts_, reached_, services_);
        EXPECT_TRUE(serving_.spawn(std::move(session)));
        send(world.login_frames());
        EXPECT_EQ(receive(2).size(), 2u);
    }
    ~open_connection() {
        ends_.first->close();
        test::run_task(world_.context(), serving_.drain());
    }

    void send(std::string const& bytes) {
        test::run_task(world_.context(), write_all(*ends_.first, as_bytes(std::string_view(bytes))))
            .value();
    }
    std::vector<std::string> receive(std::size_t frames) {
        while (kafka_world::cut_frames(whole_frames()).size() < frames) {
            std::string piece(64 * kibibyte, '\0');
            auto const into = std::as_writable_bytes(std::span(piece));
            auto const count =
                test::run_task(world_.context(), ends_.first->read_some(into)).value();
            if (count == 0) break;
            received_.append(piece, 0, count);
        }
        auto out = kafka_world::cut_frames(whole_frames());
        received_.erase(0, whole_frames().size());
        return out;
    }
    bool has_received() const { return !received_.empty(); }
    // Until records up to `wanted` have their place in the topic's order, durable or not; what has.
    std::int64_t wait_for_place(std::string const& topic, std::int64_t wanted) {
        auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        auto const found = world_.engine().logs().find(topic);
        auto const placed = [&] {
            return to_underlying(found->partition(partition_index{0})->assigned_end());
        };
        while (placed() < wanted && std::chrono::steady_clock::now() < end) {
            world_.context().restart();
            world_.context().run_for(std::chrono::milliseconds(1));
        }
        return placed();
    }

private:
    std::string_view whole_frames() const {
        std::size_t end = 0;
        while (received_.size() >= end + 4) {
            auto const length = load_big<std::int32_t>(received_.data() + end);
            if (received_.size() < end + 4 + static_cast<std::size_t>(length)) break;
            end += 4 + static_cast<std::size_t>(length);
        }
        return std::string_view(received_).substr(0, end);
    }

    kafka_world& world_;
    std::pair<std::unique_ptr<test::memory_stream>, std::unique_ptr<test::memory_stream>> ends_;
    auth::connection_facts const facts_{"kafka", "127.0.0.1", false};
    endpoint const reached_{"127.0.0.1", 9092};
    kafka_services const services_;
    task_group serving_;
    std::string received_;
};

TEST(PipelinedProduce, CommitsWaitTogetherAndAnswersKeepTheOrder) {
    kafka_world world(false, {}, test_support::sim_schedule::background);
    world.make_topic("t");
    open_connection client(world);
    auto const batch = batch_of({"a", "b"});
    world.flash().pause();
    std::string sent;
    for (std::int32_t number = 1; number <= 4; ++number)
        sent += frame_of(produce_of("t", batch), 9, number);
    sent += frame_of(metadata_request{}, 9, 5);
    client.send(sent);
    EXPECT_EQ(client.wait_for_place("t", 8), 8);
    EXPECT_FALSE(client.has_received()) << "nothing is durable yet";
    world.flash().resume();
    auto const answers = client.receive(5);
    ASSERT_EQ(answers.size(), 5u);
    for (std::int32_t number = 1; number <= 5; ++number)
        EXPECT_EQ(correlation_in(answers[static_cast<std::size_t>(number) - 1]), number);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(produced_in(answers[i]).error_code, 0);
        EXPECT_EQ(produced_in(answers[i]).base_offset, static_cast<std::int64_t>(2 * i));
    }
}

TEST(PipelinedProduce, MoreThanTheLimitWaitTheirTurn) {
    kafka_world world;
    world.front.produces_under_way = 2;
    world.make_topic("t");
    auto const batch = batch_of({"x"});
    std::vector<std::string> frames;
    for (std::int32_t number = 0; number < 50; ++number)
        frames.push_back(frame_of(produce_of("t", batch), 9, number));
    auto const answers = world.converse(frames);
    ASSERT_EQ(answers.size(), 50u);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(correlation_in(answers[i]), static_cast<std::int32_t>(i));
        EXPECT_EQ(produced_in(answers[i]).base_offset, static_cast<std::int64_t>(i));
    }
}

TEST(PipelinedProduce, SequencesOfAProducerStayInOrder) {
    kafka_world world;
    world.make_topic("t");
    std::deque<std::string> batches;
    std::vector<std::string> frames;
    for (std::int32_t number = 0; number < 20; ++number) {
        // The topic of every fifth is unknown: its answer comes from elsewhere, in its place.
        bool const lost = number % 5 == 4;
        batches.push_back(batch_of({"x"}, 7, 0, number - number / 5));
        frames.push_back(frame_of(produce_of(lost ? "absent" : "t", batches.back()), 9, number));
    }
    auto const answers = world.converse(frames);
    ASSERT_EQ(answers.size(), 20u);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto const wanted =
            i % 5 == 4 ? error_code::unknown_topic_or_partition : error_code::none;
        EXPECT_EQ(error_code{produced_in(answers[i]).error_code}, wanted) << i;
        EXPECT_EQ(correlation_in(answers[i]), static_cast<std::int32_t>(i));
    }
    EXPECT_EQ(world.fetch("t", 0).high_watermark, 16);
}

TEST(PipelinedProduce, ARequestBehindThemSeesWhatTheyWrote) {
    kafka_world world;
    world.make_topic("t");
    auto const batch = batch_of({"x"});
    fetch_request reading;
    reading.min_bytes = 1;
    auto& one = reading.topics.emplace_back();
    one.topic = "t";
    one.partitions.emplace_back().partition_max_bytes = 1 << 20;
    auto const answers = world.converse({frame_of(produce_of("t", batch), 9, 1),
                                         frame_of(produce_of("t", batch, 0), 9, 2),
                                         frame_of(produce_of("t", batch), 9, 3),
                                         frame_of(reading, 12, 4)});
    ASSERT_EQ(answers.size(), 3u) << "acks=0 has no answer";
    EXPECT_EQ(produced_in(answers[1]).base_offset, 2);
    auto const seen = answer_in<fetch_request>(answers[2], 12);
    EXPECT_EQ(seen.responses.at(0).partitions.at(0).high_watermark, 3);
}

TEST(PipelinedProduce, ARefusedOneWithoutAcksEndsTheConnectionBehindTheAnswersBeforeIt) {
    kafka_world world;
    world.make_topic("t");
    auto const batch = batch_of({"x"});
    auto const answers = world.converse({frame_of(produce_of("t", batch), 9, 1),
                                         frame_of(produce_of("absent", batch, 0), 9, 2),
                                         frame_of(metadata_request{}, 9, 3)});
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(correlation_in(answers[0]), 1);
}

TEST(PipelinedProduce, AClientThatLeavesLosesNothingThatWasSent) {
    kafka_world world(false, {}, test_support::sim_schedule::background);
    world.make_topic("t");
    auto const batch = batch_of({"x"});
    {
        open_connection client(world);
        world.flash().pause();
        client.send(frame_of(produce_of("t", batch), 9, 1) + frame_of(produce_of("t", batch), 9, 2));
        EXPECT_EQ(client.wait_for_place("t", 2), 2);
        world.flash().resume();
    }
    EXPECT_EQ(world.fetch("t", 0).high_watermark, 2);
}

}  // namespace
}  // namespace sluice::kafka
