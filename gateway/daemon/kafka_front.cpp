#include "gateway/daemon/kafka_front.hpp"

#include <algorithm>

#include "backend/store/engine.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/record_verbs.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::gateway {

result<std::string> cluster_id_of(store::engine& engine, random_source& random,
                                  blocking_token token) {
    store::record_name const name{"setting", "kafka_cluster_id"};
    SLUICE_TRY(auto const known, store::get_record_blocking(engine, name, token));
    if (known) return known->value;
    std::string raw(16, '\0');
    random.fill({reinterpret_cast<std::byte*>(raw.data()), raw.size()});
    // As Kafka writes its ids: 22 characters of URL-safe base64.
    auto made = base64_encode(raw).substr(0, 22);
    std::replace(made.begin(), made.end(), '+', '-');
    std::replace(made.begin(), made.end(), '/', '_');
    store::record_change change;
    change.name = name;
    change.value = made;
    change.expected = store::record_change::expectation::absent;
    store::change_records_request request;
    request.changes.push_back(std::move(change));
    SLUICE_CHECK(store::change_records_blocking(engine, std::move(request), token));
    return made;
}

kafka::topic_source topics_of(store::engine& engine) {
    return [&engine] {
        std::vector<kafka::known_topic> out;
        for (auto const& topic : engine.logs().all()) {
            auto const what = topic->describe();
            out.push_back({what->info.uuid, what->info.name,
                           static_cast<std::int32_t>(what->info.partitions)});
        }
        std::sort(out.begin(), out.end(),
                  [](auto const& a, auto const& b) { return a.name < b.name; });
        return out;
    };
}

kafka_front::kafka_front(kafka::kafka_options options, kafka::coordinator_options groups,
                         kafka::transaction_options transactions, kafka::topic_source topics,
                         auth::guard& guard, memory_allowance& memory, wall_clock const& clock, random_source& random,
                         kafka_observer& observer, boost::asio::any_io_executor executor)
    : options_(std::move(options)),
      groups_(std::move(groups), guard.logs(), clock, executor, std::move(topics)),
      transactions_(std::move(transactions), guard.transactions(), clock, executor),
      services_{guard.logins(),
                guard.logs(),
                guard.acls(),
                guard.admin(),
                groups_,
                guard.transactions(),
                transactions_,
                clock,
                random,
                options_,
                memory,
                &observer} {}

task<result<void>> kafka_front::load() {
    SLUICE_CO_CHECK(co_await groups_.load());
    co_return co_await transactions_.load();
}

task<void> kafka_front::serve(byte_stream& stream, connection_origin origin) {
    auth::connection_facts const facts{"kafka", std::move(origin.client_address), origin.encrypted};
    kafka::endpoint const reached{std::move(origin.server_address), origin.server_port};
    co_await kafka::serve_kafka(stream, facts, reached, services_);
}

}  // namespace sluice::gateway
