// The lane of large payload: every frame a write of its own, many in parallel, so that bulk never
// queues before a small commit. The body's crc is taken by the submitting thread; only the header
// is sealed under the lane's lock. Nothing of it is replayed: a frame exists when a commit names
// it, and its location is told only after it is durable. Thread rule: any thread; answers come on
// device threads, refusals on the caller's or the keeper's.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/journal/admission.hpp"
#include "backend/journal/segment_header.hpp"

namespace sluice::journal {

class bulk_lane {
public:
    using answer = std::function<void(result<location>, std::unique_ptr<bulk_frame>)>;

    bulk_lane(store_context&, segment_registry&, admission const&);
    // The ordinal of the last bulk segment before this start.
    void start_after(std::uint64_t ordinal) noexcept { ordinal_ = ordinal; }

    void write(std::unique_ptr<bulk_frame>, admission_class, answer);
    // From the keeper: segments are ready, or none can be.
    void on_segments(result<void> const& outcome);
    // Refuses new frames, answers those that wait, returns when no write is under way.
    void stop();

    struct view {
        std::uint64_t frames = 0, bytes = 0, waiting = 0, segment_waits = 0;
    };
    view look() const;

private:
    struct issued;
    struct request {
        std::unique_ptr<bulk_frame> frame;
        frame_header header;
        answer done;
        std::size_t bytes = 0;  // header block and padded body
    };
    // Frames may complete before the header of their segment: they are answered when it is durable
    // too.
    struct segment {
        segment_id id{};
        std::shared_ptr<flash::file> file;  // shared with the writes under way and the cache
        std::uint64_t incarnation = 0;
        std::uint64_t offset = first_frame_offset;
        std::uint32_t last_crc = 0;
        enum class header_state : std::uint8_t {
            writing,
            durable,
            failed
        } header = header_state::writing;
        std::vector<std::shared_ptr<issued>> after_header;
    };
    using segment_ptr = std::shared_ptr<segment>;  // the lane and the writes under way into it
    struct issued {
        request what;
        segment_ptr into;
        segment_pin pin;
        location at;
        std::uint64_t offset = 0;
    };
    using issued_ptr = std::shared_ptr<issued>;  // the write's completion, copied by std::function

    enum class attempt { issued, wait_for_segment, wait_for_bytes };
    attempt try_place(request&, std::vector<issued_ptr>& placed);
    bool open_segment();
    void header_written(segment_ptr const&, result<void> const&);
    void start_writes(std::vector<issued_ptr>);
    void written(issued_ptr const&, result<void> const&);
    void finish(issued_ptr const&, result<location>);
    void end_write(std::uint64_t bytes);
    void place_waiting(std::vector<issued_ptr>& placed);

    store_context& context_;
    segment_registry& segments_;
    admission const& admission_;
    mutable std::mutex mutex_;
    std::condition_variable idle_;
    segment_ptr active_;
    std::deque<request> waiting_;
    std::vector<std::function<void()>> header_writes_;  // to start outside the lock
    std::uint64_t ordinal_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t bytes_in_flight_ = 0;
    std::uint64_t writes_in_flight_ = 0;
    std::uint64_t frames_ = 0, bytes_ = 0, segment_waits_ = 0;
    bool stopped_ = false;
};

}  // namespace sluice::journal
