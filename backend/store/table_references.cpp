// What foreign keys need of table_transaction: locks on referenced keys, whether a key is there, and
// checks that see what is published now. The lock is a name of its own beside the row's, so that
// changes of a row that leave its key alone and references to it do not wait for each other.
#include "backend/store/engine.hpp"
#include "backend/store/lock_table.hpp"
#include "backend/store/statement_read.hpp"
#include "backend/store/table_records.hpp"
#include "backend/store/table_state.hpp"
#include "backend/store/table_transaction.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

std::string whole_key(reference_target const& target) {
    return target.is_index ? keys::index_entry(target.dataset, target.key)
                           : keys::row(target.dataset, target.key);
}

// 'K' is no kind of key in the index (key_space.hpp): only a lock has this name.
lock_name name_of(reference_target const& target) {
    auto name = keys::row(target.dataset, target.key);
    name.front() = 'K';
    return lock_name(kv::family::row, std::move(name));
}

}  // namespace

task<result<void>> table_transaction::hold_reference(reference_target target, row_lock_mode mode) {
    SLUICE_CO_CHECK(usable());
    if (is_adopted(target.dataset)) co_return success();
    auto const held = co_await acquire(
        name_of(target),
        mode == row_lock_mode::share ? lock_mode::shared : lock_mode::exclusive, lock_wait::wait);
    if (held.has_error()) co_return held.error();
    co_return success();
}

task<result<std::optional<bool>>> table_transaction::refer_to(reference_target target,
                                                              lock_wait wait) {
    SLUICE_CO_CHECK(usable());
    std::optional<bool> answer;
    auto const whole = whole_key(target);
    if (is_adopted(target.dataset)) {
        auto const own = writes_->newest(whole);
        answer = own && own->written;
        co_return answer;
    }
    SLUICE_CO_TRY(auto const got, co_await acquire(name_of(target), lock_mode::shared, wait));
    if (!got) co_return answer;
    SLUICE_CO_TRY(auto const newest, co_await look_for(whole));
    answer = newest == presence::present;
    if (isolation_ != isolation::repeatable_read || writes_->newest(whole)) co_return answer;
    // Another transaction's row: as the snapshot has it.
    auto const& snapshot = before_check_ ? before_check_ : snapshot_;
    auto body = [&](index_view const& view) { return view.get(kv::family::row, whole); };
    auto const then = co_await read_statement(store_, snapshot, body);
    if (then.has_error()) co_return then.error();
    bool const was_there = then->has_value();
    if (was_there && !*answer) co_return failure{error::conflict, "the key was removed since"};
    answer = was_there;
    co_return answer;
}

task<result<bool>> table_transaction::is_there(reference_target target) {
    SLUICE_CO_CHECK(usable());
    auto const whole = whole_key(target);
    SLUICE_CO_TRY(auto const there, co_await look_under(target.dataset, whole));
    co_return there == presence::present;
}

std::optional<std::string> table_transaction::own_row(dataset_id table,
                                                      std::string_view key) const {
    auto own = writes_->newest(keys::row(table, key));
    if (!own || !own->written) return std::nullopt;
    return std::move(*own->written);
}

void table_transaction::begin_check() {
    command_ = next(command_);
    if (isolation_ == isolation::repeatable_read && !before_check_) before_check_ = snapshot_;
    snapshot_ = store_.tables().snapshots().take(snapshot_);
}

void table_transaction::end_check() {
    if (before_check_) snapshot_ = std::exchange(before_check_, nullptr);
    command_ = next(command_);
}

lsn table_transaction::changed_since() const noexcept {
    return before_check_ ? before_check_->at() : snapshot_->at();
}

}  // namespace sluice::store
