// The real sql_session: sql_session's calls over session_core, and the service that makes them.
// Thread rule and lifetime: as sql_session.hpp and sql_service.hpp say.
#pragma once

#include "protocols/sql/execute/session_core.hpp"
#include "protocols/sql/sql_service.hpp"

namespace sluice::sql {

class native_sql_service final : public sql_service {
public:
    explicit native_sql_service(sql_services& services, std::string database)
        : services_(services), database_(std::move(database)) {}
    task<sql_result<std::unique_ptr<sql_session>>> make_session(auth::caller who,
                                                                session_request what) override;

private:
    sql_services& services_;
    std::string database_;
};

}  // namespace sluice::sql
