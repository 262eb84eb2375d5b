#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {

// No constraint is deferrable yet: ALL names none.
sql_result<utility_result> run_set_constraints(session_core& core,
                                               utility::set_constraints const& what) {
    auto& context = core.context;
    if (context.block != block_state::block)
        context.notice("WARNING", sql_error("25P01", "SET CONSTRAINTS can only be used in "
                                                     "transaction blocks"));
    for (auto const& name : what.names) {
        auto const& wanted = name.back();
        for (auto const& [oid, table] : context.catalog()->contents().relations)
            for (auto const& each : table->constraints)
                if (each.name == wanted)
                    return sql_error("42809", "constraint \"" + wanted + "\" is not deferrable");
        return sql_error("42704", "constraint \"" + wanted + "\" does not exist");
    }
    return tagged("SET CONSTRAINTS");
}

}  // namespace sluice::sql
