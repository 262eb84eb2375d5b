// The rules of one transactional id, and its record.
#include "protocols/kafka/coordinator/transaction_facts.hpp"

#include <gtest/gtest.h>

namespace sluice::kafka {
namespace {

transaction_facts facts_of(transaction_state state, std::int64_t id = 7, std::int16_t epoch = 3) {
    transaction_facts out;
    out.state = state;
    out.producer = {id, epoch};
    return out;
}

TEST(transaction_facts, records_are_read_as_written) {
    auto facts = facts_of(transaction_state::ongoing);
    facts.previous_id = 5;
    facts.last_epoch = 2;
    facts.ended = {7, 2};
    facts.timeout = std::chrono::milliseconds{1234};
    facts.started = unix_millis{10};
    facts.updated = unix_millis{20};
    facts.partitions = {{dataset_id{4}, partition_index{0}}, {dataset_id{9}, partition_index{3}}};
    facts.groups = {"", "group"};
    auto const bytes = encode(facts);
    EXPECT_EQ(decode_transaction_facts(bytes).value(), facts);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_TRUE(decode_transaction_facts(bytes.substr(0, cut)).has_error()) << cut;
    auto later = bytes;
    later[0] = 2;
    EXPECT_EQ(decode_transaction_facts(later).error().code, error::unsupported);
}

TEST(transaction_facts, a_new_producer_gets_the_next_epoch) {
    EXPECT_EQ(plan_init({}, {}).producer, (producer_identity{-1, 0}));
    EXPECT_EQ(plan_init(facts_of(transaction_state::empty), {}).producer,
              (producer_identity{7, 4}));
    auto const spent = facts_of(transaction_state::empty, 7, 32766);
    EXPECT_EQ(plan_init(spent, {}).producer, (producer_identity{-1, 0})) << "a new id";
    EXPECT_EQ(plan_init(facts_of(transaction_state::empty, 7, 32765), {}).producer,
              (producer_identity{7, 32766}));
}

TEST(transaction_facts, a_resuming_producer_shows_what_it_had) {
    auto facts = facts_of(transaction_state::complete_commit);
    auto const resumed = plan_init(facts, {7, 3});
    EXPECT_EQ(resumed.producer, (producer_identity{7, 4}));
    EXPECT_EQ(resumed.last_epoch, 3);
    EXPECT_EQ(plan_init(facts, {7, 2}).error, error_code::producer_fenced);
    EXPECT_EQ(plan_init(facts, {6, 3}).error, error_code::producer_fenced);
    facts.producer.epoch = 4;
    facts.last_epoch = 3;
    auto const again = plan_init(facts, {7, 3});
    EXPECT_TRUE(again.is_repeat);
    EXPECT_EQ(again.producer, (producer_identity{7, 4}));
    // The ids changed and the answer was lost.
    facts.producer = {8, 0};
    facts.previous_id = 7;
    facts.last_epoch = 32766;
    EXPECT_TRUE(plan_init(facts, {7, 32766}).is_repeat);
    EXPECT_EQ(plan_init(facts, {7, 32765}).error, error_code::producer_fenced);
}

TEST(transaction_facts, ends_of_version_1) {
    for (bool const commits : {false, true}) {
        EXPECT_TRUE(plan_end(facts_of(transaction_state::ongoing), {7, 3}, commits).ends);
        EXPECT_EQ(plan_end(facts_of(transaction_state::empty), {7, 3}, commits).error,
                  error_code::invalid_txn_state);
        EXPECT_EQ(plan_end(facts_of(transaction_state::ongoing), {7, 2}, commits).error,
                  error_code::producer_fenced);
        EXPECT_EQ(plan_end(facts_of(transaction_state::ongoing), {6, 3}, commits).error,
                  error_code::invalid_producer_id_mapping);
        auto const done = commits ? transaction_state::complete_commit
                                  : transaction_state::complete_abort;
        EXPECT_EQ(plan_end(facts_of(done), {7, 3}, commits).error, error_code::none);
        EXPECT_FALSE(plan_end(facts_of(done), {7, 3}, commits).ends);
        EXPECT_EQ(plan_end(facts_of(done), {7, 3}, !commits).error, error_code::invalid_txn_state);
    }
}

TEST(transaction_facts, ends_of_version_2) {
    auto const plan = [](transaction_facts const& facts, producer_identity by, bool commits) {
        return plan_end_with_new_epoch(facts, by, commits);
    };
    auto done = facts_of(transaction_state::complete_commit, 7, 4);
    done.ended = {7, 3};
    EXPECT_EQ(plan(done, {7, 3}, true).error, error_code::none);
    EXPECT_FALSE(plan(done, {7, 3}, true).ends);
    EXPECT_EQ(plan(done, {7, 3}, false).error, error_code::invalid_txn_state);
    EXPECT_EQ(plan(done, {7, 2}, true).error, error_code::producer_fenced);
    EXPECT_TRUE(plan(done, {7, 4}, false).ends) << "an abort of nothing";
    EXPECT_EQ(plan(done, {7, 4}, true).error, error_code::invalid_txn_state);
    done.state = transaction_state::ongoing;
    EXPECT_EQ(plan(done, {7, 3}, true).error, error_code::producer_fenced);
    EXPECT_TRUE(plan(done, {7, 4}, true).ends);
    // Nobody ended anything by version 2: an older epoch is an older producer.
    auto const fenced = facts_of(transaction_state::complete_commit, 7, 4);
    EXPECT_EQ(plan(fenced, {7, 3}, true).error, error_code::producer_fenced);
    // The ids changed.
    auto changed = facts_of(transaction_state::complete_abort, 8, 0);
    changed.ended = {7, 32766};
    EXPECT_EQ(plan(changed, {7, 32766}, false).error, error_code::none);
}

}  // namespace
}  // namespace sluice::kafka
