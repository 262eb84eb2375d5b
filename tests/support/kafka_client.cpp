// A librdkafka client for tests and figures; prints one JSON object.
//   kafka_client produce --broker HOST:PORT [--user U --password P] --topic T --count N |
//   --until-stdin-ends
//                        --size BYTES [--acks all|1|0] [--idempotent] [--record-acked FILE]
//                        [--rate RECORDS_PER_SECOND] [--codec NAME] [--key TEXT]
//                        [--header NAME=VALUE] [--commit-every MS]
//   kafka_client consume --broker ... --topic T [--group G] [--record FILE] [--show FILE]
//   everything up to the end; --show: partition 0's offset, key and value, one record a line
//   kafka_client fill --broker ... --topics N --partitions N --groups N
//   makes topics fill-0, fill-1, ... of so many partitions, and groups that each committed an offset of the first
// --commit-every: in transactions, each so long.
// A produced value begins with its number; acked numbers go to FILE, one a line, as they are acked.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <vector>

#include "tests/support/kafka_arguments.hpp"

namespace {

using namespace sluice::test;

struct produced {
    std::uint64_t acked = 0, failed = 0;
    std::FILE* record = nullptr;
    std::vector<std::int64_t> microseconds;  // from produce to ack, of one record in so many
};
constexpr std::uint64_t one_in = 32;

void on_delivery(rd_kafka_t*, rd_kafka_message_t const* message, void* opaque) {
    auto& into = *static_cast<produced*>(opaque);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (++into.failed == 1)
            std::fprintf(stderr, "kafka_client: %s\n", rd_kafka_err2str(message->err));
        return;
    }
    if (++into.acked % one_in == 0) into.microseconds.push_back(rd_kafka_message_latency(message));
    if (into.record == nullptr) return;
    auto const* text = static_cast<char const*>(message->payload);
    std::string_view const value(text, message->len);
    std::fprintf(into.record, "%s\n", std::string(value.substr(0, value.find(' '))).c_str());
}

bool stdin_ended() {
    pollfd at{STDIN_FILENO, POLLIN, 0};
    if (::poll(&at, 1, 0) <= 0) return false;
    char byte;
    return ::read(STDIN_FILENO, &byte, 1) <= 0;
}

// The transactions of a producer, one behind the other; nothing without --commit-every.
class transactions {
public:
    transactions(rd_kafka_t* client, arguments const& given)
        : client_(client),
          every_(std::stod(given.get("--commit-every", "0"))) {
        if (every_.count() <= 0) return;
        check(rd_kafka_init_transactions(client_, 60'000));
        begin();
    }
    // After a record.
    void look() {
        if (every_.count() <= 0 || std::chrono::steady_clock::now() - began_ < every_) return;
        end();
        begin();
    }
    void end() {
        if (every_.count() <= 0) return;
        check(rd_kafka_commit_transaction(client_, 60'000));
        ++committed_;
    }
    std::uint64_t committed() const { return committed_; }

private:
    static void check(rd_kafka_error_t* error) {
        if (error != nullptr) give_up(rd_kafka_error_string(error));
    }
    void begin() {
        check(rd_kafka_begin_transaction(client_));
        began_ = std::chrono::steady_clock::now();
    }

    rd_kafka_t* client_;
    std::chrono::duration<double, std::milli> every_;
    std::chrono::steady_clock::time_point began_{};
    std::uint64_t committed_ = 0;
};

int produce(arguments const& given) {
    auto* conf = common(given);
    set(conf, "acks", given.get("--acks", "all"));
    if (given.has("--idempotent")) set(conf, "enable.idempotence", "true");
    if (given.has("--commit-every")) set(conf, "transactional.id", given.get("--topic"));
    set(conf, "linger.ms", given.get("--linger", "5"));
    set(conf, "compression.codec", given.get("--codec", "none"));
    set(conf, "message.timeout.ms", given.has("--commit-every") ? "60000" : "120000");
    set(conf, "queue.buffering.max.messages", "200000");
    produced into;
    if (given.has("--record-acked"))
        into.record = std::fopen(given.get("--record-acked").c_str(), "w");
    rd_kafka_conf_set_opaque(conf, &into);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    auto* client = make(RD_KAFKA_PRODUCER, conf);
    auto const topic = given.get("--topic");
    auto const size = static_cast<std::size_t>(std::stoul(given.get("--size", "1024")));
    bool const endless = given.has("--until-stdin-ends");
    auto const count = endless ? UINT64_MAX : std::stoull(given.get("--count", "1000"));
    auto const key = given.get("--key");
    auto const header = given.get("--header");
    auto const split = header.find('=');
    transactions in_transactions(client, given);
    auto const began = std::chrono::steady_clock::now();
    auto const rate = std::stod(given.get("--rate", "1e12"));
    for (std::uint64_t number = 0; number < count; ++number) {
        std::chrono::duration<double> const due(static_cast<double>(number) / rate);
        while (std::chrono::steady_clock::now() - began < due) rd_kafka_poll(client, 1);
        if (endless && number % 64 == 0 && stdin_ended()) break;
        auto value = std::to_string(number) + " ";
        if (value.size() < size) value.resize(size, 'x');
        for (;;) {
            auto* headers = rd_kafka_headers_new(1);
            if (split != std::string::npos)
                rd_kafka_header_add(headers, header.data(), static_cast<ssize_t>(split),
                                    header.data() + split + 1,
                                    static_cast<ssize_t>(header.size() - split - 1));
            auto const error = rd_kafka_producev(
                client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_HEADERS(headers),
                RD_KAFKA_V_END);
            if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(error));
            rd_kafka_poll(client, 10);
        }
        // An endless run keeps few records under way, so that it spans the server's deaths.
        rd_kafka_poll(client, endless && rd_kafka_outq_len(client) > 500 ? 20 : 0);
        in_transactions.look();
    }
    in_transactions.end();
    rd_kafka_flush(client, 130'000);
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
    if (into.record != nullptr) std::fclose(into.record);
    auto const bytes = static_cast<double>(into.acked) * static_cast<double>(size);
    std::printf(
        "{\"acked\": %llu, \"failed\": %llu, \"seconds\": %.3f, \"records_per_second\": %.0f, "
        "\"mb_per_second\": %.2f, \"commits_per_second\": %.1f, \"ack_p50_ms\": %.2f, "
        "\"ack_p99_ms\": %.2f}\n",
        static_cast<unsigned long long>(into.acked), static_cast<unsigned long long>(into.failed),
        took.count(), static_cast<double>(into.acked) / took.count(), bytes / took.count() / 1e6,
        static_cast<double>(in_transactions.committed()) / took.count(),
        percentile(into.microseconds, 0.50) / 1e3, percentile(into.microseconds, 0.99) / 1e3);
    rd_kafka_destroy(client);
    return into.failed == 0 ? 0 : 1;
}

int consume(arguments const& given) {
    auto* conf = common(given);
    set(conf, "group.id", given.get("--group", "kafka_client"));
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "auto.offset.reset", "earliest");
    auto* client = make(RD_KAFKA_CONSUMER, conf);
    auto* partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, given.get("--topic").c_str(), 0)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(client, partitions) != RD_KAFKA_RESP_ERR_NO_ERROR) give_up("not assigned");
    auto* show = given.has("--show") ? std::fopen(given.get("--show").c_str(), "w") : nullptr;
    auto* record = given.has("--record") ? std::fopen(given.get("--record").c_str(), "w") : nullptr;
    std::uint64_t records = 0, bytes = 0;
    std::int64_t next = 0, gaps = 0;
    auto const began = std::chrono::steady_clock::now();
    for (bool end = false; !end;) {
        auto* message = rd_kafka_consumer_poll(client, 60'000);
        if (message == nullptr) give_up("nothing came for a minute");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            end = true;
        } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            give_up(rd_kafka_message_errstr(message));
        } else {
            ++records;
            bytes += message->len;
            if (message->offset != next) ++gaps;
            next = message->offset + 1;
            std::string_view const value(static_cast<char const*>(message->payload), message->len);
            if (show != nullptr)
                std::fprintf(show, "%lld\t%.*s\t%.*s\n", static_cast<long long>(message->offset),
                             static_cast<int>(message->key_len),
                             static_cast<char const*>(message->key), static_cast<int>(value.size()),
                             value.data());
            if (record != nullptr)
                std::fprintf(record, "%s\n", std::string(value.substr(0, value.find(' '))).c_str());
        }
        rd_kafka_message_destroy(message);
    }
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
    if (record != nullptr) std::fclose(record);
    if (show != nullptr) std::fclose(show);
    std::printf("{\"records\": %llu, \"gaps\": %lld, \"seconds\": %.3f, \"mb_per_second\": %.2f}\n",
                static_cast<unsigned long long>(records), static_cast<long long>(gaps),
                took.count(), static_cast<double>(bytes) / took.count() / 1e6);
    rd_kafka_topic_partition_list_destroy(partitions);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return 0;
}

void make_topics(rd_kafka_t* client, int topics, int partitions) {
    std::vector<rd_kafka_NewTopic_t*> wanted;
    char why[256];
    for (int i = 0; i < topics; ++i)
        wanted.push_back(rd_kafka_NewTopic_new(("fill-" + std::to_string(i)).c_str(), partitions, 1,
                                               why, sizeof why));
    auto* queue = rd_kafka_queue_new(client);
    auto* options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, 120'000, why, sizeof why);
    rd_kafka_CreateTopics(client, wanted.data(), wanted.size(), options, queue);
    auto* event = rd_kafka_queue_poll(queue, 130'000);
    if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("topics were not made");
    std::size_t count = 0;
    auto const* made = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event), &count);
    for (std::size_t i = 0; i < count; ++i)
        if (rd_kafka_topic_result_error(made[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            give_up(rd_kafka_topic_result_error_string(made[i]));
    rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy_array(wanted.data(), wanted.size());
}

void commit_in(arguments const& given, std::string const& group) {
    auto* conf = common(given);
    set(conf, "group.id", group);
    auto* client = make(RD_KAFKA_CONSUMER, conf);
    auto* offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, "fill-0", 0)->offset = 0;
    auto const error = rd_kafka_commit(client, offsets, 0);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) give_up(rd_kafka_err2str(error));
    rd_kafka_topic_partition_list_destroy(offsets);
    rd_kafka_destroy(client);
}

int fill(arguments const& given) {
    auto* admin = make(RD_KAFKA_PRODUCER, common(given));
    make_topics(admin, std::stoi(given.get("--topics", "1")),
                std::stoi(given.get("--partitions", "1")));
    rd_kafka_destroy(admin);
    auto const groups = std::stoi(given.get("--groups", "0"));
    for (int i = 0; i < groups; ++i) commit_in(given, "fill-group-" + std::to_string(i));
    std::printf("{\"groups\": %d}\n", groups);
    return 0;
}

}  // namespace

int main(int count, char** words) {
    auto const given = parse(count, words);
    if (given.mode == "produce") return produce(given);
    if (given.mode == "consume") return consume(given);
    if (given.mode == "fill") return fill(given);
    give_up("produce, consume or fill");
}
