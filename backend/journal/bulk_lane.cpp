#include "backend/journal/bulk_lane.hpp"

#include <cstring>
#include <utility>

#include "gateway/core/assert.hpp"

namespace sluice::journal {
namespace {

// Below the device's own queue, so that it never refuses.
constexpr std::uint64_t most_writes_in_flight = 1024;

}  // namespace

bulk_lane::bulk_lane(store_context& context, segment_registry& segments, admission const& admission)
    : context_(context),
      segments_(segments),
      admission_(admission) {}

void bulk_lane::write(std::unique_ptr<bulk_frame> frame, admission_class what, answer done) {
    auto const length = frame->body_length_;
    auto const padded = align_up(bulk_body_offset + length, flash::block_bytes);
    auto refuse = [&](failure why) { done(std::move(why), std::move(frame)); };
    if (length == 0 || length > frame_body_limit || padded > context_.frames_capacity())
        return refuse(
            {error::invalid_argument, "a bulk frame takes 1 byte to 1 MiB, within a segment"});
    if (context_.read_only.load(std::memory_order_acquire))
        return refuse(context_.read_only_failure());
    if (!admission_.has_space(what)) return refuse({error::no_space, "the device is full"});

    request wanted;
    wanted.bytes = padded;
    wanted.header.type = frame_type::payload;
    wanted.header.last_of_group = true;
    wanted.header.owner = frame->owner_;
    wanted.header.owner_offset = frame->owner_offset_;
    wanted.header.body_length = static_cast<std::uint32_t>(length);
    wanted.header.body_offset = bulk_body_offset;
    checksum_chunks(frame->buffer_.span(bulk_body_offset, length), wanted.header.crcs);
    std::memset(frame->buffer_.data() + bulk_body_offset + length, 0,
                padded - bulk_body_offset - length);

    std::vector<issued_ptr> placed;
    {
        std::unique_lock lock(mutex_);
        if (stopped_) {
            lock.unlock();
            return refuse({error::read_only, "the store is closing"});
        }
        if (waiting_.size() >= context_.options.waiting_bulk_frames) {
            lock.unlock();
            return refuse({error::overloaded, "too many bulk frames wait"});
        }
        wanted.frame = std::move(frame);
        wanted.done = std::move(done);
        waiting_.push_back(std::move(wanted));
        place_waiting(placed);
    }
    start_writes(std::move(placed));
}

// Under the lock. In order: what came first is placed first.
void bulk_lane::place_waiting(std::vector<issued_ptr>& placed) {
    while (!waiting_.empty()) {
        if (try_place(waiting_.front(), placed) != attempt::issued) return;
        waiting_.pop_front();
    }
}

bulk_lane::attempt bulk_lane::try_place(request& wanted, std::vector<issued_ptr>& placed) {
    bool const alone = writes_in_flight_ == 0;
    if (!alone && (bytes_in_flight_ + wanted.bytes > context_.options.bulk_bytes_in_flight ||
                   writes_in_flight_ >= most_writes_in_flight))
        return attempt::wait_for_bytes;
    if ((!active_ || active_->offset + wanted.bytes > context_.segment_bytes) && !open_segment()) {
        ++segment_waits_;
        return attempt::wait_for_segment;
    }
    auto made = std::make_shared<issued>();
    made->into = active_;
    made->offset = active_->offset;
    made->at = {active_->id, static_cast<std::uint32_t>(made->offset)};
    made->pin = segments_.pin(active_->id);
    auto& header = wanted.header;
    header.at = lsn{++sequence_};
    header.durable = context_.durable.load(std::memory_order_acquire);
    header.predecessor = active_->last_crc;
    auto* block = wanted.frame->buffer_.data();
    std::memset(block, 0, bulk_body_offset);
    active_->last_crc =
        encode_frame_header(header, context_.seeds.at(active_->incarnation, made->offset), block);
    active_->offset += wanted.bytes;
    bytes_in_flight_ += wanted.bytes;
    ++writes_in_flight_;
    ++frames_;
    bytes_ += header.body_length;
    segments_.note_written(active_->id, active_->offset, lsn{}, header.body_length);
    if (header.body_length >= recent_reads::least_bytes)
        segments_.recent().remember(made->at, active_->incarnation, 0);
    made->what = std::move(wanted);
    placed.push_back(std::move(made));
    return attempt::issued;
}

// Under the lock. The header's write is started with the frames, outside of it.
bool bulk_lane::open_segment() {
    auto ready = segments_.take_ready();
    if (!ready) return false;
    if (active_) segments_.seal(active_->id);
    active_ = std::make_shared<segment>();
    active_->id = ready->id;
    active_->file = std::move(ready->file);
    do {
        active_->incarnation = context_.random.next_u64();
    } while (active_->incarnation == 0);
    sequence_ = ++ordinal_ << 32;
    segment_header header;
    header.id = active_->id;
    header.store = context_.store;
    header.incarnation = active_->incarnation;
    header.where = lane::bulk;
    header.ordinal = ordinal_;
    header.first = context_.durable.load(std::memory_order_acquire);
    segments_.activate(active_->id, lane::bulk, active_->incarnation);

    // Shared by the write and its completion.
    auto blocks = std::make_shared<flash::aligned_buffer>(segment_header_bytes);
    encode_segment_header(header, blocks->span(0, segment_header_bytes));
    auto pin = std::make_shared<segment_pin>(segments_.pin(active_->id));
    ++writes_in_flight_;
    header_writes_.push_back([this, into = active_, blocks, pin] {
        into->file->write_durable(0, blocks->span(0, segment_header_bytes),
                                  [this, into, blocks, pin](result<void> outcome) {
                                      pin->release();
                                      header_written(into, outcome);
                                  });
    });
    return true;
}

void bulk_lane::header_written(segment_ptr const& into, result<void> const& outcome) {
    if (outcome.has_error()) context_.become_read_only(outcome.error());
    std::vector<issued_ptr> waiting;
    {
        std::lock_guard lock(mutex_);
        into->header =
            outcome.has_value() ? segment::header_state::durable : segment::header_state::failed;
        waiting.swap(into->after_header);
    }
    for (auto const& one : waiting) {
        if (outcome.has_value()) finish(one, one->at);
        else finish(one, outcome.error());
    }
    end_write(0);
}

void bulk_lane::start_writes(std::vector<issued_ptr> placed) {
    std::vector<std::function<void()>> headers;
    {
        std::lock_guard lock(mutex_);
        headers.swap(header_writes_);
    }
    for (auto& write_header : headers) write_header();
    for (auto& one : placed) {
        auto const bytes = one->what.frame->buffer_.span(0, one->what.bytes);
        auto& file = *one->into->file;
        file.write_durable(one->offset, bytes,
                           [this, one](result<void> outcome) { written(one, outcome); });
    }
}

void bulk_lane::written(issued_ptr const& one, result<void> const& outcome) {
    if (outcome.has_error()) {
        context_.become_read_only(outcome.error());
        return finish(one, outcome.error());
    }
    segment::header_state header;
    {
        std::lock_guard lock(mutex_);
        header = one->into->header;
        if (header == segment::header_state::writing) one->into->after_header.push_back(one);
    }
    if (header == segment::header_state::durable) finish(one, one->at);
    if (header == segment::header_state::failed) finish(one, context_.read_only_failure());
}

void bulk_lane::finish(issued_ptr const& one, result<location> outcome) {
    one->pin.release();
    auto done = std::move(one->what.done);
    done(std::move(outcome), std::move(one->what.frame));
    done = nullptr;  // what it holds, an open stream perhaps, goes before stop() may return
    end_write(one->what.bytes);
}

// The last thing a write does: when none is left, stop() returns and the lane may go.
void bulk_lane::end_write(std::uint64_t bytes) {
    std::vector<issued_ptr> placed;
    std::vector<request> refused;
    {
        std::lock_guard lock(mutex_);
        bytes_in_flight_ -= bytes;
        if (context_.read_only.load(std::memory_order_acquire)) {
            for (; !waiting_.empty(); waiting_.pop_front())
                refused.push_back(std::move(waiting_.front()));
        } else if (!stopped_) {
            --writes_in_flight_;
            place_waiting(placed);
            ++writes_in_flight_;
        }
    }
    for (auto& one : refused) one.done(context_.read_only_failure(), std::move(one.frame));
    start_writes(std::move(placed));
    std::lock_guard lock(mutex_);
    if (--writes_in_flight_ == 0) idle_.notify_all();
}

void bulk_lane::on_segments(result<void> const& outcome) {
    std::vector<issued_ptr> placed;
    std::vector<request> refused;
    {
        std::lock_guard lock(mutex_);
        if (outcome.has_value()) {
            place_waiting(placed);
        } else if (!waiting_.empty()) {
            // Only those that wait for a segment: the others go on when writes complete.
            auto const needs_segment =
                !active_ || active_->offset + waiting_.front().bytes > context_.segment_bytes;
            if (needs_segment || context_.read_only.load(std::memory_order_acquire))
                for (; !waiting_.empty(); waiting_.pop_front())
                    refused.push_back(std::move(waiting_.front()));
        }
    }
    start_writes(std::move(placed));
    for (auto& one : refused) one.done(outcome.error(), std::move(one.frame));
}

void bulk_lane::stop() {
    std::vector<request> refused;
    {
        std::lock_guard lock(mutex_);
        stopped_ = true;
        for (; !waiting_.empty(); waiting_.pop_front())
            refused.push_back(std::move(waiting_.front()));
    }
    for (auto& one : refused)
        one.done(failure{error::read_only, "the store is closing"}, std::move(one.frame));
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return writes_in_flight_ == 0; });
}

bulk_lane::view bulk_lane::look() const {
    std::lock_guard lock(mutex_);
    return {frames_, bytes_, waiting_.size(), segment_waits_};
}

}  // namespace sluice::journal
