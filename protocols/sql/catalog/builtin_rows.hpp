// The rows that PostgreSQL 15's initdb makes (catalog/data/*.tsv, taken by take_catalog.py),
// compiled in: constant tables generated at build, sorted by oid. Read-only, any thread, process
// lifetime.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::sql {

using oid_list = std::span<std::uint32_t const>;

struct type_row {
    std::uint32_t oid = 0;
    std::string_view name;
    std::uint32_t schema = 0;
    std::int16_t length = -1;
    bool by_value = false;
    char kind = 'b';  // b base, c composite, d domain, e enum, p pseudo, r range, m multirange
    char category = 'U';
    bool preferred = false;
    bool defined = true;
    char delimiter = ',';
    std::uint32_t relation = 0;
    std::string_view subscript = "-";
    std::uint32_t element = 0;
    std::uint32_t array = 0;
    std::string_view input, output, receive, send, modifier_in = "-", modifier_out = "-";
    std::string_view analyze = "-";
    char alignment = 'i', storage = 'x';
    bool not_null = false;
    std::uint32_t base = 0;
    std::int32_t base_modifier = -1;
    std::int32_t dimensions = 0;
    std::uint32_t collation = 0;

    // What subscripting treats as an array (not int2vector and oidvector, which have no array
    // kind).
    bool is_true_array() const noexcept {
        return element != 0 && subscript == "array_subscript_handler";
    }
};

struct proc_row {
    std::uint32_t oid = 0;
    std::string_view name;
    std::uint32_t schema = 0;
    std::uint32_t language = 0;
    float cost = 1, rows = 0;
    std::uint32_t variadic = 0;
    char kind = 'f';  // f function, p procedure, a aggregate, w window
    bool security_definer = false, leakproof = false, strict = false, returns_set = false;
    char volatility = 'v', parallel = 'u';
    std::int16_t argument_count = 0, default_count = 0;
    std::uint32_t result = 0;
    oid_list arguments;
    oid_list all_arguments;  // empty: as `arguments`
    std::string_view modes;  // i o b v t per all_arguments; empty: all i
    std::span<std::string_view const> names;
    std::string_view source;
};

struct operator_row {
    std::uint32_t oid = 0;
    std::string_view name;
    std::uint32_t schema = 0;
    char kind = 'b';  // b infix, l prefix
    bool can_merge = false, can_hash = false;
    std::uint32_t left = 0, right = 0, result = 0;
    std::uint32_t commutator = 0, negator = 0;
    std::uint32_t function = 0;  // pg_proc oid of oprcode; 0: shell
    std::string_view restriction, join;
};

struct cast_row {
    std::uint32_t oid = 0;
    std::uint32_t source = 0, target = 0, function = 0;
    char context = 'e';  // i implicit, a assignment, e explicit
    char method = 'f';   // f function, b binary coercible, i input/output
};

struct aggregate_row {
    std::uint32_t function = 0;
    char kind = 'n';  // n normal, o ordered-set, h hypothetical-set
    std::int16_t direct_arguments = 0;
    std::string_view transition, final;
    std::uint32_t state_type = 0;
    std::string_view initial;
    bool has_initial = false;
};

struct opclass_row {
    std::uint32_t oid = 0, method = 0;
    std::string_view name;
    std::uint32_t schema = 0, family = 0, input_type = 0;
    bool is_default = false;
    std::uint32_t key_type = 0;
};
struct opfamily_row {
    std::uint32_t oid = 0, method = 0;
    std::string_view name;
    std::uint32_t schema = 0;
};
struct amop_row {
    std::uint32_t oid = 0, family = 0, left = 0, right = 0;
    std::int16_t strategy = 0;
    char purpose = 's';
    std::uint32_t operator_oid = 0, method = 0, sort_family = 0;
};
struct amproc_row {
    std::uint32_t oid = 0, family = 0, left = 0, right = 0;
    std::int16_t number = 0;
    std::string_view function;
};
struct am_row {
    std::uint32_t oid = 0;
    std::string_view name, handler;
    char kind = 'i';
};
struct language_row {
    std::uint32_t oid = 0;
    std::string_view name;
    bool is_pl = false, trusted = false;
};
struct namespace_row {
    std::uint32_t oid = 0;
    std::string_view name;
};
struct collation_row {
    std::uint32_t oid = 0;
    std::string_view name;
    std::uint32_t schema = 0;
    char provider = 'c';
    bool deterministic = true;
    std::int32_t encoding = -1;
    std::string_view collate, ctype;
    bool has_locale = true;
};
struct range_row {
    std::uint32_t type = 0, subtype = 0, multirange = 0, collation = 0, opclass = 0;
};
struct setting_row {
    std::string_view name, setting, unit, category, context, kind, minimum, maximum, choices, boot;
};
struct system_relation_row {
    std::uint32_t oid = 0;
    std::string_view name;
    std::uint32_t schema = 0;
    char kind = 'r';
    std::uint32_t row_type = 0;
};
struct system_column_row {
    std::uint32_t relation = 0;
    std::int16_t number = 0;
    std::string_view name;
    std::uint32_t type = 0;
    std::int32_t modifier = -1;
    bool not_null = false;
};

namespace builtin {

std::span<type_row const> types() noexcept;
std::span<proc_row const> procs() noexcept;
std::span<operator_row const> operators() noexcept;
std::span<cast_row const> casts() noexcept;
std::span<aggregate_row const> aggregates() noexcept;
std::span<opclass_row const> opclasses() noexcept;
std::span<opfamily_row const> opfamilies() noexcept;
std::span<amop_row const> amops() noexcept;
std::span<amproc_row const> amprocs() noexcept;
std::span<am_row const> access_methods() noexcept;
std::span<language_row const> languages() noexcept;
std::span<namespace_row const> namespaces() noexcept;
std::span<collation_row const> collations() noexcept;
std::span<range_row const> ranges() noexcept;
std::span<setting_row const> settings() noexcept;
std::span<system_relation_row const> system_relations() noexcept;
std::span<system_column_row const> system_columns() noexcept;  // by relation, number

// Binary search or hash; nullptr: no such row.
type_row const* find_type(std::uint32_t oid) noexcept;
type_row const* find_type(std::string_view name) noexcept;  // in pg_catalog
proc_row const* find_proc(std::uint32_t oid) noexcept;
operator_row const* find_operator(std::uint32_t oid) noexcept;
cast_row const* find_cast(std::uint32_t source, std::uint32_t target) noexcept;
aggregate_row const* find_aggregate(std::uint32_t function) noexcept;
range_row const* find_range(std::uint32_t type) noexcept;
range_row const* find_range_of_multirange(std::uint32_t multirange) noexcept;
setting_row const* find_setting(std::string_view name) noexcept;  // any letter case

// All rows of that name, ascending by oid.
std::span<proc_row const* const> procs_named(std::string_view name) noexcept;
std::span<operator_row const* const> operators_named(std::string_view name) noexcept;
// The one pg_proc row of a support function named in a pg_type or pg_am column; 0: none.
std::uint32_t proc_oid_of(std::string_view name) noexcept;

}  // namespace builtin
}  // namespace sluice::sql
