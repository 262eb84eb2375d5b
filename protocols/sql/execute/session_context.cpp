#include "protocols/sql/execute/session_context.hpp"

#include <span>

#include "gateway/core/timer.hpp"
#include "protocols/sql/catalog/catalog_records.hpp"
#include "protocols/sql/execute/catalog_types.hpp"
#include "protocols/sql/execute/policy_names.hpp"

namespace sluice::sql {
namespace {

constexpr std::int64_t seconds_to_2000 = 946'684'800;

// Those that the setting names: pg_catalog comes first by itself where it does not.
std::vector<std::string> schema_names(search_path const& path, catalog_snapshot const& catalog) {
    std::vector<std::string> out;
    bool const by_itself = path.schemas.front() == schema_oids::pg_catalog &&
                           path.creation != schema_oids::pg_catalog;
    for (auto const oid : std::span(path.schemas).subspan(by_itself ? 1 : 0))
        if (auto const* found = catalog.find_schema(oid)) out.push_back(found->name);
    return out;
}

}  // namespace

session_context::session_context(sql_services& shared, auth::caller caller, session_request what,
                                 boost::asio::any_io_executor on)
    : services(shared),
      who(std::move(caller)),
      user(who.name()),
      database(what.database),
      process_id(what.process_id),
      executor(std::move(on)),
      foreign(std::make_shared<foreign_names>(shared.logs, shared.buckets,
                                              shared.limits.foreign_relations)),
      settings(who.name(), who.id() == auth::root_id),
      prepared(what.prepared),
      locker(shared.locks.new_owner()) {}

session_context::~session_context() {
    close_cursors = nullptr;
    if (block != block_state::none) roll_back();
}

catalog_ptr session_context::catalog() const {
    std::scoped_lock const lock{catalog_mutex_};
    auto const number = services.catalog.publications();
    if (number != published_number_) {
        published_ = services.catalog.current();
        published_number_ = number;
    }
    auto const& base = own_catalog ? own_catalog : published_;
    if (base != catalog_base_) {
        catalog_with_names_ = catalog_snapshot::with(*base, foreign);
        catalog_base_ = base;
    }
    return catalog_with_names_;
}

std::int64_t session_context::now_micros() const {
    return (static_cast<std::int64_t>(services.clock.now()) - seconds_to_2000 * 1000) * 1000;
}

void session_context::need_transaction() {
    if (block != block_state::none) return;
    block = block_state::implicit;
    failed = false;
    transaction_time = now_micros();
    settings_before_ = settings.save();
}

auth::table_transaction& session_context::store_transaction() {
    if (!transaction_) {
        auto const level = settings.often().repeatable_read ? store::isolation::repeatable_read
                                                            : store::isolation::read_committed;
        transaction_.emplace(services.tables.begin(who, level));
        std::scoped_lock const lock{interrupt_mutex_};
        interruptible_ = &*transaction_;
    }
    auto const lock_wait = settings.often().lock_timeout;
    if (lock_wait != lock_wait_) {
        lock_wait_ = lock_wait;
        transaction_->set_lock_wait(std::chrono::milliseconds(lock_wait));
    }
    return *transaction_;
}

sql_result<void> session_context::refuse_read_only(std::string_view what) const {
    if (!settings.often().read_only) return {};
    return sql_error("25006",
                     "cannot execute " + std::string(what) + " in a read-only transaction");
}

sql_error session_context::commit_error(failure const& what) {
    if (what.code == error::precondition_failed)
        return sql_error("40001", "could not serialize access due to concurrent update");
    return error_of(what);
}

task<auth::guarded<auth::table_grant>> session_context::use_table(relation const& table,
                                                                  auth::action verb) {
    auto name = policy_name(table, *catalog());
    if (key_cause != nullptr) {
        auto granted = co_await store_transaction().use_by_key(who, *key_cause, std::move(name),
                                                               table.dataset, verb);
        co_return granted;
    }
    auto const owner = maker_of(table, *catalog());
    auto granted =
        co_await store_transaction().use(who, std::move(name), table.dataset, verb, owner);
    co_return granted;
}

task<sql_result<void>> session_context::commit() {
    if (check_deferred && !references.empty()) {
        auto checking = check_deferred();
        auto held = co_await std::move(checking);
        if (held.has_error()) {
            roll_back();
            co_return held;
        }
    }
    if (hold_cursors) {
        auto holding = hold_cursors();
        auto const held = co_await std::move(holding);
        if (held.has_error()) {
            roll_back();
            co_return held;
        }
    }
    if (definitions) {
        auto& transaction = store_transaction();
        auto changes = record_changes(*definitions, services.catalog.head_changed());
        auto const kept = co_await transaction.change_records(std::move(changes));
        if (kept.has_error()) {
            auto out = error_of(kept.error());
            roll_back();
            co_return out;
        }
    }
    if (transaction_ && (transaction_->wrote() || definitions)) {
        auto const committed = co_await transaction_->commit();
        if (committed.has_error()) {
            auto out = commit_error(committed.error());
            roll_back();
            co_return out;
        }
        if (definitions) services.catalog.publish(definitions->snapshot(), *committed);
    }
    auto actions = std::move(on_commit);
    end_transaction(true);
    for (auto const& each : actions) each();
    co_return sql_result<void>();
}

bool session_context::commit_at_once() {
    bool const writes = definitions || (transaction_ && transaction_->wrote());
    if (writes || !on_commit.empty() || (has_cursors && has_cursors()))
        return false;
    end_transaction(true);
    return true;
}

void session_context::roll_back() {
    if (transaction_) transaction_->roll_back();
    if (settings_before_) settings.restore(settings_before_);
    end_transaction(false);
}

void session_context::end_transaction(bool) {
    if (close_cursors) close_cursors();
    {
        std::scoped_lock const lock{interrupt_mutex_};
        interruptible_ = nullptr;
    }
    transaction_.reset();
    lock_wait_ = 0;
    definitions.reset();
    own_catalog.reset();
    savepoints.clear();
    rewritten_.clear();
    on_commit.clear();
    references.clear();
    settings.drop_local();
    settings.clear_transaction_values();
    settings_before_.reset();
    if (std::exchange(has_locks_, false)) services.locks.release_all(locker);
    block = block_state::none;
    failed = false;
    ++transactions_ended;
}

sql_result<void> session_context::set_savepoint(std::string name) {
    if (savepoints.size() >= services.limits.savepoints)
        return sql_error("54000", "too many savepoints");
    savepoint_mark mark;
    mark.name = std::move(name);
    mark.store = store_transaction().set_savepoint();
    mark.settings = settings.save();
    if (definitions) mark.definitions = std::make_shared<catalog_builder const>(*definitions);
    mark.on_commit = on_commit.size();
    mark.references = references.set_mark();
    savepoints.push_back(std::move(mark));
    return {};
}

namespace {

sql_error no_savepoint(std::string_view name) {
    return sql_error("3B001", "savepoint \"" + std::string(name) + "\" does not exist");
}

}  // namespace

sql_result<void> session_context::release_savepoint(std::string_view name) {
    for (std::size_t i = savepoints.size(); i > 0; --i) {
        if (savepoints[i - 1].name != name) continue;
        savepoints.resize(i - 1);
        for (auto& [table, depth] : rewritten_) depth = std::min(depth, savepoints.size());
        references.release(savepoints.size());
        return {};
    }
    return no_savepoint(name);
}

bool session_context::is_rewritten(object_oid table) const {
    auto const found = rewritten_.find(table);
    return found != rewritten_.end() && found->second == savepoints.size();
}

sql_result<void> session_context::roll_back_to(std::string_view name) {
    for (std::size_t i = savepoints.size(); i > 0; --i) {
        auto& mark = savepoints[i - 1];
        if (mark.name != name) continue;
        savepoints.resize(i);
        store_transaction().roll_back_to(*savepoints.back().store);
        settings.restore(savepoints.back().settings);
        on_commit.resize(std::min(on_commit.size(), savepoints.back().on_commit));
        references.roll_back(savepoints.back().references, i);
        std::erase_if(rewritten_, [i](auto const& each) { return each.second >= i; });
        auto const& kept = savepoints.back().definitions;
        if (definitions && !kept) {
            // The catalog lock stays with the transaction.
            definitions.reset();
            own_catalog.reset();
        } else if (definitions) {
            definitions = std::make_shared<catalog_builder>(*kept);
            catalog_changed();
        }
        failed = false;
        return {};
    }
    return no_savepoint(name);
}

task<sql_result<catalog_builder*>> session_context::change_catalog() {
    if (definitions) co_return definitions.get();
    relation nothing;  // the catalog's own place in the lock table is 0
    auto const locked = co_await lock_relation(nothing, relation_lock_mode::access_exclusive);
    if (locked.has_error()) co_return locked.error();
    definitions = std::make_shared<catalog_builder>(*services.catalog.current());
    auto const& names = definitions->contents().role_names;
    auto const mine = names.find(user);
    definitions->set_maker(who.id(), mine == names.end() ? bootstrap_role : mine->second);
    own_catalog = definitions->snapshot();
    co_return definitions.get();
}

void session_context::catalog_changed() { own_catalog = definitions->snapshot(); }

analysis_settings session_context::analysis() const {
    analysis_settings out;
    auto const now = catalog();
    out.path = now->path_of(settings.text("search_path"), user);
    out.user = user;
    auto const style = settings.style();
    auto const time = transaction_time;
    out.input = [style, time](sql_type type, std::string_view text) {
        io_context io;
        io.style = style;
        io.transaction_time = time;
        return input_text(type, text, io);
    };
    return out;
}

sql_result<table_shape_ptr> session_context::shape_of(relation_ptr const& table) {
    auto const now = catalog();
    if (shapes_version_ != now->version()) {
        shapes_.clear();
        shapes_version_ = now->version();
    }
    auto const key = static_cast<std::uint32_t>(table->oid);
    auto const found = shapes_.find(key);
    if (found != shapes_.end() && found->second->table_pointer() == table) return found->second;
    auto made = table_shape::make(table, *now, analysis());
    if (made.has_error()) return made;
    shapes_[key] = *made;
    return made;
}

task<sql_result<void>> session_context::lock_relation(relation const& what,
                                                      relation_lock_mode mode, bool nowait) {
    auto const place = static_cast<relation_locks::resource>(what.oid);
    has_locks_ = true;
    auto const now = services.locks.try_lock(locker, place, mode);
    if (now == lock_outcome::granted) co_return sql_result<void>();
    if (nowait)
        co_return sql_error("55P03", "could not obtain lock on relation \"" + what.name + "\"");
    auto longest = services.limits.relation_lock_wait;
    auto const asked = std::chrono::milliseconds(settings.often().lock_timeout);
    if (asked.count() > 0) longest = std::min(longest, asked);
    deadline limit(executor, [this] { interrupt(interruption::lock_timeout); });
    limit.arm(longest);
    auto const outcome = co_await services.locks.lock(locker, place, mode, true);
    limit.disarm();
    switch (outcome) {
        case lock_outcome::granted: co_return sql_result<void>();
        case lock_outcome::deadlock: co_return sql_error("40P01", "deadlock detected");
        case lock_outcome::not_available:
        case lock_outcome::cancelled: break;
    }
    co_return interrupted_error();
}

void session_context::interrupt(interruption why) {
    auto none = interruption::none;
    interrupted.compare_exchange_strong(none, why);
    services.locks.cancel_wait(locker);
    std::scoped_lock const lock{interrupt_mutex_};
    if (interruptible_ != nullptr) interruptible_->cancel();
    if (running_ != nullptr) running_->cancel();
}

void session_context::running(relational::result_stream* stream) {
    std::scoped_lock const lock{interrupt_mutex_};
    running_ = stream;
    if (stream != nullptr && interrupted.load() != interruption::none) stream->cancel();
}

void session_context::begin_command() {
    interrupted = interruption::none;
    statement_time = now_micros();
    services.catalog.look_at_roles();
}

sql_error session_context::interrupted_error() {
    switch (interrupted.exchange(interruption::none)) {
        case interruption::statement_timeout:
            return sql_error("57014", "canceling statement due to statement timeout");
        case interruption::lock_timeout:
            return sql_error("55P03", "canceling statement due to lock timeout");
        case interruption::none:
        case interruption::user: break;
    }
    return sql_error("57014", "canceling statement due to user request");
}

sql_error session_context::error_of(failure const& what) {
    switch (what.code) {
        case error::cancelled: return interrupted_error();
        case error::deadline_exceeded:
            return sql_error("55P03", "canceling statement due to lock timeout");
        case error::conflict:
            if (what.text.find("deadlock") != std::string::npos)
                return sql_error("40P01", "deadlock detected");
            return sql_error("40001", "could not serialize access due to concurrent update");
        default: return to_sql_error(what);
    }
}

evaluation_context& session_context::base_context() {
    auto const& now = catalog();
    if (types_of_ != now || base_settings_ != settings.version()) {
        auto const path = now->path_of(settings.text("search_path"), user);
        types_ = make_type_catalog(now, path);
        types_of_ = now;
        base_settings_ = settings.version();
        base_ = evaluation_context{};
        base_.io.style = settings.style();
        base_.io.types = types_.get();
        base_.memory_bytes = services.limits.run.memory_bytes;
        base_.io.limits.value_bytes =
            std::min(base_.io.limits.value_bytes, services.limits.run.memory_bytes);
        base_.clock = [this] { return now_micros(); };
        base_.random_bits = [this] { return services.random.next_u64(); };
        base_.current_user = base_.session_user = user;
        base_.database = database;
        base_.search_path = schema_names(path, *now);
        base_.backend_pid = process_id;
        base_.sequences = sequence_functions;
        base_.settings = setting_functions;
        base_.catalog = system_functions;
        base_.cancelled = [this] {
            return interrupted.load(std::memory_order_relaxed) != interruption::none;
        };
    }
    base_.io.transaction_time = transaction_time;
    base_.statement_time = statement_time;
    return base_;
}

void session_context::notice(std::string severity, sql_error what) {
    if (notices.size() >= services.limits.notices) return;
    static constexpr std::string_view order[]{"DEBUG5", "DEBUG4", "DEBUG3", "DEBUG2", "DEBUG1",
                                              "LOG",    "NOTICE", "WARNING", "ERROR"};
    auto rank = [](std::string_view name) {
        for (std::size_t i = 0; i < std::size(order); ++i)
            if (order[i].size() == name.size() &&
                std::equal(name.begin(), name.end(), order[i].begin(),
                           [](char a, char b) { return (a & ~0x20) == (b & ~0x20); }))
                return i;
        return std::size_t{0};
    };
    if (severity != "INFO" && rank(severity) < rank(settings.text("client_min_messages"))) return;
    notices.push_back({std::move(severity), std::move(what)});
}

}  // namespace sluice::sql
