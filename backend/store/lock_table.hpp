// The one lock table of all faces: rows, unique keys, object keys, buckets, uploads, payloads. A
// lock is a family and a key's bytes, shared or exclusive. Waits are first come, first served,
// across modes too: a shared request behind a waiting exclusive one waits. An owner that has a lock
// shared and asks for it exclusively goes first.
//
// A wait that closes a cycle is a deadlock: the youngest owner of the cycle gets `conflict`. Locks
// of one owner are released together, when its lock_set goes: for a verb that is in the commit's
// on_done, after publishing.
//
// Thread rule: the table from any thread; a lock_set by one thread at a time. `done` runs inside
// acquire, or on the thread that released, gave up or lost; it must not block and may call the
// table. Lifetime: the table outlives its lock_sets.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/kv/mutation_batch.hpp"
#include "backend/store/store_metrics.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

enum class lock_mode : std::uint8_t { shared, exclusive };

struct lock_name {
    std::string bytes;   // family, then the key

    lock_name(kv::family where, std::string_view key) {
        bytes.reserve(key.size() + 1);
        bytes.push_back(static_cast<char>(where));
        bytes.append(key);
    }
};

class lock_table;

// All locks of one owner (a verb, a transaction). Releases them when it goes.
class lock_set {
public:
    explicit lock_set(lock_table&);
    lock_set(lock_set const&) = delete;
    lock_set& operator=(lock_set const&) = delete;
    ~lock_set();

    // Releases now; the set may be used again.
    void release();
    std::uint64_t owner() const noexcept { return owner_; }
    std::size_t size() const noexcept { return names_.size(); }

private:
    friend class lock_table;
    lock_table& table_;
    std::uint64_t const owner_;
    std::vector<std::string> names_;
    std::atomic<bool> waiting_{false};   // set before done may run, cleared before it runs
};

struct lock_table_options {
    std::size_t shards = 64;
    std::size_t locks_max = 1'000'000;      // limits.locks
    std::size_t waiters_max = 100'000;      // limits.lock_waiters
};

class lock_table {
public:
    using wait_done = std::function<void(result<void>)>;
    enum class attempt : std::uint8_t { granted, must_wait, full };

    explicit lock_table(lock_table_options const& = {}, store_metrics* = nullptr);
    ~lock_table();

    // Without waiting.
    attempt try_acquire(lock_set&, lock_name const&, lock_mode);
    // Waits for as long as it takes: conflict (deadlock victim), overloaded (a limit), or what
    // give_up says.
    void acquire(lock_set&, lock_name, lock_mode, wait_done);
    // Ends the owner's wait, if it is in one, with `why` (deadline_exceeded, cancelled).
    void give_up(std::uint64_t owner, error why);

    std::size_t held() const;
    std::size_t waiting() const;

private:
    friend class lock_set;
    struct holder {
        std::uint64_t owner;
        lock_mode mode;
    };
    struct waiter {
        lock_set* set;
        lock_mode mode;
        wait_done done;
    };
    struct entry {
        std::vector<holder> holders;
        std::deque<waiter> waiters;
    };
    struct shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, entry> entries;
    };
    struct completion {
        wait_done done;
        result<void> outcome;
    };
    using completions = std::vector<completion>;

    shard& shard_of(std::string_view name) const noexcept;
    attempt try_in(shard&, lock_set&, std::string const& name, lock_mode, bool ignore_queue);
    static bool compatible(entry const&, std::uint64_t owner, lock_mode) noexcept;
    static bool grant(entry&, lock_set&, std::string const& name, lock_mode);
    void grant_waiters(shard&, std::string const& name, completions&);
    void end_wait(std::uint64_t owner, error why, completions&);
    void break_deadlocks(std::uint64_t owner, completions&);
    std::vector<std::uint64_t> find_cycle(std::uint64_t start) const;
    std::vector<std::uint64_t> blockers_of(std::uint64_t owner) const;
    bool may_block_others(lock_set const&) const;
    void release(lock_set&);
    static void run(completions&);

    lock_table_options const options_;
    store_metrics* const metrics_;
    std::unique_ptr<shard[]> shards_;
    // Order: waits_mutex_, then one shard's. Only waits take the first.
    mutable std::mutex waits_mutex_;
    std::unordered_map<std::uint64_t, std::string> waits_;   // owner -> the lock it waits for
    std::atomic<std::uint64_t> next_owner_{1};
    std::atomic<std::size_t> held_{0};
};

}  // namespace sluice::store
