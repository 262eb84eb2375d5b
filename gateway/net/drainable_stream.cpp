#include "gateway/net/drainable_stream.hpp"

namespace sluice::gateway {

void drainable_stream::begin_drain() noexcept {
    draining_ = true;
    if (!resting_ || !reading_) return;
    ended_by_drain_ = true;
    below_->cancel();
}

task<result<std::size_t>> drainable_stream::read_some(byte_span into) {
    if (draining_ && resting_) co_return std::size_t{0};
    reading_ = true;
    auto const count = co_await below_->read_some(into);
    reading_ = false;
    if (count.has_value() && *count > 0) resting_ = false;
    if (ended_by_drain_ && count.has_error() && count.error().code == error::cancelled)
        co_return std::size_t{0};
    co_return count;
}

task<result<void>> drainable_stream::write(std::span<const_byte_span const> pieces) {
    auto written = co_await below_->write(pieces);
    resting_ = true;
    co_return written;
}

}  // namespace sluice::gateway
