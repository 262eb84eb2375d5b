// The SQL side put together: catalog as the store has it, locks, sequences, the pool that queries
// run on, and the service that fronts get sessions from.
//
// Thread rule: open blocks, at start; the service from any thread. Lifetime: engine, guard, clock
// and random source outlive it; all sessions are gone before the destructor.
#pragma once

#include <memory>

#include "auth/guard/guard.hpp"
#include "backend/query/read_engine.hpp"
#include "gateway/config/settings.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "protocols/sql/execute/session.hpp"

namespace sluice::gateway {

// SQL's parts of memory.total.
struct sql_memory {
    std::uint64_t engine_bytes = 0;  // limits.sql_engine_memory
    memory_allowance& requests;      // limits.request_memory, shared with the other faces
};

class sql_wiring {
public:
    static result<std::unique_ptr<sql_wiring>> open(settings const& chosen, store::engine& engine,
                                                    auth::guard& guard, sql_memory memory,
                                                    wall_clock const& clock, random_source& random,
                                                    blocking_token token);
    sql::sql_service& service() noexcept { return *service_; }
    // When the read engine is used, and how often it was.
    sql::engine_use& read_engine() noexcept { return use_; }
    // What statements run on.
    blocking_pool const& pool() const noexcept { return pool_; }

private:
    sql_wiring(settings const& chosen, sql::catalog_ptr loaded, lsn head_changed,
               std::unique_ptr<query::read_engine> read_engine,
               auth::guard& guard, memory_allowance& memory, wall_clock const& clock,
               random_source& random);

    std::unique_ptr<query::read_engine> read_engine_;
    sql::engine_use use_;
    blocking_pool pool_;
    sql::catalog_store catalog_;
    sql::relation_locks locks_;
    sql::sequence_store sequences_;
    sql::sql_services services_;
    std::unique_ptr<sql::native_sql_service> service_;
};

}  // namespace sluice::gateway
