// The synchronous method: a write happens inside the call. For tools, tests and comparison.
#include "backend/flash/posix_device.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::flash {
namespace {

class sync_file final : public posix_file {
public:
    using posix_file::posix_file;

    void write_durable(std::uint64_t offset, const_byte_span bytes,
                       write_completion completion) override {
        SLUICE_ASSERT(is_aligned(offset, bytes));
        completion(write_synced(*handle(), offset, bytes));
    }
};

class sync_device final : public posix_device {
public:
    sync_device(file_handle_ptr folder, bool direct_io) noexcept
        : posix_device(std::move(folder), direct_io) {}

    std::string_view method_name() const noexcept override { return "sync"; }

private:
    std::unique_ptr<file> wrap(file_handle_ptr handle) override {
        return std::make_unique<sync_file>(std::move(handle));
    }
};

}  // namespace

result<std::unique_ptr<device>> make_sync_device(file_handle_ptr folder,
                                                 device_options const& options) {
    return std::unique_ptr<device>(
        std::make_unique<sync_device>(std::move(folder), options.direct_io));
}

}  // namespace sluice::flash
