// An SQL error as PostgreSQL reports it. Everything in protocols/sql that can fail because of what
// the client asked answers sql_result<T>; store failures become one in a single exhaustive map
// (sql_error.cpp).
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "gateway/core/error.hpp"

namespace sluice::sql {

struct sql_error {
    char sqlstate[6] = "XX000";
    std::string message;
    std::string detail;
    std::string hint;
    std::int32_t position = 0;  // 1-based character in the statement; 0: none
    std::string schema_name, table_name, column_name, data_type_name, constraint_name;
    std::string where;

    sql_error() = default;
    sql_error(char const (&state)[6], std::string text) : message(std::move(text)) {
        for (int i = 0; i < 5; ++i) sqlstate[i] = state[i];
    }
    sql_error&& at(std::int32_t where_in_text) && {
        position = where_in_text;
        return std::move(*this);
    }
    sql_error&& with_detail(std::string text) && {
        detail = std::move(text);
        return std::move(*this);
    }
    sql_error&& with_hint(std::string text) && {
        hint = std::move(text);
        return std::move(*this);
    }
};

// conflict -> 40P01 or 40001 as the caller says, no_space -> 53100, read_only -> 25006, ... ; one
// switch, no default.
sql_error to_sql_error(failure const&);

struct sql_error_exception : std::runtime_error {
    explicit sql_error_exception(sql_error const& what)
        : std::runtime_error(what.message), what_failed(what) {}
    sql_error what_failed;
};
[[noreturn]] inline void throw_exception_from_error(sql_error const& what,
                                                    boost::source_location const&) {
    throw sql_error_exception(what);
}

template <class T = void>
using sql_result = boost::system::result<T, sql_error>;

}  // namespace sluice::sql
