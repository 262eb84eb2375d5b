// VACUUM and ANALYZE. Dead rows are taken away by the store's own background work, and plans do not
// follow statistics, so nothing is left to do: what is named is looked up and checked as PostgreSQL
// does, and the answer is the same. VERBOSE is refused, for there is nothing to report.
#include <algorithm>
#include <array>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/transaction_reader.hpp"

namespace sluice::sql {
namespace {

bool is_on(utility::option const& option) {
    using kind = utility::option::kind;
    if (option.what == kind::none) return true;
    if (option.what == kind::boolean || option.what == kind::integer)
        return option.number != 0 || option.text == "true";
    return option.text == "true" || option.text == "on" || option.text == "1";
}

struct upkeep {
    bool is_vacuum = true;
    bool analyses = false;
};

sql_result<upkeep> options_of(utility::vacuum const& what) {
    // All but the first three are about how heap pages and their indexes are walked.
    static constexpr std::array<std::string_view, 10> known{
        "verbose",      "skip_locked",   "analyze",  "freeze",     "full", "disable_page_skipping",
        "index_cleanup", "process_toast", "truncate", "parallel"};
    auto const count = what.is_vacuum ? known.size() : 2;
    upkeep out{what.is_vacuum, !what.is_vacuum};
    std::string const command = what.is_vacuum ? "VACUUM" : "ANALYZE";
    for (auto const& each : what.options) {
        if (std::find(known.begin(), known.begin() + count, each.name) == known.begin() + count)
            return sql_error("42601", "unrecognized " + command + " option \"" + each.name + "\"")
                .at(each.position);
        if (each.name == "verbose" && is_on(each)) return not_served(command + " VERBOSE");
        if (each.name == "analyze") out.analyses = is_on(each);
    }
    return out;
}

sql_result<void> check_columns(relation const& table, std::vector<std::string> const& names) {
    for (auto const& name : names) {
        auto const found = live_column(table, name);
        if (found.has_error()) return found.error();
        if (std::count(names.begin(), names.end(), name) > 1)
            return sql_error("42701", "column \"" + name + "\" of relation \"" + table.name +
                                          "\" appears more than once");
    }
    return {};
}

// Whoever may not read it learns no more than that it is there.
task<sql_result<void>> look_at(session_core& core, relation_ptr of, upkeep how) {
    auto& context = core.context;
    auto const word = std::string(how.is_vacuum ? "vacuum" : "analyze");
    bool const is_table = of->kind == relation_kind::table || of->kind == relation_kind::catalog;
    if (!is_table) {
        context.notice("WARNING", sql_error("01000", "skipping \"" + of->name + "\" --- cannot " + word +
                                                         " non-tables or special system tables"));
        co_return sql_result<void>();
    }
    transaction_reader reader(context);
    auto const permitted = co_await reader.permit(of);
    if (permitted.has_error() && std::string_view(permitted.error().sqlstate) == "42501") {
        context.notice("WARNING", sql_error("01000", "permission denied to " + word + " \"" +
                                                         of->name + "\", skipping it"));
        co_return sql_result<void>();
    }
    co_return permitted;
}

}  // namespace

utility_task run_vacuum(session_core& core, utility::vacuum const& what) {
    auto& context = core.context;
    auto const how = options_of(what);
    if (how.has_error()) co_return how.error();
    if (what.is_vacuum && context.block == block_state::block)
        co_return sql_error("25001", "VACUUM cannot run inside a transaction block");
    for (auto const& each : what.tables)
        if (!each.alias.columns.empty() && !how->analyses)
            co_return sql_error("0A000",
                                "ANALYZE option must be specified when a column list is provided");
    for (auto const& each : what.tables) {
        auto found = resolve_relation(each, *context.catalog(), context.analysis());
        if (found.has_error()) {
            auto missing = std::move(found).error();
            missing.position = 0;  // named outside of a query
            co_return missing;
        }
        auto const table = *found;
        auto const seen = co_await look_at(core, table, *how);
        if (seen.has_error()) co_return seen.error();
        auto const columns = check_columns(*table, each.alias.columns);
        if (columns.has_error()) co_return columns.error();
    }
    co_return tagged(what.is_vacuum ? "VACUUM" : "ANALYZE");
}

}  // namespace sluice::sql
