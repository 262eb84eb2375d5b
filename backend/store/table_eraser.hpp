// Erases the rows and entries of dropped tables and indexes, in commits of bounded size. A dropped
// dataset's mark is in the commit that dropped it, its id is never used again, and the mark goes
// with the last of its keys: what a crash left is found again by the marks. Also takes snapshots
// that are too old from idle statements.
//
// Thread rule: wake, run_once from any thread (one run at a time); the background thread is its
// own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "backend/kv/key_space.hpp"
#include "backend/store/table_snapshots.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::store {

class engine;

class table_eraser {
public:
    table_eraser(engine&, table_snapshots&);
    ~table_eraser();

    void start();
    void stop();             // ends after the commit under way
    void wake() noexcept;    // something was dropped

    // Erases all there is; how many datasets went. Tests and tools without a background thread.
    result<std::uint64_t> run_once(blocking_token);

private:
    void loop(std::stop_token);
    result<void> erase(dataset_id, blocking_token);
    result<bool> erase_some(kv::key_space::key_range const&, blocking_token);

    engine& store_;
    table_snapshots& snapshots_;
    std::mutex run_mutex_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool woken_ = true;
    bool stopping_ = false;
    worker_thread thread_;
};

}  // namespace sluice::store
