#include "protocols/sql/execute/referential_checks.hpp"
#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {
namespace {

// The constraints of that name: of a schema, or of the first schema of the search path that has
// some. 42704.
sql_result<std::vector<constraint>> constraints_named(session_context& context,
                                                      utility::qualified_name const& name) {
    auto const catalog = context.catalog();
    std::vector<object_oid> schemas;
    if (name.size() > 1) {
        auto const* found = catalog->find_schema(name[name.size() - 2]);
        if (found == nullptr)
            return sql_error("3F000",
                             "schema \"" + name[name.size() - 2] + "\" does not exist");
        schemas.push_back(found->oid);
    } else {
        schemas = catalog->path_of(context.settings.text("search_path"), context.user).schemas;
    }
    std::vector<constraint> out;
    for (auto const schema : schemas) {
        for (auto const& [oid, table] : catalog->contents().relations)
            for (auto const& each : table->constraints)
                if (table->schema == schema && each.name == name.back()) out.push_back(each);
        if (!out.empty()) return out;
    }
    return sql_error("42704", "constraint \"" + name.back() + "\" does not exist");
}

}  // namespace

utility_task run_set_constraints(session_core& core, utility::set_constraints const& what) {
    auto& context = core.context;
    if (context.block != block_state::block)
        context.notice("WARNING", sql_error("25P01", "SET CONSTRAINTS can only be used in "
                                                     "transaction blocks"));
    std::vector<object_oid> wanted;
    for (auto const& name : what.names) {
        auto const found = constraints_named(context, name);
        if (found.has_error()) co_return found.error();
        bool any = false;
        for (auto const& each : *found) {
            if (!each.deferrable) continue;
            any = true;
            wanted.push_back(each.oid);
        }
        if (!any)
            co_return sql_error("42809",
                                "constraint \"" + name.back() + "\" is not deferrable");
    }
    if (what.names.empty()) context.references.set_all(what.deferred);
    for (auto const oid : wanted) context.references.set_one(oid, what.deferred);
    if (!what.deferred && !context.references.empty()) {
        referential_checks checks(context, core.sequences);
        auto const held = co_await checks.run_deferred(false);
        if (held.has_error()) co_return held.error();
    }
    co_return tagged("SET CONSTRAINTS");
}

}  // namespace sluice::sql
