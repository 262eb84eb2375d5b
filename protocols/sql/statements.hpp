// Utility statements: everything that is not SELECT, INSERT, UPDATE or DELETE, as typed structs.
// The parser makes them, the analyzer fills `analysed` where one carries a query, the executor
// decides which it serves; grammar that is not represented here was refused 0A000 by name.
//
// Names are as written (not looked up); expressions are syntax (analyze_expression types them).
// Plain values, immutable once parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::sql {

namespace utility {

using syntax::expr_ptr;
using syntax::qualified_name;
using syntax::table_ref;
using syntax::type_name;

// name [value] of WITH (...), COPY (...), EXPLAIN (...): a word, number, list of words, or nothing.
struct option {
    std::string space, name;
    enum class kind : std::uint8_t { none, word, string, integer, floating, boolean, list, star };
    kind what = kind::none;
    std::string text;
    std::int64_t number = 0;
    std::vector<std::string> words;
    std::int32_t position = 0;
};

// ---- tables -----------------------------------------------------------------------------------
struct sequence_options {
    std::vector<option> given;  // start, increment, minvalue, maxvalue, cache, cycle, owned_by,
                                // restart, as, sequence_name
    std::optional<type_name> type;
    qualified_name owned_by;
};
enum class reference_action : char {
    no_action = 'a',
    restrict = 'r',
    cascade = 'c',
    set_null = 'n',
    set_default = 'd'
};
struct constraint_definition {
    enum class kind : std::uint8_t {
        null,
        not_null,
        default_value,
        identity,
        generated,
        check,
        primary_key,
        unique,
        exclusion,
        foreign_key
    };
    kind what{};
    std::string name;  // empty: not named
    expr_ptr value;    // default, generated, check
    bool identity_always = false;
    sequence_options sequence;
    std::vector<std::string> columns;  // primary key, unique, foreign key
    std::vector<std::string> including;
    std::string using_index;
    bool nulls_not_distinct = false;
    table_ref referenced;
    std::vector<std::string> referenced_columns;
    std::vector<std::string> delete_set_columns;
    char match = 's';
    reference_action on_update = reference_action::no_action, on_delete = on_update;
    bool deferrable = false, initially_deferred = false;
    bool not_valid = false, no_inherit = false;
    std::vector<option> with;
    std::string tablespace;
    std::int32_t position = 0;
};
struct column_definition {
    std::string name;
    std::optional<type_name> type;
    qualified_name collation;
    std::vector<constraint_definition> constraints;
    std::string compression, storage;
    std::int32_t position = 0;
};
struct like_clause {
    table_ref table;
    std::uint32_t including = 0;  // bits of PostgreSQL's TableLikeOption
};
struct partition_bound {
    bool is_default = false;
    char strategy = 'r';
    std::vector<expr_ptr> values, lower, upper;
    std::int32_t modulus = 0, remainder = 0;
};
enum class persistence : char { permanent = 'p', unlogged = 'u', temporary = 't' };
struct create_table {
    table_ref table;
    persistence kept = persistence::permanent;
    bool if_not_exists = false;
    std::vector<column_definition> columns;
    std::vector<constraint_definition> constraints;
    std::vector<like_clause> like;
    std::vector<table_ref> inherits;
    std::optional<type_name> of_type;
    bool partitioned = false;
    std::string partition_strategy;
    std::vector<std::string> partition_columns;
    std::optional<table_ref> partition_of;
    std::optional<partition_bound> bound;
    std::vector<option> with;
    enum class on_commit : std::uint8_t { standard, preserve, delete_rows, drop };
    on_commit at_commit = on_commit::standard;
    std::string access_method, tablespace;
};
struct create_table_as {
    table_ref table;
    persistence kept = persistence::permanent;
    bool if_not_exists = false, materialized_view = false, with_data = true;
    std::vector<std::string> columns;
    std::vector<option> with;
    syntax::statement_ptr query;
};
struct alter_table {
    struct action {
        enum class kind : std::uint8_t {
            add_column,
            drop_column,
            set_type,
            set_default,
            drop_default,
            set_not_null,
            drop_not_null,
            set_statistics,
            set_storage,
            add_identity,
            set_identity,
            drop_identity,
            drop_expression,
            add_constraint,
            drop_constraint,
            validate_constraint,
            alter_constraint,
            set_options,
            reset_options,
            owner_to,
            attach_partition,
            detach_partition,
            replica_identity,
            enable_row_security,
            disable_row_security,
            force_row_security,
            no_force_row_security,
            enable_trigger,
            disable_trigger,
            cluster_on,
            set_without_cluster,
            set_logged,
            set_unlogged,
            inherit,
            no_inherit,
            set_tablespace,
            set_access_method,
            set_compression
        };
        kind what{};
        std::string name;  // column or constraint; new owner
        std::optional<column_definition> column;
        std::optional<constraint_definition> constraint;
        expr_ptr value;
        std::int64_t number = 0;
        std::vector<option> options;
        bool if_exists = false, if_not_exists = false, cascade = false;
        std::optional<table_ref> partition;
        std::optional<partition_bound> bound;
        char replica_identity = 'd';
    };
    enum class object : std::uint8_t { table, index, sequence, view, materialized_view, foreign };
    object what = object::table;
    table_ref table;
    bool if_exists = false;
    std::vector<action> actions;
};
// ALTER ... RENAME / SET SCHEMA / OWNER TO of anything.
enum class object_kind : std::uint8_t {
    table,
    view,
    materialized_view,
    sequence,
    index,
    schema,
    type,
    domain,
    function,
    procedure,
    routine,
    aggregate,
    operator_,
    column,
    constraint,
    domain_constraint,
    role,
    database,
    extension,
    trigger,
    rule,
    policy,
    collation,
    conversion,
    foreign_table,
    foreign_server,
    foreign_data_wrapper,
    language,
    large_object,
    publication,
    subscription,
    tablespace,
    cast,
    event_trigger,
    operator_class,
    operator_family,
    statistics,
    text_search,
    transform,
    access_method,
    attribute
};
struct object_name {
    qualified_name names;
    std::vector<type_name> arguments;  // functions, operators, casts
    bool arguments_given = false;
    std::int32_t position = 0;
};
struct rename {
    object_kind what{};
    object_name object;
    std::string part;  // column, constraint, trigger, ...
    std::string new_name;
    bool if_exists = false;
    object_kind of{};  // of a column: what `object` is
};
struct set_schema {
    object_kind what{};
    object_name object;
    std::string new_schema;
    bool if_exists = false;
};
struct set_owner {
    object_kind what{};
    object_name object;
    std::string new_owner;
};
struct drop {
    object_kind what{};
    std::vector<object_name> objects;
    bool if_exists = false, cascade = false, concurrently = false;
};
struct truncate {
    std::vector<table_ref> tables;
    bool restart_sequences = false, cascade = false;
};

// ---- other objects ----------------------------------------------------------------------------
struct create_schema {
    std::string name, owner;
    bool if_not_exists = false;
    std::vector<syntax::statement_ptr> elements;
};
struct index_element {
    std::string column;
    expr_ptr value;
    qualified_name collation, operator_class;
    syntax::sort_by::direction how{};
    syntax::sort_by::nulls nulls{};
};
struct create_index {
    std::string name;
    table_ref table;
    std::string method;
    std::vector<index_element> elements, including;
    expr_ptr where;
    std::vector<option> with;
    std::string tablespace;
    bool unique = false, concurrently = false, if_not_exists = false, nulls_not_distinct = false;
};
struct create_sequence {
    table_ref sequence;
    persistence kept = persistence::permanent;
    bool if_not_exists = false;
    sequence_options options;
};
struct alter_sequence {
    table_ref sequence;
    bool if_exists = false;
    sequence_options options;
};
struct create_view {
    table_ref view;
    persistence kept = persistence::permanent;
    std::vector<std::string> columns;
    syntax::statement_ptr query;
    std::string query_text;
    bool replace = false;
    std::vector<option> with;
    enum class check : std::uint8_t { none, local, cascaded };
    check check_option = check::none;
};
struct refresh_materialized_view {
    table_ref view;
    bool concurrently = false, with_data = true;
};
struct create_enum {
    qualified_name name;
    std::vector<std::string> labels;
};
struct alter_enum {
    qualified_name name;
    std::string old_label, new_label, neighbour;  // old_label: RENAME VALUE
    bool after = true, if_not_exists = false;
};
struct create_domain {
    qualified_name name;
    type_name base;
    qualified_name collation;
    std::vector<constraint_definition> constraints;
};
struct create_composite {
    qualified_name name;
    std::vector<column_definition> columns;
};
struct create_function {
    qualified_name name;
    struct argument {
        std::string name;
        type_name type;
        char mode = 'i';
        expr_ptr default_value;
    };
    std::vector<argument> arguments;
    std::optional<type_name> returns;
    std::vector<option> options;  // language, as, volatility, strict, ...
    bool replace = false, procedure = false;
};
struct create_extension {
    std::string name;
    bool if_not_exists = false;
    std::vector<option> options;
};
struct create_database {
    std::string name;
    std::vector<option> options;
};
struct drop_database {
    std::string name;
    bool if_exists = false;
};
struct comment {
    object_kind what{};
    object_name object;
    std::optional<std::string> text;  // none: IS NULL
};

// ---- roles and privileges ---------------------------------------------------------------------
struct role_name {
    enum class kind : std::uint8_t { named, current_role, current_user, session_user, public_ };
    kind what = kind::named;
    std::string name;
};
struct create_role {
    enum class kind : std::uint8_t { role, user, group };
    kind what{};
    std::string name;
    std::vector<option> options;
};
struct alter_role {
    role_name role;
    std::vector<option> options;
    bool add_members = false, drop_members = false;
};
struct drop_role {
    std::vector<role_name> roles;
    bool if_exists = false;
};
struct privilege {
    std::string name;  // empty: ALL
    std::vector<std::string> columns;
};
struct grant {
    bool is_grant = true, grant_option = false, cascade = false;
    bool all_in_schema = false;
    object_kind what{};
    std::vector<object_name> objects;
    std::vector<privilege> privileges;  // none: ALL
    std::vector<role_name> grantees;
    std::optional<role_name> granted_by;
};
struct grant_role {
    bool is_grant = true, admin_option = false, cascade = false;
    std::vector<std::string> roles;
    std::vector<role_name> grantees;
};
struct alter_default_privileges {
    std::vector<option> options;
    grant what;
};

// ---- session ----------------------------------------------------------------------------------
struct transaction {
    enum class kind : std::uint8_t {
        begin,
        start,
        commit,
        rollback,
        savepoint,
        release,
        rollback_to,
        prepare,
        commit_prepared,
        rollback_prepared
    };
    kind what{};
    std::vector<option> modes;  // transaction_isolation, transaction_read_only, ..._deferrable
    std::string name;           // savepoint, prepared transaction
    bool chain = false;
};
struct set_value {
    option value;  // word, string, integer, floating; list members one by one
};
struct set_setting {
    enum class kind : std::uint8_t {
        value,
        standard,     // TO DEFAULT
        current,      // FROM CURRENT
        transaction,  // SET TRANSACTION modes
        session_characteristics,
        snapshot,
        reset,
        reset_all
    };
    kind what{};
    std::string name;
    std::vector<option> values;  // also the modes of SET TRANSACTION
    bool local = false;
};
struct show {
    std::string name;  // "all": SHOW ALL
};
struct prepare {
    std::string name;
    std::vector<type_name> types;
    syntax::statement_ptr query;
};
struct execute {
    std::string name;
    std::vector<expr_ptr> arguments;
};
struct deallocate {
    std::string name;  // empty: ALL
};
struct declare_cursor {
    std::string name;
    bool binary = false, scroll = false, no_scroll = false, insensitive = false, hold = false;
    syntax::statement_ptr query;
};
struct fetch {
    std::string cursor;
    enum class direction : std::uint8_t { forward, backward, absolute, relative };
    direction where{};
    std::int64_t count = 1;  // all: INT64_MAX
    bool move = false;
};
struct close_cursor {
    std::string name;  // empty: ALL
};
struct copy {
    std::optional<table_ref> table;
    std::vector<std::string> columns;
    syntax::statement_ptr query;
    bool from = false, program = false;
    std::optional<std::string> file;  // none: STDIN / STDOUT
    std::vector<option> options;
    expr_ptr where;
};
struct explain {
    std::vector<option> options;
    syntax::statement_ptr query;
};
struct listen {
    std::string channel;
};
struct unlisten {
    std::string channel;  // empty: *
};
struct notify {
    std::string channel;
    std::string payload;
};
struct lock_table {
    std::vector<table_ref> tables;
    std::int32_t mode = 8;  // 1 ACCESS SHARE ... 8 ACCESS EXCLUSIVE
    bool nowait = false;
};
struct discard {
    enum class kind : std::uint8_t { all, plans, sequences, temporary };
    kind what{};
};
struct vacuum {
    bool is_vacuum = true;  // else ANALYZE
    std::vector<option> options;
    std::vector<table_ref> tables;
};
struct checkpoint {};
struct reindex {
    std::string kind;  // index, table, schema, system, database
    std::string name;
};
struct do_block {
    std::vector<option> options;
};
struct call_procedure {
    expr_ptr call;
};
struct set_constraints {
    std::vector<qualified_name> names;  // none: ALL
    bool deferred = false;
};

}  // namespace utility

using utility_body = std::variant<
    utility::create_table, utility::create_table_as, utility::alter_table, utility::rename,
    utility::set_schema, utility::set_owner, utility::drop, utility::truncate,
    utility::create_schema, utility::create_index, utility::create_sequence,
    utility::alter_sequence, utility::create_view, utility::refresh_materialized_view,
    utility::create_enum, utility::alter_enum, utility::create_domain, utility::create_composite,
    utility::create_function, utility::create_extension, utility::create_database,
    utility::drop_database, utility::comment, utility::create_role, utility::alter_role,
    utility::drop_role, utility::grant, utility::grant_role, utility::alter_default_privileges,
    utility::transaction, utility::set_setting, utility::show, utility::prepare, utility::execute,
    utility::deallocate, utility::declare_cursor, utility::fetch, utility::close_cursor,
    utility::copy, utility::explain, utility::listen, utility::unlisten, utility::notify,
    utility::lock_table, utility::discard, utility::vacuum, utility::checkpoint, utility::reindex,
    utility::do_block, utility::call_procedure, utility::set_constraints>;

struct utility_statement {
    utility_body body;
    // EXPLAIN, DECLARE, COPY (query), CREATE TABLE AS, CREATE VIEW: the query inside, analysed.
    statement_ptr analysed;
};

}  // namespace sluice::sql
