#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

#include <algorithm>

#include "protocols/kafka/coordinator/transaction_entry.hpp"

namespace sluice::kafka {
namespace {

error_code code_of(failure const& why) {
    if (why.code == error::permission_denied)
        return error_code::transactional_id_authorization_failed;
    return error_code::coordinator_not_available;
}

}  // namespace

transaction_coordinator::transaction_coordinator(transaction_options options,
                                                 auth::guarded_transactions& transactions,
                                                 wall_clock const& clock,
                                                 boost::asio::any_io_executor executor)
    : options_(std::move(options)),
      transactions_(transactions),
      clock_(clock),
      executor_(std::move(executor)) {}

transaction_coordinator::~transaction_coordinator() = default;

// -- what is kept

// With the entry's lock held.
void transaction_coordinator::begin(entry& of) {
    of.facts.state = transaction_state::ongoing;
    of.facts.started = of.facts.updated = clock_.now();
    of.facts.partitions.clear();
    of.facts.groups.clear();
    of.gate->open(++of.number);
}

// With the entry's lock held.
store::transaction_ending transaction_coordinator::ending_of(entry const& of,
                                                             transaction_facts const& after,
                                                             bool aborts) const {
    store::transaction_ending out;
    out.id = of.name;
    out.state = encode(after);
    out.producer = of.facts.producer.id;
    out.epoch = of.facts.producer.epoch;
    out.aborts = aborts;
    if (of.is_ongoing())
        out.partitions.assign(of.facts.partitions.begin(), of.facts.partitions.end());
    out.offsets = of.offsets;
    out.gate = of.gate;
    return out;
}

// With the entry's lock held: the commit that says so is published.
void transaction_coordinator::over(entry& of, transaction_facts after) {
    for (auto const& one : of.offsets) count_offset(one, -1);
    of.offsets.clear();
    of.offset_bytes = 0;
    of.facts = std::move(after);
}

void transaction_coordinator::count_offset(store::transaction_offset const& offset,
                                           std::int64_t by) {
    std::lock_guard const lock(mutex_);
    auto& of_group = unstable_[offset.group];
    store::transaction_partition const where{offset.topic, offset.offset.partition};
    if ((of_group[where] += by) <= 0) of_group.erase(where);
    if (of_group.empty()) unstable_.erase(offset.group);
}

std::set<std::pair<std::string, std::int32_t>> transaction_coordinator::unstable(
    std::string const& group) const {
    std::set<std::pair<std::string, std::int32_t>> out;
    std::lock_guard const lock(mutex_);
    auto const found = unstable_.find(group);
    if (found == unstable_.end()) return out;
    for (auto const& [where, count] : found->second) {
        auto name = transactions_.topic_name(where.topic);
        if (name) out.emplace(std::move(*name), to_underlying(where.partition));
    }
    return out;
}

transaction_coordinator::entry_ptr transaction_coordinator::find(std::string const& id) const {
    std::lock_guard const lock(mutex_);
    auto const found = ids_.find(id);
    return found == ids_.end() ? nullptr : found->second;
}

result<transaction_coordinator::entry_ptr> transaction_coordinator::find_or_make(
    std::string const& id) {
    std::lock_guard const lock(mutex_);
    auto const found = ids_.find(id);
    if (found != ids_.end()) return found->second;
    if (ids_.size() >= options_.ids_max)
        return failure{error::overloaded, "too many transactional ids"};
    auto made = std::make_shared<entry>(id);
    made->facts.updated = clock_.now();
    ids_.emplace(id, made);
    return made;
}

// -- InitProducerId

task<transaction_coordinator::producer_answer> transaction_coordinator::init(
    std::string id, std::chrono::milliseconds timeout, producer_identity expected) {
    producer_answer out;
    if (id.empty() || id.size() > options_.id_bytes) {
        out.error = error_code::invalid_request;
        co_return out;
    }
    if (timeout.count() <= 0 || timeout > options_.longest) {
        out.error = error_code::invalid_transaction_timeout;
        co_return out;
    }
    auto const found = find_or_make(id);
    if (found.has_error()) {
        out.error = error_code::coordinator_not_available;
        co_return out;
    }
    auto const of = *found;
    transaction_facts after;
    store::transaction_ending ending;
    bool was_open = false;
    {
        std::lock_guard const lock(of->mutex);
        if (of->must_wait()) {
            out.error = error_code::concurrent_transactions;
            co_return out;
        }
        was_open = of->is_ongoing();
        auto const plan = plan_init(of->facts, expected);
        out.error = plan.error;
        out.producer = plan.producer;
        if (plan.is_repeat && was_open) out.error = error_code::producer_fenced;
        if (plan.is_repeat || out.error != error_code::none) co_return out;
        after.producer = plan.producer;
        after.last_epoch = plan.last_epoch;
        if (plan.producer.id < 0) {
            auto const made = transactions_.new_producer_id();
            if (made.has_error()) {
                out.error = error_code::coordinator_not_available;
                co_return out;
            }
            after.producer.id = *made;
            after.previous_id = of->facts.producer.id;
        }
        after.timeout = timeout;
        after.updated = clock_.now();
        ending = ending_of(*of, after, true);
        if (was_open) ++ending.epoch;  // fences whoever still writes in the old one
        of->busy = of->ending = true;
    }
    result<void> done = success();
    if (was_open) {
        done = co_await transactions_.end_unasked(std::move(ending));
    } else {
        store::saved_transaction what;
        what.id = id;
        what.state = std::move(ending.state);
        done = co_await transactions_.save(std::move(what));
    }
    std::lock_guard const lock(of->mutex);
    of->release();
    if (done.has_error()) {
        out.error = error_code::coordinator_not_available;
        co_return out;
    }
    out.producer = after.producer;
    over(*of, std::move(after));
    co_return out;
}

// -- what joins a transaction

error_code transaction_coordinator::check(entry const& of, producer_identity producer) const {
    if (of.is_gone) return error_code::invalid_producer_id_mapping;
    auto const error = check_producer(of.facts, producer);
    if (error != error_code::none) return error;
    return of.ending ? error_code::concurrent_transactions : error_code::none;
}

task<error_code> transaction_coordinator::add_partitions(
    std::string id, producer_identity producer,
    std::vector<store::transaction_partition> partitions) {
    auto const of = find(id);
    if (!of) co_return error_code::invalid_producer_id_mapping;
    store::saved_transaction what;
    {
        std::lock_guard const lock(of->mutex);
        auto const error = check(*of, producer);
        if (error != error_code::none) co_return error;
        if (of->busy) co_return error_code::concurrent_transactions;
        auto after = of->facts;
        if (!of->is_ongoing()) {
            after.state = transaction_state::ongoing;
            after.started = clock_.now();
            after.partitions.clear();
            after.groups.clear();
        }
        auto const before = after.partitions.size();
        after.partitions.insert(partitions.begin(), partitions.end());
        if (of->is_ongoing() && after.partitions.size() == before) co_return error_code::none;
        if (after.partitions.size() > options_.partitions_max)
            co_return error_code::transaction_abortable;
        after.updated = clock_.now();
        what.id = id;
        what.state = encode(after);
        of->busy = true;
    }
    auto const done = co_await transactions_.save(std::move(what));
    std::lock_guard const lock(of->mutex);
    of->release();
    if (done.has_error()) co_return error_code::coordinator_not_available;
    if (!of->is_ongoing()) begin(*of);
    of->facts.partitions.insert(partitions.begin(), partitions.end());
    co_return error_code::none;
}

error_code transaction_coordinator::verify(std::string const& id, producer_identity producer,
                                           store::transaction_partition partition) const {
    auto const of = find(id);
    if (!of) return error_code::invalid_producer_id_mapping;
    std::lock_guard const lock(of->mutex);
    auto const error = check(*of, producer);
    if (error != error_code::none) return error;
    bool const is_one = of->is_ongoing() && of->facts.partitions.contains(partition);
    return is_one ? error_code::none : error_code::transaction_abortable;
}

task<error_code> transaction_coordinator::add_group(std::string id, producer_identity producer,
                                                    std::string group) {
    auto const of = find(id);
    if (!of) co_return error_code::invalid_producer_id_mapping;
    store::saved_transaction what;
    {
        std::lock_guard const lock(of->mutex);
        auto const error = check(*of, producer);
        if (error != error_code::none) co_return error;
        if (of->busy) co_return error_code::concurrent_transactions;
        auto after = of->facts;
        if (of->is_ongoing() && after.groups.contains(group)) co_return error_code::none;
        if (!of->is_ongoing()) {
            after.state = transaction_state::ongoing;
            after.started = clock_.now();
            after.partitions.clear();
            after.groups.clear();
        }
        after.groups.insert(group);
        if (after.groups.size() > options_.partitions_max)
            co_return error_code::transaction_abortable;
        after.updated = clock_.now();
        what.id = id;
        what.state = encode(after);
        of->busy = true;
    }
    auto const done = co_await transactions_.save(std::move(what));
    std::lock_guard const lock(of->mutex);
    of->release();
    if (done.has_error()) co_return error_code::coordinator_not_available;
    if (!of->is_ongoing()) begin(*of);
    of->facts.groups.insert(std::move(group));
    co_return error_code::none;
}

transaction_coordinator::admission transaction_coordinator::admit(
    std::string const& id, producer_identity producer, store::transaction_partition partition,
    bool adds) {
    auto const of = find(id);
    if (!of) return {error_code::invalid_producer_id_mapping, {}};
    std::lock_guard const lock(of->mutex);
    auto const error = check(*of, producer);
    if (error != error_code::none) return {error, {}};
    bool const is_one = of->is_ongoing() && of->facts.partitions.contains(partition);
    if (!is_one && !adds) return {error_code::transaction_abortable, {}};
    if (!is_one) {
        if (!of->is_ongoing()) begin(*of);
        if (of->facts.partitions.size() >= options_.partitions_max)
            return {error_code::transaction_abortable, {}};
        of->facts.partitions.insert(partition);
    }
    return {error_code::none, {of->gate, of->number}};
}

task<transaction_coordinator::offsets_answer> transaction_coordinator::save_offsets(
    auth::caller const& who, std::string id, producer_identity producer, std::string group,
    bool adds, std::vector<store::committed_offset> offsets) {
    offsets_answer out;
    auto const of = find(id);
    if (!of) {
        out.error = error_code::invalid_producer_id_mapping;
        co_return out;
    }
    std::vector<store::transaction_offset> kept(offsets.size());
    {
        std::lock_guard const lock(of->mutex);
        out.error = check(*of, producer);
        if (out.error != error_code::none) co_return out;
        if (!adds && !(of->is_ongoing() && of->facts.groups.contains(group))) {
            out.error = error_code::transaction_abortable;
            co_return out;
        }
        std::size_t bytes = of->offset_bytes;
        for (std::size_t i = 0; i < kept.size(); ++i) {
            kept[i].group = group;
            kept[i].offset = offsets[i];
            if (auto const topic = transactions_.topic_id(offsets[i].topic))
                kept[i].topic = *topic;
            bytes += bytes_of(kept[i]);
        }
        if (bytes > options_.offset_bytes) {
            out.error = error_code::invalid_commit_offset_size;
            co_return out;
        }
        if (!of->is_ongoing()) begin(*of);
        of->facts.groups.insert(group);
        of->offset_bytes = bytes;
        ++of->saving;
        // Unstable from before they are durable: a reader never takes the old ones for the last.
        for (auto const& one : kept) {
            count_offset(one, 1);
            of->offsets.push_back(one);
        }
    }
    auto done = co_await transactions_.save_offsets(who, std::move(id), std::move(group),
                                                    std::move(offsets));
    std::lock_guard const lock(of->mutex);
    --of->saving;
    for (std::size_t i = 0; i < done.size(); ++i) {
        out.offsets.emplace_back();
        if (done[i].has_value()) continue;
        out.offsets.back() = done[i].error();
        count_offset(kept[i], -1);
        auto const same = [&](store::transaction_offset const& one) {
            return one.group == kept[i].group && one.topic == kept[i].topic &&
                   one.offset.partition == kept[i].offset.partition &&
                   one.offset.offset == kept[i].offset.offset;
        };
        auto const last = std::find_if(of->offsets.rbegin(), of->offsets.rend(), same);
        if (last == of->offsets.rend()) continue;
        of->offset_bytes -= bytes_of(*last);
        of->offsets.erase(std::next(last).base());
    }
    co_return out;
}

// -- the end

task<transaction_coordinator::producer_answer> transaction_coordinator::end(
    auth::caller const& who, std::string id, producer_identity producer, bool commits,
    bool new_epoch) {
    producer_answer out;
    auto const of = find(id);
    if (!of) {
        out.error = error_code::invalid_producer_id_mapping;
        co_return out;
    }
    transaction_facts after;
    store::transaction_ending ending;
    {
        std::lock_guard const lock(of->mutex);
        if (of->must_wait()) {
            out.error = of->is_gone ? error_code::invalid_producer_id_mapping
                                    : error_code::concurrent_transactions;
            co_return out;
        }
        auto const plan = new_epoch ? plan_end_with_new_epoch(of->facts, producer, commits)
                                    : plan_end(of->facts, producer, commits);
        out.error = plan.error;
        out.producer = of->facts.producer;
        if (plan.error != error_code::none || !plan.ends) co_return out;
        after = of->facts;
        after.state = commits ? transaction_state::complete_commit
                              : transaction_state::complete_abort;
        after.partitions.clear();
        after.groups.clear();
        after.updated = clock_.now();
        after.ended = {};
        if (new_epoch) {
            after.ended = producer;
            after.last_epoch = producer.epoch;
            after.previous_id = -1;
            ++after.producer.epoch;
        }
        if (new_epoch && is_exhausted(producer.epoch)) {
            auto const made = transactions_.new_producer_id();
            if (made.has_error()) {
                out.error = error_code::coordinator_not_available;
                co_return out;
            }
            after.previous_id = producer.id;
            after.producer = {*made, 0};
        }
        ending = ending_of(*of, after, !commits);
        if (new_epoch) ++ending.epoch;
        of->busy = of->ending = true;
    }
    auto const done = co_await transactions_.end(who, std::move(ending));
    std::lock_guard const lock(of->mutex);
    of->release();
    if (done.has_error()) {
        out.error = code_of(done.error());
        co_return out;
    }
    out.producer = after.producer;
    over(*of, std::move(after));
    co_return out;
}

}  // namespace sluice::kafka
