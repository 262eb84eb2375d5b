#include "protocols/sql/execute/utility_steps.hpp"

#include "protocols/sql/analyze/analyzer.hpp"

namespace sluice::sql {

utility_task run_prepare(session_core& core, planned_statement const& plan,
                         utility::prepare const& what) {
    auto& context = core.context;
    std::vector<type_oid> types;
    auto const settings = context.analysis();
    for (auto const& each : what.types) {
        auto const type = resolve_type(each, *context.catalog(), settings);
        if (type.has_error()) co_return type.error();
        types.push_back(type->oid);
    }
    auto analysed = co_await core.analyse(what.query, plan.offset, types);
    if (analysed.has_error()) co_return std::move(analysed).error();
    prepared_statement kept;
    for (auto const& each : (*analysed)->parameters) kept.parameter_types.push_back(each.oid);
    kept.statement = std::move(*analysed);
    kept.text = plan.text;
    kept.offset = plan.offset;
    kept.from_sql = true;
    kept.prepared_at = context.services.clock.now();
    auto const added = context.prepared.add(what.name, std::move(kept));
    if (added.has_error()) co_return added.error();
    co_return tagged("PREPARE");
}

namespace {

sql_result<std::vector<datum>> arguments_of(session_core& core, utility::execute const& what,
                                            planned_statement const& plan) {
    auto& context = core.context;
    if (what.arguments.size() != plan.parameters.size())
        return sql_error("42601",
                         "wrong number of parameters for prepared statement \"" + what.name + "\"")
            .with_detail("Expected " + std::to_string(plan.parameters.size()) +
                         " parameters but got " + std::to_string(what.arguments.size()) + ".");
    std::vector<datum> out;
    auto const settings = context.analysis();
    frame const nothing;
    std::size_t weight = 0;
    auto& evaluation = context.base_context();
    for (std::size_t i = 0; i < what.arguments.size(); ++i) {
        auto const expression =
            analyze_expression(what.arguments[i], nullptr, expression_place::execute_argument,
                               plan.parameters[i], "parameter $" + std::to_string(i + 1),
                               *context.catalog(), settings);
        if (expression.has_error()) return expression.error();
        evaluation.columns = &nothing;
        auto value = evaluate(**expression, evaluation);
        evaluation.columns = nullptr;
        if (value.has_error()) return std::move(value).error();
        out.push_back(std::move(*value));
        weight += weight_of(out.back());
        if (weight > context.services.limits.run.memory_bytes)
            return sql_error("53200", "out of memory")
                .with_detail("The arguments would be larger than limits.sql_memory.");
    }
    return out;
}

}  // namespace

utility_task run_execute(session_core& core, utility::execute const& what) {
    auto const* found = core.context.prepared.find(what.name);
    if (found == nullptr)
        co_return sql_error("26000", "prepared statement \"" + what.name + "\" does not exist");
    if (!found->statement) co_return tagged("");
    auto plan = std::static_pointer_cast<planned_statement const>(found->statement);
    auto arguments = arguments_of(core, what, *plan);
    if (arguments.has_error()) co_return std::move(arguments).error();
    auto opened = core.open(std::move(plan), std::move(*arguments));
    if (opened.has_error()) co_return std::move(opened).error();
    utility_result out;
    auto const& bounds = core.context.services.limits.run;
    memory_account held(bounds.memory_bytes, bounds.shared);
    bool fits = true;
    while (true) {
        auto page = co_await (*opened)->fetch(0);
        if (page.has_error()) co_return std::move(page).error();
        for (auto& row : page->rows) {
            fits = held.add(weight_of(row)) && fits;
            out.rows.push_back(std::move(row));
        }
        if (!fits)
            co_return sql_error("53200", "out of memory")
                .with_hint("Use the protocol's prepared statements for large results.");
        if (!page->last) continue;
        out.tag = std::move(page->command_tag);
        break;
    }
    co_return out;
}

sql_result<utility_result> run_deallocate(session_core& core, utility::deallocate const& what) {
    if (what.name.empty()) {
        core.context.prepared.clear();
        return tagged("DEALLOCATE ALL");
    }
    if (!core.context.prepared.remove(what.name))
        return sql_error("26000", "prepared statement \"" + what.name + "\" does not exist");
    return tagged("DEALLOCATE");
}

utility_task run_declare(session_core& core, planned_statement const& plan,
                         utility_statement const& whole, std::vector<datum> parameters) {
    auto const& what = std::get<utility::declare_cursor>(whole.body);
    auto& context = core.context;
    if (context.block != block_state::block && !what.hold)
        co_return sql_error("25P01", "DECLARE CURSOR can only be used in transaction blocks");
    if (what.binary) co_return not_served("DECLARE BINARY CURSOR");
    if (!whole.analysed || !std::holds_alternative<select_statement>(whole.analysed->body))
        co_return sql_error("42601", "DECLARE CURSOR must not contain data-modifying statements");
    auto inner = plan_statement(*whole.analysed, plan.offset, {}, context);
    if (inner.has_error()) co_return std::move(inner).error();
    auto from = std::make_unique<data_portal>(core, *inner, std::move(parameters));
    auto made = std::make_unique<sql_cursor>(core, what.name, std::move(from), *inner,
                                             !what.no_scroll, what.hold);
    auto const added = core.add_cursor(std::move(made));
    if (added.has_error()) co_return added.error();
    // Its rows are those that are there now, whatever the transaction does before they are fetched.
    auto const kept = co_await core.find_cursor(what.name)->keep();
    if (kept.has_error()) {
        (void)core.close_cursor(what.name);  // it was added just now
        co_return kept.error();
    }
    co_return tagged("DECLARE CURSOR");
}

utility_task run_fetch(session_core& core, utility::fetch const& what) {
    auto* cursor = core.find_cursor(what.cursor);
    if (cursor == nullptr)
        co_return sql_error("34000", "cursor \"" + what.cursor + "\" does not exist");
    auto rows = co_await cursor->move(what);
    if (rows.has_error()) co_return std::move(rows).error();
    auto out = tagged((what.move ? "MOVE " : "FETCH ") + std::to_string(rows->size()));
    if (!what.move) out.rows = std::move(*rows);
    co_return out;
}

sql_result<utility_result> run_close(session_core& core, utility::close_cursor const& what) {
    if (what.name.empty()) {
        core.close_all_cursors();
        return tagged("CLOSE CURSOR ALL");
    }
    auto const closed = core.close_cursor(what.name);
    if (closed.has_error()) return closed.error();
    return tagged("CLOSE CURSOR");
}

}  // namespace sluice::sql
