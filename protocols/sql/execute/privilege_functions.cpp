#include "protocols/sql/execute/privilege_functions.hpp"

#include <algorithm>

#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/policy_names.hpp"

namespace sluice::sql {
namespace {

using arguments = std::span<datum const>;
using auth::action;

// A privilege is had by whoever may all of these; `never`: nobody but root has it.
struct privilege_row {
    std::string_view name;
    std::optional<action> verb;  // none: everybody has it
    bool never = false;
};

constexpr privilege_row of_tables[]{
    {"SELECT", action::read},      {"INSERT", action::append},    {"UPDATE", action::update},
    {"DELETE", action::delete_},   {"TRUNCATE", action::delete_}, {"REFERENCES", action::alter},
    {"TRIGGER", std::nullopt, true}};
constexpr privilege_row of_columns[]{{"SELECT", action::read},
                                     {"INSERT", action::append},
                                     {"UPDATE", action::update},
                                     {"REFERENCES", action::alter}};
constexpr privilege_row of_sequences[]{
    {"USAGE", action::append}, {"SELECT", action::read}, {"UPDATE", action::update}};
constexpr privilege_row of_schemas[]{{"USAGE", std::nullopt}, {"CREATE", action::create}};
constexpr privilege_row of_databases[]{{"CONNECT", std::nullopt},
                                       {"CREATE", action::create},
                                       {"TEMP", std::nullopt, true},
                                       {"TEMPORARY", std::nullopt, true}};
constexpr privilege_row of_roles[]{{"MEMBER", std::nullopt}, {"USAGE", std::nullopt}};

struct wanted_privilege {
    privilege_row row;
    bool grantable = false;
};

std::string upper(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::string_view trimmed(std::string_view text) {
    auto const first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// "SELECT, INSERT WITH GRANT OPTION": one of them is enough.
sql_result<std::vector<wanted_privilege>> privileges_of(std::string_view text,
                                                        std::span<privilege_row const> known) {
    std::vector<wanted_privilege> out;
    while (true) {
        auto const comma = text.find(',');
        auto const one = trimmed(text.substr(0, comma));
        auto name = upper(one);
        bool grantable = false;
        for (std::string_view const suffix : {" WITH GRANT OPTION", " WITH ADMIN OPTION"})
            if (name.ends_with(suffix)) {
                grantable = true;
                name.resize(name.size() - suffix.size());
            }
        auto const found = std::find_if(known.begin(), known.end(),
                                        [&](auto const& each) { return each.name == name; });
        if (found == known.end())
            return sql_error("22023", "unrecognized privilege type: \"" + std::string(one) + "\"");
        out.push_back({*found, grantable});
        if (comma == std::string_view::npos) return out;
        text.remove_prefix(comma + 1);
    }
}

class asker {
public:
    explicit asker(session_context& session) : session_(session), catalog_(session.catalog()) {}

    // False: nobody of that oid.
    sql_result<bool> set_user(datum const& value) {
        auto const found = find_role(value);
        if (found.has_error()) return found.error();
        if (*found == nullptr) return false;
        auto const everyone = session_.services.tables.principals();
        for (auto const& each : *everyone)
            if (each.name == (*found)->name) whom_ = each.id;
        return true;
    }

    sql_result<role const*> find_role(datum const& value) const {
        if (auto const* oid = std::get_if<std::int64_t>(&value))
            return catalog_->find_role(object_oid{static_cast<std::uint32_t>(*oid)});
        auto const& name = std::get<std::string>(value);
        auto const* found = catalog_->find_role(name);
        if (found == nullptr) return sql_error("42704", "role \"" + name + "\" does not exist");
        return found;
    }

    template <class Decide>
    datum any_of(std::vector<wanted_privilege> const& wanted, Decide decide) const {
        bool const is_root = whom_ == auth::root_id;
        for (auto const& each : wanted) {
            if (is_root) return true;
            if (each.row.never) continue;
            if (each.row.verb && !decide(*each.row.verb)) continue;
            if (each.grantable && !decide(action::grant)) continue;
            return true;
        }
        return false;
    }

    // Null: no such relation any more.
    sql_result<datum> on_relation(datum const& what, std::vector<wanted_privilege> const& wanted) {
        auto const found = relation_of(what);
        if (found.has_error()) return found.error();
        if (!*found) return datum(sql_null{});
        auto const& relation = **found;
        return any_of(wanted, [&](action verb) { return may(relation, verb); });
    }

    bool may(relation const& what, action verb) const {
        switch (what.kind) {
            // Everybody may read catalogs, and views: their tables decide.
            case relation_kind::catalog:
            case relation_kind::catalog_view:
            case relation_kind::view: return verb == action::read;
            case relation_kind::topic:
                return asks({auth::asked_dataset::kind::topic, what.name},
                            verb == action::read ? action::read_log : verb, what.maker);
            case relation_kind::audit:
                return asks({auth::asked_dataset::kind::topic, std::string(audit_topic)},
                            verb == action::read ? action::read_log : verb, {});
            case relation_kind::bucket:
                return asks({auth::asked_dataset::kind::bucket, what.name},
                            verb == action::read ? action::list : verb, what.maker);
            default:
                return asks({auth::asked_dataset::kind::table, policy_name(what, *catalog_)}, verb,
                            maker_of(what, *catalog_));
        }
    }

    sql_result<datum> on_schema(datum const& what, std::vector<wanted_privilege> const& wanted) {
        schema const* found = nullptr;
        if (auto const* oid = std::get_if<std::int64_t>(&what)) {
            found = catalog_->find_schema(object_oid{static_cast<std::uint32_t>(*oid)});
            if (found == nullptr) return datum(sql_null{});
        } else {
            auto const& name = std::get<std::string>(what);
            found = catalog_->find_schema(name);
            if (found == nullptr)
                return sql_error("3F000", "schema \"" + name + "\" does not exist");
        }
        return any_of(wanted, [&](action verb) {
            return asks({auth::asked_dataset::kind::table, policy_name_of_schema(found->name)},
                        verb, found->maker);
        });
    }

    sql_result<datum> on_database(datum const& what, std::vector<wanted_privilege> const& wanted) {
        auto const* name = std::get_if<std::string>(&what);
        if (name != nullptr && *name != catalog_->contents().database_name)
            return sql_error("3D000", "database \"" + *name + "\" does not exist");
        return any_of(wanted, [&](action verb) {
            return asks({auth::asked_dataset::kind::table, "*.*"}, verb, {});
        });
    }

    // Whether the user is in that role, directly or through others.
    sql_result<datum> in_role(datum const& what) const {
        auto const wanted = find_role(what);
        if (wanted.has_error()) return wanted.error();
        if (*wanted == nullptr) return datum(false);
        if (whom_ == auth::root_id) return datum(true);
        std::string name = session_.user;
        auto const everyone = session_.services.tables.principals();
        for (auto const& each : *everyone)
            if (each.id == whom_) name = each.name;
        auto const* mine = catalog_->find_role(name);
        std::vector<object_oid> seen;
        if (mine != nullptr) seen.push_back(mine->oid);
        for (std::size_t i = 0; i < seen.size(); ++i) {
            if (seen[i] == (*wanted)->oid) return datum(true);
            auto const* group = catalog_->find_role(seen[i]);
            if (group == nullptr) continue;
            for (auto const each : group->member_of)
                if (std::find(seen.begin(), seen.end(), each) == seen.end()) seen.push_back(each);
        }
        return datum(false);
    }

    sql_result<relation_ptr> relation_of(datum const& what) const {
        if (auto const* oid = std::get_if<std::int64_t>(&what))
            return catalog_->find_relation(object_oid{static_cast<std::uint32_t>(*oid)});
        auto const oid = session_.base_context().io.types->find(reg_kind::regclass,
                                                                std::get<std::string>(what));
        if (oid.has_error()) return oid.error();
        return catalog_->find_relation(object_oid{*oid});
    }

    // 42703 by name, null by number where there is none.
    sql_result<bool> has_column(relation const& of, datum const& column) const {
        if (auto const* number = std::get_if<std::int64_t>(&column)) {
            auto const* found = of.find_column(static_cast<std::int16_t>(*number));
            return found != nullptr && !found->dropped;
        }
        auto const& name = std::get<std::string>(column);
        auto const* found = of.find_column(name);
        if (found == nullptr || found->dropped)
            return sql_error("42703", "column \"" + name + "\" of relation \"" + of.name +
                                          "\" does not exist");
        return true;
    }

private:
    bool asks(auth::asked_dataset what, action verb, principal_id owner) const {
        return session_.services.tables.would_allow(session_.who, whom_, verb, std::move(what),
                                                    owner);
    }

    session_context& session_;
    catalog_ptr catalog_;
    principal_id whom_ = session_.who.id();
};

std::span<privilege_row const> rows_of(std::string_view function) {
    if (function == "has_table_privilege") return of_tables;
    if (function == "has_sequence_privilege") return of_sequences;
    if (function == "has_schema_privilege") return of_schemas;
    if (function == "has_database_privilege") return of_databases;
    if (function == "pg_has_role") return of_roles;
    return of_columns;
}

}  // namespace

bool is_privilege_function(std::string_view name) noexcept {
    static constexpr std::string_view names[]{
        "has_table_privilege",    "has_any_column_privilege", "has_column_privilege",
        "has_schema_privilege",   "has_database_privilege",   "has_sequence_privilege",
        "pg_has_role"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

sql_result<datum> privilege_answer(session_context& session, std::string_view function,
                                   arguments given) {
    asker ask(session);
    std::size_t const objects = function == "has_column_privilege" ? 2 : 1;
    auto const wanted = privileges_of(std::get<std::string>(given.back()), rows_of(function));
    if (wanted.has_error()) return wanted.error();
    if (given.size() > objects + 1) {
        auto const known = ask.set_user(given.front());
        if (known.has_error()) return known.error();
        if (!*known) return datum(false);
        given = given.subspan(1);
    }
    if (function == "pg_has_role") return ask.in_role(given[0]);
    if (function == "has_schema_privilege") return ask.on_schema(given[0], *wanted);
    if (function == "has_database_privilege") return ask.on_database(given[0], *wanted);
    if (objects == 2) {
        auto const found = ask.relation_of(given[0]);
        if (found.has_error()) return found.error();
        if (!*found) return datum(sql_null{});
        auto const there = ask.has_column(**found, given[1]);
        if (there.has_error()) return there.error();
        if (!*there) return datum(sql_null{});
    }
    return ask.on_relation(given[0], *wanted);
}

}  // namespace sluice::sql
