// The groups between the writer and the applier, in journal order: which are being written, how far
// the durable prefix reaches, and the buffers they use in turn. A header of a new segment travels
// as a group without work, so that nothing behind it counts as durable before it is.
//
// Thread rule: add and wait_for_place by the writer, next by the applier, complete by the device's
// threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/journal/ordering.hpp"
#include "backend/journal/pending.hpp"
#include "backend/journal/store_context.hpp"

namespace sluice::journal {

struct group {
    enum class state : std::uint8_t { writing, durable, failed };

    std::vector<pending> work;
    segment_pin pin;                    // the write in flight keeps the segment in place
    std::shared_ptr<flash::file> file;  // shared with the lane and the cache
    flash::aligned_buffer buffer;
    lsn last{};   // 0: nothing ordered in it (a segment header, a mark)
    lsn claim{};  // the durable LSN that its frames state
    std::size_t bytes = 0;  // on flash
    monotonic_time issued_at{}, durable_at{};
    bool is_header = false;
    bool is_mark = false;
    bool is_applied = false;         // applier only; ahead of time by a seeded bug
    state written = state::writing;  // under the pipeline's lock
};

class pipeline {
public:
    explicit pipeline(store_context&);

    // -- writer
    // Until fewer than groups_in_flight writes are under way.
    void wait_for_place();
    // Until no segment header is under way.
    void wait_for_headers();
    bool has_one_write() const;
    flash::aligned_buffer take_buffer(std::size_t bytes);
    // The group joins the order; the caller then starts its write. Alive until next() handed it
    // out.
    group& add(std::unique_ptr<group>);

    // -- device
    void complete(group&, result<void> const& outcome);

    // -- applier
    struct step {
        std::vector<std::unique_ptr<group>> durable;
        std::vector<std::unique_ptr<group>> failed;  // and everything behind the first of them
        std::vector<ordering::refusal> refusals;
        std::vector<group*> early;  // seeded bug: not durable yet
        bool ended = false;
    };
    // Waits for something to do. `ended` comes alone and last, after stop().
    step next();

    // Any thread: answered by the applier.
    void refuse(ordering::refusal);
    void wake_applier();
    void stop();  // after the last add
    // Until every write completed.
    void wait_until_written();

private:
    void collect(step&);

    store_context& context_;
    mutable std::mutex mutex_;
    std::condition_variable place_;     // writer
    std::condition_variable resolved_;  // applier
    std::deque<std::unique_ptr<group>> groups_;
    std::size_t durable_prefix_ = 0;  // of groups_
    std::vector<ordering::refusal> refusals_;
    std::vector<flash::aligned_buffer> buffers_;
    std::uint32_t writing_ = 0;
    std::uint32_t headers_ = 0;
    bool failed_ = false;  // a group failed: all behind it are lost
    bool gap_handed_out_ = false;
    bool nudged_ = false;
    bool stopped_ = false;
};

}  // namespace sluice::journal
