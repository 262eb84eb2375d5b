// Takes an object's bytes as a stream and puts them where they belong: up to
// limits.record_payload_bytes (2 KiB) into the record, up to limits.inline_payload_bytes (256 KiB)
// into the commit, more as frames of the bulk lane, written while the stream still comes, with at
// most limits.payload_frames_in_flight of them unwritten. append() waits when they are used up:
// that is the backpressure a connection passes on.
//
// What was written counts only when a verb takes the stored_payload that finish() gives; a writer
// or a stored_payload that is dropped leaves nothing behind but segments that recycle.
//
// Thread rule: one coroutine at a time. The engine outlives it; dropping it with frames under way
// is fine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

// Bytes that no record names yet. Move-only; given to exactly one verb.
class stored_payload {
public:
    struct state;                        // backend/store/payload_state.hpp

    stored_payload();
    stored_payload(stored_payload&&) noexcept;
    stored_payload& operator=(stored_payload&&) noexcept;
    ~stored_payload();

    std::uint64_t length() const noexcept;
    state& internals() noexcept { return *state_; }

private:
    friend class payload_writer;
    friend stored_payload small_payload(std::string);
    explicit stored_payload(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

// Without a writer, for bytes that are at hand and at most limits.inline_payload_bytes long (verbs
// answer too_large otherwise).
stored_payload small_payload(std::string bytes);

class payload_writer {
public:
    // `expected`: the declared length; it only saves a copy, fewer or more bytes are the caller's
    // to refuse.
    explicit payload_writer(engine&, std::optional<std::uint64_t> expected = std::nullopt);
    payload_writer(payload_writer&&) noexcept;
    payload_writer& operator=(payload_writer&&) noexcept;
    ~payload_writer();

    // Takes all of `bytes` (copied before it returns). After a failure every further call answers
    // it again: no_space, read_only, too_large (limits.payload_bytes), outcome_unknown.
    task<result<void>> append(const_byte_span bytes);

    // To receive into, without a copy: at least one byte behind what was taken so far, valid until
    // the next call; filled() takes its first bytes. Fails as append() does.
    task<result<byte_span>> room();
    void filled(std::size_t bytes) noexcept;

    std::uint64_t length() const noexcept;

    // Waits for the last frame. The writer is spent afterwards.
    task<result<stored_payload>> finish();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace sluice::store
