// INSERT into topics."name": each row is a record, produced with the transaction's commit.
#pragma once

#include "protocols/sql/execute/statement_execution.hpp"

namespace sluice::sql {

task<sql_result<statement_result>> produce_rows(statement_execution& of,
                                                insert_statement const& what, relation_ptr topic);

}  // namespace sluice::sql
