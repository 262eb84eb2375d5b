// The Kafka front put together: its options, the coordinators, what sessions need, and the id
// that the cluster keeps. Made once the store is open.
//
// Thread rule: load, run and stop on the main executor; serve on the connection's. Lifetime: the
// guard, memory, metrics and clock outlive it; its connections are drained before it goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "auth/guard/guard.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/daemon/kafka_observer.hpp"
#include "gateway/net/listener.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"
#include "protocols/kafka/kafka_session.hpp"

namespace sluice::store {
class engine;
}

namespace sluice::gateway {

// Made up at the first start, the same from then on. Blocks.
result<std::string> cluster_id_of(store::engine& engine, random_source& random,
                                  blocking_token token);

// What topics there are, from memory: what the group coordinator keeps its books by.
kafka::topic_source topics_of(store::engine& engine);

class kafka_front {
public:
    kafka_front(kafka::kafka_options options, kafka::coordinator_options groups,
                kafka::transaction_options transactions, kafka::topic_source topics,
                auth::guard& guard, memory_allowance& memory, wall_clock const& clock, random_source& random, kafka_observer& observer,
                boost::asio::any_io_executor executor);

    // Before the first connection.
    task<result<void>> load();
    // The coordinators' timers.
    task<void> run() { return groups_.run(); }
    task<void> run_transactions() { return transactions_.run(); }
    // Answers every request that waits for a group.
    void stop() { groups_.stop(); }
    task<void> serve(byte_stream& stream, connection_origin origin);

private:
    kafka::kafka_options const options_;
    kafka::group_coordinator groups_;
    kafka::transaction_coordinator transactions_;
    kafka::kafka_services const services_;
};

}  // namespace sluice::gateway
