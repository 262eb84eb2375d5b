// The table verbs of store_driver: transactions over two tables and two indexes of a group, nobody
// else in it, with records, counters and dropped tables. After a cut a group is as one of its
// transactions left it, whole, and its indexes are what its rows say.
#include <algorithm>
#include <charconv>
#include <set>

#include "backend/store/id_counters.hpp"
#include "backend/store/lock_table.hpp"
#include "backend/store/record_verbs.hpp"
#include "backend/store/table_state.hpp"
#include "backend/store/table_transaction.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {
namespace {

using store::index_entry;
using store::isolation;
using store::table_transaction;

store::record_name record_of(int group) { return {"sql", "group " + std::to_string(group)}; }

std::string to_text(table_group const& group) {
    auto const& ids = group.ids;
    std::string text;
    for (auto id : {ids.people, ids.orders, ids.by_name, ids.by_age})
        text += std::to_string(to_underlying(id)) + " ";
    return text + std::to_string(group.batch) + " ";
}

std::string row_of(table_row const& row) {
    return std::to_string(row.number) + " " + std::to_string(row.length) + " " +
           std::to_string(row.name) + " " + std::to_string(row.age) + " " +
           bytes_of(row.number, row.length);
}

std::optional<table_row> parse_row(std::string_view text) {
    std::uint64_t fields[4] = {};
    for (auto& field : fields) {
        auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), field);
        if (problem != std::errc{} || end == text.data() + text.size()) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    }
    table_row const row{fields[0], fields[1], fields[2], fields[3]};
    if (text != bytes_of(row.number, row.length)) return std::nullopt;
    return row;
}

std::string name_of(table_row const& row) { return "n" + std::to_string(row.name); }
std::string age_of(table_row const& row, std::string const& key) {
    return std::to_string(row.age) + "/" + key;
}

std::vector<index_entry> entries_of(table_ids const& ids, std::string const& key,
                                    table_row const& row) {
    return {{ids.by_name, name_of(row), true}, {ids.by_age, age_of(row, key), false}};
}

}  // namespace

task<void> store_driver::table_transaction_of_a_group() {
    auto const number = static_cast<int>(below(3));
    auto const claimed = "group " + std::to_string(number);
    if (!claimed_.insert(claimed).second) co_return;
    auto& fate = model_.table_groups[number];
    table_group state = fate.now() ? *fate.now() : table_group{};
    table_transaction one(*engine_,
                          below(2) == 0 ? isolation::read_committed : isolation::repeatable_read);
    one.begin_statement();
    auto const worked = co_await work_in_group(one, number, state);
    if (worked && going_on()) co_await end_transaction(one, number, state);
    claimed_.erase(claimed);
}

// The answers of verbs before commit change nothing that lasts.
bool store_driver::answered(result<void> const& outcome, std::string const& verb) {
    if (outcome.has_value()) return true;
    is_lost_answer(outcome.error(), verb);
    return false;
}

task<bool> store_driver::work_in_group(table_transaction& in, int group, table_group& state) {
    bool const fresh = state.ids.people == dataset_id{};
    if (fresh || below(10) == 0) {
        auto const made = co_await make_tables(in, group, state);
        if (!made) co_return false;
    }
    auto const held = co_await in.hold_table(state.ids.people, store::row_lock_mode::share);
    if (!answered(held, "hold_table")) co_return false;
    bool const large = below(6) == 0;
    auto const changes = large ? 25 + below(15) : 1 + below(8);
    std::optional<std::pair<table_transaction::savepoint, table_group>> saved;
    for (std::uint64_t i = 0; i < changes && going_on(); ++i) {
        if (below(6) == 0) in.begin_statement();
        if (!saved && below(8) == 0) saved.emplace(in.set_savepoint(), state);
        auto const changed = co_await change_row(in, state, large);
        if (!changed) co_return false;
        if (saved && below(4) == 0) {
            in.roll_back_to(saved->first);
            state = saved->second;
            saved.reset();
        }
    }
    co_return going_on();
}

// New ids for all of the group's tables; the old ones are dropped.
task<bool> store_driver::make_tables(table_transaction& in, int group, table_group& state) {
    if (state.ids.people != dataset_id{}) {
        std::vector<dataset_id> old{state.ids.people, state.ids.orders, state.ids.by_name,
                                    state.ids.by_age};
        auto const dropped = co_await in.drop(state.ids.people, std::move(old));
        if (!answered(dropped, "drop")) co_return false;
    }
    state = table_group{};
    for (auto* id : {&state.ids.people, &state.ids.orders, &state.ids.by_name, &state.ids.by_age}) {
        auto const made = engine_->ids().next_dataset();
        if (made.has_error()) {
            if (made.error().code != error::overloaded) is_lost_answer(made.error(), "dataset id");
            co_return false;
        }
        if (!model_.datasets.insert(*made).second) violated("a dataset id is given out twice");
        *id = *made;
    }
    std::vector<store::record_change> changes(1);
    changes[0].name = record_of(group);
    changes[0].value = to_text(state);
    auto const changed = co_await in.change_records(std::move(changes));
    co_return answered(changed, "change_records");
}

task<bool> store_driver::change_row(table_transaction& in, table_group& state, bool large) {
    auto const key = "k" + std::to_string(below(large ? 60 : 12));
    table_row row;
    row.number = model_.next_number++;
    row.length = large ? 20000 + below(60000) : below(3000);
    row.name = below(40);
    row.age = below(4);
    auto const old = state.people.find(key);
    bool const there = old != state.people.end();
    if (there && below(3) == 0) {
        auto entries = entries_of(state.ids, key, old->second);
        auto const gone = co_await in.erase(state.ids.people, key, std::move(entries));
        if (!answered(gone, "erase")) co_return false;
        state.people.erase(key);
        std::vector<index_entry> none;
        auto const order = co_await in.erase(state.ids.orders, key, std::move(none));
        if (!answered(order, "erase")) co_return false;
        state.orders.erase(key);
        co_return true;
    }
    bool const taken = std::ranges::any_of(state.people, [&](auto const& one) {
        return one.first != key && one.second.name == row.name;
    });
    result<table_transaction::taken> done = table_transaction::taken{};
    auto bytes = row_of(row);
    if (there) {
        auto const before = entries_of(state.ids, key, old->second);
        auto const after = entries_of(state.ids, key, row);
        std::vector<index_entry> removed, added;
        for (std::size_t i = 0; i < before.size(); ++i) {
            if (before[i].key == after[i].key) continue;
            removed.push_back(before[i]);
            added.push_back(after[i]);
        }
        done = co_await in.update(state.ids.people, key, std::move(bytes), std::move(removed),
                                  std::move(added));
    } else {
        auto entries = entries_of(state.ids, key, row);
        done = co_await in.insert(state.ids.people, key, std::move(bytes), std::move(entries));
    }
    if (done.has_error()) {
        is_lost_answer(done.error(), "writing a row");
        co_return false;
    }
    if (done->has_value() != taken)
        violated(std::string("a unique name is ") + (taken ? "not " : "") + "taken");
    if (taken) co_return true;
    state.people[key] = row;
    if (!state.orders.contains(key)) {
        std::vector<index_entry> none;
        std::string text = "order of " + key;
        auto const order =
            co_await in.insert(state.ids.orders, key, std::move(text), std::move(none));
        if (order.has_error()) {
            is_lost_answer(order.error(), "insert");
            co_return false;
        }
        if (order->has_value()) violated("an order is there already");
        state.orders.insert(key);
    }
    co_return true;
}

task<void> store_driver::end_transaction(table_transaction& one, int group,
                                         table_group state) {
    std::optional<std::pair<int, log_batch_model>> sent;
    if (below(2) == 0) {
        auto const appended = co_await append_with_rows(one, group, state, sent);
        if (!appended) co_return;
    }
    if (below(7) == 0) {
        one.roll_back();
        co_return;
    }
    if (sent) {
        log_of("l2", sent->first).lost.push_back(sent->second);
        model_.sent_with_rows_of[state.batch] = {group, sent->first, false};
    }
    auto& fate = model_.table_groups[group];
    effects shows;
    if (fate.is_certain() && fate.now() != state)
        shows.push_back([&fate, state] { return std::optional(fate.now() == state); });
    auto const record = model_.audit.add("commit of group " + std::to_string(group));
    store::audit_records audit{model_.audit.text(record)};
    auto const done = co_await one.commit(std::move(audit));
    audited(record, done, std::move(shows));
    if (done.has_value()) {
        ++model_.acknowledged;
        if (sent) model_.sent_with_rows_of[state.batch].acknowledged = true;
        fate.is(std::move(state));
    } else if (is_lost_answer(done.error(), "commit")) {
        fate.may_become(std::move(state));
    }
}

// The group's record names the batch, so that its state after a cut says whether it must be there.
task<bool> store_driver::append_with_rows(table_transaction& in, int group, table_group& state,
                                          std::optional<std::pair<int, log_batch_model>>& sent) {
    auto const partition = static_cast<int>(below(2));
    auto const batch = new_log_batch();
    auto part = part_of("l2", partition, batch);
    if (part.batches.size() > engine_->append_bytes()) co_return true;
    auto const appended = in.append(std::move(part.topic), part.partition, part.batches);
    if (!answered(appended, "append")) co_return false;
    state.batch = batch.number;
    sent.emplace(partition, batch);
    std::vector<store::record_change> changes(1);
    changes[0].name = record_of(group);
    changes[0].value = to_text(state);
    auto const changed = co_await in.change_records(std::move(changes));
    co_return answered(changed, "change_records");
}

task<void> store_driver::take_numbers() {
    auto const count = 1 + static_cast<std::int64_t>(below(20));
    std::string name = "numbers";
    auto const first = co_await engine_->tables().sequences().advance(std::move(name), count);
    if (first.has_error()) {
        is_lost_answer(first.error(), "advance");
        co_return;
    }
    for (auto number = *first; number < *first + count; ++number)
        if (!model_.numbers.insert(number).second) violated("a number is given out twice");
}

// -- after recovery

task<std::optional<table_group>> store_driver::read_group(int group) {
    table_group found;
    auto record = co_await store::get_record(*engine_, record_of(group));
    if (record.has_error()) {
        is_lost_answer(record.error(), "get_record");
        co_return found;
    }
    if (!*record) co_return std::nullopt;
    std::uint64_t ids[5] = {};
    std::string_view text = (*record)->value;
    for (auto& id : ids) {
        auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (problem != std::errc{}) continue;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    }
    found.ids = {dataset_id{ids[0]}, dataset_id{ids[1]}, dataset_id{ids[2]}, dataset_id{ids[3]}};
    found.batch = ids[4];
    table_transaction one(*engine_, isolation::repeatable_read);
    one.begin_statement();
    std::set<std::pair<std::string, std::string>> names, ages;
    auto people = read_table(one, found.ids.people);
    for (auto const& [key, row] : people) {
        auto const parsed = parse_row(row);
        if (!parsed) {
            violated("row " + key + " of a table has wrong bytes");
            co_return found;
        }
        found.people[key] = *parsed;
        names.emplace(name_of(*parsed), key);
        ages.emplace(age_of(*parsed, key), key);
    }
    for (auto const& [key, row] : read_table(one, found.ids.orders)) found.orders.insert(key);
    auto const found_names = co_await read_entries(one, found.ids.people, found.ids.by_name);
    auto const found_ages = co_await read_entries(one, found.ids.people, found.ids.by_age);
    if (going_on() && (found_names != names || found_ages != ages))
        violated("an index of a table is not what the rows say");
    co_return found;
}

std::map<std::string, std::string> store_driver::read_table(table_transaction& in,
                                                            dataset_id table) {
    std::map<std::string, std::string> rows;
    auto const cursor = in.scan(table, {}, below(2) == 0);
    if (!cursor) {
        is_lost_answer(cursor.error(), "scan");
        return rows;
    }
    auto const page = 1 + below(10);
    for (;;) {
        auto some = (*cursor)->next(page, blocking_token::for_this_thread());
        if (!some) is_lost_answer(some.error(), "scan");
        if (!some || some->empty()) return rows;
        for (auto& row : *some) rows[row.key] = std::move(row.row);
    }
}

task<std::set<std::pair<std::string, std::string>>> store_driver::read_entries(
    table_transaction& in, dataset_id table, dataset_id index) {
    std::set<std::pair<std::string, std::string>> entries;
    store::row_range all;
    auto const hits = co_await in.find_in_index(table, index, std::move(all), 1000);
    if (hits.has_error()) {
        is_lost_answer(hits.error(), "find_in_index");
        co_return entries;
    }
    for (auto const& hit : *hits) entries.emplace(hit.key, hit.primary_key);
    co_return entries;
}

task<void> store_driver::check_tables() {
    if (engine_->tables().bytes() != 0) violated("a transaction's bytes are left");
    for (int group = 0; group < 3; ++group) {
        auto found = co_await read_group(group);
        if (!going_on()) co_return;
        auto& fate = model_.table_groups[group];
        if (!fate.may_be(found)) {
            violated("group " + std::to_string(group) + " is in no state that a commit left");
            co_return;
        }
        fate.is(std::move(found));
    }
    check_sent_with_rows();
}

// Topics were checked before: what is there of them is in `acked`.
void store_driver::check_sent_with_rows() {
    for (auto& [number, sent] : model_.sent_with_rows_of) {
        auto const& log = log_of("l2", sent.partition).acked;
        bool const is_there = std::ranges::any_of(
            log, [&](auto const& one) { return one.second.number == number; });
        auto const& group = model_.table_groups[sent.group].now();
        bool const has_rows = sent.acknowledged || (group && group->batch == number);
        if (is_there != has_rows)
            violated("of one commit only the " + std::string(has_rows ? "rows" : "records") +
                     " are there, batch " + std::to_string(number));
        sent.acknowledged = has_rows;
    }
}

}  // namespace sluice::fault
