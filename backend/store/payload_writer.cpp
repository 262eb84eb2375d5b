#include "backend/store/payload_writer.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>

#include "backend/store/engine.hpp"
#include "backend/store/frame_pool.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/payload_state.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/timer.hpp"

namespace sluice::store {

stored_payload::stored_payload() : state_(std::make_unique<state>()) {}
stored_payload::stored_payload(std::unique_ptr<state> content) : state_(std::move(content)) {}
stored_payload::stored_payload(stored_payload&&) noexcept = default;
stored_payload& stored_payload::operator=(stored_payload&&) noexcept = default;
stored_payload::~stored_payload() = default;

std::uint64_t stored_payload::length() const noexcept {
    return state_ ? state_->length : 0;
}

stored_payload small_payload(std::string bytes) {
    auto content = std::make_unique<stored_payload::state>();
    content->length = bytes.size();
    content->bytes = std::move(bytes);
    return stored_payload(std::move(content));
}

namespace {

// Shared by the writer and the completions of its frames, which may outlive it.
struct writes_under_way {
    explicit writes_under_way(frame_pool& frames) : frames(frames) {}

    void finished(std::uint64_t offset, std::uint64_t length, result<journal::location> at) {
        std::function<void(bool)> wake;
        {
            std::scoped_lock guard(mutex);
            --in_flight;
            if (at) extents.add(offset, length, *at);
            else if (!failed) failed = at.error();
            if (waiting && (in_flight < awaited_below || failed))
                wake = std::exchange(waiting, nullptr);
        }
        if (wake) wake(true);
    }

    frame_pool& frames;
    std::mutex mutex;
    std::size_t in_flight = 0;
    std::size_t awaited_below = 0;
    std::function<void(bool)> waiting;
    std::optional<failure> failed;
    extent_builder extents{journal::frame_body_limit};
    std::shared_ptr<void> stream;          // keeps the segments; shared with stored_payload
};

}  // namespace

class payload_writer::implementation {
public:
    implementation(engine& store, std::optional<std::uint64_t> expected)
        : store_(store),
          use_frames_(expected.value_or(0) > store.limits().inline_payload_bytes),
          expected_(expected.value_or(0)) {
        if (!use_frames_ && expected) collected_.reserve(*expected);
    }

    ~implementation() {
        if (frame_) store_.frames().give_back(std::move(frame_));
    }

    std::uint64_t length() const noexcept {
        return collected_.size() - unfilled_ + frames_length_ + filled_;
    }

    task<result<byte_span>> room() {
        take_room_back();
        SLUICE_CO_CHECK(still_good());
        if (length() >= store_.limits().payload_bytes)
            co_return fail({error::too_large, "limits.s3_object"}).error();
        if (!use_frames_ && collected_.size() < store_.limits().inline_payload_bytes)
            co_return room_in_collected();
        if (!use_frames_) {
            SLUICE_CO_CHECK(co_await move_to_frames());
        }
        SLUICE_CO_CHECK(co_await make_frame_ready());
        co_return frame_->body().subspan(filled_);
    }

    void filled(std::size_t bytes) noexcept {
        if (use_frames_) {
            SLUICE_ASSERT(frame_ && bytes <= journal::frame_body_limit - filled_);
            filled_ += bytes;
            return;
        }
        SLUICE_ASSERT(bytes <= unfilled_);
        unfilled_ -= bytes;
        take_room_back();
    }

    task<result<void>> append(const_byte_span bytes) {
        take_room_back();
        SLUICE_CO_CHECK(still_good());
        if (length() + bytes.size() > store_.limits().payload_bytes)
            co_return fail({error::too_large, "limits.s3_object"});
        if (!use_frames_) {
            if (collected_.size() + bytes.size() <= store_.limits().inline_payload_bytes) {
                collected_.append(as_chars(bytes));
                co_return success();
            }
            SLUICE_CO_CHECK(co_await move_to_frames());
        }
        while (!bytes.empty()) {
            SLUICE_CO_CHECK(co_await make_frame_ready());
            auto const space = frame_->body().subspan(filled_);
            auto const count = std::min(space.size(), bytes.size());
            std::memcpy(space.data(), bytes.data(), count);
            filled_ += count;
            bytes = bytes.subspan(count);
        }
        co_return success();
    }

    task<result<std::unique_ptr<stored_payload::state>>> finish() {
        take_room_back();
        SLUICE_CO_CHECK(still_good());
        auto content = std::make_unique<stored_payload::state>();
        content->length = length();
        if (writes_ == nullptr && filled_ <= store_.limits().inline_payload_bytes) {
            // A declared length that never came: what is there fits into a commit after all.
            if (frame_) collected_.assign(as_chars(frame_->body().first(filled_)));
            filled_ = 0;
            content->bytes = std::move(collected_);
            co_return content;
        }
        if (filled_ > 0) {
            SLUICE_CO_CHECK(co_await send_frame());
        }
        SLUICE_CO_CHECK(co_await in_flight_below(1));
        content->id = id_;
        content->extents = writes_->extents.take();
        content->stream = std::move(writes_->stream);
        co_return content;
    }

private:
    result<void> still_good() {
        if (failed_) return *failed_;
        return success();
    }
    result<void> fail(failure why) {
        failed_ = why;
        return why;
    }

    // Room of a size that a connection reads at once: what is not filled was cleared in vain.
    static constexpr std::size_t room_bytes = 64 * kibibyte;

    byte_span room_in_collected() {
        auto const size = collected_.size();
        auto wanted = std::min(room_bytes, store_.limits().inline_payload_bytes - size);
        if (expected_ > size) wanted = std::min<std::size_t>(wanted, expected_ - size);
        collected_.resize(size + wanted);
        unfilled_ = wanted;
        return {reinterpret_cast<std::byte*>(collected_.data()) + size, wanted};
    }

    void take_room_back() noexcept {
        collected_.resize(collected_.size() - unfilled_);
        unfilled_ = 0;
    }

    // There is a frame with space in it.
    task<result<void>> make_frame_ready() {
        if (frame_ && filled_ < journal::frame_body_limit && is_holding_others_up())
            co_return fail({error::overloaded, "limits.payload_frame_fill"});
        if (frame_ && filled_ == journal::frame_body_limit) {
            SLUICE_CO_CHECK(co_await send_frame());
        }
        if (!frame_) co_return co_await take_frame();
        co_return success();
    }

    // Frames are few: who fills one slowly must not keep it from those who wait.
    bool is_holding_others_up() const {
        auto const held = store_.clock().monotonic() - frame_since_;
        return held > store_.limits().payload_frame_fill && store_.frames().has_waiters();
    }

    task<result<void>> take_frame() {
        frame_ = store_.frames().try_take();
        if (!frame_) frame_ = co_await wait_for_frame();
        if (!frame_) co_return fail({error::overloaded, "limits.payload_frame_wait"});
        frame_since_ = store_.clock().monotonic();
        filled_ = 0;
        co_return success();
    }

    // Null when the wait took too long.
    task<frame_pool::frame> wait_for_frame() {
        auto& frames = store_.frames();
        std::uint64_t number = 0;
        auto give_up = [&frames, &number] { frames.give_up(number); };
        auto const executor = co_await boost::asio::this_coro::executor;
        deadline timer(executor, std::move(give_up));
        timer.arm(store_.limits().payload_frame_wait);
        auto wait = [&frames, &number](callback<frame_pool::frame> done) {
            number = frames.take(std::move(done));
        };
        co_return co_await await_callback<frame_pool::frame>(std::move(wait));
    }

    task<result<void>> move_to_frames() {
        SLUICE_CO_CHECK(co_await take_frame());
        std::memcpy(frame_->body().data(), collected_.data(), collected_.size());
        filled_ = collected_.size();
        collected_ = {};
        use_frames_ = true;
        co_return success();
    }

    // Starts writing what is in the frame, after making sure that not too many are under way.
    task<result<void>> send_frame() {
        if (writes_ == nullptr) {
            auto id = store_.ids().next_payload();
            if (!id) co_return fail(id.error());
            id_ = *id;
            writes_ = std::make_shared<writes_under_way>(store_.frames());
            writes_->stream = store_.journal().open_stream();
        }
        SLUICE_CO_CHECK(co_await in_flight_below(store_.limits().payload_frames_in_flight));
        auto const offset = frames_length_;
        auto const length = std::exchange(filled_, 0);
        frames_length_ += length;
        frame_->set(to_underlying(id_), offset, length);
        {
            std::scoped_lock guard(writes_->mutex);
            ++writes_->in_flight;
        }
        auto done = [writes = writes_, offset, length](result<journal::location> at,
                                                       frame_pool::frame back) {
            if (back) writes->frames.give_back(std::move(back));
            writes->finished(offset, length, std::move(at));
        };
        store_.journal().write_bulk(std::move(frame_), journal::admission_class::ordinary,
                                    std::move(done));
        co_return success();
    }

    // Waits until fewer than `count` frames are under way, or one failed.
    task<result<void>> in_flight_below(std::size_t count) {
        auto wait = [this, count](callback<bool> done) {
            {
                std::scoped_lock guard(writes_->mutex);
                if (writes_->in_flight >= count && !writes_->failed) {
                    writes_->awaited_below = count;
                    writes_->waiting = std::move(done);
                    return;
                }
            }
            done(true);
        };
        if (must_wait(count)) co_await await_callback<bool>(std::move(wait));
        std::scoped_lock guard(writes_->mutex);
        if (writes_->failed) co_return fail(*writes_->failed);
        co_return success();
    }

    bool must_wait(std::size_t count) {
        std::scoped_lock guard(writes_->mutex);
        return writes_->in_flight >= count && !writes_->failed;
    }

    friend class payload_writer;
    engine& store_;
    bool use_frames_;
    std::uint64_t const expected_;
    std::string collected_;                // until there is too much for a commit
    std::size_t unfilled_ = 0;             // of its end: given out as room
    frame_pool::frame frame_;              // being filled
    monotonic_time frame_since_{};         // the writer's
    std::size_t filled_ = 0;
    std::uint64_t frames_length_ = 0;      // bytes in frames sent
    payload_id id_{};
    std::shared_ptr<writes_under_way> writes_;   // with the completions
    std::optional<failure> failed_;
};

payload_writer::payload_writer(engine& store, std::optional<std::uint64_t> expected)
    : implementation_(std::make_unique<implementation>(store, expected)) {}
payload_writer::payload_writer(payload_writer&&) noexcept = default;
payload_writer& payload_writer::operator=(payload_writer&&) noexcept = default;
payload_writer::~payload_writer() = default;

std::uint64_t payload_writer::length() const noexcept {
    return implementation_->length();
}

task<result<void>> payload_writer::append(const_byte_span bytes) {
    co_return co_await implementation_->append(bytes);
}

task<result<byte_span>> payload_writer::room() {
    co_return co_await implementation_->room();
}

void payload_writer::filled(std::size_t bytes) noexcept {
    implementation_->filled(bytes);
}

task<result<stored_payload>> payload_writer::finish() {
    SLUICE_CO_TRY(auto content, co_await implementation_->finish());
    co_return stored_payload(std::move(content));
}

}  // namespace sluice::store
