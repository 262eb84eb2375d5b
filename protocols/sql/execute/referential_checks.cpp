#include "protocols/sql/execute/referential_checks.hpp"

#include <algorithm>

#include "protocols/sql/execute/referential_texts.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {
namespace {

// While it stands, the transaction reads what is published now, by the right of `cause`.
class key_rights {
public:
    key_rights(session_context& session, auth::table_grant const& cause) : session_(session) {
        session_.key_cause = &cause;
        session_.store_transaction().begin_check();
    }
    key_rights(key_rights const&) = delete;
    ~key_rights() {
        session_.store_transaction().end_check();
        session_.key_cause = nullptr;
    }

private:
    session_context& session_;
};

void place_of(sql_error& refusal, foreign_key const& key) {
    refusal.table_name = key.child->name;
    refusal.constraint_name = key.rule.name;
    refusal.schema_name = key.child_schema;
}

}  // namespace

task<sql_result<void>> lock_referenced(session_context& session, relation const& table) {
    for (auto const& rule : table.constraints) {
        if (rule.what != constraint::kind::foreign_key || rule.referenced == table.oid) continue;
        auto const parent = session.catalog()->find_relation(rule.referenced);
        if (!parent) continue;
        auto const locked = co_await session.lock_relation(*parent, relation_lock_mode::row_share);
        if (locked.has_error()) co_return locked;
    }
    co_return sql_result<void>();
}

task<sql_result<void>> referential_checks::finish_statement() {
    auto const done = co_await drain();
    if (done.has_error()) session_.references.drop_waiting();
    co_return done;
}

task<sql_result<void>> referential_checks::drain() {
    while (auto event = session_.references.next()) {
        auto const key = co_await key_of(*event);
        if (key.has_error()) co_return key.error();
        if (*key == nullptr) continue;
        auto const& rule = (*key)->rule;
        char const action =
            event->what == referential_event::kind::removal ? rule.on_delete : rule.on_update;
        bool const may_wait = event->what == referential_event::kind::reference || action == 'a';
        if (may_wait && !all_now_ && session_.references.is_deferred(rule)) {
            auto const most = session_.services.limits.run.memory_bytes;
            if (!session_.references.defer(std::move(*event), most))
                co_return sql_error("53200", "out of memory")
                    .with_detail("The deferred checks of a transaction would take more than "
                                 "limits.sql_memory.");
            continue;
        }
        auto const done = co_await carry_out(*event, **key);
        if (done.has_error()) co_return done;
    }
    co_return sql_result<void>();
}

task<sql_result<void>> referential_checks::run_deferred(bool all) {
    all_now_ = all;
    session_.store_transaction().begin_statement();
    std::size_t from = 0;
    while (auto const at = session_.references.next_deferred(from)) {
        from = *at + 1;
        auto const event = session_.references.deferred(*at);
        auto const key = co_await key_of(event);
        if (key.has_error()) co_return key.error();
        if (*key != nullptr) {
            if (!all && session_.references.is_deferred((*key)->rule)) continue;
            auto const done = co_await carry_out(event, **key);
            if (done.has_error()) co_return done;
        }
        session_.references.set_done(*at, session_.savepoints.size());
        auto const more = co_await finish_statement();
        if (more.has_error()) co_return more;
    }
    co_return sql_result<void>();
}

task<sql_result<foreign_key const*>> referential_checks::key_of(referential_event const& event) {
    foreign_key const* none = nullptr;
    while (true) {
        auto const child = session_.catalog()->find_relation(event.child);
        if (!child) co_return none;
        auto const version = session_.catalog()->version();
        auto const locked =
            co_await session_.lock_relation(*child, relation_lock_mode::row_exclusive);
        if (locked.has_error()) co_return locked.error();
        auto const beside = co_await lock_referenced(session_, *child);
        if (beside.has_error()) co_return beside.error();
        if (session_.catalog()->version() != version) continue;
        auto shape = session_.shape_of(child);
        if (shape.has_error()) co_return std::move(shape).error();
        shape_ = std::move(*shape);
        for (auto const& each : shape_->references())
            if (each.rule.oid == event.rule) co_return &each;
        co_return none;
    }
}

task<sql_result<void>> referential_checks::carry_out(referential_event const& event,
                                                     foreign_key const& key) {
    if (event.what == referential_event::kind::reference) {
        auto const done = co_await check_reference(event, key);
        co_return done;
    }
    bool const removal = event.what == referential_event::kind::removal;
    char const action = removal ? key.rule.on_delete : key.rule.on_update;
    if (action == 'a' || action == 'r') {
        auto const done = co_await refuse_references(event, key, action == 'a');
        co_return done;
    }
    auto const what = action == 'n'   ? step::set_null
                      : action == 'd' ? step::set_default
                      : removal       ? step::remove
                                      : step::set;
    auto done = co_await run(what, event, key);
    if (done.has_error()) {
        auto refusal = std::move(done).error();
        if (refusal.where.empty())
            refusal.where = "SQL statement \"" + shown_text_of(what == step::remove ? 'x' : action,
                                                               key, removal) + "\"";
        co_return refusal;
    }
    if (action != 'd') co_return sql_result<void>();
    // A default that is the key that went leaves the reference as it was.
    auto const left = co_await refuse_references(event, key, true);
    co_return left;
}

task<sql_result<void>> referential_checks::check_reference(referential_event const& event,
                                                           foreign_key const& key) {
    auto const stored = session_.store_transaction().own_row(event.grant, event.key);
    if (stored.has_error()) co_return session_.error_of(stored.error());
    if (!*stored) co_return sql_result<void>();  // erased again, or rolled back
    auto const& io = session_.base_context().io;
    auto const row = shape_->decode(event.key, **stored, {}, io);
    if (row.has_error()) co_return row.error();
    auto const values = key.child_values((*row)->values);
    auto const count = std::count_if(values.begin(), values.end(),
                                     [](datum const& each) { return is_null(each); });
    bool const all_null = static_cast<std::size_t>(count) == values.size();
    if (all_null || (count > 0 && key.rule.match == 's')) co_return sql_result<void>();
    if (count > 0) {
        auto refusal = missing_error(key, values);
        refusal.detail = "MATCH FULL does not allow mixing of null and nonnull key values.";
        co_return refusal;
    }
    auto target = key.target_of(values);
    if (!target) co_return missing_error(key, values);
    auto const there = co_await session_.store_transaction().refer_to(
        event.grant, std::move(*target), store::lock_wait::wait);
    if (there.has_error()) co_return session_.error_of(there.error());
    if (*there && **there) co_return sql_result<void>();
    co_return missing_error(key, values);
}

task<sql_result<bool>> referential_checks::is_back(referential_event const& event,
                                                   foreign_key const& key) {
    auto target = key.target_of_parent(event.before);
    auto const waiting =
        co_await session_.store_transaction().is_there(event.grant, std::move(target));
    if (waiting.has_error()) co_return session_.error_of(waiting.error());
    co_return *waiting;
}

task<sql_result<void>> referential_checks::refuse_references(referential_event const& event,
                                                             foreign_key const& key,
                                                             bool may_be_back) {
    if (may_be_back) {
        auto const back = co_await is_back(event, key);
        if (back.has_error()) co_return back.error();
        if (*back) co_return sql_result<void>();
    }
    auto const found = co_await run(step::find, event, key);
    if (found.has_error()) co_return found.error();
    if (found->count == 0) co_return sql_result<void>();
    // Another transaction may be removing them.
    auto const left = co_await run(step::find_locked, event, key);
    if (left.has_error()) {
        auto failed = left.error();
        failed.where = "SQL statement \"" + shown_find(key) + "\"";
        co_return failed;
    }
    if (left->count == 0) co_return sql_result<void>();
    co_return referenced_error(key, event.before);
}

sql_result<planned_ptr> referential_checks::plan_of(step what, foreign_key const& key,
                                                    bool removal) {
    known_plan const wanted{what, key.rule.oid, removal};
    auto const catalog = session_.catalog();
    auto const found = plans_.find(wanted);
    if (found != plans_.end() && found->second->catalog_version == catalog->version())
        return found->second;
    std::string text;
    std::vector<type_oid> types;
    auto add_types = [&] {
        for (auto const& each : key.child_types) types.push_back(each.oid);
    };
    switch (what) {
        case step::find: text = find_text(key, *catalog, false); break;
        case step::find_locked: text = find_text(key, *catalog, true); break;
        case step::remove: text = remove_text(key, *catalog); break;
        case step::set:
            text = set_text(key, *catalog, 'c', removal);
            add_types();
            break;
        case step::set_null: text = set_text(key, *catalog, 'n', removal); break;
        case step::set_default: text = set_text(key, *catalog, 'd', removal); break;
    }
    add_types();
    auto const parsed = parse_statement(statement_text{text, 0});
    if (parsed.has_error()) return parsed.error();
    auto const analysed = analyze(*parsed, *catalog, session_.analysis(), types);
    if (analysed.has_error()) return analysed.error();
    auto plan = plan_statement(**analysed, 0, types, session_, *parsed);
    if (plan.has_error()) return plan;
    plans_[wanted] = *plan;
    return plan;
}

task<sql_result<statement_result>> referential_checks::run(step what,
                                                           referential_event const& event,
                                                           foreign_key const& key) {
    auto const old = key.as_child(event.before);
    if (!old) co_return statement_result{};  // no child can have them
    std::vector<datum> parameters;
    if (what == step::set) {
        auto changed = key.as_child(event.after);
        if (!changed)
            co_return sql_error("22003", "the referenced value is out of range for the column of "
                                         "\"" + key.child->name + "\" that refers to it");
        parameters = std::move(*changed);
    }
    parameters.insert(parameters.end(), old->begin(), old->end());
    auto plan = plan_of(what, key, event.what == referential_event::kind::removal);
    if (plan.has_error()) co_return std::move(plan).error();
    key_rights const rights(session_, event.grant);
    auto out = co_await run_plan(std::move(*plan), std::move(parameters));
    co_return out;
}

task<sql_result<statement_result>> referential_checks::run_plan(planned_ptr plan,
                                                                std::vector<datum> parameters) {
    statement_execution execution(session_, sequences_, std::move(plan), std::move(parameters));
    auto const started = co_await execution.start_check();
    if (started.has_error()) co_return started.error();
    auto out = co_await execution.run_to_end();
    co_return out;
}

task<sql_result<void>> referential_checks::check_all_rows(object_oid child, object_oid rule) {
    referential_event event;
    event.rule = rule;
    event.child = child;
    auto const key = co_await key_of(event);
    if (key.has_error()) co_return key.error();
    if (*key == nullptr) co_return sql_result<void>();
    auto const catalog = session_.catalog();
    auto const parsed = parse_statement(statement_text{all_rows_text(**key, *catalog), 0});
    if (parsed.has_error()) co_return parsed.error();
    auto const analysed = analyze(*parsed, *catalog, session_.analysis());
    if (analysed.has_error()) co_return analysed.error();
    auto plan = plan_statement(**analysed, 0, {}, session_, *parsed);
    if (plan.has_error()) co_return std::move(plan).error();
    session_.store_transaction().begin_check();
    std::vector<datum> nothing;
    auto out = co_await run_plan(std::move(*plan), std::move(nothing));
    session_.store_transaction().end_check();
    if (out.has_error()) co_return std::move(out).error();
    if (out->rows.empty()) co_return sql_result<void>();
    auto const values = out->rows.front();
    auto refusal = missing_error(**key, values);
    bool const mixed = std::any_of(values.begin(), values.end(),
                                   [](datum const& each) { return is_null(each); });
    if (mixed) refusal.detail = "MATCH FULL does not allow mixing of null and nonnull key values.";
    co_return refusal;
}

std::string referential_checks::shown(std::vector<datum> const& values,
                                      std::vector<sql_type> const& types) {
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += ", ";
        if (is_null(values[i])) out += "null";
        else output_text(types[i].oid, values[i], session_.base_context().io, out);
    }
    return out;
}

bool referential_checks::may_show(relation const& of) const {
    auto const catalog = session_.catalog();
    return session_.services.tables.permits(session_.who, auth::action::read,
                                            policy_name(of, *catalog), maker_of(of, *catalog));
}

sql_error referential_checks::missing_error(foreign_key const& key,
                                            std::vector<datum> const& values) {
    sql_error out("23503", "insert or update on table \"" + key.child->name +
                               "\" violates foreign key constraint \"" + key.rule.name + "\"");
    auto const what = may_show(*key.child) ? "Key (" + key.child_names() + ")=(" +
                                                 shown(values, key.child_types) + ")"
                                           : std::string("Key");
    out.detail = what + " is not present in table \"" + key.parent->name + "\".";
    place_of(out, key);
    return out;
}

sql_error referential_checks::referenced_error(foreign_key const& key,
                                               std::vector<datum> const& values) {
    sql_error out("23503", "update or delete on table \"" + key.parent->name +
                               "\" violates foreign key constraint \"" + key.rule.name +
                               "\" on table \"" + key.child->name + "\"");
    auto const what = may_show(*key.parent) ? "Key (" + key.parent_names() + ")=(" +
                                                  shown(values, key.parent_types) + ")"
                                            : std::string("Key");
    out.detail = what + " is still referenced from table \"" + key.child->name + "\".";
    place_of(out, key);
    return out;
}

}  // namespace sluice::sql
