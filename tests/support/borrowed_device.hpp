// A device that passes everything on to another one which it does not own: an engine owns its
// device, a test keeps its own to look at it or to cut the power. Thread rule and lifetime: those of the other
// one.
#pragma once

#include "backend/flash/device.hpp"

namespace sluice::test_support {

class borrowed_device : public flash::device {
public:
    explicit borrowed_device(flash::device& to) noexcept : to_(to) {}

    std::string_view method_name() const noexcept override { return to_.method_name(); }
    result<std::unique_ptr<flash::folder_lock>> lock(std::string const& path,
                                                     blocking_token token) override {
        return to_.lock(path, token);
    }
    result<std::unique_ptr<flash::file>> open(std::string const& path,
                                              blocking_token token) override {
        return to_.open(path, token);
    }
    using flash::device::create_zeroed;
    result<void> create_zeroed(std::string const& path, std::uint64_t size,
                               flash::resting const& rest, blocking_token token) override {
        return to_.create_zeroed(path, size, rest, token);
    }
    result<void> create_directory(std::string const& path, blocking_token token) override {
        return to_.create_directory(path, token);
    }
    result<void> remove(std::string const& path, blocking_token token) override {
        return to_.remove(path, token);
    }
    result<std::vector<std::string>> list(std::string const& path,
                                          blocking_token token) override {
        return to_.list(path, token);
    }
    result<void> sync_directory(std::string const& path, blocking_token token) override {
        return to_.sync_directory(path, token);
    }
    result<std::uint64_t> free_bytes(blocking_token token) override {
        return to_.free_bytes(token);
    }

private:
    flash::device& to_;
};

}  // namespace sluice::test_support
