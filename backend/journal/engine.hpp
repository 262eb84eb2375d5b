// The journal put together: makes the parts in the order in which they depend on each other, starts
// and stops their threads, and forwards. Thread rule and contract: journal.hpp.
#pragma once

#include <memory>

#include "backend/journal/applier.hpp"
#include "backend/journal/bulk_lane.hpp"
#include "backend/journal/flusher.hpp"
#include "backend/journal/journal.hpp"
#include "backend/journal/ordering.hpp"
#include "backend/journal/pipeline.hpp"
#include "backend/journal/publisher.hpp"
#include "backend/journal/reader.hpp"
#include "backend/journal/segment_keeper.hpp"
#include "backend/journal/superblock.hpp"
#include "backend/journal/writer.hpp"

namespace sluice::journal {

class engine final : public journal {
public:
    engine(flash::device&, kv::index&, journal_options const&, wall_clock const&, random_source&,
           std::unique_ptr<flash::folder_lock>, superblock const&);
    ~engine() override;

    result<void> start(blocking_token);

    void submit(std::unique_ptr<commit>, admission_class) override;
    void write_bulk(std::unique_ptr<bulk_frame>, admission_class,
                    std::function<void(result<location>, std::unique_ptr<bulk_frame>)>) override;
    void append_chunk(std::uint64_t transaction, std::uint64_t chunk, kv::mutation_batch,
                      std::function<void(result<location>)>) override;
    std::shared_ptr<void> open_stream() override { return segments_.open_stream(); }
    std::shared_ptr<published_snapshot const> published() const override {
        return publisher_.current();
    }
    segment_pin pin(segment_id segment) override { return segments_.pin(segment); }
    result<void> read_body(location from, std::uint64_t owner, std::uint64_t owner_offset,
                           std::size_t body_offset, byte_span into,
                           blocking_token token) const override {
        return reader_.read_body(from, owner, owner_offset, body_offset, into, token);
    }
    void set_group_closer(group_closer closer) override {
        writer_.set_group_closer(std::move(closer));
    }
    recovery_report const& recovered() const override { return recovered_; }
    journal_statistics statistics() const override;
    bool is_over_age(published_snapshot const&) const override;
    lsn durable() const override { return context_.durable.load(std::memory_order_acquire); }
    bool is_read_only() const override {
        return context_.read_only.load(std::memory_order_acquire);
    }
    std::string why_read_only() const override { return context_.why_read_only(); }
    result<lsn> flush_index(blocking_token) override;
    segment_table& segments() override { return segments_; }

private:
    void enqueue(pending, admission_class);
    void refuse(pending, failure);

    std::unique_ptr<flash::folder_lock> lock_;
    store_context context_;
    publisher publisher_;
    segment_registry segments_;
    admission admission_;
    ordering ordering_;
    flusher flusher_;
    segment_keeper keeper_;
    pipeline pipeline_;
    reader reader_;
    writer writer_;
    applier applier_;
    bulk_lane bulk_;
    recovery_report recovered_;
    std::atomic<std::uint64_t> refused_{0};
    bool started_ = false;
};

}  // namespace sluice::journal
