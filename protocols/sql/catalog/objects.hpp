// What the catalog holds: schemas, relations with their columns and constraints, types, functions,
// roles. Plain values; in a snapshot they are shared and immutable (shared_ptr<... const>).
//
// Expressions and view queries are kept as text, printed at CREATE time, and parsed again when
// used: text survives changes of our trees.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/ids.hpp"
#include "protocols/sql/catalog/builtin_rows.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::sql {

inline constexpr object_oid first_user_oid{16384};
namespace schema_oids {
inline constexpr object_oid pg_catalog{11}, pg_toast{99}, public_{2200}, information_schema{13207};
// Dynamic schemas of the other faces.
inline constexpr object_oid topics{15001}, objects{15002}, audit{15003};
}  // namespace schema_oids
inline constexpr object_oid bootstrap_role{10};

struct column {
    std::int16_t number = 0;  // attnum, from 1; never reused
    std::string name;
    sql_type type;
    std::int32_t dimensions = 0;
    bool not_null = false;
    bool dropped = false;
    std::optional<std::string> default_text;  // or the expression of a generated column
    char identity = 0;                        // 'a' always, 'd' by default
    bool generated = false;                   // stored generated column
    object_oid sequence{};                    // of serial and identity columns
    object_oid default_oid{};                 // pg_attrdef
    // What rows written before ADD COLUMN have (encoded by the executor); absent: null.
    std::optional<std::string> missing_value;
    std::string comment;
    std::string acl;
};

struct constraint {
    enum class kind : char {
        primary_key = 'p',
        unique = 'u',
        check = 'c',
        foreign_key = 'f',
        exclusion = 'x'
    };
    object_oid oid{};
    kind what{};
    std::string name;
    std::vector<std::int16_t> columns;
    std::string check_text;
    object_oid index{};
    object_oid referenced{};
    std::vector<std::int16_t> referenced_columns;
    object_oid referenced_index{};  // the key of `referenced` that it relies on
    std::vector<std::int16_t> delete_set_columns;  // ON DELETE SET ... (list); none: all
    char on_update = 'a', on_delete = 'a', match = 's';
    bool deferrable = false, initially_deferred = false, validated = true;
    std::string comment;
};

enum class relation_kind : char {
    table = 'r',
    partitioned_table = 'p',
    view = 'v',
    materialized_view = 'm',
    sequence = 'S',
    index = 'i',
    composite = 'c',
    topic = 't',  // pg_class shows the last four as 'r' or 'v'
    bucket = 'b',
    audit = 'a',
    catalog = 'C',      // a table of pg_catalog or information_schema
    catalog_view = 'V'  // a view of those, kept as SQL or refused when read
};

struct index_column {
    std::int16_t number = 0;  // 0: expression
    std::string expression;
    object_oid opclass{};
    bool descending = false, nulls_first = false;
};
struct index_info {
    object_oid table{};
    bool unique = false, primary = false, nulls_not_distinct = false, valid = true;
    std::string method = "btree";
    std::vector<index_column> keys;
    std::vector<std::int16_t> included;
    std::string where;
};
struct sequence_info {
    type_oid type{20};
    std::int64_t start = 1, increment = 1, minimum = 1, maximum = 9223372036854775807, cache = 1;
    bool cycle = false;
    std::string counter;  // the store's counter
    object_oid owner_table{};
    std::int16_t owner_column = 0;
};

struct relation {
    object_oid oid{};
    object_oid schema{};
    std::string name;
    relation_kind kind = relation_kind::table;
    object_oid owner = bootstrap_role;  // the role that catalogs show
    principal_id maker{};               // the policy's owner; 0: nobody
    dataset_id dataset{};         // tables and indexes
    std::vector<column> columns;  // by number; dropped ones stay
    std::vector<constraint> constraints;
    std::vector<object_oid> indexes;
    type_oid row_type{};
    char persistence = 'p';
    std::string view_text;
    std::optional<index_info> index;
    std::optional<sequence_info> sequence;
    std::string partition_key, partition_bound;
    object_oid partition_parent{};
    std::string comment;
    std::string acl;  // as pg_class.relacl prints it; empty: null

    column const* find_column(std::string_view wanted) const noexcept;
    column const* find_column(std::int16_t number) const noexcept;
    constraint const* primary_key() const noexcept;
    bool readable() const noexcept {
        return kind != relation_kind::index && kind != relation_kind::composite;
    }
};

struct schema {
    object_oid oid{};
    std::string name;
    object_oid owner = bootstrap_role;
    principal_id maker{};
    std::string comment;
    std::string acl;
};

// `row` is what resolution reads; its views point into this object, so it is made by make() only.
struct user_type {
    std::string name;
    object_oid schema{};
    object_oid owner = bootstrap_role;
    std::vector<std::string> labels;  // enum
    std::vector<float> label_order;
    std::vector<object_oid> label_oids;
    std::vector<constraint> checks;  // domain
    std::optional<std::string> default_text;
    std::string comment;
    type_row row;

    static std::shared_ptr<user_type const> make(user_type description);
};

struct user_function {
    std::string name;
    object_oid schema{};
    object_oid owner = bootstrap_role;
    std::vector<std::uint32_t> arguments, all_arguments;
    std::string modes;
    std::vector<std::string> names;
    std::string source;
    std::string comment;
    proc_row row;
    std::vector<std::string_view> name_views;

    static std::shared_ptr<user_function const> make(user_function description);
};

struct role {
    object_oid oid{};
    std::string name;
    bool superuser = false, inherit = true, create_role = false, create_db = false;
    bool can_login = false, replication = false, bypass_rls = false;
    std::int32_t connection_limit = -1;
    std::vector<object_oid> member_of;
    std::string comment;
};

using relation_ptr = std::shared_ptr<relation const>;
using schema_ptr = std::shared_ptr<schema const>;
using user_type_ptr = std::shared_ptr<user_type const>;
using user_function_ptr = std::shared_ptr<user_function const>;

}  // namespace sluice::sql
