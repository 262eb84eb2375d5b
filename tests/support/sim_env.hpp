// A RocksDB environment in memory that can lose power: the index's counterpart of sim_device. What
// survives a
// cut is the rule of sim_file_tree. Threads are those of RocksDB's default environment, shared by
// all.
//
// After the power is off every change fails, so that an index on top can be closed; reads go on,
// since nothing can
// come of them (RocksDB 7.8 asserts when a compaction's input fails before its first key). The
// environment outlives
// that index, and power_cut() hands back a new one with what survived.
// Thread rule: every method from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rocksdb { class Env; }

namespace sluice::test_support {

struct sim_env_options {
    std::uint64_t seed = 1;
    std::uint64_t capacity_bytes = 1ull << 32;
};

enum class sim_env_operation { append, sync, read, create, rename, remove, sync_folder };

// The `nth` operation of that kind (1 = the next) on a path that contains `path` fails.
struct sim_env_fault {
    sim_env_operation operation{};
    std::uint64_t nth = 1;
    std::string path;            // empty: any
    bool no_space = false;       // else an I/O error
    bool all_later = false;      // and so does every later one
};

struct sim_env_statistics {
    std::uint64_t events = 0;    // appends, syncs, creations, renames, removals, folder syncs
    std::uint64_t syncs = 0;
};

class sim_env {
public:
    explicit sim_env(sim_env_options const& options = {});
    ~sim_env();

    rocksdb::Env* environment() noexcept;

    // -- power
    void power_off();
    // Power goes at the `event`-th event from now, before it has an effect. `hook` runs then on the
    // thread
    // that caused it, without locks: it may cut another simulated store, and must not call this
    // one.
    void power_off_at(std::uint64_t event, std::function<void()> hook = {});
    bool is_powered() const;
    std::unique_ptr<sim_env> power_cut(sim_env_options const& next);
    // All that is visible now, made durable, as an environment of its own.
    std::unique_ptr<sim_env> copy(sim_env_options const& next) const;

    // -- faults
    void fail(sim_env_fault fault);
    void clear_faults();
    void flip_byte(std::string const& path, std::uint64_t offset, std::uint8_t mask = 0xff);
    void truncate(std::string const& path, std::uint64_t size);
    void remove_file(std::string const& path);

    sim_env_statistics statistics() const;
    std::vector<std::string> files() const;              // sorted paths
    std::string peek(std::string const& path) const;     // empty: no such file

private:
    struct state;
    class file_system;
    explicit sim_env(std::shared_ptr<state>);

    std::shared_ptr<state> state_;      // shared with the file system, which open files refer to
    std::unique_ptr<rocksdb::Env> environment_;
};

}  // namespace sluice::test_support
