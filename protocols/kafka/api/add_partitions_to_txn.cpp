#include "protocols/kafka/schema/add_partitions_to_txn.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

constexpr int first_with_fenced = 2;
constexpr int first_of_brokers = 4;

// One transaction of a request, as both of its forms say it.
struct wanted_partition {
    std::string topic;
    std::int32_t index = 0;
    std::optional<store::transaction_partition> found;
    error_code error = error_code::none;
};
struct wanted_transaction {
    std::string id;
    producer_identity producer;
    bool verify_only = false;
    std::vector<wanted_partition> partitions;
};

template <class Topics>
void take_topics(wanted_transaction& into, Topics const& topics) {
    for (auto const& topic : topics)
        for (auto const index : topic.partitions) {
            wanted_partition one;
            one.topic = topic.name;
            one.index = index;
            into.partitions.push_back(std::move(one));
        }
}

void set_all(wanted_transaction& of, error_code error) {
    for (auto& one : of.partitions) one.error = error;
}

task<bool> find_partitions(api_call& call, wanted_transaction& of) {
    bool fine = true;
    std::string known_name;
    found_topic known;
    for (auto& one : of.partitions) {
        if (known_name.empty() || known_name != one.topic) {
            known = co_await find_named_topic(call, one.topic);
            known_name = one.topic;
            if (known.error == error_code::none) {
                auto const allowed =
                    co_await call.logs().permit_topic(call.who(), auth::action::append, one.topic);
                if (allowed.has_error()) known.error = topic_error(call, allowed.error());
            }
        }
        one.error = known.error;
        bool const inside =
            one.index >= 0 && static_cast<std::uint32_t>(one.index) < known.topic.partitions;
        if (one.error == error_code::none && !inside)
            one.error = error_code::unknown_topic_or_partition;
        fine = fine && one.error == error_code::none;
        one.found = store::transaction_partition{known.topic.id, partition_index{one.index}};
    }
    co_return fine;
}

task<void> add(api_call& call, wanted_transaction& of) {
    auto const refused = co_await permit_transaction(call, auth::action::append, of.id);
    if (refused != error_code::none) {
        set_all(of, refused);
        co_return;
    }
    bool const fine = co_await find_partitions(call, of);
    if (!fine) {
        // All or nothing.
        for (auto& one : of.partitions)
            if (one.error == error_code::none) one.error = error_code::operation_not_attempted;
        co_return;
    }
    auto& coordinator = call.services.transactions;
    if (of.verify_only) {
        for (auto& one : of.partitions)
            one.error = coordinator.verify(of.id, of.producer, *one.found);
        co_return;
    }
    std::vector<store::transaction_partition> partitions;
    for (auto const& one : of.partitions) partitions.push_back(*one.found);
    auto const error =
        co_await coordinator.add_partitions(of.id, of.producer, std::move(partitions));
    set_all(of, known_since(first_with_fenced, call.version(), error));
}

template <class Topic>
void show(api_call& call, wanted_transaction const& of, std::vector<Topic>& out) {
    for (auto const& one : of.partitions) {
        if (out.empty() || out.back().name != one.topic) {
            out.emplace_back();
            out.back().name = one.topic;
        }
        out.back().results_by_partition.push_back({one.index, call.code(one.error)});
    }
}

}  // namespace

// From version 4 on brokers ask, for several producers at once.
task<add_partitions_to_txn_response> api::add_partitions_to_txn(
    api_call& call, add_partitions_to_txn_request const& request) {
    add_partitions_to_txn_response out;
    if (call.version() < first_of_brokers) {
        wanted_transaction one;
        one.id = request.v3_and_below_transactional_id;
        one.producer = {request.v3_and_below_producer_id, request.v3_and_below_producer_epoch};
        take_topics(one, request.v3_and_below_topics);
        if (one.id.empty())
            set_all(one, error_code::invalid_request);
        else
            co_await add(call, one);
        show(call, one, out.results_by_topic_v3_and_below);
        co_return out;
    }
    auto const allowed = co_await call.logs().permit_cluster(call.who(), auth::action::admin);
    if (allowed.has_error()) {
        call.note(allowed.error());
        out.error_code = call.code(error_code::cluster_authorization_failed);
        co_return out;
    }
    for (auto const& wanted : request.transactions) {
        wanted_transaction one;
        one.id = wanted.transactional_id;
        one.producer = {wanted.producer_id, wanted.producer_epoch};
        one.verify_only = wanted.verify_only;
        take_topics(one, wanted.topics);
        co_await add(call, one);
        auto& shown = out.results_by_transaction.emplace_back();
        shown.transactional_id = wanted.transactional_id;
        show(call, one, shown.topic_results);
    }
    co_return out;
}

}  // namespace sluice::kafka
