// What an instance of the engine is given to call: sluice_scan (rows of the execution's sources),
// sluice_call (the execution's functions), and checked arithmetic with PostgreSQL's errors. All of
// them find their query through the instance's slot, which outlives it.
#pragma once

#include "backend/query/execution.hpp"

namespace duckdb {
class ExtensionLoader;
}

namespace sluice::query {

void register_scan(duckdb::ExtensionLoader& to, execution_slot& slot);
void register_call(duckdb::ExtensionLoader& to, execution_slot& slot);
void register_arithmetic(duckdb::ExtensionLoader& to);

}  // namespace sluice::query
