#include "backend/journal/engine.hpp"

#include "backend/journal/recovery.hpp"

namespace sluice::journal {

result<std::unique_ptr<journal>> journal::open(flash::device& device, kv::index& index,
                                               journal_options const& options,
                                               wall_clock const& clock, random_source& random,
                                               blocking_token token) {
    SLUICE_TRY(auto lock, device.lock("LOCK", token));
    SLUICE_TRY(auto const superblock,
               open_superblock(device, options.segment_bytes, random, token));
    auto made = std::make_unique<engine>(device, index, options, clock, random, std::move(lock),
                                         superblock);
    SLUICE_CHECK(made->start(token));
    return std::unique_ptr<journal>(std::move(made));
}

engine::engine(flash::device& device, kv::index& index, journal_options const& options,
               wall_clock const& clock, random_source& random,
               std::unique_ptr<flash::folder_lock> lock, superblock const& superblock)
    : lock_(std::move(lock)),
      context_(device, index, options, clock, random, superblock.store, superblock.segment_bytes),
      publisher_(clock),
      segments_(context_, publisher_),
      admission_(context_, segments_),
      ordering_(context_, admission_),
      flusher_(context_, segments_),
      keeper_(context_, segments_, admission_, ordering_, flusher_),
      pipeline_(context_),
      reader_(context_, segments_),
      writer_(context_, ordering_, pipeline_, segments_, keeper_),
      applier_(context_, ordering_, pipeline_, publisher_, flusher_, reader_),
      bulk_(context_, segments_, admission_) {}

result<void> engine::start(blocking_token token) {
    recovery recovering(context_, segments_, reader_);
    SLUICE_TRY(auto const found, recovering.run(token));
    recovered_ = found.report;
    context_.durable.store(found.end.last, std::memory_order_release);
    ordering_.start_at(found.end.last);
    bulk_.start_after(found.bulk_ordinal);
    publisher_.publish(context_.index.take_snapshot(), context_.index.applied_lsn());
    flusher_.add_unflushed(recovered_.replayed_bytes);

    SLUICE_TRY(auto first, keeper_.obtain(token));
    SLUICE_CHECK(writer_.open_first(found.end, std::move(first), token));
    recovered_.epoch = writer_.epoch();

    segments_.set_shortage_hook([this] { keeper_.wake(); });
    flusher_.start([this] { keeper_.wake(); });
    applier_.start();
    writer_.start();
    keeper_.start([this](result<void> const& outcome) {
        bulk_.on_segments(outcome);
        // What waits for admission learns there that the store is read-only.
        if (is_read_only()) pipeline_.wake_applier();
    });
    started_ = true;
    return {};
}

// Everything accepted is done before the threads go; then nothing is left to replay.
engine::~engine() {
    if (!started_) return;
    ordering_.close();
    ordering_.wait_until_empty();
    bulk_.stop();
    ordering_.stop();
    writer_.stop();
    pipeline_.wait_until_written();
    pipeline_.stop();
    applier_.stop();
    keeper_.stop();
    flusher_.stop();
    if (!is_read_only() && context_.index.applied_lsn() > segments_.flushed()) {
        // A failure costs a replay at the next start, nothing else.
        static_cast<void>(flusher_.flush_now());
    }
}

void engine::refuse(pending work, failure why) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    pipeline_.refuse({std::move(work), std::move(why)});
}

void engine::enqueue(pending work, admission_class what) {
    if (auto refused = ordering_.submit(std::move(work), what))
        refuse(std::move(refused->work), std::move(refused->why));
}

void engine::submit(std::unique_ptr<commit> wanted, admission_class what) {
    pending work;
    work.work = std::move(wanted);
    auto const& asked = *work.work;
    if (commit_body_bytes(asked) > frame_body_limit)
        return refuse(std::move(work),
                      {error::too_large, "more than 1 MiB of mutations in one commit"});
    if (!asked.audit_records.empty() && !writer_.has_group_closer())
        return refuse(std::move(work),
                      {error::invalid_argument, "audit records, and nobody to write them"});
    for (auto const& payload : asked.payloads)
        if (payload.bytes.size() > frame_body_limit)
            return refuse(std::move(work), {error::too_large, "an inline payload over 1 MiB"});
    work.payload_crcs.resize(asked.payloads.size());
    for (std::size_t i = 0; i < asked.payloads.size(); ++i)
        checksum_chunks(as_bytes(asked.payloads[i].bytes), work.payload_crcs[i]);
    work.bytes = frame_bytes_of(asked);
    enqueue(std::move(work), what);
}

void engine::append_chunk(std::uint64_t transaction, std::uint64_t chunk, kv::mutation_batch batch,
                          std::function<void(result<location>)> done) {
    pending work;
    work.chunk = std::make_unique<chunk_request>();
    work.chunk->transaction = transaction;
    work.chunk->number = chunk;
    work.chunk->on_done = std::move(done);
    auto body = encode_chunk_body(batch);
    if (body.has_error()) return refuse(std::move(work), body.error());
    if (body->size() > frame_body_limit)
        return refuse(std::move(work), {error::too_large, "a transaction chunk over 1 MiB"});
    work.chunk->body = std::move(*body);
    work.bytes = frame_bytes_of(*work.chunk);
    enqueue(std::move(work), admission_class::ordinary);
}

void engine::write_bulk(std::unique_ptr<bulk_frame> frame, admission_class what,
                        std::function<void(result<location>, std::unique_ptr<bulk_frame>)> done) {
    bulk_.write(std::move(frame), what, std::move(done));
}

bool engine::is_over_age(published_snapshot const& held) const {
    return context_.clock.monotonic() - held.published_at > context_.options.maximum_snapshot_age;
}

result<lsn> engine::flush_index(blocking_token) { return flusher_.flush_now(); }

journal_statistics engine::statistics() const {
    journal_statistics seen;
    auto const& count = writer_.count();
    seen.groups = count.groups.load(std::memory_order_relaxed);
    seen.commits = count.commits.load(std::memory_order_relaxed);
    seen.chunks = count.chunks.load(std::memory_order_relaxed);
    seen.marks = context_.marks.load(std::memory_order_relaxed);
    seen.marked = context_.marked.load(std::memory_order_acquire);
    seen.group_bytes = count.bytes.load(std::memory_order_relaxed);
    auto const bulk = bulk_.look();
    seen.bulk_frames = bulk.frames;
    seen.bulk_bytes = bulk.bytes;
    seen.waiting_bulk_frames = bulk.waiting;
    seen.segment_waits = bulk.segment_waits + count.segment_waits.load(std::memory_order_relaxed);
    auto const queue = ordering_.look();
    seen.queued_commits = queue.queued;
    seen.queued_bytes = queue.queued_bytes;
    seen.waiting_commits = queue.waiting;
    seen.refused_commits = refused_.load(std::memory_order_relaxed);
    seen.unflushed_bytes = flusher_.unflushed_bytes();
    seen.index_flushes = flusher_.flushes();
    seen.flushed = segments_.flushed();
    return seen;
}

}  // namespace sluice::journal
