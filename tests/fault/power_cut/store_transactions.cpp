// Transactions of producers in store_driver: topic x0, which has nothing else. A transaction writes to
// both partitions or one, moves an offset or does not, and ends in one commit; another epoch is the
// next one's. After a cut whoever was left open is aborted, as a coordinator does, and then everything
// of a transaction is there or nothing: its records, its offset, its state.
#include <algorithm>
#include <array>

#include "backend/store/group_verbs.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/topic_verbs.hpp"
#include "backend/store/transaction_verbs.hpp"
#include "gateway/core/cursor.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {
namespace {

constexpr int transactors = 3;
constexpr int partitions = 2;
constexpr std::int64_t first_producer = 1000;   // others' are below
constexpr std::size_t attributes_position = 21;

std::string id_of(int number) { return "x" + std::to_string(number); }
std::string group_of(int number) { return "gx" + std::to_string(number); }
std::string state_of(std::int64_t epoch, bool commits) {
    return std::to_string(epoch) + (commits ? " commit" : " abort");
}

std::string batch_of(std::uint64_t number, std::uint64_t length, std::int64_t producer,
                     std::int64_t epoch, std::int32_t sequence) {
    store::log_batch_builder builder;
    builder.add(unix_millis{1000}, std::to_string(number), bytes_of(number, length));
    auto batch = builder.finish();
    store_big(batch.data() + attributes_position, std::int16_t{16});
    store::set_producer(batch.data(), batch.size(), producer, static_cast<std::int16_t>(epoch),
                        sequence);
    return batch;
}

// By the rule that Kafka's consumers follow.
class committed_view {
public:
    // The number of a batch that is to be seen.
    std::optional<std::uint64_t> take(std::string_view batch, store::log_batch_header const& header,
                                      std::vector<store::aborted_transaction>& aborted) {
        std::erase_if(aborted, [&](store::aborted_transaction const& one) {
            bool const begins = to_underlying(one.first) <= header.base_offset;
            if (begins) aborting_.insert(one.producer);
            return begins;
        });
        if (header.is_control()) {
            aborting_.erase(header.producer_id);
            return std::nullopt;
        }
        if (aborting_.contains(header.producer_id)) return std::nullopt;
        return std::stoull(store::read_log_batch(batch).value().front().key.value());
    }

private:
    std::set<std::int64_t> aborting_;
};

}  // namespace

task<void> store_driver::make_transaction_topic() {
    auto& topic = model_.topics["x0"];
    if (topic.exists.now()) co_return;
    store::create_topic_request request;
    request.name = "x0";
    request.partitions = partitions;
    auto const record = model_.audit.add("create_topic x0");
    request.audit.push_back(model_.audit.text(record));
    auto const made = co_await store::create_topic(*engine_, std::move(request));
    audited(record, made, topic_effect("x0", true));
    if (made.has_value()) topic.exists.is(true);
    else if (is_lost_answer(made.error(), "create_topic")) topic.exists.may_become(true);
}

task<void> store_driver::run_transaction() {
    auto const number = int(below(transactors));
    auto const claim = "transactor/" + id_of(number);
    if (!claimed_.insert(claim).second) co_return;
    auto const epoch = std::int64_t(model_.transactors[number].all.size());
    model_.transactors[number].all[epoch] = {};
    std::int32_t sequences[partitions] = {0, 0};
    bool goes_on = true;
    for (auto batches = below(4); batches > 0 && goes_on; --batches)
        goes_on = co_await send_of_transaction(number, epoch, sequences);
    bool const has_offset = below(2) == 0;
    if (goes_on && has_offset) goes_on = co_await save_offset_of_transaction(number, epoch);
    bool const commits = below(3) != 0;
    if (goes_on) goes_on = co_await end_of_transaction(number, epoch, commits, has_offset);
    // What a reader sees while others are under way: nothing that nobody asked to commit.
    if (goes_on) {
        auto const seen = co_await read_committed(int(below(partitions)));
        std::set<std::uint64_t> asked;
        for (auto const& [other, of] : model_.transactors)
            for (auto const& [at, one] : of.all)
                for (auto const& batch : one.batches)
                    if (one.asked_to_commit) asked.insert(batch.second);
        for (auto const batch : seen.value_or(std::vector<std::uint64_t>{}))
            if (!asked.contains(batch)) violated("a record is read that nobody committed");
    }
    claimed_.erase(claim);
}

task<bool> store_driver::send_of_transaction(int number, std::int64_t epoch,
                                             std::int32_t (&sequences)[2]) {
    auto const what = new_log_batch();
    auto const partition = int(below(partitions));
    model_.transactors[number].all[epoch].batches.emplace_back(partition, what.number);
    store::append_request request;
    store::append_part part;
    part.topic = engine_->logs().find("x0");
    part.partition = partition_index{partition};
    part.batches = batch_of(what.number, what.length, first_producer + number, epoch,
                            sequences[partition]++);
    request.parts.push_back(std::move(part));
    auto const record = model_.audit.add("append_log of " + id_of(number));
    request.audit.push_back(model_.audit.text(record));
    auto const answers = co_await store::append_log(*engine_, std::move(request));
    audited(record, answers.front());
    if (answers.front().has_error()) {
        is_lost_answer(answers.front().error(), "append_log of a transaction");
        co_return false;
    }
    ++model_.acknowledged;
    bool const taken = answers.front()->refused == store::producer_refusal::none &&
                       !answers.front()->duplicate;
    if (!taken) violated("a batch of a transaction is refused");
    co_return taken;
}

task<bool> store_driver::save_offset_of_transaction(int number, std::int64_t epoch) {
    store::transaction_offset one;
    one.group = group_of(number);
    one.topic = engine_->logs().find("x0")->id();
    one.offset.partition = partition_index{0};
    one.offset.offset = log_offset{epoch};
    std::vector<store::transaction_offset> offsets{one};
    auto const record = model_.audit.add("save_transaction_offsets of " + id_of(number));
    store::audit_records audit{model_.audit.text(record)};
    auto const answers = co_await store::save_transaction_offsets(
        *engine_, id_of(number), std::move(offsets), std::move(audit));
    audited(record, answers.front());
    if (answers.front().has_error()) {
        is_lost_answer(answers.front().error(), "save_transaction_offsets");
        co_return false;
    }
    ++model_.acknowledged;
    model_.transactors[number].all[epoch].has_offset = true;
    co_return true;
}

task<bool> store_driver::end_of_transaction(int number, std::int64_t epoch, bool commits,
                                            bool has_offset) {
    auto const topic = engine_->logs().find("x0")->id();
    store::transaction_ending ending;
    ending.id = id_of(number);
    ending.state = state_of(epoch, commits);
    ending.producer = first_producer + number;
    ending.epoch = static_cast<std::int16_t>(epoch);
    ending.aborts = !commits;
    for (int i = 0; i < partitions; ++i) ending.partitions.push_back({topic, partition_index{i}});
    if (has_offset) {
        store::transaction_offset one;
        one.group = group_of(number);
        one.topic = topic;
        one.offset.partition = partition_index{0};
        one.offset.offset = log_offset{epoch};
        ending.offsets.push_back(std::move(one));
    }
    auto const record = model_.audit.add("end_transaction of " + id_of(number));
    store::audit_records audit{model_.audit.text(record)};
    model_.transactors[number].all[epoch].asked_to_commit = commits;
    auto const done =
        co_await store::end_transaction(*engine_, std::move(ending), std::move(audit));
    effects shown;
    shown.push_back([&model = model_, number, epoch, commits] {
        return std::optional(model.transactors[number].all[epoch].committed == commits);
    });
    // An abort that was lost is done again by the check, without a record.
    if (!commits) shown.clear();
    audited(record, done, std::move(shown));
    if (done.has_error()) {
        is_lost_answer(done.error(), "end_transaction");
        co_return false;
    }
    ++model_.acknowledged;
    auto& of = model_.transactors[number];
    of.all[epoch].committed = commits;
    if (commits && has_offset) of.offset = epoch;
    co_return true;
}

// The batches that a committed reader sees, in order. nullopt: the power went.
task<std::optional<std::vector<std::uint64_t>>> store_driver::read_committed(int partition) {
    std::vector<std::uint64_t> seen;
    committed_view view;
    for (std::int64_t next = 0;;) {
        store::read_log_request request{engine_->logs().find("x0"), partition_index{partition},
                                        log_offset{next}, 1 + below(300'000), true,
                                        store::log_isolation::committed};
        auto slice = co_await store::read_log(*engine_, std::move(request));
        if (slice.has_error()) {
            is_lost_answer(slice.error(), "read_log of what is committed");
            co_return std::nullopt;
        }
        if (slice->batches.empty()) co_return seen;
        view = {};
        for (std::string_view rest = slice->batches; !rest.empty();) {
            auto const header = store::parse_log_batch_header(rest).value();
            auto const batch = rest.substr(0, header.total_bytes());
            auto const number = view.take(batch, header, slice->aborted);
            if (number) seen.push_back(*number);
            next = header.base_offset + header.last_offset_delta + 1;
            rest.remove_prefix(header.total_bytes());
        }
    }
}

// Whose end was not answered: ended by what the state says, else aborted now. False: the power went.
task<bool> store_driver::settle_transactions() {
    auto const saved = co_await store::saved_transactions(*engine_, "", 100);
    auto const pending = co_await store::saved_transaction_offsets(*engine_);
    if (saved.has_error() || pending.has_error()) {
        is_lost_answer(saved.has_error() ? saved.error() : pending.error(), "transactions");
        co_return false;
    }
    std::map<std::string, std::string> states;
    for (auto const& one : *saved) states[one.id] = one.state;
    for (int number = 0; number < transactors; ++number) {
        auto& of = model_.transactors[number];
        if (of.all.empty()) continue;
        auto& [epoch, last] = *of.all.rbegin();
        auto const& state = states[id_of(number)];
        if (last.committed) {
            if (state != state_of(epoch, *last.committed))
                violated("the end of a transaction is lost: " + state);
            continue;
        }
        last.committed = state == state_of(epoch, true);
        if (*last.committed && !last.asked_to_commit) violated("an end that nobody asked for");
        if (*last.committed && last.has_offset) of.offset = epoch;
        if (*last.committed || state == state_of(epoch, false)) continue;
        bool const has_offset = std::ranges::any_of(*pending, [&](auto const& one) {
            return one.id == id_of(number);
        });
        last.committed.reset();
        bool const ended = co_await end_of_transaction(number, epoch, false, has_offset);
        if (!ended) co_return false;
    }
    co_return true;
}

task<void> store_driver::check_transactions() {
    if (!engine_->logs().find("x0")) co_return;
    bool const settled = co_await settle_transactions();
    if (!settled || !going_on()) co_return;
    if (!store::open_transactions(*engine_).empty()) violated("an ended transaction is open");
    for (int i = 0; i < partitions && going_on(); ++i) {
        auto const bounds = engine_->logs().find("x0")->partition(partition_index{i})->bounds();
        if (bounds.stable != bounds.end) violated("what is stable does not reach the end");
        auto seen = co_await read_committed(i);
        if (!seen) co_return;
        std::vector<std::uint64_t> expected;
        for (auto const& [number, of] : model_.transactors)
            for (auto const& [epoch, one] : of.all)
                for (auto const& [partition, batch] : one.batches)
                    if (partition == i && one.committed == true) expected.push_back(batch);
        std::ranges::sort(*seen);
        std::ranges::sort(expected);
        if (*seen != expected)
            violated("x0/" + std::to_string(i) + ": " + std::to_string(seen->size()) +
                     " committed batches are read instead of " + std::to_string(expected.size()));
    }
    for (int number = 0; number < transactors && going_on(); ++number)
        co_await check_offset_of_transactions(number);
}

task<void> store_driver::check_offset_of_transactions(int number) {
    auto const offsets = co_await store::committed_offsets(*engine_, group_of(number));
    if (offsets.has_error()) {
        is_lost_answer(offsets.error(), "committed_offsets");
        co_return;
    }
    std::optional<std::int64_t> now;
    for (auto const& one : *offsets) now = to_underlying(one.offset);
    if (now != model_.transactors[number].offset)
        violated("the offset of " + group_of(number) + " is not its last transaction's");
}

}  // namespace sluice::fault
