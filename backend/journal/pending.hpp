// One thing on its way through the pipeline: a commit or a chunk of a large transaction, with its
// place in the order. Owned by the queue, then by its group; one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/journal/body.hpp"
#include "backend/journal/commit.hpp"
#include "backend/journal/frame.hpp"

namespace sluice::journal {

struct chunk_request {
    std::uint64_t transaction = 0;
    std::uint64_t number = 0;
    std::string body;  // encoded by encode_chunk_body
    std::function<void(result<location>)> on_done;
};

struct pending {
    std::unique_ptr<commit> work;  // null: a chunk
    std::unique_ptr<chunk_request> chunk;
    std::vector<chunk_crcs> payload_crcs;
    std::size_t bytes = 0;  // of its frames, and of its audit records
    lsn at{};
    location written{};  // a chunk's frame

    std::size_t mutation_bytes() const noexcept {
        return work ? work->mutations.bytes().size() : chunk->body.size();
    }
    // Exactly once, on a journal thread.
    void answer(result<void> const& outcome) {
        if (work) {
            if (!work->on_done) return;
            auto done = std::exchange(work->on_done, nullptr);
            if (outcome.has_error()) done(outcome.error());
            else done(at);
        } else if (chunk->on_done) {
            auto done = std::exchange(chunk->on_done, nullptr);
            if (outcome.has_error()) done(outcome.error());
            else done(written);
        }
    }
};

// Bytes that a commit's frames take in a group, the share of its audit records in the group's log
// batch included.
std::size_t frame_bytes_of(commit const&) noexcept;
std::size_t frame_bytes_of(chunk_request const&) noexcept;
// Commit head and mutations as one body.
std::size_t commit_body_bytes(commit const&) noexcept;

}  // namespace sluice::journal
