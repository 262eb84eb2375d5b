// SQLValueFunction: CURRENT_DATE, LOCALTIME(p), CURRENT_USER, ... by PostgreSQL's lower-case names.
#pragma once

#include "protocols/sql/functions/evaluate.hpp"

namespace sluice::sql {

sql_result<datum> session_value_of(std::string_view what, sql_type result, evaluation_context&);

}  // namespace sluice::sql
