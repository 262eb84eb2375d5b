// The verbs of a transaction on rows, records and counters: the grant is checked, the store does
// it, written rows are counted for the audit record.
#include "auth/guard/guarded_transaction.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/table_state.hpp"

namespace sluice::auth {
namespace {

class guarded_cursor final : public row_cursor {
public:
    explicit guarded_cursor(std::unique_ptr<store::table_cursor> rows) : rows_(std::move(rows)) {}
    result<std::vector<store::stored_row>> next(std::size_t most, blocking_token token) override {
        return rows_->next(most, token);
    }

private:
    std::unique_ptr<store::table_cursor> rows_;
};

using reading = std::initializer_list<action>;
constexpr reading may_read{action::read, action::update, action::delete_};
constexpr reading may_lock{action::update, action::delete_};

// Principals, credentials and rules are records too, with a door of their own.
constexpr std::string_view catalog_kind = "sql";

result<void> check_kind(store::record_name const& name) {
    if (name.kind == catalog_kind) return success();
    return failure{error::invalid_argument, "a record of another module"};
}

std::optional<table_transaction::taken> to_taken(store::table_transaction::taken const& found) {
    if (!found) return std::nullopt;
    return table_transaction::taken{*found};
}

}  // namespace

void table_transaction::begin_statement() { implementation_->rows.begin_statement(); }

lsn table_transaction::snapshot() const noexcept { return implementation_->rows.snapshot(); }

void table_transaction::set_lock_wait(std::chrono::milliseconds most) noexcept {
    implementation_->rows.set_lock_wait(most);
}

task<result<void>> table_transaction::lock_table(table_grant const& of,
                                                 store::row_lock_mode mode) {
    SLUICE_CO_CHECK(implementation_->check(of, {}));
    co_return co_await implementation_->rows.hold_table(of.table, mode);
}

// -- reading

task<result<std::optional<store::stored_row>>> table_transaction::get(table_grant const& from,
                                                                      std::string key) {
    SLUICE_CO_CHECK(implementation_->check(from, may_read));
    co_return co_await implementation_->rows.get(from.table, std::move(key));
}

result<std::unique_ptr<row_cursor>> table_transaction::scan(table_grant const& from,
                                                            store::row_range range,
                                                            bool backwards) {
    SLUICE_CHECK(implementation_->check(from, may_read));
    SLUICE_TRY(auto rows, implementation_->rows.scan(from.table, std::move(range), backwards));
    return std::unique_ptr<row_cursor>(std::make_unique<guarded_cursor>(std::move(rows)));
}

std::uint64_t table_transaction::approximate_bytes(table_grant const& from,
                                                   store::row_range const& range) const {
    if (implementation_->check(from, may_read).has_error()) return 0;
    return implementation_->rows.approximate_bytes(from.table, range);
}

task<result<std::vector<store::index_hit>>> table_transaction::find_in_index(
    table_grant const& from, dataset_id index, store::row_range range, std::size_t most) {
    SLUICE_CO_CHECK(implementation_->check(from, may_read));
    co_return co_await implementation_->rows.find_in_index(from.table, index, std::move(range),
                                                           most);
}

// -- locking and writing

task<result<store::locked_row>> table_transaction::lock_row(table_grant const& from,
                                                            std::string key,
                                                            store::row_lock_mode mode,
                                                            store::lock_wait wait) {
    SLUICE_CO_CHECK(implementation_->check(
        from, mode == store::row_lock_mode::share ? may_read : may_lock));
    co_return co_await implementation_->rows.lock_row(from.table, std::move(key), mode, wait);
}

task<result<std::optional<table_transaction::taken>>> table_transaction::insert(
    table_grant const& into, std::string key, std::string row,
    std::vector<store::index_entry> entries) {
    SLUICE_CO_CHECK(implementation_->check(into, {action::append}));
    SLUICE_CO_TRY(auto const found,
                  co_await implementation_->rows.insert(into.table, std::move(key), std::move(row),
                                                        std::move(entries)));
    if (!found) implementation_->count_row(into);
    co_return to_taken(found);
}

task<result<std::optional<table_transaction::taken>>> table_transaction::update(
    table_grant const& in, std::string key, std::string row,
    std::vector<store::index_entry> removed, std::vector<store::index_entry> added) {
    SLUICE_CO_CHECK(implementation_->check(in, {action::update}));
    SLUICE_CO_TRY(auto const found,
                  co_await implementation_->rows.update(in.table, std::move(key), std::move(row),
                                                        std::move(removed), std::move(added)));
    if (!found) implementation_->count_row(in);
    co_return to_taken(found);
}

task<result<void>> table_transaction::erase(table_grant const& from, std::string key,
                                            std::vector<store::index_entry> entries) {
    SLUICE_CO_CHECK(implementation_->check(from, {action::delete_}));
    SLUICE_CO_CHECK(co_await implementation_->rows.erase(from.table, std::move(key),
                                                         std::move(entries)));
    implementation_->count_row(from);
    co_return success();
}

task<result<std::optional<table_transaction::taken>>> table_transaction::add_entries(
    table_grant const& in, std::string key, std::vector<store::index_entry> added) {
    SLUICE_CO_CHECK(implementation_->check(in, {}));
    SLUICE_CO_TRY(auto const found,
                  co_await implementation_->rows.add_entries(in.table, std::move(key),
                                                             std::move(added)));
    co_return to_taken(found);
}

// -- beside rows

task<result<void>> table_transaction::change_records(std::vector<store::record_change> changes) {
    for (auto const& change : changes) {
        SLUICE_CO_CHECK(check_kind(change.name));
    }
    co_return co_await implementation_->rows.change_records(std::move(changes));
}

task<result<std::optional<store::stored_record>>> table_transaction::record(
    store::record_name name) {
    SLUICE_CO_CHECK(check_kind(name));
    co_return co_await implementation_->rows.record(std::move(name));
}

task<result<std::int64_t>> table_transaction::advance_counter(std::string name,
                                                              std::int64_t count) {
    auto& sequences = implementation_->core.engine.tables().sequences();
    co_return co_await sequences.advance(std::move(name), count);
}

task<result<dataset_id>> table_transaction::new_dataset_id() {
    SLUICE_CO_TRY(auto const fresh, implementation_->core.engine.ids().next_dataset());
    implementation_->rows.adopt(fresh);
    co_return fresh;
}

task<result<void>> table_transaction::erase_all(table_grant const& of,
                                                std::vector<dataset_id> indexes) {
    SLUICE_CO_CHECK(implementation_->check(of, {action::delete_}));
    indexes.push_back(of.table);
    co_return co_await implementation_->rows.drop(of.table, std::move(indexes));
}

task<result<void>> table_transaction::erase_index(table_grant const& of, dataset_id index) {
    SLUICE_CO_CHECK(implementation_->check(of, {}));
    std::vector<dataset_id> only{index};
    co_return co_await implementation_->rows.drop(of.table, std::move(only));
}

}  // namespace sluice::auth
