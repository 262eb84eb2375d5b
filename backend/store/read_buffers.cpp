#include "backend/store/read_buffers.hpp"

#include "backend/journal/journal.hpp"

namespace sluice::store {
namespace {

// Below this the C library keeps freed memory by itself, and half a frame is not worth a whole one.
constexpr std::size_t least_pooled = journal::frame_body_limit / 2;

}  // namespace

read_buffers::read_buffers(std::size_t kept, std::size_t most)
    : idle_(std::make_shared<idle>(kept, most)) {}

bool read_buffers::is_scarce() const noexcept {
    return idle_->bytes_out.load(std::memory_order_relaxed) > idle_->most;
}

std::shared_ptr<flash::aligned_buffer> read_buffers::take(std::size_t bytes) {
    if (bytes < least_pooled || bytes > journal::frame_body_limit)
        return std::make_shared<flash::aligned_buffer>(bytes);
    std::unique_ptr<flash::aligned_buffer> taken;
    {
        std::scoped_lock guard(idle_->mutex);
        if (!idle_->buffers.empty()) {
            taken = std::move(idle_->buffers.back());
            idle_->buffers.pop_back();
        }
    }
    if (!taken) taken = std::make_unique<flash::aligned_buffer>(journal::frame_body_limit);
    idle_->bytes_out.fetch_add(journal::frame_body_limit, std::memory_order_relaxed);
    auto give_back = [all = idle_](flash::aligned_buffer* back) {
        std::unique_ptr<flash::aligned_buffer> owned(back);
        all->bytes_out.fetch_sub(journal::frame_body_limit, std::memory_order_relaxed);
        std::scoped_lock guard(all->mutex);
        if (all->buffers.size() < all->kept) all->buffers.push_back(std::move(owned));
    };
    return {taken.release(), std::move(give_back)};
}

}  // namespace sluice::store
