// Gives every commit its place: under one lock the LSN is assigned, on_ordered runs and the commit
// joins the queue, so that journal order is lock order. Work that finds the queue full waits here,
// in order, without an LSN.
//
// A commit with audit records leaves the LSN behind it free for the audit commit of its group.
// Thread rule: any thread; take() by the writer alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "backend/journal/admission.hpp"
#include "backend/journal/pending.hpp"

namespace sluice::journal {

class ordering {
public:
    ordering(store_context&, admission&);

    // Null when accepted (now or later); else the refusal, to be answered on a journal thread.
    struct refusal {
        pending work;
        failure why;
    };
    std::optional<refusal> submit(pending, admission_class);

    // -- writer
    enum class wake { work, idle, stopped };
    // Waits until there is work, the time passed, or stop().
    wake wait(std::optional<std::chrono::milliseconds> idle_after);
    // Waits for the moment to make a group of what is queued: small commits gather while a group is
    // being written, and then a little for those whose last commit was answered with it.
    void gather();
    void group_issued();
    // Any thread, before the group's completion is told to anybody else. `took`: its write.
    void group_written(std::size_t commits, std::chrono::nanoseconds took);
    // In order, as many as fit into `most_bytes`, at least one.
    void take(std::size_t most_bytes, std::vector<pending>& into);
    bool has_work() const;

    // -- applier
    // The bytes of answered work; lets waiting work in.
    void release(std::uint64_t bytes);
    // Looks again at what waits: the index may ask for less restraint by now.
    void admit_waiting();
    bool has_waiting() const;

    // -- ends
    // Nothing more is accepted; what was accepted goes on.
    void close();
    // After the store became read-only: what was ordered and never written, and what waits (LSN 0).
    std::vector<pending> take_all();
    // Until nothing is queued or waiting and all bytes were released.
    void wait_until_empty();
    void stop();

    void start_at(lsn last) { last_ = last; }
    std::size_t largest() const noexcept { return largest_; }
    struct view {
        std::uint64_t queued = 0, queued_bytes = 0, waiting = 0;
    };
    view look() const;

private:
    void order(pending);
    void admit_locked();
    bool is_pressed() const;
    void wake_writer();
    bool unless_waiting(bool is_over);

    store_context& context_;
    admission& admission_;
    std::size_t const largest_;  // of one commit's frames
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable empty_;
    std::deque<pending> queue_;
    std::deque<pending> waiting_;
    std::uint64_t held_bytes_ = 0;  // ordered and not answered yet
    std::uint64_t queued_bytes_ = 0;
    lsn last_{};
    std::size_t writing_ = 0;                // groups of commits
    std::size_t expected_ = 0;               // commits that may come back after the last group
    std::chrono::nanoseconds patience_{};    // for them
    std::size_t woken_by_ = 1;               // commits in the queue that a waiting writer wants
    bool writer_waits_ = false;
    bool closed_ = false;
    bool stopped_ = false;
};

}  // namespace sluice::journal
