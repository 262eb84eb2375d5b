#include "backend/flash/posix_file.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sluice::flash {
namespace {

error code_of(int error_number) noexcept {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT: return error::no_space;
        case ENOENT: return error::not_found;
        case EEXIST: return error::already_exists;
        default: return error::io_failed;
    }
}

// Calls `transfer(position, rest)` until all bytes went through; it answers like pwrite(2).
template <class Transfer>
result<void> transfer_all(std::string_view what, file_handle const& handle, std::uint64_t offset,
                          std::size_t length, Transfer const& transfer) {
    std::size_t done = 0;
    while (done < length) {
        auto moved = transfer(done);
        if (moved < 0 && errno == EINTR) continue;
        if (moved < 0) return transfer_failure(what, handle, offset + done, errno);
        if (moved == 0) {
            return failure{error::io_failed, "cannot " + std::string(what) + " '" + handle.path() +
                                                 "' at " + std::to_string(offset + done) +
                                                 ": the file ends there"};
        }
        done += static_cast<std::size_t>(moved);
    }
    return {};
}

}  // namespace

file_handle::~file_handle() {
    ::close(descriptor_);
}

failure system_failure(std::string_view what, std::string_view path, int error_number) {
    std::string text = "cannot ";
    text.append(what).append(" '").append(path).append("': ");
    text += std::generic_category().message(error_number);
    return {code_of(error_number), std::move(text)};
}

failure transfer_failure(std::string_view what, file_handle const& handle, std::uint64_t offset,
                         int error_number) {
    auto described = system_failure(what, handle.path(), error_number);
    described.text += " (at offset " + std::to_string(offset) + ")";
    return described;
}

result<file_handle_ptr> open_file(int folder_descriptor, std::string const& path, int flags,
                                  bool direct_io) {
    for (;;) {
        int direct = direct_io ? O_DIRECT : 0;
        int descriptor =
            ::openat(folder_descriptor, path.c_str(), flags | direct | O_CLOEXEC, 0600);
        if (descriptor >= 0) return std::make_shared<file_handle const>(descriptor, path);
        if (errno == EINTR) continue;
        if (errno != EINVAL || !direct_io) return system_failure("open", path, errno);
        direct_io = false;
        // Some file systems create the file before they refuse O_DIRECT.
        if ((flags & O_EXCL) != 0) ::unlinkat(folder_descriptor, path.c_str(), 0);
    }
}

result<file_handle_ptr> open_buffered(file_handle const& handle) {
    auto const through = "/proc/self/fd/" + std::to_string(handle.descriptor());
    int descriptor = -1;
    do descriptor = ::open(through.c_str(), O_RDONLY | O_CLOEXEC);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return system_failure("open again", handle.path(), errno);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM);   // advice
    return std::make_shared<file_handle const>(descriptor, handle.path());
}

result<void> write_unsynced(file_handle const& handle, std::uint64_t offset,
                            const_byte_span bytes) {
    return transfer_all("write", handle, offset, bytes.size(), [&](std::size_t done) {
        return ::pwrite(handle.descriptor(), bytes.data() + done, bytes.size() - done,
                        static_cast<off_t>(offset + done));
    });
}

result<void> write_synced(file_handle const& handle, std::uint64_t offset, const_byte_span bytes) {
    bool refused = false;
    auto written = transfer_all("write", handle, offset, bytes.size(), [&](std::size_t done) {
        iovec piece{const_cast<std::byte*>(bytes.data()) + done, bytes.size() - done};
        auto moved = ::pwritev2(handle.descriptor(), &piece, 1, static_cast<off_t>(offset + done),
                                RWF_DSYNC);
        refused = moved < 0 && (errno == EOPNOTSUPP || errno == ENOSYS);
        return moved;
    });
    if (!refused) return written;
    SLUICE_CHECK(write_unsynced(handle, offset, bytes));
    if (::fdatasync(handle.descriptor()) != 0) {
        return transfer_failure("sync", handle, offset, errno);
    }
    return {};
}

result<void> read_whole(file_handle const& handle, std::uint64_t offset, byte_span into) {
    return transfer_all("read", handle, offset, into.size(), [&](std::size_t done) {
        return ::pread(handle.descriptor(), into.data() + done, into.size() - done,
                       static_cast<off_t>(offset + done));
    });
}

bool is_aligned(std::uint64_t offset, const_byte_span bytes) noexcept {
    return offset % block_bytes == 0 && bytes.size() % block_bytes == 0 && !bytes.empty() &&
           reinterpret_cast<std::uintptr_t>(bytes.data()) % block_bytes == 0;
}

}  // namespace sluice::flash
