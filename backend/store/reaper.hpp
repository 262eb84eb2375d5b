// Takes apart payloads that lost their last reference and are too large for the commit that dropped
// it: extents, reverse entries, and the references that a composed payload held, in commits of
// bounded size. Payloads that someone still reads wait. What a crash left is found again by the
// unreferenced keys.
//
// Thread rule: wake, run_once from any thread (one run at a time); the background thread is its
// own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "backend/store/change.hpp"
#include "backend/store/payload_references.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::store {

class reaper {
public:
    explicit reaper(engine&);
    ~reaper();

    void start();            // the background thread; looks once at what is there
    void stop();             // ends after the commit under way
    // There may be something to do. From any thread, also a journal's completion.
    void wake() noexcept;

    // Takes apart what can be now; how many payloads went. Tests and tools without a background
    // thread.
    result<std::uint64_t> run_once(blocking_token);

private:
    void loop(std::stop_token);
    result<bool> take_apart(payload_id, blocking_token);
    struct piece {
        payload_references::outcome changes;
        payload_references drops;
        bool last = false;
    };
    result<piece> read_piece(index_view const&, payload_id) const;

    engine& store_;
    std::mutex run_mutex_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool woken_ = true;
    bool stopping_ = false;
    worker_thread thread_;
};

}  // namespace sluice::store
