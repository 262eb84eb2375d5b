#include "backend/journal/applier.hpp"

#include "backend/kv/key_space.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::journal {
namespace {

constexpr std::size_t step_bytes_limit = 8 * mebibyte;  // of mutations in one step of the index

std::string begun_marker(lsn at) {
    kv::mutation_batch marker;
    std::string value;
    byte_writer(value).little(to_underlying(at));
    marker.put(kv::family::meta, kv::key_space::begun_lsn(), value);
    return marker.bytes();
}

}  // namespace

result<void> commit_application::add(std::string_view mutations,
                                     std::vector<location> const& chunks, lsn at) {
    if (!chunks.empty() || step_bytes_ + mutations.size() > step_bytes_limit) {
        SLUICE_CHECK(flush());
    }
    auto const marker = chunks.empty() ? std::string() : begun_marker(at);
    for (auto const& chunk : chunks) {
        SLUICE_TRY(auto body, chunks_(chunk));
        SLUICE_TRY(auto const batch, stamp_chunk_body(body, at));
        // Nobody sees the steps before the last, but an index flush may keep them: whoever opens
        // the index must know which commit it needs.
        SLUICE_CHECK(apply({marker, batch}, at, false));
        bytes_ += batch.size();
    }
    if (!mutations.empty()) batches_.push_back(mutations);
    step_bytes_ += mutations.size();
    bytes_ += mutations.size();
    upto_ = at;
    return {};
}

result<void> commit_application::flush() {
    if (upto_ == lsn{}) return {};
    SLUICE_CHECK(apply(batches_, upto_, true));
    batches_.clear();
    step_bytes_ = 0;
    upto_ = lsn{};
    return {};
}

result<void> commit_application::apply(std::vector<std::string_view> const& batches, lsn upto,
                                       bool last_of_step) {
    SLUICE_CHECK(index_.apply(batches, upto, last_of_step));
    return index_.memory_fill() >= 1 ? relieve_() : success();
}

applier::applier(store_context& context, ordering& ordering, pipeline& pipeline,
                 publisher& publisher, flusher& flusher, reader const& reader)
    : context_(context),
      ordering_(ordering),
      pipeline_(pipeline),
      publisher_(publisher),
      flusher_(flusher),
      reader_(reader) {}

void applier::start() {
    thread_ = worker_thread("journal-apply", [this](std::stop_token) { run(); });
}

void applier::stop() {
    if (thread_.running()) thread_.join();
}

void applier::run() {
    for (;;) {
        auto step = pipeline_.next();
        if (step.ended) return;
        apply_step(step);
        for (auto& refused : step.refusals) refused.work.answer(refused.why);
    }
}

void applier::tell(std::vector<std::unique_ptr<group>> const& groups) const {
    if (!context_.options.on_group) return;
    for (auto const& one : groups)
        if (!one->work.empty())
            context_.options.on_group(
                {one->durable_at - one->issued_at, one->work.size(), one->bytes});
}

void applier::apply_step(pipeline::step& step) {
    tell(step.durable);
    std::vector<group*> groups;
    for (auto const& one : step.durable)
        if (!one->is_applied) groups.push_back(one.get());
    for (auto* one : step.early) groups.push_back(one);
    // After a failed apply nothing may be applied over the gap.
    if (has_failed_) groups.clear();
    auto const applied = has_failed_ ? result<void>(context_.unknown_outcome()) : apply(groups);
    if (applied.has_error()) {
        has_failed_ = true;
        context_.become_read_only(applied.error());
        answer(step.durable, context_.unknown_outcome());
    } else {
        for (auto* one : step.early) one->is_applied = true;
        answer(step.durable, {});
    }
    if (context_.read_only.load(std::memory_order_acquire)) lose(step);
}

result<void> applier::apply(std::vector<group*> const& groups) {
    auto const token = blocking_token::for_this_thread();
    commit_application steps(
        context_.index, [&](location at) { return reader_.read_chunk(at, token); },
        [this] { return flusher_.relieve(); });
    lsn last{};
    for (auto const* one : groups) {
        for (auto const& work : one->work) {
            if (!work.work) continue;
            SLUICE_CHECK(steps.add(work.work->mutations.bytes(), work.work->chunks, work.at));
            last = work.at;
        }
    }
    if (last == lsn{}) return {};
    SLUICE_CHECK(steps.flush());
    publisher_.publish(context_.index.take_snapshot(), last);
    flusher_.add_unflushed(steps.bytes());
    return {};
}

void applier::answer(std::vector<std::unique_ptr<group>>& groups, result<void> const& outcome) {
    std::uint64_t released = 0;
    for (auto& one : groups) {
        for (auto& work : one->work) {
            work.answer(outcome);
            released += work.bytes;
        }
    }
    if (groups.empty()) return;
    groups.clear();
    ordering_.release(released);
}

// Whatever was ordered behind a failure may or may not be on flash; what only waited was never in
// the order.
void applier::lose(pipeline::step& step) {
    answer(step.failed, context_.unknown_outcome());
    auto left = ordering_.take_all();
    if (left.empty()) return;
    std::uint64_t released = 0;
    for (auto& work : left) {
        if (work.at == lsn{}) {
            work.answer(context_.read_only_failure());
            continue;
        }
        work.answer(context_.unknown_outcome());
        released += work.bytes;
    }
    ordering_.release(released);
}

}  // namespace sluice::journal
