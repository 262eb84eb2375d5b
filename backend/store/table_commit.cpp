// The end of table_transaction: records of other modules, and the one journal commit that makes all
// of it durable and visible.
#include "backend/store/engine.hpp"
#include "backend/store/record_verbs.hpp"
#include "backend/store/table_records.hpp"
#include "backend/store/table_state.hpp"
#include "backend/store/table_transaction.hpp"
#include "gateway/core/async.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

using expectation = record_change::expectation;

bool holds(record_change const& wanted, std::optional<stored_record> const& stored) {
    switch (wanted.expected) {
    case expectation::anything: return true;
    case expectation::absent: return !stored;
    case expectation::present: return stored.has_value();
    case expectation::unchanged: return stored && stored->changed == wanted.unchanged_since;
    }
    return false;
}

failure unexpected(record_name const& name) {
    return {error::precondition_failed, name.kind + " '" + name.id + "'"};
}

constexpr std::size_t mutations_beside_records = 512 * kibibyte;

// Of one mutation around its key and value, at most.
constexpr std::size_t mutation_overhead = 24;

}  // namespace

task<result<std::optional<stored_record>>> table_transaction::record(record_name name) {
    SLUICE_CO_CHECK(usable());
    if (auto own = writes_->newest(keys::identity(name.kind, name.id))) {
        std::optional<stored_record> found;
        if (own->written) found = stored_record{std::move(name), std::move(*own->written), {}};
        co_return found;
    }
    co_return co_await get_record(store_, std::move(name));
}

task<result<void>> table_transaction::change_records(std::vector<record_change> changes) {
    SLUICE_CO_CHECK(usable());
    for (auto const& wanted : changes)
        if (wanted.value && wanted.value->size() > store_.limits().record_bytes)
            co_return failure{error::too_large, "limits.record_bytes"};
    // Changes of this transaction's own records are checked now, the first one's at commit.
    for (auto const& wanted : changes) {
        auto const own = writes_->newest(keys::identity(wanted.name.kind, wanted.name.id));
        if (!own) continue;
        std::optional<stored_record> stored;
        if (own->written) stored.emplace();
        if (!holds(wanted, stored)) co_return unexpected(wanted.name);
    }
    for (auto& wanted : changes) {
        auto key = keys::identity(wanted.name.kind, wanted.name.id);
        auto value = std::move(wanted.value);
        writes_->write_record(std::move(key), std::move(value), command_, wanted);
    }
    co_return account();
}

// Locks every record that changes and checks the expectations on what is published then.
task<result<void>> table_transaction::settle_records() {
    std::vector<std::pair<std::string, record_change>> wanted;
    auto const collect = [&](table_write_set::final_change const& change) {
        if (change.expected) wanted.emplace_back(change.key, *change.expected);
        return true;
    };
    writes_->each_final({}, collect);
    for (auto const& [key, change] : wanted) {
        lock_name name(kv::family::meta, key);
        auto const locked =
            co_await acquire(std::move(name), lock_mode::exclusive, lock_wait::wait);
        if (locked.has_error()) co_return locked.error();
        if (change.expected == expectation::anything) continue;
        SLUICE_CO_TRY(auto const stored, co_await get_record(store_, change.name));
        if (!holds(change, stored)) co_return unexpected(change.name);
    }
    co_return success();
}

// Adds changes from `from` on until about limits.commit_bytes; where it stopped, empty at the end.
std::string table_transaction::fill(kv::mutation_batch& batch, std::string_view from,
                                    bool& only_frees) const {
    // Frames of records leave the mutations less room in the commit's group; see
    // engine::append_bytes.
    auto most = store_.limits().commit_bytes;
    if (!appends_.empty()) {
        most = std::min(most, mutations_beside_records);
        most -= std::min(most, appends_.mutation_bytes());
    }
    auto const add = [&](table_write_set::final_change const& change) {
        if (change.was_absent && !change.written) return true;
        auto const size = change.key.size() + (change.written ? change.written->size() : 0);
        if (!batch.empty() && batch.bytes().size() + size + mutation_overhead > most) return false;
        auto const kind = static_cast<keys::key_kind>(change.key.front());
        auto const family = keys::family_of(kind);
        if (!change.written) {
            batch.erase(family, change.key);
            return true;
        }
        if (kind != keys::key_kind::dropped) only_frees = false;
        if (kind == keys::key_kind::row)
            batch.put_stamped(family, change.key, encode_stored_row(*change.written));
        else if (kind == keys::key_kind::identity)
            batch.put_stamped(family, change.key, encode_identity_value(*change.written));
        else if (kind == keys::key_kind::dropped)
            batch.put_stamped(family, change.key, *change.written);
        else
            batch.put(family, change.key, *change.written);
        return true;
    };
    return writes_->each_final(from, add);
}

// More than one commit may carry: all of it goes as chunks, and the commit names them. `first` is
// the first of them, `from` where the rest begins.
task<result<void>> table_transaction::write_chunks(change& work, kv::mutation_batch first,
                                                   std::string from, bool& only_frees) {
    work.streams.push_back(store_.journal().open_stream());
    auto batch = std::move(first);
    for (std::uint64_t number = 0;; ++number) {
        auto append = [&](callback<result<journal::location>> done) {
            store_.journal().append_chunk(control_->owner, number, std::move(batch),
                                          std::move(done));
        };
        auto const at = co_await await_callback<result<journal::location>>(std::move(append));
        if (at.has_error()) co_return at.error();
        work.commit->chunks.push_back(*at);
        if (from.empty()) co_return success();
        batch = {};
        from = fill(batch, from, only_frees);
        if (batch.empty()) co_return success();
    }
}

task<result<lsn>> table_transaction::try_commit(audit_records audit) {
    SLUICE_CO_CHECK(usable());
    change work;
    work.locks = locks_;
    SLUICE_CO_CHECK(add_audit(store_, work, std::move(audit)));
    SLUICE_CO_CHECK(co_await settle_records());
    bool only_frees = true;
    kv::mutation_batch batch;
    auto rest = fill(batch, {}, only_frees);
    if (rest.empty()) {
        work.mutations() = std::move(batch);
    } else {
        SLUICE_CO_CHECK(
            co_await write_chunks(work, std::move(batch), std::move(rest), only_frees));
    }
    if (!appends_.empty()) {
        only_frees = false;
        SLUICE_CO_CHECK(co_await appends_.attach(store_, work));
    }
    for (auto const& part : parts_) {
        only_frees = false;
        SLUICE_CO_CHECK(co_await part(store_, work));
    }
    bool const is_nothing = work.mutations().empty() && work.commit->chunks.empty() &&
                            work.commit->audit_records.empty();
    if (is_nothing && parts_.empty()) co_return snapshot_->at();
    snapshot_.reset();   // not held while waiting
    auto const admission =
        only_frees ? journal::admission_class::freeing : journal::admission_class::ordinary;
    co_return co_await commit_change(store_, std::move(work), admission);
}

task<result<lsn>> table_transaction::commit(audit_records audit) {
    auto outcome = co_await try_commit(std::move(audit));
    bool const dropped = outcome.has_value() && has_drops_;
    roll_back();   // lets go of what is left
    if (dropped) store_.tables().eraser().wake();
    co_return outcome;
}

}  // namespace sluice::store
