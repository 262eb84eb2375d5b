// The null server of Kafka figures: speaks enough for one librdkafka producer (ApiVersions,
// Metadata, InitProducerId, Produce), reads every record batch and stores nothing. What the same
// client reaches against it is the ceiling of client, loopback and kernel. One blocking thread per
// connection; it takes kMaxConnections in its life.
//   bench_kafka_null_server --port 19300
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "gateway/core/worker_thread.hpp"
#include "protocols/kafka/schema/api_versions.hpp"
#include "protocols/kafka/schema/init_producer_id.hpp"
#include "protocols/kafka/schema/metadata.hpp"
#include "protocols/kafka/schema/produce.hpp"
#include "protocols/kafka/wire/frame.hpp"

using namespace sluice;
using namespace sluice::kafka;

namespace {

constexpr std::size_t kMaxConnections = 1024;
constexpr std::size_t kElements = 100'000;
std::uint16_t port = 0;

bool receive(int socket, char* into, std::size_t size) {
    while (size > 0) {
        auto const got = ::recv(socket, into, size, 0);
        if (got <= 0) return false;
        into += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

bool send_all(int socket, std::string const& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        auto const count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return false;
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

wire_writer versions(request_frame const&) {
    api_versions_response answer;
    for (std::int16_t const key : {0, 3, 18, 22}) {
        auto const* row = find_api(key);
        answer.api_keys.push_back({key, advertised_first(*row), row->last});
    }
    wire_writer out;
    encode(out, answer, 0);
    return out;
}

wire_writer metadata(request_frame const& request) {
    wire_reader in(request.body, kElements);
    auto const wanted = decode_metadata_request(in, request.header.version);
    metadata_response answer;
    answer.brokers.push_back({1, "127.0.0.1", port, std::nullopt});
    answer.controller_id = 1;
    if (wanted.has_value() && wanted->topics)
        for (auto const& topic : *wanted->topics) {
            auto& shown = answer.topics.emplace_back();
            shown.name = topic.name;
            auto& one = shown.partitions.emplace_back();
            one.leader_id = 1;
            one.leader_epoch = 0;
            one.replica_nodes = one.isr_nodes = {1};
        }
    wire_writer out;
    encode(out, answer, request.header.version);
    return out;
}

wire_writer producer(request_frame const& request) {
    init_producer_id_response answer;
    answer.producer_id = 1;
    wire_writer out;
    encode(out, answer, request.header.version);
    return out;
}

wire_writer produce(request_frame const& request) {
    static std::atomic<std::int64_t> offset{0};
    wire_reader in(request.body, kElements);
    auto const given = decode_produce_request(in, request.header.version);
    produce_response answer;
    if (given.has_value())
        for (auto const& topic : given->topic_data) {
            auto& shown = answer.responses.emplace_back();
            shown.name = topic.name;
            for (auto const& part : topic.partition_data) {
                auto& one = shown.partition_responses.emplace_back();
                one.index = part.index;
                auto const records =
                    load_big<std::int32_t>(part.records->pieces[0].bytes.data() + 57);
                one.base_offset = offset.fetch_add(records);
                one.log_start_offset = 0;
            }
        }
    wire_writer out;
    encode(out, answer, request.header.version);
    return out;
}

bool serve_one(int socket, std::vector<char>& buffer) {
    char prefix[4];
    if (!receive(socket, prefix, sizeof prefix)) return false;
    buffer.resize(static_cast<std::size_t>(load_big<std::int32_t>(prefix)));
    if (!receive(socket, buffer.data(), buffer.size())) return false;
    auto request = parse_request({buffer.data(), buffer.size()});
    if (request.has_error()) return false;
    auto& header = request->header;
    wire_writer body;
    if (header.key == api_key::api_versions) {
        if (header.version > 0) {
            body = wire_writer{};
            api_versions_response old;
            old.error_code = 35;
            old.api_keys.push_back({18, 0, 0});
            encode(body, old, 0);
        } else {
            body = versions(*request);
        }
    } else if (header.key == 3) {
        body = metadata(*request);
    } else if (header.key == 22) {
        body = producer(*request);
    } else if (header.key == api_key::produce) {
        body = produce(*request);
    } else {
        return false;
    }
    auto answer = response_head(header, body.size());
    for (auto const& piece : body.pieces()) answer.append(piece.bytes);
    return send_all(socket, answer);
}

void serve(int socket) {
    std::vector<char> buffer;
    while (serve_one(socket, buffer)) continue;
    ::close(socket);
}

}  // namespace

int main(int count, char** words) {
    for (int at = 1; at + 1 < count; at += 2)
        if (std::strcmp(words[at], "--port") == 0)
            port = static_cast<std::uint16_t>(std::atoi(words[at + 1]));
    int const listening = ::socket(AF_INET, SOCK_STREAM, 0);
    int const one = 1;
    ::setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listening, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listening, 64) != 0) {
        std::perror("bench_kafka_null_server");
        return 1;
    }
    std::vector<worker_thread> threads;  // one each, for the life of the process
    while (threads.size() < kMaxConnections) {
        int const socket = ::accept(listening, nullptr, nullptr);
        if (socket < 0) break;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        threads.emplace_back("null", [socket](std::stop_token) { serve(socket); });
    }
    return 0;
}
