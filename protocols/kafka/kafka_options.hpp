// Settings and bounds of the Kafka front. Plain values, fixed when it starts; the names behind them
// are Kafka's where Kafka has one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/core/bytes.hpp"
#include "protocols/kafka/coordinator/classic_group.hpp"
#include "protocols/kafka/coordinator/consumer_group_limits.hpp"

namespace sluice::kafka {

// Every partition is led by the one node, from its creation on, in the one epoch there ever is.
inline constexpr std::int32_t this_node = 1;
inline constexpr std::int32_t only_leader_epoch = 0;

struct kafka_options {
    std::string cluster_id;       // 22 characters; stays the same for a store
    std::string advertised_host;  // empty: the address that the client connected to
    std::uint16_t advertised_port = 0;

    bool auto_create_topics = true;                            // auto.create.topics.enable
    std::uint32_t default_partitions = 1;                      // num.partitions
    std::uint32_t message_bytes = 1048588;                     // message.max.bytes
    // What the store takes as one batch (limits.store_append): no larger value can work.
    std::uint32_t batch_bytes = 3 * mebibyte;
    std::int64_t retention_ms = 604'800'000;                   // log.retention.ms
    std::int64_t retention_bytes = -1;                         // log.retention.bytes
    std::size_t offset_metadata_bytes = 4096;                  // offset.metadata.max.bytes
    std::chrono::milliseconds offsets_retention{604'800'000};  // offsets.retention.minutes
    group_limits groups;
    consumer_group_limits consumers;

    std::size_t frame_bytes_before_login = 64 * kibibyte;
    std::size_t frame_bytes = 100 * mebibyte;          // socket.request.max.bytes
    std::size_t request_elements = 1'000'000;          // array elements and tags of a request
    std::size_t produces_under_way = 8;                // of a connection, each waiting for its commit
    std::size_t resting_buffer_bytes = 16 * kibibyte;  // of a connection between requests
    std::size_t kept_buffer_bytes = mebibyte;          // the same while requests keep coming
    std::size_t fetch_bytes = 55 * mebibyte;           // fetch.max.bytes
    std::chrono::milliseconds fetch_wait{300'000};     // longest max_wait that is kept to
    std::size_t topics_per_page = 1000;                // asked of the store at once
    std::size_t decompressed_bytes = 128 * mebibyte;   // of one batch, to check its records

    std::chrono::milliseconds longest_login{0};        // connections.max.reauth.ms; 0: no end
    std::chrono::milliseconds login_deadline{30'000};  // from the connection to the login
    std::chrono::milliseconds idle_deadline{600'000};  // connections.max.idle.ms
    std::chrono::milliseconds frame_deadline{60'000};  // between two arrivals of a frame's bytes
    std::chrono::milliseconds write_deadline{60'000};  // one write to a client that does not read
    std::chrono::milliseconds settle_after{5'000};     // then an idle connection's buffer shrinks
    std::chrono::milliseconds refusal_delay{100};      // before a refused login is answered
};

}  // namespace sluice::kafka
