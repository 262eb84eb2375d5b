// Transactions over the wire, versions 1 and 2: what a committed reader sees, who is fenced, what
// survives a restart, and the tools' view of it.
#include <gtest/gtest.h>

#include <set>

#include "backend/store/model/log_batch.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

using strings = std::vector<std::string>;

class KafkaTransactions : public testing::Test {
protected:
    explicit KafkaTransactions(bool real = false) : world(real) {
        world.make_topic("t", 2);
        world.make_topic("u");
    }

    struct producer {
        error_code error = error_code::none;
        std::int64_t id = -1;
        std::int16_t epoch = -1;
    };
    producer init(std::string id, int version = 5, std::int32_t timeout = 60'000,
                  std::int64_t had = -1, std::int16_t had_epoch = -1) {
        init_producer_id_request request;
        request.transactional_id = std::move(id);
        request.transaction_timeout_ms = timeout;
        request.producer_id = had;
        request.producer_epoch = had_epoch;
        auto const answer = world.ask(request, version);
        return {error_code{answer.error_code}, answer.producer_id, answer.producer_epoch};
    }
    error_code add(std::string const& id, producer const& by, std::string topic,
                   std::vector<std::int32_t> partitions = {0}, int version = 3) {
        add_partitions_to_txn_request request;
        request.v3_and_below_transactional_id = id;
        request.v3_and_below_producer_id = by.id;
        request.v3_and_below_producer_epoch = by.epoch;
        request.v3_and_below_topics.push_back({std::move(topic), std::move(partitions)});
        auto const answer = world.ask(request, version);
        return error_code{answer.results_by_topic_v3_and_below.at(0)
                              .results_by_partition.at(0)
                              .partition_error_code};
    }
    static std::string batch(strings const& values, producer const& by, std::int32_t sequence) {
        auto bytes = batch_of(values, by.id, by.epoch, sequence);
        bytes[22] = 16;
        renew_crc(bytes);
        return bytes;
    }
    error_code produce(std::string id, std::string topic, std::string const& bytes, int version,
                       std::int32_t partition = 0) {
        auto request = produce_of(std::move(topic), bytes);
        request.transactional_id = std::move(id);
        request.topic_data[0].partition_data[0].index = partition;
        auto const answer = world.ask(request, version);
        return error_code{answer.responses.at(0).partition_responses.at(0).error_code};
    }
    producer end(std::string id, producer const& by, bool commits, int version) {
        end_txn_request request;
        request.transactional_id = std::move(id);
        request.producer_id = by.id;
        request.producer_epoch = by.epoch;
        request.committed = commits;
        auto const answer = world.ask(request, version);
        return {error_code{answer.error_code}, answer.producer_id, answer.producer_epoch};
    }
    fetch_response::fetchable_topic_response::partition_data fetch_committed(std::string topic,
                                                                             std::int64_t from) {
        fetch_request request;
        request.max_bytes = 1 << 20;
        request.isolation_level = 1;
        auto& one = request.topics.emplace_back();
        one.topic = std::move(topic);
        auto& part = one.partitions.emplace_back();
        part.fetch_offset = from;
        part.partition_max_bytes = 1 << 20;
        return world.ask(request, 12).responses.at(0).partitions.at(0);
    }
    // By the rule that clients follow.
    strings committed(std::string topic) {
        auto shown = fetch_committed(std::move(topic), 0);
        std::string bytes;
        for (auto const& piece : shown.records->pieces) bytes.append(piece.bytes);
        auto aborted = shown.aborted_transactions.value();
        std::set<std::int64_t> aborting;
        strings out;
        for (std::string_view rest = bytes; !rest.empty();) {
            auto const header = store::parse_log_batch_header(rest).value();
            auto const whole = rest.substr(0, header.total_bytes());
            rest.remove_prefix(whole.size());
            std::erase_if(aborted, [&](auto const& one) {
                bool const begins = one.first_offset <= header.base_offset;
                if (begins) aborting.insert(one.producer_id);
                return begins;
            });
            if (header.is_control()) aborting.erase(header.producer_id);
            if (header.is_control() || aborting.contains(header.producer_id)) continue;
            for (auto const& record : store::read_log_batch(whole).value())
                out.push_back(*record.value);
        }
        return out;
    }
    error_code commit_offsets(std::string id, producer const& by, std::string group,
                              std::int64_t offset, int version, std::int32_t generation = -1) {
        txn_offset_commit_request request;
        request.transactional_id = std::move(id);
        request.group_id = std::move(group);
        request.producer_id = by.id;
        request.producer_epoch = by.epoch;
        request.generation_id = generation;
        if (generation >= 0) request.member_id = "somebody";
        auto& one = request.topics.emplace_back();
        one.name = "t";
        auto& part = one.partitions.emplace_back();
        part.committed_offset = offset;
        part.committed_metadata = "";
        auto const answer = world.ask(request, version);
        return error_code{answer.topics.at(0).partitions.at(0).error_code};
    }
    std::pair<error_code, std::int64_t> offset_of(std::string group, bool stable) {
        offset_fetch_request request;
        request.group_id = std::move(group);
        request.require_stable = stable;
        request.topics.emplace();
        request.topics->push_back({"t", {0}});
        auto const answer = world.ask(request, 7);
        auto const& one = answer.topics.at(0).partitions.at(0);
        return {error_code{one.error_code}, one.committed_offset};
    }
    std::string state_of(std::string id) {
        describe_transactions_request request;
        request.transactional_ids = {std::move(id)};
        return world.ask(request, 0).transaction_states.at(0).transaction_state;
    }
    void sweep() { test::run_task(world.context(), world.transactions().sweep()); }

    kafka_world world;
};

class KafkaDurableTransactions : public KafkaTransactions {
protected:
    KafkaDurableTransactions() : KafkaTransactions(true) {}
};

TEST_F(KafkaTransactions, Version1CommitsAndAborts) {
    auto const by = init("a");
    ASSERT_EQ(by.error, error_code::none);
    EXPECT_EQ(by.epoch, 0);
    EXPECT_EQ(state_of("a"), "Empty");
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 11), error_code::transaction_abortable);
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 9), error_code::invalid_txn_state);
    EXPECT_EQ(add("a", by, "t"), error_code::none);
    EXPECT_EQ(state_of("a"), "Ongoing");
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 9), error_code::none);
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 9, 1), error_code::invalid_txn_state);
    EXPECT_EQ(world.produce("t", batch_of({"other"})).error, error_code::none);
    EXPECT_EQ(committed("t"), strings({}));
    EXPECT_EQ(fetch_committed("t", 0).last_stable_offset, 0);
    EXPECT_EQ(fetch_committed("t", 0).high_watermark, 2);
    EXPECT_EQ(end("a", by, true, 3).error, error_code::none);
    EXPECT_EQ(end("a", by, true, 3).error, error_code::none) << "asked again";
    EXPECT_EQ(end("a", by, false, 3).error, error_code::invalid_txn_state);
    EXPECT_EQ(state_of("a"), "CompleteCommit");
    EXPECT_EQ(committed("t"), strings({"x", "other"}));
    EXPECT_EQ(add("a", by, "t"), error_code::none);
    EXPECT_EQ(produce("a", "t", batch({"bad"}, by, 1), 9), error_code::none);
    EXPECT_EQ(end("a", by, false, 3).error, error_code::none);
    EXPECT_EQ(committed("t"), strings({"x", "other"}));
    EXPECT_EQ(world.produce("t", batch_of({"last"})).error, error_code::none);
    EXPECT_EQ(committed("t"), strings({"x", "other", "last"}));
    ASSERT_EQ(fetch_committed("t", 0).aborted_transactions->size(), 1u);
    EXPECT_EQ(fetch_committed("t", 0).aborted_transactions->at(0).first_offset, 3);
    EXPECT_EQ(fetch_committed("t", 5).aborted_transactions->size(), 0u);
}

TEST_F(KafkaTransactions, Version2AddsByWritingAndGetsANewEpoch) {
    auto by = init("a");
    for (std::int16_t i = 0; i < 3; ++i) {
        EXPECT_EQ(by.epoch, i);
        EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 12), error_code::none);
        EXPECT_EQ(produce("a", "u", batch({"y"}, by, 0), 12), error_code::none);
        auto const before = by;
        by = end("a", by, i != 1, 5);
        EXPECT_EQ(by.error, error_code::none);
        auto const again = end("a", before, i != 1, 5);
        EXPECT_EQ(again.error, error_code::none);
        EXPECT_EQ(again.epoch, by.epoch);
        EXPECT_EQ(produce("a", "t", batch({"late"}, before, 1), 12),
                  error_code::invalid_producer_epoch);
    }
    EXPECT_EQ(committed("t"), strings({"x", "x"}));
    EXPECT_EQ(committed("u"), strings({"y", "y"}));
    // An abort of nothing is done; a commit of nothing is not.
    EXPECT_EQ(end("a", by, true, 5).error, error_code::invalid_txn_state);
    EXPECT_EQ(end("a", by, false, 5).epoch, by.epoch + 1);
}

TEST_F(KafkaDurableTransactions, AllOfItSurvivesARestart) {
    auto one = init("one");
    auto two = init("two");
    EXPECT_EQ(add("one", one, "t", {0, 1}), error_code::none);
    EXPECT_EQ(produce("one", "t", batch({"1"}, one, 0), 9), error_code::none);
    EXPECT_EQ(produce("two", "u", batch({"2"}, two, 0), 12), error_code::none);
    EXPECT_EQ(commit_offsets("two", two, "g", 7, 5), error_code::none);
    world.restart_all();
    EXPECT_EQ(state_of("one"), "Ongoing");
    EXPECT_EQ(state_of("two"), "Ongoing");
    EXPECT_EQ(offset_of("g", true), std::pair(error_code::unstable_offset_commit, std::int64_t{-1}));
    EXPECT_EQ(produce("one", "t", batch({"more"}, one, 1), 9), error_code::none);
    EXPECT_EQ(produce("one", "t", batch({"there"}, one, 0), 9, 1), error_code::none);
    two = end("two", two, true, 5);
    EXPECT_EQ(two.error, error_code::none);
    EXPECT_EQ(end("one", one, false, 3).error, error_code::none);
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(committed("t"), strings({}));
        EXPECT_EQ(committed("u"), strings({"2"}));
        EXPECT_EQ(offset_of("g", true), std::pair(error_code::none, std::int64_t{7}));
        EXPECT_EQ(state_of("one"), "CompleteAbort");
        EXPECT_EQ(state_of("two"), "CompleteCommit");
        world.restart_all();
    }
    EXPECT_EQ(produce("two", "u", batch({"3"}, two, 0), 12), error_code::none);
    EXPECT_EQ(end("two", two, true, 5).error, error_code::none);
    EXPECT_EQ(committed("u"), strings({"2", "3"}));
}

TEST_F(KafkaTransactions, ANewProducerFencesTheOldOne) {
    auto const old = init("a");
    EXPECT_EQ(add("a", old, "t"), error_code::none);
    EXPECT_EQ(produce("a", "t", batch({"old"}, old, 0), 9), error_code::none);
    auto const fresh = init("a");
    EXPECT_EQ(fresh.error, error_code::none);
    EXPECT_EQ(fresh.id, old.id);
    EXPECT_GT(fresh.epoch, old.epoch);
    EXPECT_EQ(add("a", old, "t"), error_code::producer_fenced);
    EXPECT_EQ(add("a", old, "t", {0}, 1), error_code::invalid_producer_epoch);
    EXPECT_EQ(produce("a", "t", batch({"old"}, old, 1), 9), error_code::invalid_producer_epoch);
    EXPECT_EQ(end("a", old, true, 3).error, error_code::producer_fenced);
    EXPECT_EQ(end("a", old, true, 5).error, error_code::producer_fenced);
    EXPECT_EQ(committed("t"), strings({}));
    EXPECT_EQ(fetch_committed("t", 0).last_stable_offset, 2) << "the old one's is aborted";
    // KIP-360: with what it was given it goes on; with less it does not.
    EXPECT_EQ(init("a", 5, 60'000, old.id, old.epoch).error, error_code::producer_fenced);
    EXPECT_EQ(init("a", 3, 60'000, old.id, old.epoch).error, error_code::invalid_producer_epoch);
    auto const resumed = init("a", 5, 60'000, fresh.id, fresh.epoch);
    EXPECT_EQ(resumed.epoch, fresh.epoch + 1);
    EXPECT_EQ(init("a", 5, 60'000, fresh.id, fresh.epoch).epoch, resumed.epoch) << "asked again";
    producer const stranger{error_code::none, fresh.id + 1, fresh.epoch};
    EXPECT_EQ(add("a", stranger, "t"), error_code::invalid_producer_id_mapping);
    EXPECT_EQ(add("b", fresh, "t"), error_code::invalid_producer_id_mapping);
}

TEST_F(KafkaTransactions, OffsetsMoveWithTheTransaction) {
    auto by = init("a");
    EXPECT_EQ(commit_offsets("a", by, "g", 3, 3), error_code::invalid_txn_state);
    add_offsets_to_txn_request joins;
    joins.transactional_id = "a";
    joins.producer_id = by.id;
    joins.producer_epoch = by.epoch;
    joins.group_id = "g";
    EXPECT_EQ(world.ask(joins, 3).error_code, 0);
    EXPECT_EQ(commit_offsets("a", by, "g", 3, 3), error_code::none);
    EXPECT_EQ(commit_offsets("a", by, "g", 3, 3, 5), error_code::unknown_member_id);
    EXPECT_EQ(offset_of("g", false), std::pair(error_code::none, std::int64_t{-1}));
    EXPECT_EQ(offset_of("g", true).first, error_code::unstable_offset_commit);
    EXPECT_EQ(end("a", by, false, 3).error, error_code::none);
    EXPECT_EQ(offset_of("g", true), std::pair(error_code::none, std::int64_t{-1}));
    EXPECT_EQ(commit_offsets("a", by, "g", 4, 5), error_code::none);
    EXPECT_EQ(commit_offsets("a", by, "g", 5, 5), error_code::none);
    by = end("a", by, true, 5);
    EXPECT_EQ(by.error, error_code::none);
    EXPECT_EQ(offset_of("g", true), std::pair(error_code::none, std::int64_t{5}));
}

TEST_F(KafkaTransactions, WhatTakesTooLongIsAborted) {
    EXPECT_EQ(init("a", 5, 900'001).error, error_code::invalid_transaction_timeout);
    EXPECT_EQ(init("a", 5, 0).error, error_code::invalid_transaction_timeout);
    EXPECT_EQ(init("", 5).error, error_code::invalid_request);
    auto const by = init("a", 5, 1);
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 12), error_code::none);
    while (state_of("a") == "Ongoing") sweep();
    EXPECT_EQ(state_of("a"), "CompleteAbort");
    EXPECT_EQ(fetch_committed("t", 0).last_stable_offset, 2);
    EXPECT_EQ(committed("t"), strings({}));
    EXPECT_EQ(produce("a", "t", batch({"y"}, by, 1), 12), error_code::invalid_producer_epoch);
    EXPECT_EQ(end("a", by, true, 5).error, error_code::invalid_txn_state);
    EXPECT_EQ(end("a", by, false, 5).epoch, by.epoch + 1);
}

TEST_F(KafkaTransactions, ToolsSeeAndEndWhatHangs) {
    auto const by = init("a");
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 12), error_code::none);
    list_transactions_request listing;
    EXPECT_EQ(world.ask(listing, 1).transaction_states.size(), 1u);
    listing.state_filters = {"Empty", "Nonsense"};
    EXPECT_EQ(world.ask(listing, 1).transaction_states.size(), 0u);
    EXPECT_EQ(world.ask(listing, 1).unknown_state_filters, strings({"Nonsense"}));
    listing.state_filters = {"Ongoing"};
    listing.producer_id_filters = {by.id};
    EXPECT_EQ(world.ask(listing, 1).transaction_states.at(0).transactional_id, "a");
    listing.duration_filter = 3'600'000;
    EXPECT_EQ(world.ask(listing, 1).transaction_states.size(), 0u);

    describe_transactions_request about;
    about.transactional_ids = {"a", "none"};
    auto const told = world.ask(about, 0);
    EXPECT_EQ(told.transaction_states.at(0).topics.at(0).topic, "t");
    EXPECT_EQ(told.transaction_states.at(0).producer_id, by.id);
    EXPECT_EQ(told.transaction_states.at(1).error_code, wire(error_code::transactional_id_not_found));

    describe_producers_request producers;
    producers.topics.push_back({"t", {0, 9}});
    auto const shown = world.ask(producers, 0);
    auto const& active = shown.topics.at(0).partitions.at(0).active_producers;
    ASSERT_EQ(active.size(), 1u);
    EXPECT_EQ(active[0].producer_id, by.id);
    EXPECT_EQ(active[0].current_txn_start_offset, 0);
    EXPECT_EQ(active[0].last_sequence, 0);
    EXPECT_EQ(shown.topics.at(0).partitions.at(1).error_code,
              wire(error_code::unknown_topic_or_partition));

    write_txn_markers_request abort;
    auto& marker = abort.markers.emplace_back();
    marker.producer_id = by.id;
    marker.producer_epoch = by.epoch;
    marker.topics.push_back({"t", {0}});
    marker.topics.push_back({"absent", {0}});
    auto const done = world.ask(abort, 1);
    EXPECT_EQ(done.markers.at(0).topics.at(0).partitions.at(0).error_code, 0);
    EXPECT_EQ(done.markers.at(0).topics.at(1).partitions.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(fetch_committed("t", 0).last_stable_offset, 2);
    EXPECT_EQ(committed("t"), strings({}));
}

TEST_F(KafkaTransactions, BrokersVerifyWithoutAdding) {
    auto const by = init("a");
    EXPECT_EQ(add("a", by, "t"), error_code::none);
    add_partitions_to_txn_request request;
    auto& one = request.transactions.emplace_back();
    one.transactional_id = "a";
    one.producer_id = by.id;
    one.producer_epoch = by.epoch;
    one.verify_only = true;
    one.topics.push_back({"t", {0, 1}});
    auto const answer = world.ask(request, 5);
    auto const& shown = answer.results_by_transaction.at(0).topic_results.at(0);
    EXPECT_EQ(shown.results_by_partition.at(0).partition_error_code, 0);
    EXPECT_EQ(shown.results_by_partition.at(1).partition_error_code,
              wire(error_code::transaction_abortable));
    EXPECT_EQ(add("a", by, "t", {7}), error_code::unknown_topic_or_partition);
}

TEST_F(KafkaTransactions, ListOffsetsKnowsWhatIsStable) {
    EXPECT_EQ(world.produce("t", batch_of({"a"})).error, error_code::none);
    auto const by = init("a");
    EXPECT_EQ(produce("a", "t", batch({"x"}, by, 0), 12), error_code::none);
    auto const at = [&](std::int64_t timestamp, std::int8_t isolation) {
        list_offsets_request request;
        request.isolation_level = isolation;
        auto& one = request.topics.emplace_back();
        one.name = "t";
        one.partitions.emplace_back().timestamp = timestamp;
        return world.ask(request, 7).topics.at(0).partitions.at(0).offset;
    };
    EXPECT_EQ(at(-1, 0), 2);
    EXPECT_EQ(at(-1, 1), 1);
    EXPECT_EQ(at(-2, 1), 0);
    EXPECT_EQ(end("a", by, true, 5).error, error_code::none);
    EXPECT_EQ(at(-1, 1), 3);
}

TEST_F(KafkaTransactions, ATransactionNeedsItsId) {
    auto const by = init("a");
    auto const marked = batch({"x"}, by, 0);
    EXPECT_EQ(world.produce("t", marked).error,
              error_code::transactional_id_authorization_failed);
    find_coordinator_request one;
    one.key = "a";
    one.key_type = 1;
    EXPECT_EQ(world.ask(one, 3).port, 9092);
}

}  // namespace
}  // namespace sluice::kafka
