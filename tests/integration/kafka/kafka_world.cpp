#include "tests/integration/kafka/kafka_world.hpp"

#include "backend/store/engine.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/model/log_batch.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/task_group.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t attributes_position = 21;
constexpr std::size_t crc_position = 17;

task<void> talk(byte_stream& client, byte_stream& server, std::string const& sent,
                auth::connection_facts const& facts, endpoint const& reached,
                kafka_services const& services, std::string& received) {
    auto const executor = co_await boost::asio::this_coro::executor;
    task_group group(executor);
    if (!group.spawn(serve_kafka(server, facts, reached, services)))
        throw std::logic_error("not spawned");
    // The server may close before it read everything.
    auto const written = co_await write_all(client, as_bytes(std::string_view(sent)));
    if (written.has_value()) {
        auto const ended = co_await client.shutdown();
        if (ended.has_error()) throw std::logic_error("no end");
    }
    auto const answer = co_await test::read_to_end(client);
    if (answer) received = *answer;
    client.close();
    co_await group.drain();
}

topic_source topics_of(store::engine& engine) {
    return [&engine] {
        std::vector<known_topic> out;
        for (auto const& topic : engine.logs().list("", 100'000))
            out.push_back({topic->describe()->info.uuid, topic->name(),
                           static_cast<std::int32_t>(topic->partitions())});
        return out;
    };
}

}  // namespace

kafka_world::kafka_world(bool real, auth::guard_options guard, test_support::sim_schedule writes)
    : auth::guard_world(std::move(guard), real, writes) {
    front.refusal_delay = std::chrono::milliseconds{0};
    front.groups.initial_rebalance_delay = std::chrono::milliseconds{0};
    front.cluster_id = "test-cluster-id-000000";
    start_groups();
}

kafka_world::~kafka_world() = default;

void kafka_world::start_groups() {
    coordinator_options options;
    options.groups = front.groups;
    options.consumers = front.consumers;
    options.topics_check = std::chrono::milliseconds{0};
    groups_ = std::make_unique<group_coordinator>(options, door().logs(), system_wall_clock(),
                                                  context_.get_executor(), topics_of(engine()));
    test::run_task(context_, groups_->load()).value();
    transactions_ = std::make_unique<transaction_coordinator>(
        transaction_rules, door().transactions(), system_wall_clock(), context_.get_executor());
    test::run_task(context_, transactions_->load()).value();
}

void kafka_world::restart_all() {
    groups_.reset();
    transactions_.reset();
    restart();
    start_groups();
}

kafka_services kafka_world::services() {
    return {door().logins(),
            door().logs(),
            door().acls(),
            door().admin(),
            *groups_,
            door().transactions(),
            *transactions_,
            system_wall_clock(),
            random,
            front,
            memory_,
            nullptr};
}

std::string kafka_world::exchange(std::string bytes) {
    test::memory_stream_options options;
    options.read_chunk_bytes = read_piece;
    options.buffer_bytes = 4 * mebibyte;
    auto ends = test::memory_stream::make_pair(context_.get_executor(), options);
    auth::connection_facts const facts{"kafka", "127.0.0.1", false};
    endpoint const reached{"127.0.0.1", 9092};
    auto const with = services();
    std::string received;
    test::run_task(context_,
                   talk(*ends.first, *ends.second, bytes, facts, reached, with, received));
    return received;
}

std::vector<std::string> kafka_world::cut_frames(std::string_view bytes) {
    std::vector<std::string> out;
    while (bytes.size() >= 4) {
        auto const length = static_cast<std::size_t>(load_big<std::int32_t>(bytes.data()));
        out.emplace_back(bytes.substr(4, length));
        bytes.remove_prefix(std::min(bytes.size(), 4 + length));
    }
    return out;
}

std::string kafka_world::login_frames() const {
    std::string const token = std::string(1, '\0') + user + std::string(1, '\0') + password;
    sasl_authenticate_request authenticate;
    authenticate.auth_bytes = token;
    return frame_of(sasl_handshake_request{"PLAIN"}, 1) + frame_of(authenticate, 2);
}

std::vector<std::string> kafka_world::converse(std::vector<std::string> const& frames) {
    auto sent = login_frames();
    for (auto const& frame : frames) sent += frame;
    auto answers = cut_frames(exchange(std::move(sent)));
    if (answers.size() < 2) throw std::runtime_error("not logged in");
    answers.erase(answers.begin(), answers.begin() + 2);
    return answers;
}

void kafka_world::make_topic(std::string name, std::int32_t partitions,
                             std::vector<std::pair<std::string, std::string>> configs) {
    create_topics_request request;
    auto& topic = request.topics.emplace_back();
    topic.name = std::move(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    for (auto& [key, value] : configs) topic.configs.push_back({key, value});
    auto const made = ask(request, 7);
    if (made.topics.at(0).error_code != 0)
        throw std::runtime_error(made.topics[0].error_message.value_or("no topic"));
}

kafka_world::produced kafka_world::produce(std::string topic, std::string const& batch, int version,
                                           std::int16_t acks) {
    auto const request = produce_of(std::move(topic), batch, acks);
    auto const answer = ask(request, version);
    auto const& shown = answer.responses.at(0).partition_responses.at(0);
    return {error_code{shown.error_code}, shown.base_offset};
}

kafka_world::fetched kafka_world::fetch(std::string topic, std::int64_t offset,
                                        std::int32_t max_bytes, std::int32_t max_wait) {
    fetch_request request;
    request.max_wait_ms = max_wait;
    request.min_bytes = 1;
    request.max_bytes = max_bytes;
    auto& one = request.topics.emplace_back();
    one.topic = std::move(topic);
    auto& part = one.partitions.emplace_back();
    part.fetch_offset = offset;
    part.partition_max_bytes = max_bytes;
    auto const answer = ask(request, 12);
    auto const& shown = answer.responses.at(0).partitions.at(0);
    fetched out{error_code{shown.error_code}, shown.high_watermark, {}};
    for (auto const& piece : shown.records->pieces) out.bytes.append(piece.bytes);
    return out;
}

produce_request produce_of(std::string topic, std::string const& batch, std::int16_t acks) {
    produce_request out;
    out.acks = acks;
    out.timeout_ms = 1000;
    auto& one = out.topic_data.emplace_back();
    one.name = std::move(topic);
    auto& part = one.partition_data.emplace_back();
    part.records.emplace();
    part.records->pieces.push_back({nullptr, batch});
    return out;
}

std::string batch_of(std::vector<std::string> const& values) {
    store::log_batch_builder builder;
    auto const now = system_wall_clock().now();
    for (auto const& value : values) builder.add(now, "key", value);
    return builder.finish();
}

std::string batch_of(std::vector<std::string> const& values, std::int64_t producer,
                     std::int16_t epoch, std::int32_t sequence) {
    auto batch = batch_of(values);
    store_big(batch.data() + 43, producer);
    store_big(batch.data() + 51, epoch);
    store_big(batch.data() + 53, sequence);
    renew_crc(batch);
    return batch;
}

void renew_crc(std::string& batch) {
    store_big(batch.data() + crc_position,
              crc32c(as_bytes(std::string_view(batch).substr(attributes_position))));
}

}  // namespace sluice::kafka
