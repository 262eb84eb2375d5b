// Descriptors and whole transfers: what all real methods share below their queues. Every function
// continues short transfers, repeats after EINTR and names path and errno text in its failures.
//
// Thread rule: all of it from any thread; the functions that transfer block.
#pragma once

#include <memory>
#include <string>

#include "backend/flash/device.hpp"

namespace sluice::flash {

// An open descriptor, closed with the last owner: the file object and every write in flight share
// it.
class file_handle {
public:
    file_handle(int descriptor, std::string path) noexcept
        : descriptor_(descriptor), path_(std::move(path)) {}
    ~file_handle();
    file_handle(file_handle const&) = delete;
    file_handle& operator=(file_handle const&) = delete;

    int descriptor() const noexcept { return descriptor_; }
    std::string const& path() const noexcept { return path_; }

private:
    int descriptor_;
    std::string path_;
};
using file_handle_ptr = std::shared_ptr<file_handle const>;

// ENOSPC and EDQUOT are no_space, ENOENT not_found, EEXIST already_exists, all else io_failed:
// "cannot write 'segments/00000001.seg' at 8192: No space left on device".
failure system_failure(std::string_view what, std::string_view path, int error_number);
failure transfer_failure(std::string_view what, file_handle const&, std::uint64_t offset,
                         int error_number);

// Opens `path` below the folder `folder_descriptor`. Where the file system refuses O_DIRECT it is
// left out. `flags` are open(2)'s.
result<file_handle_ptr> open_file(int folder_descriptor, std::string const& path, int flags,
                                  bool direct_io);

// The same file once more, for reading through the page cache, of which only what is asked for is filled.
result<file_handle_ptr> open_buffered(file_handle const&);

// One synced write (RWF_DSYNC, or a write and fdatasync where the kernel lacks it).
result<void> write_synced(file_handle const&, std::uint64_t offset, const_byte_span bytes);
// A write that a later fdatasync makes durable.
result<void> write_unsynced(file_handle const&, std::uint64_t offset, const_byte_span bytes);
result<void> read_whole(file_handle const&, std::uint64_t offset, byte_span into);

// The contract of file::write_durable and file::read about alignment.
bool is_aligned(std::uint64_t offset, const_byte_span bytes) noexcept;

}  // namespace sluice::flash
