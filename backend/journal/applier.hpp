// The applier: takes durable groups in order, brings the index up to date in one atomic step per
// run of groups, publishes one snapshot, then answers all their commits in one go. After a failed
// write or apply it answers what is lost, and everything that had joined the queue. Thread rule:
// its own thread.
#pragma once

#include "backend/journal/flusher.hpp"
#include "backend/journal/pipeline.hpp"
#include "backend/journal/publisher.hpp"
#include "backend/journal/reader.hpp"

namespace sluice::journal {

// Applies commits to the index one behind the other, small ones many at a time, those with chunks
// chunk by chunk in bounded memory. The applier uses it, and recovery. The batches given stay alive
// until flush().
class commit_application {
public:
    // Reads one chunk's body.
    using chunk_source = std::function<result<std::string>(location)>;
    // Called between two steps when the index asks for a flush of what it has in memory.
    using relief = std::function<result<void>()>;
    commit_application(kv::index& index, chunk_source chunks, relief relieve)
        : index_(index),
          chunks_(std::move(chunks)),
          relieve_(std::move(relieve)) {}

    result<void> add(std::string_view mutations, std::vector<location> const& chunks, lsn at);
    result<void> flush();
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    result<void> apply(std::vector<std::string_view> const& batches, lsn upto, bool last_of_step);

    kv::index& index_;
    chunk_source chunks_;
    relief relieve_;
    std::vector<std::string_view> batches_;
    std::size_t step_bytes_ = 0;
    lsn upto_{};
    std::uint64_t bytes_ = 0;
};

class applier {
public:
    applier(store_context&, ordering&, pipeline&, publisher&, flusher&, reader const&);
    void start();
    // After the pipeline was stopped: returns when everything is answered.
    void stop();

private:
    void run();
    void apply_step(pipeline::step&);
    result<void> apply(std::vector<group*> const&);
    void tell(std::vector<std::unique_ptr<group>> const&) const;
    void answer(std::vector<std::unique_ptr<group>>&, result<void> const& outcome);
    void lose(pipeline::step&);

    store_context& context_;
    ordering& ordering_;
    pipeline& pipeline_;
    publisher& publisher_;
    flusher& flusher_;
    reader const& reader_;
    bool has_failed_ = false;  // an apply
    worker_thread thread_;
};

}  // namespace sluice::journal
