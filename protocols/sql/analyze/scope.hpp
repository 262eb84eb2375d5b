// One query under analysis: its range table, the names that can be referred to, its common tables
// and windows, and what was found in it. Scopes are chained outwards; a reference that crosses `n`
// of them has levels_up n. Lives on the stack of the function that analyses the query.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

// Where an expression stands: decides what it may hold and how errors name the place.
enum class place : std::uint8_t {
    other,
    select_target,
    where,
    having,
    group_by,
    order_by,
    distinct_on,
    join_on,
    from_function,
    limit,
    offset,
    returning,
    values,
    values_single,
    insert_target,
    update_source,
    filter,
    window_partition,
    window_order,
    window_frame,
    check_constraint,
    column_default,
    generated_column,
    index_expression,
    index_predicate,
    partition_key,
    execute_argument,
    copy_where,
    alter_using
};

struct namespace_column {
    std::string name;
    expression_ptr value;  // at this scope's level
};
struct namespace_item {
    std::string name;
    object_oid relation{}, schema{};
    std::int64_t entry = -1;  // range table index; -1: a join
    std::vector<namespace_column> columns;
    bool table_visible = true, columns_visible = true;
    bool lateral_only = false, lateral_ok = true;
    std::uint32_t level = 0;  // of `columns`, relative to the scope: always 0 outside ON CONFLICT
};

struct visible_table {
    std::string name;
    std::uint32_t index = 0;
    std::vector<result_column> columns;
    bool being_defined = false;  // the recursive term refers to it
    bool columns_known = false;  // false while the first term is analysed
    std::uint32_t references = 0;
};

struct scope {
    explicit scope(analysis_context& owner, scope* outer = nullptr)
        : context(owner), parent(outer) {}
    scope(scope const&) = delete;
    scope& operator=(scope const&) = delete;

    analysis_context& context;
    scope* parent;
    place where = place::other;
    std::vector<range_entry> entries;
    std::vector<namespace_item> items;
    std::vector<common_table> tables;
    std::vector<visible_table> visible_tables;
    std::vector<window_definition> windows;
    std::vector<syntax::window_spec> window_specs;  // by index, named and anonymous
    bool has_aggregates = false, has_windows = false, has_set_returning = false;
    bool lateral_active = false;
    bool resolve_unknowns = true;
    bool inside_aggregate = false;
    std::vector<syntax::table_ref> locked;  // FOR UPDATE items: relations opened for it
    expression_ptr case_operand;            // what case_argument stands for in CASE x WHEN
};

// Sets scope::where while it lives.
class place_scope {
public:
    place_scope(scope& owner, place what) noexcept : owner_(owner), before_(owner.where) {
        owner_.where = what;
    }
    ~place_scope() { owner_.where = before_; }
    place_scope(place_scope const&) = delete;
    place_scope& operator=(place_scope const&) = delete;

private:
    scope& owner_;
    place before_;
};

// ---- names.cpp
outcome<expression_ptr> resolve_column(scope&, syntax::column_ref const&, std::int32_t position);
// The item that `schema.name` or `name` means, and how many scopes out it is; null: none.
outcome<namespace_item const*> find_item(scope&, std::string_view schema, std::string_view name,
                                         std::int32_t position, std::uint32_t& levels);
sql_error missing_table(scope&, std::string_view schema, std::string_view name,
                        std::int32_t position);
expression_ptr reference_to(scope& at, namespace_item const&, std::size_t column,
                            std::uint32_t levels, std::int32_t position);
// Marks the columns under `value` as read, `levels` scopes out.
void mark_read(scope& at, expression const& value, std::uint32_t levels);
sql_type column_type(range_entry const&, std::uint32_t column);

}  // namespace sluice::sql
