// What one partition remembers of one idempotent producer (KIP-98; the rules of Kafka's
// ProducerStateManager): its epoch and the last five batches, so that a batch sent twice is known
// by its sequence numbers and answered with the offset it got first, and where its open transaction
// began. Sequence numbers run from 0 to 2^31 - 1 and around. Plain value; look() is pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// The sequence number `count` behind `first`.
constexpr std::int32_t sequence_after(std::int32_t first, std::int32_t count) noexcept {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) +
                                      static_cast<std::uint32_t>(count)) & 0x7fffffffu);
}

struct producer_batch {
    std::int32_t first = 0;              // sequence numbers of its first and last record
    std::int32_t last = 0;
    log_offset base{};
    bool operator==(producer_batch const&) const = default;
};

class producer_window {
public:
    static constexpr std::size_t batches_kept = 5;
    enum class verdict : std::uint8_t { append, duplicate, out_of_order, forgotten, fenced };
    struct answer {
        verdict what = verdict::append;
        log_offset base{};               // duplicate: the offset it got first
    };

    // A producer of which nothing is known may begin anywhere: its state may have expired.
    answer look(std::int16_t epoch, std::int32_t first, std::int32_t last) const noexcept;
    // An appended batch. A new epoch forgets the batches of the old one.
    void add(std::int16_t epoch, producer_batch const&, unix_millis now) noexcept;

    // The first batch of a transaction has this place.
    void begin_transaction(log_offset first) noexcept { transaction_first_ = first; }
    // A marker ended it. A later epoch forgets the batches of the old one.
    void end_transaction(std::int16_t epoch, std::int32_t coordinator_epoch,
                         unix_millis now) noexcept;

    std::int16_t epoch() const noexcept { return epoch_; }
    bool in_transaction() const noexcept { return to_underlying(transaction_first_) >= 0; }
    log_offset transaction_first() const noexcept { return transaction_first_; }   // -1: none
    std::int32_t coordinator_epoch() const noexcept { return coordinator_epoch_; } // -1: no marker
    // The sequence number of the last record; -1: none since the epoch began.
    std::int32_t last_sequence() const noexcept {
        return count_ == 0 ? -1 : batches_[count_ - 1u].last;
    }
    unix_millis last_used() const noexcept { return last_used_; }
    std::size_t count() const noexcept { return count_; }
    producer_batch const& at(std::size_t index) const noexcept { return batches_[index]; }
    bool operator==(producer_window const&) const = default;

    // The record 'q' (0007): of one length always, so that it can be written in place.
    static constexpr std::size_t encoded_bytes = 8 + 1 + 2 + 1 + 8 + batches_kept * 16 + 8 + 4;
    void encode(char* into) const noexcept;   // all but the commit LSN in front
    static result<producer_window> decode(std::string_view);

private:
    std::int16_t epoch_ = -1;
    std::uint8_t count_ = 0;
    unix_millis last_used_{};
    log_offset transaction_first_{-1};
    std::int32_t coordinator_epoch_ = -1;
    std::array<producer_batch, batches_kept> batches_{};   // oldest first
};

}  // namespace sluice::store
