#include "backend/store/producer_window.hpp"

#include <algorithm>
#include <cstring>

#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t record_version = 2;   // 1: without transactions
constexpr std::size_t lsn_bytes = 8;

}  // namespace

producer_window::answer producer_window::look(std::int16_t epoch, std::int32_t first,
                                              std::int32_t last) const noexcept {
    if (epoch_ < 0) return {verdict::append, {}};
    if (epoch < epoch_) return {verdict::fenced, {}};
    if (epoch > epoch_) return {first == 0 ? verdict::append : verdict::out_of_order, {}};
    for (std::size_t i = 0; i < count_; ++i)
        if (batches_[i].first == first && batches_[i].last == last)
            return {verdict::duplicate, batches_[i].base};
    // Only a marker began this epoch here.
    if (count_ == 0) return {first == 0 ? verdict::append : verdict::out_of_order, {}};
    auto const& newest = batches_[count_ - 1u];
    if (first == sequence_after(newest.last, 1)) return {verdict::append, {}};
    // Behind what is remembered; around the end of the numbers that cannot be told from a gap.
    bool const before = last < batches_[0].first && count_ == batches_kept;
    return {before ? verdict::forgotten : verdict::out_of_order, {}};
}

void producer_window::add(std::int16_t epoch, producer_batch const& batch,
                          unix_millis now) noexcept {
    if (epoch != epoch_) count_ = 0;
    epoch_ = epoch;
    last_used_ = now;
    if (count_ == batches_kept)
        std::move(batches_.begin() + 1, batches_.end(), batches_.begin());
    else
        ++count_;
    batches_[count_ - 1u] = batch;
}

void producer_window::end_transaction(std::int16_t epoch, std::int32_t coordinator_epoch,
                                      unix_millis now) noexcept {
    if (epoch > epoch_) {
        epoch_ = epoch;
        count_ = 0;
        batches_ = {};
    }
    coordinator_epoch_ = std::max(coordinator_epoch, coordinator_epoch_);
    last_used_ = now;
    transaction_first_ = log_offset{-1};
}

void producer_window::encode(char* into) const noexcept {
    auto* at = into + lsn_bytes;
    auto const put = [&at](auto value) {
        store_little(at, value);
        at += sizeof value;
    };
    put(record_version);
    put(epoch_);
    put(count_);
    put(to_underlying(last_used_));
    for (std::size_t i = 0; i < batches_kept; ++i) {
        auto const batch = i < count_ ? batches_[i] : producer_batch{};
        put(batch.first);
        put(batch.last);
        put(to_underlying(batch.base));
    }
    put(to_underlying(transaction_first_));
    put(coordinator_epoch_);
}

result<producer_window> producer_window::decode(std::string_view bytes) {
    byte_reader in(bytes);
    producer_window window;
    in.little<std::uint64_t>();
    auto const version = in.little<std::uint8_t>();
    if (version == 0 || version > record_version) in.fail();
    window.epoch_ = in.little<std::int16_t>();
    window.count_ = in.little<std::uint8_t>();
    window.last_used_ = unix_millis{in.little<std::int64_t>()};
    for (std::size_t i = 0; i < batches_kept; ++i) {
        producer_batch batch;
        batch.first = in.little<std::int32_t>();
        batch.last = in.little<std::int32_t>();
        batch.base = log_offset{in.little<std::int64_t>()};
        if (i < window.count_) window.batches_[i] = batch;
    }
    if (version >= 2) {
        window.transaction_first_ = log_offset{in.little<std::int64_t>()};
        window.coordinator_epoch_ = in.little<std::int32_t>();
    }
    if (!in.ok() || !in.at_end() || window.count_ > batches_kept || window.epoch_ < 0)
        return failure{error::corrupt, "producer state does not parse"};
    return window;
}

}  // namespace sluice::store
