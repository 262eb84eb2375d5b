#include <condition_variable>
#include <mutex>
#include <optional>

#include "backend/flash/device.hpp"

namespace sluice::flash {

result<void> file::write_durable_here(std::uint64_t offset, const_byte_span bytes, blocking_token) {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<result<void>> outcome;
    write_durable(offset, bytes, [&](result<void> written) {
        std::lock_guard lock(mutex);
        outcome = std::move(written);
        done.notify_one();
    });
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return outcome.has_value(); });
    return *outcome;
}

}  // namespace sluice::flash
