// The log verbs of store_driver. Topics l0, l1 and l2 stay; l1 has retention by bytes and is
// compacted: no two records have one key, so its runs are written anew and lose nothing. l2 gets
// records with the rows of transactions (store_tables.cpp); x0 is store_transactions.cpp's. Spare
// topics come and go. Each producer belongs to one partition and sends one batch at a time, again
// after a cut.
#include <algorithm>

#include "backend/store/group_verbs.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/topic_verbs.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {
namespace {

constexpr int main_partitions = 2;
constexpr std::int64_t kept_bytes = 200'000;

std::string bytes_of_batch(log_batch_model const& what) {
    store::log_batch_builder builder;
    for (int i = 0; i < what.count; ++i)
        builder.add(unix_millis{1000 + i}, std::to_string(what.number + std::uint64_t(i)),
                    bytes_of(what.number + std::uint64_t(i), what.length));
    return builder.finish();
}

std::map<std::string, std::string> settings_of(std::string const& topic) {
    if (topic != "l1") return {};
    return {{"cleanup.policy", "compact,delete"}, {"min.cleanable.dirty.ratio", "0"}};
}

}  // namespace

log_batch_model store_driver::new_log_batch() {
    log_batch_model made;
    made.count = 1 + int(below(4));
    made.number = model_.next_number;
    model_.next_number += 10;
    auto const kind = below(20);
    made.length = kind < 12 ? below(500) : kind < 19 ? below(60'000) : below(500'000);
    if (kind == 19) made.count = 1 + int(below(2));
    return made;
}

// Each batch is there if the record is, unless it may have been erased since.
store_driver::effects store_driver::log_effects(std::vector<sent_batch> const& sent) {
    effects all;
    for (auto const& one : sent)
        all.push_back([&model = model_, one]() -> std::optional<bool> {
            auto const& topic = model.topics[one.topic];
            if (!topic.exists.now()) return std::nullopt;
            auto const& log = topic.partitions.at(one.partition);
            for (auto const& [base, batch] : log.acked)
                if (batch == one.what) return true;
            bool const was_not_read = std::ranges::find(log.lost, one.what) != log.lost.end();
            if (was_not_read || log.start > one.end) return std::nullopt;
            return false;
        });
    return all;
}

store::append_part store_driver::part_of(std::string const& topic, int partition,
                                         log_batch_model const& what) {
    store::append_part part;
    part.topic = engine_->logs().find(topic);
    part.partition = partition_index{partition};
    part.batches = bytes_of_batch(what);
    return part;
}

task<void> store_driver::make_main_topics() {
    std::vector<std::string> const names{"l0", "l1", "l2"};
    for (auto const& name : names) {
        auto& topic = model_.topics[name];
        if (topic.exists.now()) continue;
        store::create_topic_request request;
        request.name = name;
        request.partitions = main_partitions;
        request.settings = settings_of(name);
        if (name == "l1") request.retention.bytes = kept_bytes;
        for (int i = 0; i < main_partitions; ++i) {
            topic.partitions[i] = {};
            topic.partitions[i].retains = name == "l1";
        }
        auto const record = model_.audit.add("create_topic " + name);
        request.audit.push_back(model_.audit.text(record));
        auto made = co_await store::create_topic(*engine_, std::move(request));
        audited(record, made, topic_effect(name, true));
        if (made.has_value()) {
            topic.exists.is(true);
            ++model_.acknowledged;
        } else if (is_lost_answer(made.error(), "create_topic")) {
            topic.exists.may_become(true);
            co_return;
        }
    }
}

task<void> store_driver::one_log_verb() {
    auto const choice = below(100);
    if (choice < 20) co_return co_await append_plain();
    if (choice < 35) co_return co_await run_transaction();
    if (choice < 70) co_return co_await append_as_producer();
    if (choice < 76) co_return co_await erase_log();
    if (choice < 80) co_return co_await keep_logs();
    if (choice < 82) co_return co_await change_main_topic();
    if (choice < 88) co_return co_await change_spare_topic();
    if (choice < 95) co_return co_await change_group();
    co_await read_log_somewhere();
}

// Several partitions in one commit: all of it is there or nothing.
task<void> store_driver::append_plain() {
    store::append_request request;
    std::vector<std::pair<std::string, int>> places;
    std::vector<log_batch_model> batches;
    std::vector<sent_batch> sent;
    std::size_t bytes = 0;
    for (auto parts = 1 + below(3); parts > 0; --parts) {
        auto const topic = "l" + std::to_string(below(2));
        auto const partition = int(below(main_partitions));
        auto const what = new_log_batch();
        auto part = part_of(topic, partition, what);
        bytes += part.batches.size();
        if (bytes > engine_->append_bytes()) break;
        request.parts.push_back(std::move(part));
        places.emplace_back(topic, partition);
        batches.push_back(what);
        sent.push_back(about_to_send(topic, partition, what));
    }
    if (places.empty()) co_return;
    auto const record = model_.audit.add("append_log");
    request.audit.push_back(model_.audit.text(record));
    auto const answers = co_await store::append_log(*engine_, std::move(request));
    audited(record, answers.front(), log_effects(sent));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto& log = log_of(places[i].first, places[i].second);
        if (answers[i].has_error()) {
            if (is_lost_answer(answers[i].error(), "append_log")) log.lost.push_back(batches[i]);
            continue;
        }
        ++model_.acknowledged;
        auto const base = to_underlying(answers[i]->base);
        if (answers[i]->duplicate || !log.acked.emplace(base, batches[i]).second)
            violated("an append without producer gets an offset that is taken");
    }
}

task<void> store_driver::append_as_producer() {
    auto const name = "p" + std::to_string(below(4));
    if (!claimed_.insert("producer/" + name).second) co_return;
    if (!model_.producers.contains(name)) {
        log_producer_model made;
        made.id = std::int64_t(model_.producers.size() + 1);
        made.topic = "l" + std::to_string(below(2));
        made.partition = int(below(main_partitions));
        model_.producers[name] = made;
    }
    auto& producer = model_.producers[name];
    bool const again = producer.unanswered || (producer.last && below(4) == 0);
    if (!again) {
        producer.last = new_log_batch();
        producer.last_sequence = producer.next_sequence;
        producer.last_base.reset();
        producer.next_sequence += producer.last->count;
    }
    store::append_request request;
    request.parts.push_back(part_of(producer.topic, producer.partition, *producer.last));
    auto& batch = request.parts.front().batches;
    store::set_producer(batch.data(), batch.size(), producer.id, 0, producer.last_sequence);
    // A batch that was sent before may be there without this sending.
    effects shows;
    if (!again)
        shows = log_effects({about_to_send(producer.topic, producer.partition, *producer.last)});
    auto const record = model_.audit.add("append_log of " + name);
    request.audit.push_back(model_.audit.text(record));
    auto const answers = co_await store::append_log(*engine_, std::move(request));
    audited(record, answers.front(), std::move(shows));
    producer_answered(name, answers.front());
    claimed_.erase("producer/" + name);
}

void store_driver::producer_answered(std::string const& name,
                                     result<store::log_appended> const& answer) {
    auto& producer = model_.producers[name];
    auto& log = log_of(producer.topic, producer.partition);
    bool const was_unanswered = std::exchange(producer.unanswered, false);
    if (answer.has_error()) {
        if (!is_lost_answer(answer.error(), "append_log of a producer")) return;
        if (!producer.last_base) {
            producer.unanswered = true;
            if (std::ranges::find(log.lost, *producer.last) == log.lost.end())
                log.lost.push_back(*producer.last);
        }
        return;
    }
    if (answer->refused != store::producer_refusal::none)
        return violated("a producer's batch is refused, number " +
                        std::to_string(int(answer->refused)));
    auto const base = to_underlying(answer->base);
    ++model_.acknowledged;
    if (producer.last_base) {
        // Answered before: it must be known, with the same offset.
        if (!answer->duplicate || base != *producer.last_base)
            violated("a batch that was acknowledged is appended again");
        if (answer->duplicate) ++model_.duplicates;
        return;
    }
    producer.last_base = base;
    if (answer->duplicate) {
        // From before the cut: check_partition has found it, unless it was erased since.
        ++model_.duplicates;
        auto const found = log.acked.find(base);
        bool const erased = base < to_underlying(answer->log_start) || base < log.start;
        if (!was_unanswered) return violated("a first sending is called a duplicate");
        if (found == log.acked.end() ? !erased : found->second != *producer.last)
            violated("a duplicate is answered with another batch's offset");
        return;
    }
    if (!log.acked.emplace(base, *producer.last).second)
        violated("a producer's batch gets an offset that is taken");
}

task<void> store_driver::erase_log() {
    if (!claimed_.insert("erase/l0").second) co_return;
    auto const partition = int(below(main_partitions));
    auto const topic = engine_->logs().find("l0");
    auto const bounds = topic->partition(partition_index{partition})->bounds();
    auto const length = std::uint64_t(to_underlying(bounds.end) - to_underlying(bounds.start));
    auto const before = to_underlying(bounds.start) + std::int64_t(below(length + 1));
    auto const record = model_.audit.add("erase_log_before l0");
    store::erase_log_request request{topic, partition_index{partition}, log_offset{before},
                                     {model_.audit.text(record)}};
    auto& log = log_of("l0", partition);
    effects moved;
    if (log.starts.empty() && before > log.start)
        moved.push_back([&log, before] { return std::optional(log.start == before); });
    log.starts.insert(before);   // also seen before it is answered
    auto const done = co_await store::erase_log_before(*engine_, std::move(request));
    audited(record, done, std::move(moved));
    if (done.has_value()) {
        ++model_.acknowledged;
        log.start = std::max(log.start, to_underlying(*done));
        log.starts.erase(before);
    } else {
        is_lost_answer(done.error(), "erase_log_before");
    }
    claimed_.erase("erase/l0");
}

task<void> store_driver::keep_logs() {
    auto work = [this](blocking_token token) { return engine_->upkeep().run_once(token); };
    auto const done = co_await pool_->run(std::move(work));
    if (done.has_error()) is_lost_answer(done.error(), "log upkeep");
}

store_driver::effects store_driver::topic_effect(std::string const& name, bool made) {
    auto const& before = model_.topics[name].exists;
    if (!before.is_certain() || before.now().has_value() == made) return {};
    return {[&before, made] { return std::optional(before.now().has_value() == made); }};
}

task<void> store_driver::change_main_topic() {
    auto const name = "l" + std::to_string(below(2));
    if (!claimed_.insert("note/" + name).second) co_return;
    auto& note = model_.topics[name].note;
    auto const value = "n" + std::to_string(model_.next_number++);
    auto const record = model_.audit.add("change_topic " + name);
    store::change_topic_request request;
    request.name = name;
    request.change = [name, value](store::topic_info const&) -> result<store::changed_topic> {
        store::changed_topic out;
        out.settings = settings_of(name);
        out.settings["note"] = value;
        if (name == "l1") out.retention.bytes = kept_bytes;
        return out;
    };
    request.audit.push_back(model_.audit.text(record));
    auto const done = co_await store::change_topic(*engine_, std::move(request));
    audited(record, done, {[&note, value] { return std::optional(note.now() == value); }});
    if (done.has_value()) {
        ++model_.acknowledged;
        note.is(value);
    } else if (is_lost_answer(done.error(), "change_topic")) {
        note.may_become(value);
    }
    claimed_.erase("note/" + name);
}

task<void> store_driver::change_spare_topic() {
    auto const name = "s" + std::to_string(below(2));
    if (!claimed_.insert("topic/" + name).second) co_return;
    auto& topic = model_.topics[name];
    if (!topic.exists.now()) {
        auto const record = model_.audit.add("create_topic " + name);
        store::create_topic_request request;
        request.name = name;
        request.audit.push_back(model_.audit.text(record));
        auto const made = co_await store::create_topic(*engine_, std::move(request));
        audited(record, made, topic_effect(name, true));
        topic.partitions[0] = {};
        if (made.has_value()) topic.exists.is(true);
        else if (is_lost_answer(made.error(), "create_topic")) topic.exists.may_become(true);
    } else if (below(2) == 0) {
        auto const what = new_log_batch();
        store::append_request request;
        request.parts.push_back(part_of(name, 0, what));
        auto const record = model_.audit.add("append_log to " + name);
        request.audit.push_back(model_.audit.text(record));
        auto shows = log_effects({about_to_send(name, 0, what)});
        auto const answers = co_await store::append_log(*engine_, std::move(request));
        audited(record, answers.front(), std::move(shows));
        auto& log = topic.partitions[0];
        if (answers.front().has_value())
            log.acked.emplace(to_underlying(answers.front()->base), what);
        else if (is_lost_answer(answers.front().error(), "append_log"))
            log.lost.push_back(what);
    } else {
        auto const record = model_.audit.add("drop_topic " + name);
        store::drop_topic_request request{name, {model_.audit.text(record)}};
        auto const done = co_await store::drop_topic(*engine_, std::move(request));
        audited(record, done, topic_effect(name, false));
        if (done.has_value()) topic.exists.is(std::nullopt);
        else if (is_lost_answer(done.error(), "drop_topic")) topic.exists.may_become(std::nullopt);
    }
    ++model_.acknowledged;
    claimed_.erase("topic/" + name);
}

// A group "g..." with a state, or the group "g" with its offsets.
task<void> store_driver::remove_group() {
    auto const name = below(2) == 0 ? "g" : "g" + std::to_string(below(3));
    std::vector<std::string> names;
    if (name == "g")
        for (int i = 0; i < main_partitions; ++i) names.push_back("offset/l0/" + std::to_string(i));
    else names.push_back("group/" + name);
    if (std::ranges::any_of(names, [&](auto const& one) { return claimed_.contains(one); }))
        co_return;
    claimed_.insert(names.begin(), names.end());
    effects gone;
    auto goes = [&gone](auto const& fate) {
        if (fate.is_certain() && fate.now())
            gone.push_back([&fate] { return std::optional(!fate.now().has_value()); });
    };
    if (name == "g")
        for (auto const& [place, offset] : model_.offsets) goes(offset);
    else goes(model_.groups[name]);
    auto const record = model_.audit.add("remove_group " + name);
    store::audit_records audit{model_.audit.text(record)};
    auto group = name;
    auto const done = co_await store::remove_group(*engine_, std::move(group), std::move(audit));
    audited(record, done, std::move(gone));
    auto settle = [&](auto& fate) {
        if (done.has_value()) fate.is(std::nullopt);
        else fate.may_become(std::nullopt);
    };
    if (done.has_value()) ++model_.acknowledged;
    if (done.has_value() || is_lost_answer(done.error(), "remove_group")) {
        if (name == "g")
            for (auto& [place, offset] : model_.offsets) settle(offset);
        else settle(model_.groups[name]);
    }
    for (auto const& one : names) claimed_.erase(one);
}

task<void> store_driver::change_group() {
    auto const choice = below(5);
    if (choice == 0) co_return co_await remove_group();
    if (choice < 3) {
        auto const name = "g" + std::to_string(below(3));
        if (!claimed_.insert("group/" + name).second) co_return;
        auto const state = "state " + std::to_string(model_.next_number++);
        auto& group = model_.groups[name];
        store::saved_group what{name, state};
        auto const done = co_await store::save_group(*engine_, std::move(what));
        if (done.has_value()) group.is(state);
        else if (is_lost_answer(done.error(), "save_group")) group.may_become(state);
        claimed_.erase("group/" + name);
        co_return;
    }
    auto const partition = int(below(main_partitions));
    auto const place = "l0/" + std::to_string(partition);
    if (!claimed_.insert("offset/" + place).second) co_return;
    auto const at = std::int64_t(model_.next_number++);
    store::commit_offsets_request request;
    request.group = "g";
    store::committed_offset offset;
    offset.partition = partition_index{partition};
    offset.offset = log_offset{at};
    request.offsets.push_back({engine_->logs().find("l0"), std::move(offset)});
    auto const record = model_.audit.add("commit_offsets " + place);
    request.audit.push_back(model_.audit.text(record));
    auto const answers = co_await store::commit_offsets(*engine_, std::move(request));
    auto& known = model_.offsets[place];
    audited(record, answers.front(), {[&known, at] { return std::optional(known.now() == at); }});
    if (answers.front().has_value()) known.is(at);
    else if (is_lost_answer(answers.front().error(), "commit_offsets")) known.may_become(at);
    claimed_.erase("offset/" + place);
}

// What was acknowledged before is read at its offset, unless it is erased by then.
task<void> store_driver::read_log_somewhere() {
    auto const name = "l" + std::to_string(below(2));
    auto const partition = int(below(main_partitions));
    auto& log = log_of(name, partition);
    if (log.acked.empty()) co_return;
    auto chosen = log.acked.begin();
    std::advance(chosen, std::ptrdiff_t(below(log.acked.size())));
    auto const base = chosen->first;
    auto const what = chosen->second;
    auto const within = base + std::int64_t(below(std::uint64_t(what.count)));
    store::read_log_request request{engine_->logs().find(name), partition_index{partition},
                                    log_offset{within}, 1, true};
    auto const slice = co_await store::read_log(*engine_, std::move(request));
    if (slice.has_error()) {
        bool const gone = slice.error().code == error::out_of_range;
        if (!gone || (!log_of(name, partition).retains && within >= log_of(name, partition).start &&
                      log_of(name, partition).starts.empty()))
            is_lost_answer(slice.error(), "read_log");
        co_return;
    }
    auto expected = bytes_of_batch(what);
    store::set_base_offset(expected.data(), log_offset{base});
    auto const header = store::parse_log_batch_header(slice->batches);
    if (!header || header->base_offset != base ||
        slice->batches.substr(store::log_batch_header_bytes) !=
            expected.substr(store::log_batch_header_bytes))
        violated("a batch is not read as it was written");
}

}  // namespace sluice::fault
