// Where a front gets its SQL sessions from: the one factory behind which catalog, guard, engine and
// pools stand. The daemon makes the real one (protocols/sql/execute); tests script a fake.
// Lifetime: outlives its sessions. Thread rule: any thread; the session belongs to the executor
// that asked for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/guard/caller.hpp"
#include "gateway/core/task.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/sql_session.hpp"

namespace sluice::sql {

// What a front knows when it asks for a session. Settings of the startup packet follow through
// sql_session::set_at_startup.
struct session_request {
    std::string database;
    std::int32_t process_id = 0;  // what pg_backend_pid() answers; unique among open sessions
    prepared_limits prepared;
};

class sql_service {
public:
    virtual ~sql_service() = default;
    // 3D000: no such database; 42501: `who` may not connect to it. The session keeps its own copy
    // of the caller.
    virtual task<sql_result<std::unique_ptr<sql_session>>> make_session(auth::caller who,
                                                                        session_request what) = 0;
};

}  // namespace sluice::sql
