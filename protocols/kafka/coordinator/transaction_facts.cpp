#include "protocols/kafka/coordinator/transaction_facts.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::kafka {
namespace {

constexpr std::uint8_t newest_version = 1;
// Of one record: what the store takes as a state is smaller than this many.
constexpr std::uint64_t entries_max = 100'000;

std::int16_t next_epoch(producer_identity const& of) noexcept {
    return static_cast<std::int16_t>(of.epoch + 1);
}

}  // namespace

std::string_view name_of(transaction_state state) noexcept {
    switch (state) {
        case transaction_state::empty: return "Empty";
        case transaction_state::ongoing: return "Ongoing";
        case transaction_state::complete_commit: return "CompleteCommit";
        case transaction_state::complete_abort: return "CompleteAbort";
    }
    return {};
}

std::string encode(transaction_facts const& facts) {
    std::string out;
    byte_writer to(out);
    to.little(newest_version).little(static_cast<std::uint8_t>(facts.state));
    to.little(facts.producer.id).little(facts.producer.epoch);
    to.little(facts.previous_id).little(facts.last_epoch);
    to.little(facts.ended.id).little(facts.ended.epoch);
    to.little(static_cast<std::int64_t>(facts.timeout.count()));
    to.little(to_underlying(facts.started)).little(to_underlying(facts.updated));
    to.varint(facts.partitions.size());
    for (auto const& one : facts.partitions)
        to.little(to_underlying(one.topic)).little(to_underlying(one.partition));
    to.varint(facts.groups.size());
    for (auto const& one : facts.groups) to.sized(one);
    return out;
}

result<transaction_facts> decode_transaction_facts(std::string_view bytes) {
    byte_reader in(bytes);
    auto const version = in.little<std::uint8_t>();
    if (in.ok() && version > newest_version)
        return failure{error::unsupported, "a transaction record of a later version"};
    transaction_facts out;
    auto const state = in.little<std::uint8_t>();
    out.producer.id = in.little<std::int64_t>();
    out.producer.epoch = in.little<std::int16_t>();
    out.previous_id = in.little<std::int64_t>();
    out.last_epoch = in.little<std::int16_t>();
    out.ended.id = in.little<std::int64_t>();
    out.ended.epoch = in.little<std::int16_t>();
    out.timeout = std::chrono::milliseconds{in.little<std::int64_t>()};
    out.started = unix_millis{in.little<std::int64_t>()};
    out.updated = unix_millis{in.little<std::int64_t>()};
    auto const partitions = in.varint();
    for (std::uint64_t i = 0; i < partitions && i < entries_max && in.ok(); ++i) {
        auto const topic = dataset_id{in.little<std::uint64_t>()};
        out.partitions.insert({topic, partition_index{in.little<std::int32_t>()}});
    }
    auto const groups = in.varint();
    for (std::uint64_t i = 0; i < groups && i < entries_max && in.ok(); ++i)
        out.groups.emplace(in.sized());
    SLUICE_CHECK(in.finish("a transaction record"));
    bool const known = state <= static_cast<std::uint8_t>(transaction_state::complete_abort);
    if (version == 0 || !known) return failure{error::malformed, "a transaction record"};
    out.state = static_cast<transaction_state>(state);
    return out;
}

next_producer plan_init(transaction_facts const& facts, producer_identity expected) {
    auto const& now = facts.producer;
    next_producer out;
    bool const resumes = expected.id >= 0;
    if (now.epoch < 0) {
        // Nothing is known of it any more: a resuming producer begins anew.
        out.producer.epoch = 0;
        return out;
    }
    if (resumes) {
        bool const is_repeat_of_change =
            expected.id == facts.previous_id && expected.epoch == facts.last_epoch;
        bool const is_repeat = expected.id == now.id && expected.epoch == facts.last_epoch &&
                               facts.last_epoch >= 0;
        if (is_repeat || is_repeat_of_change) {
            out.producer = now;
            out.last_epoch = facts.last_epoch;
            out.is_repeat = true;
            return out;
        }
        if (expected != now) {
            out.error = error_code::producer_fenced;
            return out;
        }
        out.last_epoch = now.epoch;
    }
    if (is_exhausted(now.epoch)) {
        out.producer.epoch = 0;
        return out;
    }
    out.producer = {now.id, next_epoch(now)};
    return out;
}

error_code check_producer(transaction_facts const& facts, producer_identity shown) {
    if (facts.producer.id != shown.id) return error_code::invalid_producer_id_mapping;
    if (facts.producer.epoch != shown.epoch) return error_code::producer_fenced;
    return error_code::none;
}

end_plan plan_end(transaction_facts const& facts, producer_identity shown, bool commits) {
    auto const error = check_producer(facts, shown);
    if (error != error_code::none) return {error, false};
    bool was_done = false;
    switch (facts.state) {
        case transaction_state::ongoing: return {error_code::none, true};
        case transaction_state::empty: break;
        case transaction_state::complete_commit: was_done = commits; break;
        case transaction_state::complete_abort: was_done = !commits; break;
    }
    return {was_done ? error_code::none : error_code::invalid_txn_state, false};
}

end_plan plan_end_with_new_epoch(transaction_facts const& facts, producer_identity shown,
                                 bool commits) {
    if (facts.ended.id >= 0 && shown == facts.ended && shown != facts.producer) {
        // Asked again: its epoch is over, because this was done, or because it took too long.
        switch (facts.state) {
            case transaction_state::ongoing: return {error_code::producer_fenced, false};
            case transaction_state::empty: return {error_code::producer_fenced, false};
            case transaction_state::complete_commit:
                return {commits ? error_code::none : error_code::invalid_txn_state, false};
            case transaction_state::complete_abort:
                return {commits ? error_code::invalid_txn_state : error_code::none, false};
        }
    }
    auto const error = check_producer(facts, shown);
    if (error != error_code::none) return {error, false};
    // A producer aborts without knowing whether anything of it came here.
    bool const ends = facts.state == transaction_state::ongoing || !commits;
    return {ends ? error_code::none : error_code::invalid_txn_state, ends};
}

}  // namespace sluice::kafka
