// How the files of this folder say which functions they serve: rows of C symbol (pg_proc.prosrc)
// or, for SQL-language functions, oid. Every family has one register function, listed in families.
#pragma once

#include <initializer_list>

#include "protocols/sql/functions/function_table.hpp"

namespace sluice::sql {

struct scalar_row {
    std::string_view symbol;
    scalar_function call;
};
struct set_row {
    std::string_view symbol;
    set_function start;
};
struct window_row {
    std::string_view name;
    window_function call;
};
struct aggregate_row_entry {
    std::string_view name;
    aggregate_function how;
};

class function_registry {
public:
    virtual ~function_registry() = default;
    // Every pg_proc row with that C symbol. A symbol that pg_proc does not have is a bug
    // (asserted).
    virtual void scalars(std::initializer_list<scalar_row> rows) = 0;
    virtual void scalar(std::uint32_t oid, scalar_function call) = 0;
    virtual void sets(std::initializer_list<set_row> rows) = 0;
    virtual void set(std::uint32_t oid, set_function start) = 0;
    // By proname; all argument types, or those of which the first argument is `first`.
    virtual void aggregate(std::string_view name, aggregate_function how) = 0;
    virtual void aggregate_of(std::string_view name, type_oid first, aggregate_function how) = 0;
    virtual void windows(std::initializer_list<window_row> rows) = 0;
    // The first pg_proc row of that name; 0: none.
    virtual std::uint32_t oid_of(std::string_view name) const = 0;
    virtual void in_catalog(std::initializer_list<std::string_view> names) = 0;  // by proname
};

void register_integer_functions(function_registry&);
void register_float_functions(function_registry&);
void register_numeric_functions(function_registry&);
void register_comparisons(function_registry&);
void register_casts(function_registry&);
void register_text_functions(function_registry&);
void register_text_search_functions(function_registry&);  // LIKE, regular expressions
void register_format_functions(function_registry&);       // to_char and its inverses
void register_number_formats(function_registry&);         // part of the formats
void register_format_readers(function_registry&);         // part of the formats
void register_bytea_functions(function_registry&);
void register_datetime_functions(function_registry&);
void register_datetime_parts(function_registry&);
void register_array_functions(function_registry&);
void register_json_functions(function_registry&);
void register_json_builders(function_registry&);
void register_system_functions(function_registry&);
void register_set_functions(function_registry&);
void register_numeric_aggregates(function_registry&);
void register_collecting_aggregates(function_registry&);
// Splits f.text(0) at f.text(1) (null: characters); parts equal to a third argument are null.
void split_text(function_frame& f, std::vector<datum>& parts);

void register_window_functions(function_registry&);

}  // namespace sluice::sql
