#include "backend/store/transaction_marker.hpp"

#include "backend/store/model/log_batch.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t attributes_position = 21;
constexpr std::int16_t transactional_control = 16 | 32;

}  // namespace

std::string make_transaction_marker(std::int64_t producer, std::int16_t epoch,
                                    std::int32_t coordinator_epoch, bool aborts,
                                    unix_millis now) {
    std::string key, value;
    byte_writer(key).big(std::int16_t{0}).big(static_cast<std::int16_t>(aborts ? 0 : 1));
    byte_writer(value).big(std::int16_t{0}).big(coordinator_epoch);
    log_batch_builder builder;
    builder.add(now, key, value);
    auto batch = builder.finish();
    store_big(batch.data() + attributes_position, transactional_control);
    set_producer(batch.data(), batch.size(), producer, epoch, -1);
    return batch;
}

}  // namespace sluice::store
