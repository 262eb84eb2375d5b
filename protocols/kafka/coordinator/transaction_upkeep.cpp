// The coordinator's ids apart from requests: read at the start, aborted when they are late, forgotten when nobody
// uses them, and shown.
#include <algorithm>

#include "gateway/core/event.hpp"
#include "gateway/core/log.hpp"
#include "protocols/kafka/coordinator/transaction_entry.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t page = 1000;

}  // namespace

// -- what is kept

task<result<void>> transaction_coordinator::load() {
    for (std::string after;;) {
        auto const saved = co_await transactions_.saved(after, page);
        if (saved.has_error()) co_return saved.error();
        for (auto const& one : *saved) {
            auto facts = decode_transaction_facts(one.state);
            if (facts.has_error())
                co_return failure{facts.error().code, "transactional id '" + one.id + "'"};
            auto made = std::make_shared<entry>(one.id);
            made->facts = std::move(*facts);
            if (made->is_ongoing()) made->gate->open(++made->number);
            ids_.insert_or_assign(one.id, std::move(made));
        }
        if (saved->empty()) break;  // a page may be short: its bytes are bounded
        after = saved->back().id;
    }
    auto const offsets = co_await transactions_.saved_offsets();
    if (offsets.has_error()) co_return offsets.error();
    for (auto const& one : *offsets) {
        auto const found = find(one.id);
        if (!found) continue;
        if (!found->is_ongoing()) begin(*found);
        found->facts.groups.insert(one.offset.group);
        found->offsets.push_back(one.offset);
        found->offset_bytes += bytes_of(one.offset);
        count_offset(one.offset, 1);
    }
    restore_open();
    co_return success();
}

// What the logs say of transactions that named no partition beforehand.
void transaction_coordinator::restore_open() {
    std::unordered_map<std::int64_t, entry_ptr> of_producer;
    for (auto const& [id, one] : ids_) of_producer.emplace(one->facts.producer.id, one);
    for (auto const& part : transactions_.open()) {
        auto const found = of_producer.find(part.producer);
        if (found == of_producer.end()) continue;
        auto& of = *found->second;
        if (!of.is_ongoing()) begin(of);
        of.facts.started = std::min(of.facts.started, part.last_used);
        of.facts.partitions.insert(part.where);
    }
}

// -- without being asked

// False: it is not late, or busy.
task<bool> transaction_coordinator::abort_late(entry_ptr of) {
    transaction_facts after;
    store::transaction_ending ending;
    {
        std::lock_guard const lock(of->mutex);
        if (!of->is_ongoing() || of->must_wait()) co_return false;
        auto const took = to_underlying(clock_.now()) - to_underlying(of->facts.started);
        if (took <= of->facts.timeout.count()) co_return false;
        after = of->facts;
        after.state = transaction_state::complete_abort;
        after.partitions.clear();
        after.groups.clear();
        after.updated = clock_.now();
        after.ended = of->facts.producer;
        after.last_epoch = -1;
        after.previous_id = -1;
        ++after.producer.epoch;
        ending = ending_of(*of, after, true);
        ++ending.epoch;
        of->busy = of->ending = true;
    }
    auto const done = co_await transactions_.end_unasked(std::move(ending));
    std::lock_guard const lock(of->mutex);
    of->release();
    if (done.has_error()) {
        SLUICE_LOG(log_level::error, "transaction that took too long not aborted",
                   {"id", of->name}, {"failure", done.error()});
        co_return false;
    }
    over(*of, std::move(after));
    co_return true;
}

task<void> transaction_coordinator::sweep() {
    std::vector<entry_ptr> all;
    {
        std::lock_guard const lock(mutex_);
        all.reserve(ids_.size());
        for (auto const& one : ids_) all.push_back(one.second);
    }
    for (auto const& of : all) {
        (void)co_await abort_late(of);
        {
            std::lock_guard const lock(of->mutex);
            auto const unused = to_underlying(clock_.now()) - to_underlying(of->facts.updated);
            if (of->is_ongoing() || of->must_wait() || unused < options_.idle.count()) continue;
            of->is_gone = true;
        }
        auto const removed = co_await transactions_.remove(of->name);
        if (removed.has_error()) {
            SLUICE_LOG(log_level::error, "expired transactional id not removed",
                       {"id", of->name}, {"failure", removed.error()});
            std::lock_guard const lock(of->mutex);
            of->is_gone = false;   // its record is there still
            continue;
        }
        std::lock_guard const lock(mutex_);
        ids_.erase(of->name);
    }
}

task<void> transaction_coordinator::run() {
    event never(executor_);
    for (;;) {
        auto const waited = co_await never.wait_until(clock_.monotonic() + options_.sweep_every);
        if (waited.has_error() && waited.error().code == error::cancelled) co_return;
        co_await sweep();
    }
}

// -- what is shown

std::vector<transaction_coordinator::description> transaction_coordinator::list() const {
    std::vector<entry_ptr> all;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& one : ids_) all.push_back(one.second);
    }
    std::vector<description> out;
    for (auto const& of : all) {
        std::lock_guard const lock(of->mutex);
        if (!of->is_gone && of->facts.producer.id >= 0) out.push_back({of->name, of->facts});
    }
    return out;
}

std::optional<transaction_coordinator::description> transaction_coordinator::describe(
    std::string const& id) const {
    auto const of = find(id);
    if (!of) return std::nullopt;
    std::lock_guard const lock(of->mutex);
    if (of->is_gone || of->facts.producer.id < 0) return std::nullopt;
    return description{of->name, of->facts};
}

}  // namespace sluice::kafka
