// Functions about the session and the server: names, settings, sequences, types of values. What
// only the catalog can answer is named here and asked of evaluation_context::catalog.
#include <algorithm>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/functions/text_format.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

datum version(function_frame& f) {
    return "PostgreSQL " + f.context.server_version +
           " on x86_64-pc-linux-gnu, compiled by gcc (Sluice), 64-bit";
}
datum database(function_frame& f) { return f.context.database; }
datum user(function_frame& f) { return f.context.current_user; }
datum session_user(function_frame& f) { return f.context.session_user; }
datum current_schema(function_frame& f) {
    return f.context.search_path.empty() ? datum() : datum(f.context.search_path.front());
}
datum current_schemas(function_frame& f) {
    auto const& path = f.context.search_path;
    std::vector<datum> names;
    if (f.boolean(0) && std::find(path.begin(), path.end(), "pg_catalog") == path.end())
        names.emplace_back(std::string("pg_catalog"));
    for (auto const& name : path) names.emplace_back(name);
    return make_array(oid::name, std::move(names));
}
datum backend_pid(function_frame& f) { return std::int64_t{f.context.backend_pid}; }
datum no(function_frame&) { return false; }
datum zero(function_frame&) { return std::int64_t{0}; }
datum encoding_name(function_frame&) { return std::string("UTF8"); }
datum encoding_of_number(function_frame& f) {
    return std::string(f.integer(0) == 6 ? "UTF8" : f.integer(0) == 0 ? "SQL_ASCII" : "");
}
datum number_of_encoding(function_frame& f) {
    auto const name = ascii_lower(f.text(0));
    if (name == "utf8" || name == "utf-8" || name == "unicode") return std::int64_t{6};
    if (name == "sql_ascii") return std::int64_t{0};
    return std::int64_t{-1};
}
datum type_text(function_frame& f) {
    if (f.null_at(0)) return sql_null{};
    auto const modifier = f.null_at(1) ? -1 : static_cast<std::int32_t>(f.integer(1));
    return format_type({type_oid{static_cast<std::uint32_t>(f.integer(0))}, modifier},
                       f.context.io.types);
}
datum type_of(function_frame& f) {
    return std::int64_t{static_cast<std::uint32_t>(f.types[0].oid)};
}

datum null_count(function_frame& f, bool nulls) {
    if (f.variadic && f.null_at(0)) return sql_null{};
    std::int64_t count = 0;
    for (auto const& each : spread_arguments(f, 0)) count += is_null(each.value) == nulls ? 1 : 0;
    return count;
}
datum nulls(function_frame& f) { return null_count(f, true); }
datum not_nulls(function_frame& f) { return null_count(f, false); }

// ---- settings

sql_error unknown_setting(std::string const& name) {
    return {"42704", "unrecognized configuration parameter \"" + name + "\""};
}
datum setting(function_frame& f) {
    bool const missing_ok = f.size() > 1 && f.boolean(1);
    if (f.context.settings == nullptr) return f.fail({"0A000", "settings are not available here"});
    auto const value = f.context.settings->value(f.text(0));
    if (value) return *value;
    return missing_ok ? datum() : f.fail(unknown_setting(f.text(0)));
}
datum set_setting(function_frame& f) {
    if (f.null_at(0)) return f.fail({"22004", "SET requires parameter name"});
    if (f.context.settings == nullptr) return f.fail({"0A000", "settings are not available here"});
    bool const local = !f.null_at(2) && f.boolean(2);
    auto const value =
        f.context.settings->set(f.text(0), f.null_at(1) ? std::string_view() : f.text(1), local);
    if (value.has_error()) return f.fail(value.error());
    return *value;
}

// ---- sequences

bool sequences(function_frame& f) {
    if (f.context.sequences != nullptr) return true;
    f.fail({"0A000", "sequences are not available here"});
    return false;
}
object_oid sequence_at(function_frame& f) {
    return object_oid{static_cast<std::uint32_t>(f.integer(0))};
}
datum give(function_frame& f, sql_result<std::int64_t> value) {
    return value.has_error() ? f.fail(std::move(value).error()) : datum(*value);
}
datum next_value(function_frame& f) {
    return sequences(f) ? give(f, f.context.sequences->next_value(sequence_at(f))) : datum();
}
datum current_value(function_frame& f) {
    return sequences(f) ? give(f, f.context.sequences->current_value(sequence_at(f))) : datum();
}
datum last_value(function_frame& f) {
    return sequences(f) ? give(f, f.context.sequences->last_value()) : datum();
}
datum set_value(function_frame& f) {
    if (!sequences(f)) return sql_null{};
    auto const done =
        f.context.sequences->set_value(sequence_at(f), f.integer(1), f.size() < 3 || f.boolean(2));
    return done.has_error() ? f.fail(done.error()) : f[1];
}

// ---- sizes

datum pretty_size(function_frame& f) {
    constexpr char const* units[] = {" bytes", " kB", " MB", " GB", " TB", " PB"};
    auto const value = f.integer(0);
    auto size = static_cast<__int128>(value);
    std::size_t unit = 0;
    // Past 10 units the next is used; halves round away from zero.
    auto const magnitude = [](__int128 v) { return v < 0 ? -v : v; };
    if (magnitude(size) >= 10240) {
        size /= 512;
        unit = 1;
        while (unit < 5 && magnitude(size) >= 20479) size /= 1024, ++unit;
        size = (size + (size < 0 ? -1 : 1)) / 2;
    }
    return std::to_string(static_cast<std::int64_t>(size)) + units[unit];
}

// (array) -> rows of (element, number)
class numbered_rows final : public row_set {
public:
    explicit numbered_rows(std::shared_ptr<array_value const> array) : array_(std::move(array)) {}
    bool next(datum& value) override {
        if (at_ == array_->elements.size()) return false;
        auto row = std::make_shared<row_value>();
        row->types = {array_->element, oid::int4};
        row->fields = {array_->elements[at_], datum(static_cast<std::int64_t>(++at_))};
        value = std::shared_ptr<row_value const>(std::move(row));
        return true;
    }

private:
    std::shared_ptr<array_value const> array_;
    std::size_t at_ = 0;
};
std::unique_ptr<row_set> expand_array(function_frame& f) {
    return std::make_unique<numbered_rows>(std::get<std::shared_ptr<array_value const>>(f[0]));
}

}  // namespace

void register_system_functions(function_registry& to) {
    to.scalars({
        {"pgsql_version", version},
        {"current_database", database},
        {"current_user", user},
        {"session_user", session_user},
        {"current_schema", current_schema},
        {"current_schemas", current_schemas},
        {"pg_backend_pid", backend_pid},
        {"pg_is_in_recovery", no},
        {"pg_my_temp_schema", zero},
        {"getdatabaseencoding", encoding_name},
        {"pg_client_encoding", encoding_name},
        {"PG_encoding_to_char", encoding_of_number},
        {"PG_char_to_encoding", number_of_encoding},
        {"format_type", type_text},
        {"pg_typeof", type_of},
        {"pg_num_nulls", nulls},
        {"pg_num_nonnulls", not_nulls},
        {"show_config_by_name", setting},
        {"show_config_by_name_missing_ok", setting},
        {"set_config_by_name", set_setting},
        {"nextval_oid", next_value},
        {"currval_oid", current_value},
        {"lastval", last_value},
        {"setval_oid", set_value},
        {"setval3_oid", set_value},
        {"pg_size_pretty", pretty_size},
    });
    if (auto const oid = to.oid_of("_pg_expandarray"); oid != 0) to.set(oid, expand_array);
    to.in_catalog({
        "pg_get_expr",
        "pg_table_is_visible",
        "pg_type_is_visible",
        "pg_function_is_visible",
        "pg_operator_is_visible",
        "pg_opclass_is_visible",
        "pg_opfamily_is_visible",
        "pg_conversion_is_visible",
        "pg_collation_is_visible",
        "pg_statistics_obj_is_visible",
        "pg_ts_parser_is_visible",
        "pg_ts_dict_is_visible",
        "pg_ts_template_is_visible",
        "pg_ts_config_is_visible",
        "pg_get_constraintdef",
        "pg_get_indexdef",
        "pg_get_viewdef",
        "pg_get_ruledef",
        "pg_get_triggerdef",
        "pg_get_functiondef",
        "pg_get_function_result",
        "pg_get_function_arguments",
        "pg_get_function_identity_arguments",
        "pg_get_function_sqlbody",
        "pg_get_partkeydef",
        "pg_get_statisticsobjdef",
        "pg_get_statisticsobjdef_columns",
        "pg_get_serial_sequence",
        "pg_get_userbyid",
        "acldefault",
        "aclexplode",
        "obj_description",
        "col_description",
        "shobj_description",
        "pg_options_to_table",
        "pg_get_keywords",
        "pg_tablespace_location",
        "pg_partition_ancestors",
        "pg_relation_is_publishable",
        "pg_relation_size",
        "pg_table_size",
        "pg_indexes_size",
        "pg_total_relation_size",
        "pg_database_size",
        "pg_tablespace_size",
        "has_table_privilege",
        "has_any_column_privilege",
        "has_column_privilege",
        "has_schema_privilege",
        "has_database_privilege",
        "has_sequence_privilege",
        "has_function_privilege",
        "has_type_privilege",
        "has_language_privilege",
        "has_tablespace_privilege",
        "pg_has_role",
        "row_security_active",
        "to_regclass",
        "to_regtype",
        "to_regproc",
        "to_regprocedure",
        "to_regoper",
        "to_regoperator",
        "to_regnamespace",
        "to_regrole",
        "to_regcollation",
        "pg_sequence_parameters",
        "pg_sequence_last_value",
        "pg_advisory_lock",
        "pg_advisory_xact_lock",
        "pg_try_advisory_lock",
        "pg_try_advisory_xact_lock",
        "pg_advisory_unlock",
        "pg_advisory_unlock_all",
        "pg_cancel_backend",
        "pg_terminate_backend",
        "pg_postmaster_start_time",
        "pg_conf_load_time",
        "txid_current",
        "pg_current_xact_id",
        "pg_current_wal_lsn",
        "pg_get_publication_tables",
        "pg_stat_get_numscans",
        "pg_sleep",
        "pg_notify",
        "pg_column_size",
        "pg_index_column_has_property",
        "pg_indexam_has_property",
    });
}

}  // namespace sluice::sql
