// A piece of payload on its way out: bytes that stay valid as long as the chunk is held. Shared
// with the payload cache (the shared_ptr), so nobody may change them. Empty: the end.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

namespace sluice::store {

class chunk {
public:
    chunk() = default;
    chunk(std::shared_ptr<void const> owner, std::string_view bytes) noexcept
        : owner_(std::move(owner)), bytes_(bytes) {}

    std::string_view bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_.empty(); }
    // The same bytes, fewer of them. offset + length <= bytes().size().
    chunk part(std::size_t offset, std::size_t length) const noexcept {
        return {owner_, bytes_.substr(offset, length)};
    }

private:
    std::shared_ptr<void const> owner_;
    std::string_view bytes_;
};

}  // namespace sluice::store
