// The ordered key index: RocksDB with its own WAL off, seen through neutral types. It is brought up to
// date only by apply() (one caller: the journal's applier) and is durable up to what flush() returned.
// RocksDB headers and exceptions stay in backend/kv/*.cpp.
//
// Thread rule: apply and flush from one thread each; everything else from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/kv/mutation_batch.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace rocksdb { class Env; }

namespace sluice::kv {

// Whether a read may leave memory. cache_only answers would_block instead of touching the device.
enum class read_tier : std::uint8_t { cache_only, may_block };

// A frozen view of the whole index. Shared by its readers (each holds a shared_ptr for as long as it reads);
// must die before the index.
class snapshot {
public:
    virtual ~snapshot() = default;
};

// Ordered walk over one family within [lower, upper). Stands on the first key at the start; views are valid
// until the next move. One thread at a time; must die before the index.
class cursor {
public:
    virtual ~cursor() = default;
    virtual bool valid() const = 0;                       // false: at the end, or failed (see status)
    virtual std::string_view key() const = 0;
    virtual std::string_view value() const = 0;
    virtual void next() = 0;
    virtual void previous() = 0;
    virtual void seek(std::string_view key) = 0;          // first key >= `key`
    virtual void seek_last() = 0;
    virtual void seek_for_previous(std::string_view key) = 0;   // last key <= `key`
    virtual result<void> status() const = 0;              // would_block, io_failed, corrupt
};

struct index_options {
    std::string folder;                                   // absolute path
    std::size_t block_cache_bytes = 256 * mebibyte;       // share of the one memory budget
    std::size_t memtable_bytes = 192 * mebibyte;          // changes in memory: full at this, see memory_fill
    std::uint32_t background_jobs = 2;                    // flushes and compactions at a time
    bool read_only = false;                               // tools: nothing is written, not even at open
    rocksdb::Env* environment = nullptr;                  // tests: a fault-injecting one, not owned
};

struct index_statistics {
    std::uint64_t memtable_bytes = 0;
    std::uint64_t block_cache_bytes = 0;
    std::uint64_t sst_bytes = 0;
    std::uint64_t level0_files = 0;                       // of the family that has most
    std::uint64_t compaction_debt_bytes = 0;
    bool write_stopped = false;                           // RocksDB asks for fewer writes
    double write_pressure = 0.0;                          // 0 none .. 1 stopped: admission slows down by it
};

class index {
public:
    virtual ~index() = default;

    // corrupt: a file is missing or fails its check (the text names it); conflict: another process has it open;
    // not_found: read_only and there is none. Blocks.
    static result<std::unique_ptr<index>> open(index_options const&);

    // The commit LSN up to which the opened files are complete; 0 for an empty index.
    virtual lsn applied_lsn() const = 0;
    // One atomic step over all families: the encoded batches in order, then applied_lsn := `upto`. Not durable
    // until flushed. `last_of_step` false: a chunk of a large transaction, applied_lsn stays and `upto` is ignored.
    // malformed: nothing was applied. Any other failure is final: apply and flush answer it until the next open.
    virtual result<void> apply(std::vector<std::string_view> const& batches, lsn upto,
                               bool last_of_step = true) = 0;
    // How much of memtable_bytes is taken by changes that no flush has begun to write. Nothing is flushed but by
    // flush(): from 1 on the caller asks for one, at 2 it waits for one before it applies more. At least 1 also
    // while readers step over many deletions in memory, which go for good only from files.
    virtual double memory_fill() const noexcept = 0;
    // Writes all that is applied to files and syncs them (blocks; call from a background thread).
    // Returns the LSN that is durable in the index now: at least what was applied when flush was called.
    // A failure is final as for apply.
    virtual result<lsn> flush() = 0;

    virtual std::shared_ptr<snapshot const> take_snapshot() = 0;
    // nullopt: no such key. `view` null is forbidden: nobody reads "latest" beside the published snapshot.
    virtual result<std::optional<std::string>> get(snapshot const& view, family, std::string_view key,
                                                   read_tier) const = 0;
    // `upper` empty: to the end of the family.
    virtual std::unique_ptr<cursor> scan(std::shared_ptr<snapshot const> view, family, std::string lower,
                                         std::string upper, read_tier) const = 0;

    // A consistent copy of the durable files into `folder` (which must not exist), by hard link where possible.
    // It holds what the last flush() returned, or later. The folder and its name are synced.
    virtual result<void> checkpoint(std::string const& folder) = 0;
    // Reads every file and verifies its checksums: corrupt names the file.
    virtual result<void> verify_checksums() const = 0;
    virtual index_statistics statistics() const = 0;
    // How much lies between two keys, in files (compressed) and in memory: for choosing plans, never for answers.
    virtual std::uint64_t approximate_bytes(family, std::string_view lower, std::string_view upper) const = 0;
};

}  // namespace sluice::kv
