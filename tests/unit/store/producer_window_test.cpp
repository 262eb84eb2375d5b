#include "backend/store/producer_window.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::store {
namespace {

using verdict = producer_window::verdict;
constexpr std::int32_t last_sequence = std::numeric_limits<std::int32_t>::max();

TEST(producer_windows, a_new_one_takes_whatever_comes_first) {
    producer_window window;
    EXPECT_EQ(window.look(0, 0, 9).what, verdict::append);
    EXPECT_EQ(window.look(3, 500, 509).what, verdict::append);
}

TEST(producer_windows, batches_follow_each_other_and_repeat_within_five) {
    producer_window window;
    for (std::int32_t i = 0; i < 7; ++i) {
        EXPECT_EQ(window.look(0, i * 10, i * 10 + 9).what, verdict::append);
        window.add(0, {i * 10, i * 10 + 9, log_offset{100 + i}}, unix_millis{i});
    }
    EXPECT_EQ(window.count(), 5u);
    for (std::int32_t i = 2; i < 7; ++i) {
        auto const seen = window.look(0, i * 10, i * 10 + 9);
        EXPECT_EQ(seen.what, verdict::duplicate);
        EXPECT_EQ(seen.base, log_offset{100 + i});
    }
    EXPECT_EQ(window.look(0, 10, 19).what, verdict::forgotten);
    EXPECT_EQ(window.look(0, 71, 72).what, verdict::out_of_order);
    EXPECT_EQ(window.look(0, 60, 65).what, verdict::out_of_order);
    EXPECT_EQ(window.look(0, 70, 70).what, verdict::append);
}

TEST(producer_windows, epochs_fence) {
    producer_window window;
    window.add(4, {0, 9, log_offset{0}}, unix_millis{1});
    EXPECT_EQ(window.look(3, 10, 19).what, verdict::fenced);
    EXPECT_EQ(window.look(3, 0, 9).what, verdict::fenced);
    EXPECT_EQ(window.look(5, 10, 19).what, verdict::out_of_order);
    EXPECT_EQ(window.look(5, 0, 9).what, verdict::append);
    window.add(5, {0, 9, log_offset{10}}, unix_millis{2});
    EXPECT_EQ(window.count(), 1u);
    EXPECT_EQ(window.look(5, 0, 9).base, log_offset{10});
}

TEST(producer_windows, sequences_go_around) {
    EXPECT_EQ(sequence_after(last_sequence, 1), 0);
    EXPECT_EQ(sequence_after(last_sequence - 1, 3), 1);
    EXPECT_EQ(sequence_after(5, 0), 5);
    producer_window window;
    window.add(0, {last_sequence - 4, last_sequence, log_offset{0}}, unix_millis{1});
    EXPECT_EQ(window.look(0, 0, 3).what, verdict::append);
    window.add(0, {last_sequence - 1, 2, log_offset{5}}, unix_millis{1});
    EXPECT_EQ(window.look(0, 3, 3).what, verdict::append);
    EXPECT_EQ(window.look(0, last_sequence - 1, 2).what, verdict::duplicate);
}

TEST(producer_windows, the_record_is_read_as_written) {
    producer_window window;
    for (std::int32_t i = 0; i < 3; ++i)
        window.add(2, {i, i, log_offset{1000 + i}}, unix_millis{77 + i});
    std::string bytes(producer_window::encoded_bytes, '\0');
    window.encode(bytes.data());
    EXPECT_EQ(producer_window::decode(bytes).value(), window);
    EXPECT_EQ(producer_window::decode(bytes).value().last_used(), unix_millis{79});
    bytes[8] = 9;
    EXPECT_EQ(producer_window::decode(bytes).error().code, error::corrupt);
    EXPECT_FALSE(producer_window::decode(bytes.substr(1)).has_value());
}

TEST(producer_windows, transactions_begin_and_end) {
    producer_window window;
    window.add(2, {0, 4, log_offset{10}}, unix_millis{1});
    EXPECT_FALSE(window.in_transaction());
    window.begin_transaction(log_offset{10});
    EXPECT_TRUE(window.in_transaction());
    std::string bytes(producer_window::encoded_bytes, '\0');
    window.encode(bytes.data());
    EXPECT_EQ(producer_window::decode(bytes).value(), window);
    // The same epoch goes on counting.
    window.end_transaction(2, 7, unix_millis{2});
    EXPECT_FALSE(window.in_transaction());
    EXPECT_EQ(window.coordinator_epoch(), 7);
    EXPECT_EQ(window.look(2, 5, 5).what, verdict::append);
    EXPECT_EQ(window.look(2, 0, 4).what, verdict::duplicate);
    // A later one begins anew.
    window.end_transaction(3, 7, unix_millis{3});
    EXPECT_EQ(window.last_sequence(), -1);
    EXPECT_EQ(window.look(2, 5, 5).what, verdict::fenced);
    EXPECT_EQ(window.look(3, 5, 5).what, verdict::out_of_order);
    EXPECT_EQ(window.look(3, 0, 0).what, verdict::append);
    window.encode(bytes.data());
    EXPECT_EQ(producer_window::decode(bytes).value(), window);
}

TEST(producer_windows, records_from_before_transactions_are_read) {
    producer_window window;
    window.add(2, {0, 4, log_offset{10}}, unix_millis{1});
    std::string bytes(producer_window::encoded_bytes, '\0');
    window.encode(bytes.data());
    auto older = bytes.substr(0, bytes.size() - 12);
    older[8] = 1;
    EXPECT_EQ(producer_window::decode(older).value(), window);
    older[8] = 2;
    EXPECT_EQ(producer_window::decode(older).error().code, error::corrupt);
}

}  // namespace
}  // namespace sluice::store
