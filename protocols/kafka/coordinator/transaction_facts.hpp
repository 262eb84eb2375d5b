// What the coordinator knows of one transactional id, how it is kept, and the rules of what a producer
// may ask for next. Pure; plain value.
//
// Sources: KIP-98, KIP-360 (resuming with the id and epoch that were given out), KIP-890 (transactions
// version 2: every end of a transaction brings a new epoch), and the documented answers of Kafka's
// coordinator. An end is one commit here, so there are no states in which one is prepared.
//
// record: u8 version 1  u8 state  i64 producer  i16 epoch  i64 previous producer  i16 last epoch
//         i64 ended producer  i16 ended epoch  i64 timeout ms  i64 started ms  i64 updated ms
//         varint n, n x (u64 dataset  i32 partition)  varint n, n x sized group      (LE)
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include "backend/store/model/transaction_types.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

enum class transaction_state : std::uint8_t { empty, ongoing, complete_commit, complete_abort };
// As DescribeTransactions and ListTransactions spell it.
std::string_view name_of(transaction_state state) noexcept;

struct producer_identity {
    std::int64_t id = -1;
    std::int16_t epoch = -1;
    bool operator==(producer_identity const&) const = default;
};

// An id with this epoch begins no more transactions: the next one has a new id.
constexpr bool is_exhausted(std::int16_t epoch) noexcept {
    return epoch >= std::numeric_limits<std::int16_t>::max() - 1;
}

struct transaction_facts {
    transaction_state state = transaction_state::empty;
    producer_identity producer;               // epoch -1: never initialised
    std::int64_t previous_id = -1;            // before the ids changed
    std::int16_t last_epoch = -1;             // before the one that a resuming producer got
    producer_identity ended;                  // who ended the last transaction by version 2
    std::chrono::milliseconds timeout{60'000};
    unix_millis started{};                    // of the open transaction
    unix_millis updated{};
    std::set<store::transaction_partition> partitions;
    std::set<std::string> groups;

    bool operator==(transaction_facts const&) const = default;
};

std::string encode(transaction_facts const& facts);
// unsupported, malformed
result<transaction_facts> decode_transaction_facts(std::string_view bytes);

// InitProducerId. `expected`: what a resuming producer has; id -1: a new one. What it gets; the id -1
// means that a new one is needed.
struct next_producer {
    error_code error = error_code::none;
    producer_identity producer;
    std::int16_t last_epoch = -1;
    bool is_repeat = false;                   // nothing changes
};
next_producer plan_init(transaction_facts const& facts, producer_identity expected);

// What everything but InitProducerId and EndTxn has to show: invalid_producer_id_mapping,
// producer_fenced.
error_code check_producer(transaction_facts const& facts, producer_identity shown);

// EndTxn. `ends`: it is to be done; else it was done before, or there is an error.
struct end_plan {
    error_code error = error_code::none;
    bool ends = false;
};
// Up to version 4.
end_plan plan_end(transaction_facts const& facts, producer_identity shown, bool commits);
// From version 5 on.
end_plan plan_end_with_new_epoch(transaction_facts const& facts, producer_identity shown,
                                 bool commits);

}  // namespace sluice::kafka
