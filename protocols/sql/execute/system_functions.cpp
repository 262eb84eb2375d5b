#include "protocols/sql/execute/system_functions.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/execute/privilege_functions.hpp"
#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

using arguments = std::span<datum const>;

class system_answers final : public catalog_functions {
public:
    explicit system_answers(session_context& session) : session_(session) {}

    sql_result<datum> call(object_oid, std::string_view name, arguments given,
                           evaluation_context&) override {
        using method = sql_result<datum> (system_answers::*)(arguments);
        static std::map<std::string, method, std::less<>> const table{
            {"pg_table_is_visible", &system_answers::table_is_visible},
            {"pg_type_is_visible", &system_answers::type_is_visible},
            {"pg_function_is_visible", &system_answers::yes},
            {"pg_operator_is_visible", &system_answers::yes},
            {"pg_get_userbyid", &system_answers::user_by_id},
            {"pg_get_expr", &system_answers::expression_text},
            {"pg_get_indexdef", &system_answers::index_definition},
            {"pg_get_constraintdef", &system_answers::constraint_definition},
            {"pg_get_viewdef", &system_answers::view_definition},
            {"pg_get_serial_sequence", &system_answers::serial_sequence},
            {"obj_description", &system_answers::object_comment},
            {"col_description", &system_answers::column_comment},
            {"shobj_description", &system_answers::nothing},
            {"pg_encoding_to_char", &system_answers::encoding_name},
            {"has_function_privilege", &system_answers::yes},
            {"has_type_privilege", &system_answers::yes},
            {"pg_is_in_recovery", &system_answers::no},
            {"pg_is_other_temp_schema", &system_answers::no},
            {"pg_my_temp_schema", &system_answers::zero},
            {"pg_relation_is_publishable", &system_answers::no},
            {"pg_get_partkeydef", &system_answers::nothing},
            {"pg_get_statisticsobjdef_columns", &system_answers::nothing},
            {"pg_get_triggerdef", &system_answers::nothing},
            {"pg_get_ruledef", &system_answers::nothing},
            {"pg_opclass_is_visible", &system_answers::yes},
            {"pg_opfamily_is_visible", &system_answers::yes},
            {"pg_collation_is_visible", &system_answers::yes},
            {"pg_conversion_is_visible", &system_answers::yes},
            {"to_regclass", &system_answers::to_class},
            {"to_regtype", &system_answers::to_type},
            {"to_regnamespace", &system_answers::to_namespace},
            {"to_regrole", &system_answers::to_role},
            {"row_security_active", &system_answers::no},
            {"has_language_privilege", &system_answers::yes},
            {"has_tablespace_privilege", &system_answers::yes},
            {"acldefault", &system_answers::default_privileges},
            // Advisory locks are refused: nobody has any.
            {"pg_advisory_unlock_all", &system_answers::unlocked},
            {"pg_tablespace_location", &system_answers::tablespace_location},
        };
        if (is_privilege_function(name)) return privilege_answer(session_, name, given);
        auto const found = table.find(name);
        if (found == table.end())
            return sql_error("0A000", "function " + std::string(name) + " is not served");
        return (this->*found->second)(given);
    }

    sql_result<std::vector<datum>> rows(object_oid, std::string_view name, arguments,
                                        evaluation_context&) override {
        // No table is a partition of another.
        if (name == "pg_partition_ancestors") return std::vector<datum>();
        return sql_error("0A000", "function " + std::string(name) + " is not served");
    }

private:
    static object_oid oid_at(arguments given, std::size_t index) {
        auto const* value =
            index < given.size() ? std::get_if<std::int64_t>(&given[index]) : nullptr;
        return object_oid{value == nullptr ? 0 : static_cast<std::uint32_t>(*value)};
    }
    static std::int64_t number_at(arguments given, std::size_t index) {
        auto const* value =
            index < given.size() ? std::get_if<std::int64_t>(&given[index]) : nullptr;
        return value == nullptr ? 0 : *value;
    }
    relation_ptr relation_at(arguments given) const {
        return session_.catalog()->find_relation(oid_at(given, 0));
    }
    search_path path() const {
        return session_.catalog()->path_of(session_.settings.text("search_path"), session_.user);
    }

    sql_result<datum> yes(arguments) { return datum(true); }
    sql_result<datum> no(arguments) { return datum(false); }
    sql_result<datum> zero(arguments) { return datum(std::int64_t{0}); }
    sql_result<datum> nothing(arguments) { return datum(sql_null{}); }

    sql_result<datum> unlocked(arguments) { return datum(std::string()); }

    // Null where PostgreSQL's to_reg functions find nothing.
    sql_result<datum> to_reg(reg_kind kind, arguments given) {
        auto const* name = std::get_if<std::string>(&given[0]);
        if (name == nullptr) return datum(sql_null{});
        auto const found = session_.base_context().io.types->find(kind, *name);
        if (found.has_error()) return datum(sql_null{});
        return datum(std::int64_t{*found});
    }
    sql_result<datum> to_class(arguments given) { return to_reg(reg_kind::regclass, given); }
    sql_result<datum> to_type(arguments given) { return to_reg(reg_kind::regtype, given); }
    sql_result<datum> to_namespace(arguments given) {
        return to_reg(reg_kind::regnamespace, given);
    }
    sql_result<datum> to_role(arguments given) { return to_reg(reg_kind::regrole, given); }

    sql_result<datum> table_is_visible(arguments given) {
        auto const found = relation_at(given);
        if (!found) return datum(sql_null{});
        auto const seen = session_.catalog()->find_relation(path(), found->name);
        return datum(seen != nullptr && seen->oid == found->oid);
    }
    sql_result<datum> type_is_visible(arguments given) {
        auto const type = type_oid{static_cast<std::uint32_t>(oid_at(given, 0))};
        auto const* row = session_.catalog()->find_type(type);
        if (row == nullptr) return datum(sql_null{});
        auto const* seen = session_.catalog()->find_type(path(), row->name);
        return datum(seen != nullptr && seen->oid == row->oid);
    }
    sql_result<datum> user_by_id(arguments given) {
        auto const oid = oid_at(given, 0);
        if (auto const* role = session_.catalog()->find_role(oid)) return datum(role->name);
        if (oid == bootstrap_role) return datum(session_.user);
        return datum("unknown (OID=" + std::to_string(static_cast<std::uint32_t>(oid)) + ")");
    }
    // What the catalog relations show as pg_node_tree is the text itself; names of relations in it
    // are shown as regclass shows them.
    sql_result<datum> expression_text(arguments given) {
        auto const* text = std::get_if<std::string>(&given[0]);
        constexpr std::string_view cast = "'::regclass";
        if (text == nullptr || text->find(cast) == std::string::npos) return given[0];
        auto const& io = session_.base_context().io;
        auto out = *text;
        for (auto end = out.find(cast); end != std::string::npos; end = out.find(cast, end)) {
            auto const begin = end == 0 ? std::string::npos : out.rfind('\'', end - 1);
            if (begin == std::string::npos) break;
            auto const found =
                io.types->find(reg_kind::regclass, out.substr(begin + 1, end - begin - 1));
            if (found.has_value()) {
                std::string shown;
                output_text(oid::regclass, datum(std::int64_t{*found}), io, shown);
                out.replace(begin + 1, end - begin - 1, shown);
                end = begin + 1 + shown.size();
            }
            end += cast.size();
        }
        return datum(std::move(out));
    }

    std::string key_text(relation const& table, index_column const& key, bool ordered) const {
        auto out = key.number != 0 ? quote_identifier(table.find_column(key.number)->name)
                                   : key.expression;
        if (!ordered) return out;
        if (key.descending) out += " DESC";
        if (key.nulls_first != key.descending)
            out += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
        return out;
    }
    std::string qualified(relation const& of) const {
        auto const* schema = session_.catalog()->find_schema(of.schema);
        return quote_identifier(schema == nullptr ? "?" : schema->name) + "." +
               quote_identifier(of.name);
    }

    sql_result<datum> index_definition(arguments given) {
        auto const index = relation_at(given);
        if (!index || !index->index) return datum(sql_null{});
        auto const table = session_.catalog()->find_relation(index->index->table);
        if (!table) return datum(sql_null{});
        auto const& keys = index->index->keys;
        if (auto const column = number_at(given, 1); column > 0) {
            if (static_cast<std::size_t>(column) > keys.size()) return datum(std::string());
            return datum(key_text(*table, keys[static_cast<std::size_t>(column) - 1], false));
        }
        auto out = std::string("CREATE ") + (index->index->unique ? "UNIQUE " : "") + "INDEX " +
                   quote_identifier(index->name) + " ON " + qualified(*table) + " USING btree (";
        for (std::size_t i = 0; i < keys.size(); ++i)
            out += (i == 0 ? "" : ", ") + key_text(*table, keys[i], true);
        out += ")";
        if (!index->index->where.empty()) out += " WHERE " + index->index->where;
        return datum(std::move(out));
    }

    std::string names_of(relation const& table, std::vector<std::int16_t> const& columns) const {
        std::string out;
        for (auto const number : columns)
            out += (out.empty() ? "" : ", ") + quote_identifier(table.find_column(number)->name);
        return out;
    }

    // Qualified where the search path does not lead to it.
    std::string shown_name(relation const& of) const {
        auto const seen = session_.catalog()->find_relation(path(), of.name);
        return seen != nullptr && seen->oid == of.oid ? quote_identifier(of.name) : qualified(of);
    }

    std::string foreign_key_text(relation const& table, constraint const& rule) const {
        auto const parent = session_.catalog()->find_relation(rule.referenced);
        if (!parent) return {};
        auto action = [](char what) -> char const* {
            switch (what) {
                case 'r': return "RESTRICT";
                case 'c': return "CASCADE";
                case 'n': return "SET NULL";
                case 'd': return "SET DEFAULT";
                default: return nullptr;
            }
        };
        auto out = "FOREIGN KEY (" + names_of(table, rule.columns) + ") REFERENCES " +
                   shown_name(*parent) + "(" + names_of(*parent, rule.referenced_columns) + ")";
        if (rule.match == 'f') out += " MATCH FULL";
        if (auto const* what = action(rule.on_update)) out += std::string(" ON UPDATE ") + what;
        if (auto const* what = action(rule.on_delete)) out += std::string(" ON DELETE ") + what;
        if (!rule.delete_set_columns.empty())
            out += " (" + names_of(table, rule.delete_set_columns) + ")";
        if (rule.deferrable) out += " DEFERRABLE";
        if (rule.initially_deferred) out += " INITIALLY DEFERRED";
        if (!rule.validated) out += " NOT VALID";
        return out;
    }

    sql_result<datum> constraint_definition(arguments given) {
        auto const wanted = oid_at(given, 0);
        for (auto const& [oid, table] : session_.catalog()->contents().relations)
            for (auto const& each : table->constraints) {
                if (each.oid != wanted) continue;
                switch (each.what) {
                    case constraint::kind::primary_key:
                        return datum("PRIMARY KEY (" + names_of(*table, each.columns) + ")");
                    case constraint::kind::unique:
                        return datum("UNIQUE (" + names_of(*table, each.columns) + ")");
                    case constraint::kind::check:
                        return datum("CHECK (" + each.check_text + ")" +
                                     (each.validated ? "" : " NOT VALID"));
                    case constraint::kind::foreign_key:
                        return datum(foreign_key_text(*table, each));
                    case constraint::kind::exclusion: break;
                }
            }
        return datum(sql_null{});
    }

    sql_result<datum> view_definition(arguments given) {
        auto const found = relation_at(given);
        if (!found || found->kind != relation_kind::view) return datum(sql_null{});
        return datum(" " + found->view_text + ";");
    }

    sql_result<datum> serial_sequence(arguments given) {
        auto const* table_name = std::get_if<std::string>(&given[0]);
        auto const* column_name = std::get_if<std::string>(&given[1]);
        if (table_name == nullptr || column_name == nullptr) return datum(sql_null{});
        auto const oid =
            session_.base_context().io.types->find(reg_kind::regclass, *table_name);
        if (oid.has_error()) return oid.error();
        auto const table = session_.catalog()->find_relation(object_oid{*oid});
        auto const* column = table->find_column(*column_name);
        if (column == nullptr)
            return sql_error("42703", "column \"" + *column_name + "\" of relation \"" +
                                          table->name + "\" does not exist");
        auto const sequence = session_.catalog()->find_relation(column->sequence);
        if (column->sequence == object_oid{} || !sequence) return datum(sql_null{});
        return datum(qualified(*sequence));
    }

    sql_result<datum> object_comment(arguments given) {
        auto const found = relation_at(given);
        if (!found || found->comment.empty()) return datum(sql_null{});
        return datum(found->comment);
    }
    sql_result<datum> column_comment(arguments given) {
        auto const found = relation_at(given);
        if (!found) return datum(sql_null{});
        auto const* column = found->find_column(static_cast<std::int16_t>(number_at(given, 1)));
        if (column == nullptr || column->comment.empty()) return datum(sql_null{});
        return datum(column->comment);
    }
    // What the owner of an object and everybody may do with it until somebody grants or revokes.
    sql_result<datum> default_privileges(arguments given) {
        struct row {
            char kind;
            char const* everybody;  // null: nothing
            char const* owner;
        };
        static constexpr row known[]{
            {'r', nullptr, "arwdDxt"}, {'s', nullptr, "rwU"}, {'n', nullptr, "UC"},
            {'f', "X", "X"},           {'l', "U", "U"},       {'T', "U", "U"},
            {'d', "Tc", "CTc"},        {'t', nullptr, "C"},   {'F', nullptr, "U"},
            {'S', nullptr, "U"},       {'L', nullptr, "rw"},  {'p', nullptr, "sA"},
            {'c', nullptr, nullptr}};
        auto const* kind = std::get_if<std::string>(&given[0]);
        if (kind == nullptr) return datum(sql_null{});
        auto const letter = kind->empty() ? '\0' : kind->front();
        auto const* found = std::find_if(std::begin(known), std::end(known),
                                         [letter](row const& each) { return each.kind == letter; });
        if (found == std::end(known))
            return sql_error("22023", "unrecognized objtype abbreviation: " + *kind);
        auto const who = oid_at(given, 1);
        auto const* role = session_.catalog()->find_role(who);
        auto const owner = role != nullptr         ? quote_identifier(role->name)
                           : who == bootstrap_role ? quote_identifier(session_.user)
                                                   : std::to_string(static_cast<std::uint32_t>(who));
        std::vector<datum> items;
        if (found->everybody != nullptr)
            items.emplace_back("=" + std::string(found->everybody) + "/" + owner);
        if (found->owner != nullptr) items.emplace_back(owner + "=" + found->owner + "/" + owner);
        return make_array(oid::aclitem, std::move(items));
    }
    // There are the two that are in the data folder.
    sql_result<datum> tablespace_location(arguments given) {
        auto const number = static_cast<std::uint32_t>(oid_at(given, 0));
        if (number == 0 || number == 1663 || number == 1664) return datum(std::string());
        return sql_error("22023", "tablespace with OID " + std::to_string(number) + " does not exist");
    }

    sql_result<datum> encoding_name(arguments given) {
        return datum(std::string(number_at(given, 0) == 6 ? "UTF8" : ""));
    }

    session_context& session_;
};

}  // namespace

std::unique_ptr<catalog_functions> make_system_functions(session_context& session) {
    return std::make_unique<system_answers>(session);
}

}  // namespace sluice::sql
