#include "protocols/sql/execute/foreign_writes.hpp"

namespace sluice::sql {

task<sql_result<statement_result>> produce_rows(statement_execution&, insert_statement const&,
                                                relation_ptr topic) {
    co_return sql_error("0A000", "INSERT into topic \"" + topic->name + "\" is not served");
}

}  // namespace sluice::sql
