// The parts of a device that do not depend on how writes are queued: names, folders, zero-filled
// files, the folder lock, free space. A method derives from it and fills wrap().
#pragma once

#include <mutex>

#include "backend/flash/device.hpp"
#include "backend/flash/posix_file.hpp"

namespace sluice::flash {

class posix_device : public device {
public:
    result<std::unique_ptr<folder_lock>> lock(std::string const& path, blocking_token) override;
    result<std::unique_ptr<file>> open(std::string const& path, blocking_token) override;
    using device::create_zeroed;
    result<void> create_zeroed(std::string const& path, std::uint64_t size, resting const&,
                               blocking_token) override;
    result<void> create_directory(std::string const& path, blocking_token) override;
    result<void> remove(std::string const& path, blocking_token) override;
    result<std::vector<std::string>> list(std::string const& directory, blocking_token) override;
    result<void> sync_directory(std::string const& directory, blocking_token) override;
    result<std::uint64_t> free_bytes(blocking_token) override;

protected:
    posix_device(file_handle_ptr folder, bool direct_io) noexcept
        : folder_(std::move(folder)), direct_io_(direct_io) {}

    // The method's own file object over an open descriptor.
    virtual std::unique_ptr<file> wrap(file_handle_ptr) = 0;

private:
    file_handle_ptr folder_;
    bool direct_io_;
};

// What the methods' files share; they add write_durable.
class posix_file : public file {
public:
    explicit posix_file(file_handle_ptr handle) noexcept : handle_(std::move(handle)) {}

    result<void> write_durable_here(std::uint64_t offset, const_byte_span bytes,
                                    blocking_token) override;
    result<void> sync(blocking_token) override;
    result<void> read(std::uint64_t offset, byte_span into, blocking_token) override;
    result<void> read_kept(std::uint64_t offset, byte_span into, blocking_token) override;
    void forget_kept(blocking_token) override;
    std::uint64_t size_bytes() const override;

protected:
    file_handle_ptr const& handle() const noexcept { return handle_; }

private:
    file_handle_ptr handle_;
    // Without O_DIRECT, from the first read_kept on.
    std::mutex opening_;
    file_handle_ptr kept_;
};

// The methods; `folder` is an open folder.
result<std::unique_ptr<device>> make_sync_device(file_handle_ptr folder, device_options const&);
result<std::unique_ptr<device>> make_worker_device(file_handle_ptr folder, device_options const&);
result<std::unique_ptr<device>> make_io_uring_device(file_handle_ptr folder,
                                                     device_options const&);

}  // namespace sluice::flash
