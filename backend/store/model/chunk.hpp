// A piece of payload on its way out: bytes that stay valid as long as the chunk is held. Shared with the payload
// cache (the shared_ptr), so nobody may change them. Empty: the end.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sluice::store {

class chunk {
public:
    chunk() = default;
    chunk(std::shared_ptr<std::string const> owner, std::string_view bytes) noexcept
        : owner_(std::move(owner)), bytes_(bytes) {}

    std::string_view bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_.empty(); }

private:
    std::shared_ptr<std::string const> owner_;
    std::string_view bytes_;
};

}  // namespace sluice::store
