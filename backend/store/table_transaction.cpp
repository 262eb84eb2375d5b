#include "backend/store/table_transaction.hpp"

#include <algorithm>

#include "backend/store/engine.hpp"
#include "backend/store/lock_table.hpp"
#include "backend/store/table_records.hpp"
#include "backend/store/table_state.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/timer.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

table_transaction::table_transaction(engine& store, isolation level)
    : store_(store),
      use_(store.use()),
      isolation_(level),
      locks_(make_locks(store)),
      control_(std::make_shared<wait_control>(store.locks(), locks_->owner())),
      writes_(std::make_shared<table_write_set>()) {}

table_transaction::~table_transaction() {
    roll_back();
}

void table_transaction::begin_statement() {
    control_->cancelled = false;
    command_ = next(command_);
    if (isolation_ == isolation::repeatable_read && snapshot_) return;
    snapshot_ = store_.tables().snapshots().take(snapshot_);
}

lsn table_transaction::snapshot() const noexcept {
    return snapshot_ ? snapshot_->at() : lsn{};
}

void table_transaction::cancel() noexcept {
    control_->cancelled = true;
    control_->table.give_up(control_->owner, error::cancelled);
}

result<void> table_transaction::usable() const {
    if (state_ == state::ended) return failure{error::closed, "the transaction has ended"};
    if (state_ == state::broken)
        return failure{error::too_large,
                       "limits.store_transaction: the transaction can only be rolled back"};
    if (!snapshot_) return failure{error::invalid_argument, "no statement was begun"};
    if (control_->cancelled) return failure{error::cancelled, "cancelled"};
    return success();
}

// -- locks

task<result<bool>> table_transaction::acquire(lock_name name, lock_mode mode, lock_wait wait) {
    SLUICE_CO_CHECK(usable());
    auto& table = store_.locks();
    auto const tried = table.try_acquire(*locks_, name, mode);
    if (tried == lock_table::attempt::granted) co_return true;
    if (tried == lock_table::attempt::full) co_return failure{error::overloaded, "limits.store_locks"};
    if (wait == lock_wait::skip) co_return false;
    if (wait == lock_wait::nowait)
        co_return failure{error::deadline_exceeded, "another transaction has the lock"};
    auto const executor = co_await boost::asio::this_coro::executor;
    auto give_up = [control = control_] {
        control->table.give_up(control->owner, error::deadline_exceeded);
    };
    deadline timer(executor, std::move(give_up));
    auto const longest = store_.limits().row_lock_wait;
    timer.arm(lock_wait_ > lock_wait_.zero() ? std::min(lock_wait_, longest) : longest);
    auto start = [&](callback<result<void>> done) {
        auto const control = control_;   // this frame may go as soon as `done` runs
        control->table.acquire(*locks_, std::move(name), mode, std::move(done));
        // cancel() may have looked before the wait was there.
        if (control->cancelled) control->table.give_up(control->owner, error::cancelled);
    };
    auto const waited = co_await await_callback<result<void>>(std::move(start));
    if (waited.has_error()) co_return waited.error();
    co_return true;
}

task<result<void>> table_transaction::hold_table(dataset_id table, row_lock_mode mode) {
    auto const mark = keys::dropped(table);
    lock_name name(kv::family::meta, mark);
    auto const held = co_await acquire(
        std::move(name),
        mode == row_lock_mode::share ? lock_mode::shared : lock_mode::exclusive, lock_wait::wait);
    if (held.has_error()) co_return held.error();
    auto body = [&](index_view const& view) { return view.get(kv::family::meta, mark); };
    auto const gone = co_await read_index(store_, body);
    if (gone.has_error()) co_return gone.error();
    if (*gone || dropped_by_us(table))
        co_return failure{error::not_found, "the table was dropped"};
    co_return success();
}

bool table_transaction::dropped_by_us(dataset_id dataset) const {
    return has_drops_ && writes_->newest(keys::dropped(dataset)).has_value();
}

// What locking finds: own writes of any statement, else what is published now.
task<result<table_transaction::presence>> table_transaction::look_for(std::string const& key) {
    if (auto const own = writes_->newest(key))
        co_return own->written ? presence::present : presence::own_erased;
    auto body = [&](index_view const& view) { return view.get(kv::family::row, key); };
    auto const stored = co_await read_index(store_, body);
    if (stored.has_error()) co_return stored.error();
    co_return *stored ? presence::present : presence::absent;
}

task<result<locked_row>> table_transaction::lock_row(dataset_id table, std::string key,
                                                     row_lock_mode mode, lock_wait wait) {
    auto const whole = keys::row(table, key);
    lock_name name(kv::family::row, whole);
    auto const got = co_await acquire(
        std::move(name),
        mode == row_lock_mode::share ? lock_mode::shared : lock_mode::exclusive, wait);
    if (got.has_error()) co_return got.error();
    locked_row found;
    if (!*got) {
        found.state = row_state::skipped;
        co_return found;
    }
    if (auto own = writes_->newest(whole)) {
        found.by_this_statement = own->by == command_;
        found.state = own->written ? row_state::unchanged : row_state::gone;
        if (own->written) found.row = std::move(*own->written);
        co_return found;
    }
    auto body = [&](index_view const& view) { return view.get(kv::family::row, whole); };
    auto const newest = co_await read_index(store_, body);
    if (newest.has_error()) co_return newest.error();
    bool const repeatable = isolation_ == isolation::repeatable_read;
    if (*newest) {
        SLUICE_CO_TRY(auto const stored, decode_stored_row(**newest));
        // A check that locks what it found (shared) goes by what it sees, an action by what the
        // transaction's own statements see.
        auto const since = mode == row_lock_mode::share ? snapshot_->at() : changed_since();
        if (stored.changed > since) {
            if (repeatable) co_return failure{error::conflict, "the row was changed since"};
            found.state = row_state::changed;
        }
        found.row = std::string(stored.row);
        co_return found;
    }
    found.state = row_state::gone;
    if (repeatable) {
        // Gone since the snapshot, or never there?
        SLUICE_CO_TRY(auto const before, co_await get(table, std::move(key)));
        if (before) co_return failure{error::conflict, "the row was deleted since"};
    }
    co_return found;
}

void table_transaction::roll_back_to(savepoint where) {
    if (state_ != state::open) return;
    writes_->undo_to(where);
    (void)account();   // less than before
}

result<statement_reader> table_transaction::faces() {
    SLUICE_CHECK(usable());
    return statement_reader(store_, use_, snapshot_);
}

result<void> table_transaction::append(topic_handle topic, partition_index partition,
                                       std::string_view batches) {
    SLUICE_CHECK(usable());
    SLUICE_TRY(auto const before, appends_.add(store_, std::move(topic), partition, batches));
    writes_->note([this, before] { appends_.take_back(before); });
    return account();
}

void table_transaction::attach(commit_part part) {
    parts_.push_back(std::move(part));
    writes_->note([this] { parts_.pop_back(); });
}

void table_transaction::roll_back() {
    if (std::exchange(state_, state::ended) == state::ended) return;
    writes_ = std::make_shared<table_write_set>();   // cursors keep theirs
    appends_ = {};
    parts_.clear();
    snapshot_.reset();
    before_check_.reset();
    store_.tables().release_bytes(std::exchange(accounted_, 0));
    locks_->release();
    locks_.reset();
    use_.reset();
}

}  // namespace sluice::store
