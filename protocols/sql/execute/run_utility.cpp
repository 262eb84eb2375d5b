#include "protocols/sql/execute/operation_names.hpp"
#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {

utility_task run_set_owner(session_core& core, utility::set_owner const& what);

sql_error not_served(std::string what) {
    return sql_error("0A000", std::move(what) + " is not served");
}

sql_result<void> refuse_waiting_rows(session_context& context, relation const& table,
                                     std::string_view command) {
    if (!context.references.waits_for(table.oid)) return {};
    return sql_error("55006", "cannot " + std::string(command) + " \"" + table.name +
                                  "\" because it has pending trigger events");
}

namespace {

// Names of what is refused, for every body that no case below serves.
struct refused_name {
    std::string operator()(utility::set_schema const&) const { return "ALTER ... SET SCHEMA"; }
    std::string operator()(utility::set_owner const&) const { return "ALTER ... OWNER TO"; }
    std::string operator()(utility::alter_sequence const&) const { return "ALTER SEQUENCE"; }
    std::string operator()(utility::refresh_materialized_view const&) const {
        return "REFRESH MATERIALIZED VIEW";
    }
    std::string operator()(utility::create_domain const&) const { return "CREATE DOMAIN"; }
    std::string operator()(utility::create_composite const&) const { return "CREATE TYPE"; }
    std::string operator()(utility::create_function const&) const { return "CREATE FUNCTION"; }
    std::string operator()(utility::create_extension const&) const { return "CREATE EXTENSION"; }
    std::string operator()(utility::create_database const&) const { return "CREATE DATABASE"; }
    std::string operator()(utility::drop_database const&) const { return "DROP DATABASE"; }
    std::string operator()(utility::create_role const&) const { return "CREATE ROLE"; }
    std::string operator()(utility::alter_role const&) const { return "ALTER ROLE"; }
    std::string operator()(utility::drop_role const&) const { return "DROP ROLE"; }
    std::string operator()(utility::grant const&) const { return "GRANT and REVOKE"; }
    std::string operator()(utility::grant_role const&) const { return "GRANT and REVOKE"; }
    std::string operator()(utility::alter_default_privileges const&) const {
        return "ALTER DEFAULT PRIVILEGES";
    }
    std::string operator()(utility::explain const&) const { return "EXPLAIN"; }
    std::string operator()(utility::listen const&) const { return "LISTEN"; }
    std::string operator()(utility::notify const&) const { return "NOTIFY"; }
    std::string operator()(utility::reindex const&) const { return "REINDEX"; }
    std::string operator()(utility::do_block const&) const { return "DO"; }
    std::string operator()(utility::call_procedure const&) const { return "CALL"; }
    template <class Served>
    std::string operator()(Served const&) const {
        return "this statement";
    }
};

// Definitions may only change where writing is allowed.
bool defines(utility_body const& body) {
    return std::holds_alternative<utility::create_table>(body) ||
           std::holds_alternative<utility::create_index>(body) ||
           std::holds_alternative<utility::create_sequence>(body) ||
           std::holds_alternative<utility::create_schema>(body) ||
           std::holds_alternative<utility::create_view>(body) ||
           std::holds_alternative<utility::drop>(body) ||
           std::holds_alternative<utility::truncate>(body) ||
           std::holds_alternative<utility::alter_table>(body) ||
           std::holds_alternative<utility::rename>(body) ||
           std::holds_alternative<utility::create_enum>(body) ||
           std::holds_alternative<utility::alter_enum>(body) ||
           std::holds_alternative<utility::comment>(body);
}

utility_task run_definition(session_core& core, utility_statement const& whole) {
    auto const& body = whole.body;
    auto const writable = core.context.refuse_read_only("this statement");
    if (writable.has_error()) co_return writable.error();
    core.context.store_transaction().begin_statement();
    std::optional<utility_task> step;
    if (auto const* what = std::get_if<utility::create_table>(&body))
        step.emplace(run_create_table(core, *what));
    else if (auto const* index = std::get_if<utility::create_index>(&body))
        step.emplace(run_create_index(core, *index));
    else if (auto const* sequence = std::get_if<utility::create_sequence>(&body))
        step.emplace(run_create_sequence(core, *sequence));
    else if (auto const* schema = std::get_if<utility::create_schema>(&body))
        step.emplace(run_create_schema(core, *schema));
    else if (auto const* view = std::get_if<utility::create_view>(&body))
        step.emplace(run_create_view(core, *view, whole.analysed));
    else if (auto const* drop = std::get_if<utility::drop>(&body))
        step.emplace(run_drop(core, *drop));
    else if (auto const* truncate = std::get_if<utility::truncate>(&body))
        step.emplace(run_truncate(core, *truncate));
    else if (auto const* alter = std::get_if<utility::alter_table>(&body))
        step.emplace(run_alter_table(core, *alter));
    else if (auto const* rename = std::get_if<utility::rename>(&body))
        step.emplace(run_rename(core, *rename));
    else if (auto const* made = std::get_if<utility::create_enum>(&body))
        step.emplace(run_create_enum(core, *made));
    else if (auto const* changed = std::get_if<utility::alter_enum>(&body))
        step.emplace(run_alter_enum(core, *changed));
    else step.emplace(run_comment(core, std::get<utility::comment>(body)));
    auto out = co_await std::move(*step);
    co_return out;
}

}  // namespace

task<sql_result<utility_result>> run_utility(session_core& core, planned_ptr plan,
                                             std::vector<datum> parameters) {
    auto const& whole = *std::get<utility_ptr>(plan->body);
    auto const& body = whole.body;
    if (auto const* what = std::get_if<utility::transaction>(&body)) {
        auto out = co_await run_transaction(core, *what);
        co_return out;
    }
    core.context.need_transaction();
    core.context.who.operation = operation_name(*plan);
    if (auto const* as = std::get_if<utility::create_table_as>(&body)) {
        auto const writable = core.context.refuse_read_only("CREATE TABLE AS");
        if (writable.has_error()) co_return writable.error();
        core.context.store_transaction().begin_statement();
        auto out =
            co_await run_create_table_as(core, *plan, *as, whole.analysed, std::move(parameters));
        co_return out;
    }
    if (defines(body)) {
        auto out = co_await run_definition(core, whole);
        co_return out;
    }
    if (auto const* set = std::get_if<utility::set_setting>(&body)) co_return run_set(core, *set);
    if (auto const* show = std::get_if<utility::show>(&body)) co_return run_show(core, *show);
    if (auto const* prepare = std::get_if<utility::prepare>(&body)) {
        auto out = co_await run_prepare(core, *plan, *prepare);
        co_return out;
    }
    if (auto const* execute = std::get_if<utility::execute>(&body)) {
        auto out = co_await run_execute(core, *execute);
        co_return out;
    }
    if (auto const* deallocate = std::get_if<utility::deallocate>(&body))
        co_return run_deallocate(core, *deallocate);
    if (std::holds_alternative<utility::declare_cursor>(body)) {
        auto out = co_await run_declare(core, *plan, whole, std::move(parameters));
        co_return out;
    }
    if (auto const* fetch = std::get_if<utility::fetch>(&body)) {
        auto out = co_await run_fetch(core, *fetch);
        co_return out;
    }
    if (auto const* close = std::get_if<utility::close_cursor>(&body))
        co_return run_close(core, *close);
    if (auto const* discard = std::get_if<utility::discard>(&body)) {
        auto out = co_await run_discard(core, *discard);
        co_return out;
    }
    if (auto const* lock = std::get_if<utility::lock_table>(&body)) {
        auto out = co_await run_lock(core, *lock);
        co_return out;
    }
    if (auto const* vacuum = std::get_if<utility::vacuum>(&body)) {
        auto out = co_await run_vacuum(core, *vacuum);
        co_return out;
    }
    if (auto const* owner = std::get_if<utility::set_owner>(&body);
        owner != nullptr && (owner->what == utility::object_kind::schema ||
                             owner->what == utility::object_kind::type)) {
        auto const writable = core.context.refuse_read_only("ALTER");
        if (writable.has_error()) co_return writable.error();
        auto out = co_await run_set_owner(core, *owner);
        co_return out;
    }
    if (auto const* constraints = std::get_if<utility::set_constraints>(&body))
        co_return co_await run_set_constraints(core, *constraints);
    // What is acknowledged is durable.
    if (std::holds_alternative<utility::checkpoint>(body)) co_return tagged("CHECKPOINT");
    // Nothing was listened to: LISTEN is refused.
    if (std::holds_alternative<utility::unlisten>(body)) co_return tagged("UNLISTEN");
    if (auto const* copy = std::get_if<utility::copy>(&body)) {
        if (copy->file || copy->program) co_return not_served("COPY with a file or program");
        co_return sql_error("08P01", "COPY needs the copy protocol here");
    }
    co_return not_served(std::visit(refused_name{}, body));
}

}  // namespace sluice::sql
