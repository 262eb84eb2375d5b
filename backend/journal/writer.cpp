#include "backend/journal/writer.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::journal {
namespace {

constexpr std::uint64_t unsynced_every = 8;  // seeded bug skip_one_sync

std::vector<chunk_crcs> checksum_payloads(commit const& work) {
    std::vector<chunk_crcs> crcs(work.payloads.size());
    for (std::size_t i = 0; i < crcs.size(); ++i)
        checksum_chunks(as_bytes(work.payloads[i].bytes), crcs[i]);
    return crcs;
}

std::size_t bytes_on_flash(std::vector<pending> const& work) {
    std::size_t bytes = 0;
    for (auto const& one : work) {
        if (one.chunk) {
            bytes += frame_bytes_of(*one.chunk);
            continue;
        }
        for (auto const& payload : one.work->payloads)
            bytes += commit_lane_frame_bytes(payload.bytes.size());
        bytes += commit_lane_frame_bytes(commit_body_bytes(*one.work));
    }
    return align_up(bytes, flash::block_bytes);
}

}  // namespace

writer::writer(store_context& context, ordering& ordering, pipeline& pipeline,
               segment_registry& segments, segment_keeper& keeper)
    : context_(context),
      ordering_(ordering),
      pipeline_(pipeline),
      segments_(segments),
      keeper_(keeper),
      group_limit_(
          std::min<std::size_t>(context.options.group_bytes, context.frames_capacity() / 2)) {}

segment_header writer::header_after(chain_end const& end, segment_id id) const {
    segment_header header;
    header.id = id;
    header.store = context_.store;
    do {
        header.incarnation = context_.random.next_u64();
    } while (header.incarnation == 0);
    header.where = lane::commit;
    header.epoch = end.epoch;
    header.ordinal = end.ordinal + 1;
    header.first = next(end.last);
    header.previous = end.segment;
    header.previous_end = static_cast<std::uint32_t>(end.offset);
    header.previous_incarnation = end.incarnation;
    header.previous_frame_crc = end.frame_crc;
    return header;
}

result<void> writer::open_first(chain_end const& end, ready_segment ready, blocking_token token) {
    auto from = end;
    ++from.epoch;
    auto const header = header_after(from, ready.id);
    flash::aligned_buffer blocks(segment_header_bytes);
    encode_segment_header(header, blocks.span(0, segment_header_bytes));
    SLUICE_CHECK(ready.file->write_durable_here(0, blocks.span(0, segment_header_bytes), token));
    segments_.activate(ready.id, lane::commit, header.incarnation);
    active_ = {ready.id,       std::move(ready.file), header.incarnation,       header.epoch,
               header.ordinal, first_frame_offset,    header.previous_frame_crc};
    last_laid_out_ = last_claimed_ = end.last;
    return {};
}

void writer::start() {
    thread_ = worker_thread("journal-writer", [this](std::stop_token) { run(); });
}

void writer::stop() {
    if (thread_.running()) thread_.join();
}

bool writer::lags() const {
    return last_claimed_ < last_laid_out_ && !context_.read_only.load(std::memory_order_acquire);
}

void writer::run() {
    for (;;) {
        auto const idle_after = lags() ? std::optional(context_.options.idle_mark) : std::nullopt;
        switch (ordering_.wait(idle_after)) {
            case ordering::wake::work: write_group(); break;
            case ordering::wake::idle: write_mark(); break;
            case ordering::wake::stopped:
                pipeline_.wait_until_written();
                write_mark();
                return;
        }
    }
}

// -- one group

void writer::write_group() {
    pipeline_.wait_for_place();
    ordering_.gather();
    std::vector<pending> work;
    ordering_.take(group_limit_, work);
    if (work.empty()) return;
    if (context_.read_only.load(std::memory_order_acquire)) return give_up(std::move(work));
    close_audit(work);
    auto const bytes = bytes_on_flash(work);
    if (!make_room(bytes)) return give_up(std::move(work));

    auto made = std::make_unique<group>();
    made->work = std::move(work);
    made->last = made->work.back().at;
    made->buffer = pipeline_.take_buffer(bytes);
    lay_out(std::move(made), bytes);
}

// The group's audit records become a commit of their own behind the last commit that brought one,
// at the LSN that the ordering left free there.
void writer::close_audit(std::vector<pending>& work) {
    std::vector<std::string> records;
    std::size_t behind = 0;
    for (std::size_t i = 0; i < work.size(); ++i) {
        if (!work[i].work || work[i].work->audit_records.empty()) continue;
        for (auto& record : work[i].work->audit_records) records.push_back(std::move(record));
        behind = i + 1;
    }
    if (records.empty()) return;
    pending audit;
    audit.work = std::make_unique<commit>();
    audit.at = next(work[behind - 1].at);
    close_group_(records, audit.at, *audit.work);
    SLUICE_ASSERT(commit_body_bytes(*audit.work) <= frame_body_limit);
    audit.payload_crcs = checksum_payloads(*audit.work);
    work.insert(work.begin() + static_cast<std::ptrdiff_t>(behind), std::move(audit));
}

void writer::lay_out(std::unique_ptr<group> made, std::size_t bytes) {
    auto const durable = context_.durable.load(std::memory_order_acquire);
    group_place const place{active_.id, active_.incarnation, active_.offset, active_.last_crc};
    group_layout layout(context_.seeds, place, durable, made->buffer.span(0, bytes));
    std::uint64_t payload_bytes = 0;
    for (auto& one : made->work)
        if (one.work) payload_bytes += place_payloads(layout, one);
    for (auto& one : made->work) place_commit(layout, one);
    auto const done = layout.finish();

    last_laid_out_ = made->last;
    last_claimed_ = durable;
    auto const offset = active_.offset;
    active_.offset += done.bytes;
    active_.last_crc = done.last_crc;
    segments_.note_written(active_.id, active_.offset, made->last, payload_bytes);
    count_.groups.fetch_add(1, std::memory_order_relaxed);
    count_.bytes.fetch_add(done.bytes, std::memory_order_relaxed);
    made->claim = durable;
    made->pin = segments_.pin(active_.id);
    made->file = active_.file;
    issue(pipeline_.add(std::move(made)), offset, done.bytes);
}

// Then the commit's slots can be filled: all its locations are known.
std::uint64_t writer::place_payloads(group_layout& layout, pending& one) {
    std::uint64_t bytes = 0;
    placed_.clear();
    for (std::size_t i = 0; i < one.work->payloads.size(); ++i) {
        auto const& payload = one.work->payloads[i];
        placed_.push_back(layout.add_payload(one.at, payload, one.payload_crcs[i]));
        bytes += payload.bytes.size();
    }
    auto* batch = one.work->mutations.patchable_bytes().data();
    for (auto const& slot : one.work->mutations.slots()) {
        if (slot.what == kv::slot::kind::commit_lsn) {
            store_little(batch + slot.position, to_underlying(one.at));
        } else if (slot.what == kv::slot::kind::location) {
            SLUICE_ASSERT(slot.index < placed_.size());
            store_big(batch + slot.position, encode(placed_[slot.index]));
        }
    }
    return bytes;
}

void writer::place_commit(group_layout& layout, pending& one) {
    if (one.chunk) {
        one.written =
            layout.add_chunk(one.at, one.chunk->transaction, one.chunk->number, one.chunk->body);
        count_.chunks.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    auto const& batch = one.work->mutations.bytes();
    layout.add_commit(one.at, encode_commit_head(one.work->chunks, batch.size()), batch);
    count_.commits.fetch_add(1, std::memory_order_relaxed);
}

void writer::issue(group& written, std::uint64_t offset, std::size_t bytes) {
    written.bytes = bytes;
    written.issued_at = context_.clock.monotonic();
    bool const is_of_commits = !written.work.empty();
    if (is_of_commits) ordering_.group_issued();
    auto completion = [this, &written, is_of_commits](result<void> outcome) {
        if (is_of_commits)
            ordering_.group_written(written.work.size(),
                                    context_.clock.monotonic() - written.issued_at);
        pipeline_.complete(written, outcome);
    };
    if (context_.options.bugs.ack_early)
        for (auto& one : written.work) one.answer({});
    // The group may be complete, applied and gone before these return.
    auto const file = written.file;
    auto const whole = written.buffer.span(0, bytes);
    bool const forget_sync = context_.options.bugs.skip_one_sync && !written.work.empty() &&
                             count_.groups.load(std::memory_order_relaxed) % unsynced_every == 0;
    if (forget_sync) file->write_volatile(offset, whole, std::move(completion));
    else if (bytes < context_.options.overlap_bytes && pipeline_.has_one_write())
        completion(file->write_durable_here(offset, whole, blocking_token::for_this_thread()));
    else file->write_durable(offset, whole, std::move(completion));
}

// Nothing of it was written, yet it has its place in the order: everything from here on is lost
// with it.
void writer::give_up(std::vector<pending> work) {
    auto lost = std::make_unique<group>();
    lost->work = std::move(work);
    auto& added = pipeline_.add(std::move(lost));
    pipeline_.complete(added, context_.unknown_outcome());
}

void writer::write_mark() {
    auto const durable = context_.durable.load(std::memory_order_acquire);
    if (!lags() || durable < last_laid_out_ || context_.read_only.load(std::memory_order_acquire))
        return;
    if (active_.offset + flash::block_bytes > context_.segment_bytes && !leave_full_segment()) return;
    pipeline_.wait_for_place();
    auto made = std::make_unique<group>();
    made->buffer = pipeline_.take_buffer(flash::block_bytes);
    group_place const place{active_.id, active_.incarnation, active_.offset, active_.last_crc};
    group_layout layout(context_.seeds, place, durable, made->buffer.span(0, flash::block_bytes));
    layout.add_mark(last_laid_out_);
    auto const done = layout.finish();
    last_claimed_ = durable;
    auto const offset = active_.offset;
    active_.offset += done.bytes;
    active_.last_crc = done.last_crc;
    segments_.note_written(active_.id, active_.offset, last_laid_out_, 0);
    made->is_mark = true;
    made->claim = durable;
    made->pin = segments_.pin(active_.id);
    made->file = active_.file;
    issue(pipeline_.add(std::move(made)), offset, done.bytes);
}

// -- segments

bool writer::make_room(std::size_t bytes) {
    SLUICE_ASSERT(bytes <= context_.frames_capacity());
    return active_.offset + bytes <= context_.segment_bytes || switch_segment();
}

// The header is written while groups in the old segment are still under way; it takes its place in
// the order like a group. Only one header is under way at a time, so that a header on flash proves
// its predecessor's.
bool writer::switch_segment() {
    auto ready = segments_.take_ready();
    if (!ready) {
        count_.segment_waits.fetch_add(1, std::memory_order_relaxed);
        auto obtained = keeper_.obtain(blocking_token::for_this_thread());
        if (obtained.has_error()) {
            context_.become_read_only(obtained.error());
            return false;
        }
        ready = std::move(*obtained);
    }
    open_segment(std::move(*ready));
    return true;
}

// For a mark, which never waits for the device's space and leaves the last segment to work.
bool writer::leave_full_segment() {
    if (segments_.can_be_made_ready() < 2 || segments_.ready_count() == 0) return false;
    auto ready = segments_.take_ready();
    if (!ready) return false;
    open_segment(std::move(*ready));
    return true;
}

void writer::open_segment(ready_segment ready) {
    pipeline_.wait_for_headers();
    chain_end const end{active_.epoch,  active_.ordinal,  active_.id,    active_.incarnation,
                        active_.offset, active_.last_crc, last_laid_out_};
    auto const header = header_after(end, ready.id);
    segments_.seal(active_.id);
    segments_.activate(ready.id, lane::commit, header.incarnation);
    active_ = {ready.id,       std::move(ready.file),  header.incarnation,       header.epoch,
               header.ordinal, first_frame_offset,     header.previous_frame_crc};
    pipeline_.wait_for_place();
    auto made = std::make_unique<group>();
    made->is_header = true;
    made->buffer = pipeline_.take_buffer(segment_header_bytes);
    encode_segment_header(header, made->buffer.span(0, segment_header_bytes));
    made->pin = segments_.pin(active_.id);
    made->file = active_.file;
    issue(pipeline_.add(std::move(made)), 0, segment_header_bytes);
    pipeline_.wait_for_place();
}

}  // namespace sluice::journal
