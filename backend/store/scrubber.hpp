// Reads sealed segments in the background and verifies what is still needed in them: every frame
// that a reverse entry names must be there and right. What is not is counted, remembered and
// reported; it is never served anyway, because each read checks. At a limited rate.
//
// Thread rule: any thread (one run at a time); the background thread is its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "backend/journal/segment_table.hpp"
#include "backend/store/throttle.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::store {

class engine;

class scrubber {
public:
    explicit scrubber(engine&);
    ~scrubber();

    // Walks all sealed segments again and again, with a pause between rounds.
    void start();
    void stop();

    // One round over everything sealed now; how many needed frames are damaged.
    result<std::uint64_t> run_once(blocking_token);
    // The places found damaged, newest last, at most limits.scrub_reports; for the metrics page and
    // tools.
    std::vector<std::string> damaged() const;

private:
    void loop(std::stop_token);
    result<std::uint64_t> scrub_segment(journal::segment_info const&, blocking_token);
    void report(std::string place);

    engine& store_;
    throttle rate_;
    std::mutex run_mutex_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    bool stopping_ = false;
    std::vector<std::string> damaged_;
    worker_thread thread_;
};

}  // namespace sluice::store
