// What may not stand where, in PostgreSQL's words.
#include "protocols/sql/analyze/expressions.hpp"

namespace sluice::sql {
namespace {

// How a place is named after "... are not allowed in"; empty where no common name exists.
char const* name_of(place where) {
    switch (where) {
        case place::where:
            return "WHERE";
        case place::having:
            return "HAVING";
        case place::group_by:
            return "GROUP BY";
        case place::order_by:
            return "ORDER BY";
        case place::distinct_on:
            return "DISTINCT ON";
        case place::join_on:
            return "JOIN conditions";
        case place::from_function:
            return "functions in FROM";
        case place::limit:
            return "LIMIT";
        case place::offset:
            return "OFFSET";
        case place::returning:
            return "RETURNING";
        case place::values:
        case place::values_single:
            return "VALUES";
        case place::insert_target:
            return "INSERT";
        case place::update_source:
            return "UPDATE";
        case place::filter:
            return "FILTER";
        case place::window_partition:
        case place::window_order:
        case place::window_frame:
            return "window definitions";
        case place::check_constraint:
            return "check constraints";
        case place::column_default:
            return "DEFAULT expressions";
        case place::generated_column:
            return "column generation expressions";
        case place::index_expression:
            return "index expressions";
        case place::index_predicate:
            return "index predicates";
        case place::partition_key:
            return "partition key expressions";
        case place::execute_argument:
            return "EXECUTE parameters";
        case place::copy_where:
            return "COPY FROM WHERE conditions";
        case place::alter_using:
            return "transform expressions";
        case place::other:
        case place::select_target:
            return "";
    }
    return "";
}

std::string forbidden(char const* what, place where) {
    return std::string(what) + " are not allowed in " + name_of(where);
}

}  // namespace

std::string aggregates_forbidden(place where) {
    switch (where) {
        case place::other:
        case place::select_target:
        case place::having:
        case place::order_by:
        case place::distinct_on:
        case place::window_partition:
        case place::window_order:
            return {};
        case place::window_frame:
            return "aggregate functions are not allowed in window ROWS";
        default:
            return forbidden("aggregate functions", where);
    }
}

std::string windows_forbidden(place where) {
    switch (where) {
        case place::other:
        case place::select_target:
        case place::order_by:
        case place::distinct_on:
            return {};
        default:
            return forbidden("window functions", where);
    }
}

std::string set_returning_forbidden(place where) {
    switch (where) {
        case place::other:
        case place::select_target:
        case place::from_function:
        case place::group_by:
        case place::order_by:
        case place::distinct_on:
        case place::window_partition:
        case place::window_order:
        case place::values_single:
        case place::insert_target:
            return {};
        case place::values:
            return "set-returning functions are not allowed in VALUES";
        default:
            return forbidden("set-returning functions", where);
    }
}

std::string subqueries_forbidden(place where) {
    switch (where) {
        case place::check_constraint:
            return "cannot use subquery in check constraint";
        case place::column_default:
            return "cannot use subquery in DEFAULT expression";
        case place::generated_column:
            return "cannot use subquery in column generation expression";
        case place::index_expression:
            return "cannot use subquery in index expression";
        case place::index_predicate:
            return "cannot use subquery in index predicate";
        case place::partition_key:
            return "cannot use subquery in partition key expression";
        case place::execute_argument:
            return "cannot use subquery in EXECUTE parameter";
        case place::copy_where:
            return "cannot use subquery in COPY FROM WHERE condition";
        case place::alter_using:
            return "cannot use subquery in transform expression";
        default:
            return {};
    }
}

}  // namespace sluice::sql
