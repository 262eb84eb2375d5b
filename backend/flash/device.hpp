// The flash device as the engine sees it: a folder of files, durable block writes that complete
// later, blocking reads. Three implementations (io_uring, worker threads, synchronous) and a
// simulated one for power-cut tests (tests/support/sim_device.hpp) behave the same; the contract
// battery in tests/contract/flash runs on all of them.
//
// Thread rule: every method may be called from any thread. A completion runs on a thread of the
// method, or inside the call for the synchronous one; it must not block.
// Paths are relative to the data folder; "" is the folder itself. A file may be closed while writes
// to it are in flight; the device outlives its files and completes all writes before it is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"

namespace sluice::flash {

inline constexpr std::uint64_t block_bytes = 4096;

// Called exactly once, with the failure or success of the whole write.
using write_completion = std::function<void(result<void>)>;

// Called between pieces of long work that is done ahead of its need, with the time that the last piece
// kept the device: rests as long as it should. False: somebody waits by now, the rest is not done ahead.
using resting = std::function<bool(std::chrono::nanoseconds)>;

class file {
public:
    virtual ~file() = default;

    // Writes and makes durable (data and, where it changed, the file's size): the completion runs
    // after the device confirmed it. `offset` and `bytes.size()` are multiples of block_bytes and
    // `bytes.data()` is block aligned; the caller keeps the buffer alive and unchanged until the
    // completion ran.
    // Several writes may be in flight; they complete in any order. `overloaded` when more than
    // device_options::queued_writes wait; nothing was written then.
    virtual void write_durable(std::uint64_t offset, const_byte_span bytes,
                               write_completion completion) = 0;
    // The same, on the calling thread: fewer turns for a write that nothing runs beside.
    virtual result<void> write_durable_here(std::uint64_t offset, const_byte_span bytes,
                                            blocking_token);

    // Like write_durable, but a method may leave out the sync. Only the journal's seeded bug
    // `skip_one_sync` calls it, and only the simulated device really loses what was written so.
    virtual void write_volatile(std::uint64_t offset, const_byte_span bytes,
                                write_completion completion) {
        write_durable(offset, bytes, std::move(completion));
    }

    // Makes durable what writes of an earlier process left in caches: a start calls it before it relies on what it
    // reads behind the last acknowledged place. Where reads only see what is durable there is nothing to do.
    virtual result<void> sync(blocking_token) { return {}; }

    // Fills all of `into` (offset, size and address block aligned) or fails with io_failed.
    virtual result<void> read(std::uint64_t offset, byte_span into, blocking_token) = 0;

    // The same for what is read again and again: the operating system answers from its memory, and keeps there
    // what it had to fetch while it has memory to spare. What it keeps may be older than the last write: only for
    // ranges that no write touches any more, by readers who check what they get. Where there is no such memory this
    // is read.
    virtual result<void> read_kept(std::uint64_t offset, byte_span into, blocking_token token) {
        return read(offset, into, token);
    }
    // Gives that memory back, of the whole file: before it is written anew.
    virtual void forget_kept(blocking_token) {}

    virtual std::uint64_t size_bytes() const = 0;
};

// The exclusive right to a data folder, given back when it is destroyed or the process ends.
class folder_lock {
public:
    virtual ~folder_lock() = default;
};

class device {
public:
    virtual ~device() = default;

    virtual std::string_view method_name() const noexcept = 0;

    // Takes the folder by flock(2) on the file `path` in it, created when missing. conflict:
    // another device or process holds it.
    virtual result<std::unique_ptr<folder_lock>> lock(std::string const& path, blocking_token) = 0;

    // For reading and writing. not_found, io_failed.
    virtual result<std::unique_ptr<file>> open(std::string const& path, blocking_token) = 0;
    // Creates `path` with `size` bytes (whole blocks) that are reserved and read as zeroes, and syncs it.
    // Zeroes are written ahead while resting answers true, in small pieces synced one by one, so that
    // the syncs of others have little of it to wait for: durable writes to space that was never written
    // change metadata and take longer. The name is durable only after sync_directory of its folder.
    // already_exists, invalid_argument, no_space, io_failed; after a failure nothing of that name is
    // left.
    virtual result<void> create_zeroed(std::string const& path, std::uint64_t size,
                                       resting const&, blocking_token) = 0;
    // All of it written, at once.
    result<void> create_zeroed(std::string const& path, std::uint64_t size, blocking_token token) {
        return create_zeroed(path, size, nullptr, token);
    }
    // Fine if it is there. already_exists: a file has the name.
    virtual result<void> create_directory(std::string const& path, blocking_token) = 0;
    // One file. not_found.
    virtual result<void> remove(std::string const& path, blocking_token) = 0;
    // The names in a folder, sorted. not_found.
    virtual result<std::vector<std::string>> list(std::string const& directory,
                                                  blocking_token) = 0;
    virtual result<void> sync_directory(std::string const& directory, blocking_token) = 0;
    virtual result<std::uint64_t> free_bytes(blocking_token) = 0;
};

enum class method { io_uring, worker, sync };

struct device_options {
    std::string folder;                 // absolute path of the data folder; must exist
    std::uint32_t queue_depth = 64;     // limits.flash_queue_depth: writes in flight
    std::uint32_t queued_writes = 4096;  // limits.flash_queued_writes: waiting for a place there
    std::uint32_t worker_threads = 4;   // worker method only
    bool direct_io = true;              // buffered + dsync where O_DIRECT is refused (tmpfs)
};

// unsupported when this kernel or file system cannot do the method.
result<std::unique_ptr<device>> make_device(method, device_options const&);
// io_uring if a test write with it succeeds, else worker.
result<std::unique_ptr<device>> make_best_device(device_options const&);

}  // namespace sluice::flash
