// Consumers at the end of a topic while records come in: how much they read, and how long each record took from its
// producer to a consumer. Prints one JSON object.
//   kafka_follow --broker HOST:PORT [--user U --password P] --topic T --partitions N --consumers N --count N
//                --size BYTES [--rate RECORDS_PER_SECOND] [--linger MS]
// The topic must be there, and empty. Each consumer reads every record; one client each, as separate programs have.
#include <atomic>
#include <chrono>
#include <cstring>

#include "gateway/core/worker_thread.hpp"
#include "tests/support/kafka_arguments.hpp"

namespace {

using namespace sluice::test;

std::int64_t nanoseconds() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

struct reader {
    rd_kafka_t* client = nullptr;
    std::uint64_t records = 0;
    std::vector<std::int64_t> took;  // nanoseconds
};

void open(reader& one, arguments const& given) {
    auto* conf = common(given);
    set(conf, "group.id", "kafka_follow");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "fetch.wait.max.ms", "500");
    one.client = make(RD_KAFKA_CONSUMER, conf);
    auto const count = std::stoi(given.get("--partitions", "1"));
    auto* partitions = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; ++i)
        rd_kafka_topic_partition_list_add(partitions, given.get("--topic").c_str(), i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(one.client, partitions) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("not assigned");
    rd_kafka_topic_partition_list_destroy(partitions);
    // At the end of every partition, which is empty.
    for (int ends = 0; ends < count;) {
        auto* message = rd_kafka_consumer_poll(one.client, 30'000);
        if (message == nullptr) give_up("the topic does not answer");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ends;
        else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) give_up("the topic is not empty");
        else give_up(rd_kafka_message_errstr(message));
        rd_kafka_message_destroy(message);
    }
}

void follow(reader& one, std::uint64_t count) {
    while (one.records < count) {
        auto* message = rd_kafka_consumer_poll(one.client, 30'000);
        if (message == nullptr) give_up("nothing came for half a minute");
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            std::int64_t sent = 0;
            std::memcpy(&sent, message->payload, sizeof sent);
            one.took.push_back(nanoseconds() - sent);
            ++one.records;
        } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            give_up(rd_kafka_message_errstr(message));
        }
        rd_kafka_message_destroy(message);
    }
}

void produce(rd_kafka_t* client, arguments const& given, std::uint64_t count, std::size_t size) {
    auto const topic = given.get("--topic");
    auto const rate = std::stod(given.get("--rate", "1e12"));
    std::string value(std::max(size, sizeof(std::int64_t)), 'x');
    auto const began = std::chrono::steady_clock::now();
    for (std::uint64_t number = 0; number < count; ++number) {
        std::chrono::duration<double> const due(static_cast<double>(number) / rate);
        while (std::chrono::steady_clock::now() - began < due) rd_kafka_poll(client, 1);
        for (;;) {
            auto const now = nanoseconds();
            std::memcpy(value.data(), &now, sizeof now);
            auto const error = rd_kafka_producev(
                client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END);
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(error));
            rd_kafka_poll(client, 10);
        }
        rd_kafka_poll(client, 0);
    }
    rd_kafka_flush(client, 60'000);
}

int run(arguments const& given) {
    auto const count = std::stoull(given.get("--count", "1000"));
    auto const size = static_cast<std::size_t>(std::stoul(given.get("--size", "1024")));
    std::vector<reader> readers(std::stoul(given.get("--consumers", "1")));
    for (auto& one : readers) open(one, given);
    auto* conf = common(given);
    set(conf, "acks", "all");
    set(conf, "linger.ms", given.get("--linger", "5"));
    auto* producer = make(RD_KAFKA_PRODUCER, conf);
    auto const began = std::chrono::steady_clock::now();
    std::vector<sluice::worker_thread> threads;
    for (auto& one : readers)
        threads.emplace_back("follow", [&one, count](std::stop_token) { follow(one, count); });
    produce(producer, given, count, size);
    for (auto& one : threads) one.join();
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
    std::vector<std::int64_t> all;
    for (auto const& one : readers) all.insert(all.end(), one.took.begin(), one.took.end());
    auto const bytes = static_cast<double>(count * readers.size()) * static_cast<double>(size);
    std::printf("{\"seconds\": %.3f, \"read_mb_per_second\": %.2f, \"p50_ms\": %.3f, "
                "\"p99_ms\": %.3f}\n",
                took.count(), bytes / took.count() / 1e6, percentile(all, 0.50) / 1e6,
                percentile(all, 0.99) / 1e6);
    rd_kafka_destroy(producer);
    for (auto& one : readers) {
        rd_kafka_consumer_close(one.client);
        rd_kafka_destroy(one.client);
    }
    return 0;
}

}  // namespace

int main(int count, char** words) {
    // The words have no mode.
    std::vector<char*> all(words, words + count);
    std::string mode = "follow";
    all.insert(all.begin() + 1, mode.data());
    return run(parse(count + 1, all.data()));
}
