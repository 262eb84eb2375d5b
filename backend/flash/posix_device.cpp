#include "backend/flash/posix_device.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "backend/flash/aligned_buffer.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::flash {
namespace {

class flock_lock final : public folder_lock {
public:
    explicit flock_lock(file_handle_ptr held) noexcept : held_(std::move(held)) {}

private:
    file_handle_ptr held_;  // closing the descriptor gives the lock back
};

char const* below_folder(std::string const& path) noexcept {
    return path.empty() ? "." : path.c_str();
}

constexpr std::uint64_t hurried_piece = 4 * mebibyte, rested_piece = 256 * kibibyte;

// False where the file system cannot: its space has to be written.
result<bool> reserve(file_handle const& handle, std::uint64_t size) {
    while (::fallocate(handle.descriptor(), 0, 0, static_cast<off_t>(size)) != 0) {
        if (errno == EINTR) continue;
        if (errno == EOPNOTSUPP || errno == ENOSYS) return false;
        return transfer_failure("reserve space of", handle, 0, errno);
    }
    return true;
}

result<void> fill_with_zeroes(file_handle const& handle, std::uint64_t size, resting const& rest) {
    SLUICE_TRY(bool const reserved, reserve(handle, size));
    aligned_buffer zeroes(std::min(size, hurried_piece));
    std::memset(zeroes.data(), 0, zeroes.capacity());
    std::chrono::nanoseconds took{};
    for (std::uint64_t offset = 0; offset < size;) {
        bool const rests = rest && rest(took);
        if (rest && !rests && reserved) break;
        auto const length = std::min(rests ? rested_piece : hurried_piece, size - offset);
        auto const piece = zeroes.span(0, length);
        auto const began = system_wall_clock().monotonic();
        SLUICE_CHECK(rests ? write_synced(handle, offset, piece)
                           : write_unsynced(handle, offset, piece));
        took = system_wall_clock().monotonic() - began;
        offset += length;
    }
    if (::fdatasync(handle.descriptor()) != 0) {
        return transfer_failure("sync", handle, 0, errno);
    }
    return {};
}

struct close_directory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

}  // namespace

result<std::unique_ptr<folder_lock>> posix_device::lock(std::string const& path, blocking_token) {
    SLUICE_TRY(auto handle, open_file(folder_->descriptor(), path, O_RDWR | O_CREAT, false));
    while (::flock(handle->descriptor(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return system_failure("lock", path, errno);
        return failure{error::conflict, "'" + path + "' in " + folder_->path() +
                                            " is locked by another server"};
    }
    return std::unique_ptr<folder_lock>(std::make_unique<flock_lock>(std::move(handle)));
}

result<std::unique_ptr<file>> posix_device::open(std::string const& path, blocking_token) {
    SLUICE_TRY(auto handle, open_file(folder_->descriptor(), path, O_RDWR, direct_io_));
    return wrap(std::move(handle));
}

result<void> posix_device::create_zeroed(std::string const& path, std::uint64_t size,
                                         resting const& rest, blocking_token) {
    if (size == 0 || size % block_bytes != 0) {
        return failure{error::invalid_argument, "'" + path + "': size is not whole blocks"};
    }
    SLUICE_TRY(auto handle, open_file(folder_->descriptor(), path, O_RDWR | O_CREAT | O_EXCL,
                                      direct_io_));
    auto filled = fill_with_zeroes(*handle, size, rest);
    if (filled.has_error()) ::unlinkat(folder_->descriptor(), path.c_str(), 0);
    return filled;
}

result<void> posix_device::create_directory(std::string const& path, blocking_token) {
    if (::mkdirat(folder_->descriptor(), path.c_str(), 0700) == 0) return {};
    auto refused = errno;
    struct stat found {};
    if (refused == EEXIST && ::fstatat(folder_->descriptor(), path.c_str(), &found, 0) == 0 &&
        S_ISDIR(found.st_mode)) {
        return {};
    }
    return system_failure("create folder", path, refused);
}

result<void> posix_device::remove(std::string const& path, blocking_token) {
    if (::unlinkat(folder_->descriptor(), path.c_str(), 0) == 0) return {};
    return system_failure("remove", path, errno);
}

result<std::vector<std::string>> posix_device::list(std::string const& path, blocking_token) {
    int descriptor = ::openat(folder_->descriptor(), below_folder(path),
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return system_failure("list", path, errno);
    std::unique_ptr<DIR, close_directory> directory(::fdopendir(descriptor));
    if (!directory) {
        auto refused = errno;
        ::close(descriptor);
        return system_failure("list", path, refused);
    }
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        auto const* found = ::readdir(directory.get());
        if (found == nullptr) break;
        std::string name = found->d_name;
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) return system_failure("list", path, errno);
    std::sort(names.begin(), names.end());
    return names;
}

result<void> posix_device::sync_directory(std::string const& path, blocking_token) {
    SLUICE_TRY(auto handle, open_file(folder_->descriptor(), below_folder(path),
                                      O_RDONLY | O_DIRECTORY, false));
    if (::fsync(handle->descriptor()) == 0) return {};
    return system_failure("sync folder", path, errno);
}

result<std::uint64_t> posix_device::free_bytes(blocking_token) {
    struct statvfs space {};
    while (::fstatvfs(folder_->descriptor(), &space) != 0) {
        if (errno != EINTR) return system_failure("ask for space in", folder_->path(), errno);
    }
    return std::uint64_t{space.f_bavail} * space.f_frsize;
}

result<void> posix_file::write_durable_here(std::uint64_t offset, const_byte_span bytes,
                                            blocking_token) {
    SLUICE_ASSERT(is_aligned(offset, bytes));
    return write_synced(*handle_, offset, bytes);
}

result<void> posix_file::sync(blocking_token) {
    if (::fdatasync(handle_->descriptor()) != 0) return transfer_failure("sync", *handle_, 0, errno);
    return {};
}

result<void> posix_file::read(std::uint64_t offset, byte_span into, blocking_token) {
    SLUICE_ASSERT(is_aligned(offset, into));
    return read_whole(*handle_, offset, into);
}

// The descriptor of the kernel's page cache is opened through the one that is open: by now the path may be another's.
result<void> posix_file::read_kept(std::uint64_t offset, byte_span into, blocking_token) {
    file_handle_ptr kept;
    {
        std::lock_guard lock(opening_);
        if (!kept_) {
            SLUICE_TRY(kept_, open_buffered(*handle_));
        }
        kept = kept_;
    }
    return read_whole(*kept, offset, into);
}

void posix_file::forget_kept(blocking_token) {
    ::posix_fadvise(handle_->descriptor(), 0, 0, POSIX_FADV_DONTNEED);   // advice: all answers are fine
}

std::uint64_t posix_file::size_bytes() const {
    struct stat found {};
    SLUICE_ASSERT(::fstat(handle_->descriptor(), &found) == 0);
    return static_cast<std::uint64_t>(found.st_size);
}

}  // namespace sluice::flash
