#include "protocols/sql/execute/sequence_store.hpp"

#include <charconv>

#include "protocols/sql/catalog/catalog_records.hpp"

namespace sluice::sql {
namespace {

constexpr std::int64_t values_reserved = 32;
// Turns of sequences lie beside relation oids in the lock table.
constexpr std::uint64_t sequence_turn = std::uint64_t{1} << 40U;

bool step(sequence_info const& info, sequence_store::state& now) {
    if (!now.is_called) {
        now.is_called = true;
        return true;
    }
    std::int64_t next = 0;
    bool const over = __builtin_add_overflow(now.last, info.increment, &next);
    bool const up = info.increment > 0;
    if (over || (up ? next > info.maximum : next < info.minimum)) {
        if (!info.cycle) return false;
        next = up ? info.minimum : info.maximum;
    }
    now.last = next;
    return true;
}

store::record_name record_of(sequence_info const& info) {
    return {std::string(catalog_record_kind),
            std::string(sequence_record_prefix) + info.counter};
}

std::string encoded(sequence_store::state const& durable) {
    return std::to_string(durable.last) + (durable.is_called ? " t" : " f");
}

}  // namespace

sql_result<std::optional<std::int64_t>> sequence_store::try_next(relation const& sequence) {
    auto const& info = *sequence.sequence;
    std::scoped_lock const lock{mutex_};
    auto const found = known_.find(info.counter);
    if (found == known_.end()) return std::optional<std::int64_t>();
    auto next = found->second.now;
    if (!step(info, next)) {
        bool const up = info.increment > 0;
        return sql_error("2200H", "nextval: reached " + std::string(up ? "maximum" : "minimum") +
                                      " value of sequence \"" + sequence.name + "\" (" +
                                      std::to_string(up ? info.maximum : info.minimum) + ")");
    }
    if (found->second.reserved == 0) return std::optional<std::int64_t>();
    --found->second.reserved;
    found->second.now = next;
    return std::optional<std::int64_t>(next.last);
}

task<sql_result<void>> sequence_store::load(auth::caller const& who, relation const& sequence) {
    auto const& info = *sequence.sequence;
    {
        std::scoped_lock const lock{mutex_};
        if (known_.contains(info.counter)) co_return sql_result<void>();
    }
    auto transaction = tables_.begin(who, store::isolation::read_committed);
    transaction.begin_statement();
    store::record_name const name = record_of(info);
    auto const stored = co_await transaction.record(name);
    if (stored.has_error()) co_return to_sql_error(stored.error());
    known fresh;
    fresh.now = {info.start, false};
    if (*stored) {
        auto const& value = (*stored)->value;
        std::from_chars(value.data(), value.data() + value.size(), fresh.now.last);
        fresh.now.is_called = value.ends_with('t');
    }
    std::scoped_lock const lock{mutex_};
    known_.emplace(info.counter, fresh);
    co_return sql_result<void>();
}

task<sql_result<void>> sequence_store::write(auth::caller const& who, relation const& sequence,
                                             state durable, std::optional<named> audited) {
    auto transaction = tables_.begin(who, store::isolation::read_committed);
    transaction.begin_statement();
    if (audited) {
        auto const permitted = co_await transaction.permit_definition(
            who, auth::action::update, std::move(audited->name), audited->owner);
        if (permitted.has_error()) co_return to_sql_error(permitted.error());
    }
    store::record_change change;
    change.name = record_of(*sequence.sequence);
    change.value = encoded(durable);
    std::vector<store::record_change> changes{std::move(change)};
    auto const changed = co_await transaction.change_records(std::move(changes));
    if (changed.has_error()) co_return to_sql_error(changed.error());
    auto const committed = co_await transaction.commit();
    if (committed.has_error()) co_return to_sql_error(committed.error());
    co_return sql_result<void>();
}

namespace {

// Holds the turn of one sequence until it goes.
class turn {
public:
    turn(relation_locks& turns, relation_locks::owner who) : turns_(turns), who_(who) {}
    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;
    ~turn() { turns_.release_all(who_); }

private:
    relation_locks& turns_;
    relation_locks::owner who_;
};

}  // namespace

task<sql_result<void>> sequence_store::reserve(auth::caller const& who, relation const& sequence) {
    auto const owner = turns_.new_owner();
    turn const mine{turns_, owner};
    auto const place = sequence_turn | static_cast<std::uint64_t>(sequence.oid);
    (void)co_await turns_.lock(owner, place, relation_lock_mode::access_exclusive, true);
    auto const loaded = co_await load(who, sequence);
    if (loaded.has_error()) co_return loaded;
    state durable;
    std::int64_t count = 0;
    {
        std::scoped_lock const lock{mutex_};
        auto const& at = known_[sequence.sequence->counter];
        if (at.reserved > 0) co_return sql_result<void>();
        durable = at.now;
        while (count < values_reserved && step(*sequence.sequence, durable)) ++count;
    }
    if (count == 0) co_return sql_result<void>();  // try_next says that it ended
    auto const written = co_await write(who, sequence, durable, std::nullopt);
    if (written.has_error()) co_return written;
    std::scoped_lock const lock{mutex_};
    known_[sequence.sequence->counter].reserved = count;
    co_return sql_result<void>();
}

task<sql_result<void>> sequence_store::set(auth::caller const& who, relation const& sequence,
                                           std::int64_t value, bool is_called,
                                           named audited) {
    auto const& info = *sequence.sequence;
    if (value < info.minimum || value > info.maximum)
        co_return sql_error("22003", "setval: value " + std::to_string(value) +
                                         " is out of bounds for sequence \"" + sequence.name +
                                         "\" (" + std::to_string(info.minimum) + ".." +
                                         std::to_string(info.maximum) + ")");
    auto const owner = turns_.new_owner();
    turn const mine{turns_, owner};
    auto const place = sequence_turn | static_cast<std::uint64_t>(sequence.oid);
    (void)co_await turns_.lock(owner, place, relation_lock_mode::access_exclusive, true);
    state const wanted{value, is_called};
    auto const written = co_await write(who, sequence, wanted, std::move(audited));
    if (written.has_error()) co_return written;
    std::scoped_lock const lock{mutex_};
    known_[info.counter] = {wanted, 0};
    co_return sql_result<void>();
}

task<sql_result<sequence_store::state>> sequence_store::read(auth::caller const& who,
                                                             relation const& sequence) {
    auto const loaded = co_await load(who, sequence);
    if (loaded.has_error()) co_return loaded.error();
    std::scoped_lock const lock{mutex_};
    co_return known_[sequence.sequence->counter].now;
}

}  // namespace sluice::sql
