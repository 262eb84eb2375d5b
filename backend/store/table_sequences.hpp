// Counters of tables (hidden keys, sequences): numbers that are never given out twice, over
// restarts too, and never rolled back. A counter is handed out from a block whose end was committed
// before; a crash skips what was left of it. Blocks grow while they are used up fast.
//
// Stored as the id counters are (meta 'C'), under "table " + name. The first number is 1.
// Thread rule: any thread. Lifetime: the engine outlives it; its commits share it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

class table_sequences : public std::enable_shared_from_this<table_sequences> {
public:
    explicit table_sequences(engine& store) : store_(store) {}

    // The first of `count` numbers, durable. invalid_argument: no count; no_space, read_only.
    task<result<std::int64_t>> advance(std::string name, std::int64_t count);

private:
    using taken = std::function<void(result<std::int64_t>)>;
    struct waiter {
        std::uint64_t count;
        taken done;
    };
    struct counter {
        std::uint64_t next = 1;
        std::uint64_t end = 1;           // committed: numbers below it may be used
        std::uint64_t block = 32;        // of the next commit
        bool extending = false;
        std::deque<waiter> waiters;
    };

    void load(std::string const& name, std::uint64_t stored);
    bool is_known(std::string const& name) const;
    void take(std::string const& name, std::uint64_t count, taken done);
    // mutex_ is held; the commit is to be submitted outside of it.
    struct extension {
        std::string name;
        std::uint64_t end = 0;
    };
    extension plan(std::string const& name, counter&) const;
    void submit(extension);
    void extended(extension const&, result<void> outcome);
    void make_room();

    engine& store_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, counter> counters_;
};

}  // namespace sluice::store
