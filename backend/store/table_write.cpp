// The writing verbs of table_transaction. Each locks, then decides, then writes: what was refused
// left nothing behind but locks.
#include <algorithm>

#include "backend/store/engine.hpp"
#include "backend/store/lock_table.hpp"
#include "backend/store/table_records.hpp"
#include "backend/store/table_state.hpp"
#include "backend/store/table_transaction.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

std::string key_of(index_entry const& entry) { return keys::index_entry(entry.index, entry.key); }

}  // namespace

bool table_transaction::is_adopted(dataset_id dataset) const {
    return std::find(adopted_.begin(), adopted_.end(), dataset) != adopted_.end();
}

task<result<void>> table_transaction::lock_key(dataset_id dataset, std::string const& whole_key) {
    if (is_adopted(dataset)) co_return success();
    auto const locked = co_await acquire(lock_name(kv::family::row, whole_key),
                                         lock_mode::exclusive, lock_wait::wait);
    if (locked.has_error()) co_return locked.error();
    co_return success();
}

task<result<table_transaction::presence>> table_transaction::look_under(
    dataset_id dataset, std::string const& whole_key) {
    if (!is_adopted(dataset)) co_return co_await look_for(whole_key);
    auto const own = writes_->newest(whole_key);
    if (!own) co_return presence::absent;
    co_return own->written ? presence::present : presence::own_erased;
}

result<void> table_transaction::may_write(dataset_id table, std::string_view key,
                                          std::size_t row_bytes,
                                          std::vector<index_entry> const& entries) const {
    auto const& limits = store_.limits();
    SLUICE_CHECK(usable());
    if (key.size() > limits.row_key_bytes) return failure{error::too_large, "limits.row_key_bytes"};
    if (row_bytes > limits.row_bytes) return failure{error::too_large, "limits.row_bytes"};
    for (auto const& entry : entries)
        if (entry.key.size() > limits.row_key_bytes)
            return failure{error::too_large, "limits.row_key_bytes of an index entry"};
    if (dropped_by_us(table))
        return failure{error::invalid_argument, "the table was dropped by this transaction"};
    return success();
}

task<result<table_transaction::claim>> table_transaction::claim_entries(
    std::vector<index_entry> const& entries) {
    claim outcome;
    for (auto const& entry : entries) {
        outcome.absent.push_back(false);
        if (!entry.unique) continue;
        auto const key = key_of(entry);
        SLUICE_CO_CHECK(co_await lock_key(entry.index, key));
        SLUICE_CO_TRY(auto const there, co_await look_under(entry.index, key));
        if (there == presence::present) {
            outcome.found = entry.index;
            co_return outcome;
        }
        outcome.absent.back() = there == presence::absent;
    }
    co_return outcome;
}

// An entry that goes is locked too: whoever wants its value waits until it is gone for good.
task<result<void>> table_transaction::lock_entries(std::vector<index_entry> const& entries) {
    for (auto const& entry : entries) {
        if (!entry.unique) continue;
        auto const key = key_of(entry);
        SLUICE_CO_CHECK(co_await lock_key(entry.index, key));
    }
    co_return success();
}

void table_transaction::put_entries(dataset_id table, std::string const& key,
                                    std::vector<index_entry> const& entries, claim const& claimed,
                                    bool row_is_new) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        auto const& entry = entries[i];
        bool const absent = entry.unique ? claimed.absent[i] : row_is_new;
        writes_->write(keys::index_entry(entry.index, entry.key), encode_index_target(table, key),
                       command_, absent);
    }
}

void table_transaction::erase_entries(std::vector<index_entry> const& entries) {
    for (auto const& entry : entries)
        writes_->write(keys::index_entry(entry.index, entry.key), std::nullopt, command_);
}

// After writing: what is too much breaks the transaction.
result<void> table_transaction::account() {
    auto const bytes = writes_->bytes() + appends_.bytes();
    auto& tables = store_.tables();
    if (bytes <= accounted_) {
        tables.release_bytes(accounted_ - bytes);
        accounted_ = bytes;
        return success();
    }
    if (bytes > store_.limits().transaction_bytes) {
        state_ = state::broken;
        return failure{error::too_large, "limits.store_transaction"};
    }
    if (!tables.take_bytes(bytes - accounted_)) {
        state_ = state::broken;
        return failure{error::too_large, "limits.store_transactions"};
    }
    accounted_ = bytes;
    return success();
}

task<result<table_transaction::taken>> table_transaction::insert(
    dataset_id table, std::string key, std::string row, std::vector<index_entry> entries) {
    SLUICE_CO_CHECK(may_write(table, key, row.size(), entries));
    auto whole = keys::row(table, key);
    SLUICE_CO_CHECK(co_await lock_key(table, whole));
    SLUICE_CO_TRY(auto const there, co_await look_under(table, whole));
    if (there == presence::present) co_return taken(dataset_id{});
    SLUICE_CO_TRY(auto const claimed, co_await claim_entries(entries));
    if (claimed.found) co_return claimed.found;
    bool const is_new = there == presence::absent;
    writes_->write(std::move(whole), std::move(row), command_, is_new);
    put_entries(table, key, entries, claimed, is_new);
    SLUICE_CO_CHECK(account());
    co_return taken();
}

task<result<table_transaction::taken>> table_transaction::update(
    dataset_id table, std::string key, std::string row, std::vector<index_entry> removed,
    std::vector<index_entry> added) {
    SLUICE_CO_CHECK(may_write(table, key, row.size(), added));
    auto whole = keys::row(table, key);
    SLUICE_CO_CHECK(co_await lock_key(table, whole));
    SLUICE_CO_CHECK(co_await lock_entries(removed));
    SLUICE_CO_TRY(auto const claimed, co_await claim_entries(added));
    if (claimed.found) co_return claimed.found;
    writes_->write(std::move(whole), std::move(row), command_);
    erase_entries(removed);
    put_entries(table, key, added, claimed, false);
    SLUICE_CO_CHECK(account());
    co_return taken();
}

task<result<void>> table_transaction::erase(dataset_id table, std::string key,
                                            std::vector<index_entry> entries) {
    SLUICE_CO_CHECK(may_write(table, key, 0, entries));
    auto whole = keys::row(table, key);
    SLUICE_CO_CHECK(co_await lock_key(table, whole));
    SLUICE_CO_CHECK(co_await lock_entries(entries));
    writes_->write(std::move(whole), std::nullopt, command_);
    erase_entries(entries);
    co_return account();
}

task<result<table_transaction::taken>> table_transaction::add_entries(
    dataset_id table, std::string key, std::vector<index_entry> added) {
    SLUICE_CO_CHECK(may_write(table, key, 0, added));
    SLUICE_CO_CHECK(co_await hold_table(table, row_lock_mode::update));
    SLUICE_CO_TRY(auto const claimed, co_await claim_entries(added));
    if (claimed.found) co_return claimed.found;
    put_entries(table, key, added, claimed, false);
    SLUICE_CO_CHECK(account());
    co_return taken();
}

task<result<void>> table_transaction::drop(dataset_id table, std::vector<dataset_id> datasets) {
    SLUICE_CO_CHECK(usable());
    SLUICE_CO_CHECK(co_await hold_table(table, row_lock_mode::update));
    for (auto const dataset : datasets)
        writes_->write(keys::dropped(dataset), encode_dropped(), command_);
    has_drops_ = true;
    co_return account();
}

}  // namespace sluice::store
