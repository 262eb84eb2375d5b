// CREATE TYPE ... AS ENUM, ALTER TYPE ... ADD VALUE and OWNER TO, DROP TYPE. Rows keep an enum's label, so that
// labels are added and never renamed.
#include <algorithm>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t most_labels = 10'000;
constexpr std::size_t label_bytes = 63;

syntax::table_ref as_name(utility::qualified_name const& names) {
    syntax::table_ref out;
    out.name = names.back();
    if (names.size() > 1) out.schema = names[names.size() - 2];
    return out;
}

std::string shown(utility::qualified_name const& names) {
    return names.size() > 1 ? names[names.size() - 2] + "." + names.back() : names.back();
}

sql_result<void> check_label(std::string const& label) {
    if (!label.empty() && label.size() <= label_bytes) return {};
    return sql_error("42602", "invalid enum label \"" + label + "\"")
        .with_detail("Labels must be 63 bytes or less.");
}

// The type of that name; null: there is none.
sql_result<type_row const*> type_named(session_context& context,
                                       utility::qualified_name const& name) {
    auto const catalog = context.catalog();
    if (name.size() == 1)
        return catalog->find_type(
            catalog->path_of(context.settings.text("search_path"), context.user), name.back());
    auto const* schema = catalog->find_schema(name[name.size() - 2]);
    if (schema == nullptr)
        return sql_error("3F000", "schema \"" + name[name.size() - 2] + "\" does not exist");
    return catalog->find_type(schema->oid, name.back());
}

sql_error no_type(utility::qualified_name const& name) {
    return sql_error("42704", "type \"" + shown(name) + "\" does not exist");
}

std::string policy_name_of(session_context& context, object_oid schema, std::string const& name) {
    auto const* found = context.catalog()->find_schema(schema);
    return policy_name(found != nullptr ? found->name : "", name);
}

// "column c of table t depends on type x", for all columns of that type.
std::vector<std::string> columns_of(session_context& context, catalog_contents const& contents,
                                    std::uint32_t wanted, std::string const& shown_type) {
    std::vector<std::string> out;
    for (auto const& [oid, each] : contents.relations) {
        if (each->kind == relation_kind::index) continue;
        for (auto const& column : each->columns) {
            auto const number = static_cast<std::uint32_t>(column.type.oid);
            if (column.dropped || number != wanted) continue;
            out.push_back("column " + column.name + " of " + described(context, *each) +
                          " depends on type " + shown_type);
        }
    }
    return out;
}

}  // namespace

utility_task run_create_enum(session_core& core, utility::create_enum const& what) {
    auto& context = core.context;
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    auto const schema = creation_schema(context, as_name(what.name));
    if (schema.has_error()) co_return schema.error();
    if ((*builder)->contents().type_names.contains({*schema, what.name.back()}))
        co_return sql_error("42710", "type \"" + what.name.back() + "\" already exists");
    if (what.labels.size() > most_labels)
        co_return sql_error("54000", "an enum can have at most " + std::to_string(most_labels) +
                                         " labels");
    user_type made;
    made.name = what.name.back();
    made.schema = *schema;
    made.row.kind = 'e';
    made.row.category = 'E';
    made.row.length = 4;
    made.row.by_value = true;
    made.row.alignment = 'i';
    made.row.storage = 'p';
    for (auto const& label : what.labels) {
        auto const good = check_label(label);
        if (good.has_error()) co_return good.error();
        if (std::find(made.labels.begin(), made.labels.end(), label) != made.labels.end())
            co_return sql_error("23505", "duplicate key value violates unique constraint "
                                         "\"pg_enum_typid_label_index\"");
        made.labels.push_back(label);
        made.label_order.push_back(static_cast<float>(made.labels.size()));
        made.label_oids.push_back((*builder)->allocate_oid());
    }
    auto const permitted = co_await permit_definition(
        context, auth::action::create, policy_name_of(context, *schema, what.name.back()));
    if (permitted.has_error()) co_return permitted.error();
    (*builder)->put_type(std::move(made));
    context.catalog_changed();
    co_return tagged("CREATE TYPE");
}

utility_task run_alter_enum(session_core& core, utility::alter_enum const& what) {
    auto& context = core.context;
    if (!what.old_label.empty()) co_return not_served("ALTER TYPE ... RENAME VALUE");
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    auto const found = type_named(context, what.name);
    if (found.has_error()) co_return found.error();
    if (*found == nullptr) co_return no_type(what.name);
    auto const* known = context.catalog()->find_user_type(type_oid{(*found)->oid});
    if (known == nullptr || known->row.kind != 'e')
        co_return sql_error("42809", shown(what.name) + " is not an enum");
    auto const good = check_label(what.new_label);
    if (good.has_error()) co_return good.error();
    auto changed = *known;
    auto& labels = changed.labels;
    if (std::find(labels.begin(), labels.end(), what.new_label) != labels.end()) {
        sql_error there("42710", "enum label \"" + what.new_label + "\" already exists");
        if (!what.if_not_exists) co_return there;
        there.message += ", skipping";
        context.notice("NOTICE", std::move(there));
        co_return tagged("ALTER TYPE");
    }
    if (labels.size() >= most_labels)
        co_return sql_error("54000", "an enum can have at most " + std::to_string(most_labels) +
                                         " labels");
    auto place = labels.size();
    if (!what.neighbour.empty()) {
        auto const beside = std::find(labels.begin(), labels.end(), what.neighbour);
        if (beside == labels.end())
            co_return sql_error("22023",
                                "\"" + what.neighbour + "\" is not an existing enum label");
        place = static_cast<std::size_t>(beside - labels.begin()) + (what.after ? 1 : 0);
    }
    auto const permitted = co_await permit_definition(
        context, auth::action::alter, policy_name_of(context, changed.schema, changed.name));
    if (permitted.has_error()) co_return permitted.error();
    auto& order = changed.label_order;
    float number = 1;
    if (!order.empty() && place == order.size()) number = order.back() + 1;
    else if (!order.empty() && place == 0) number = order.front() - 1;
    else if (!order.empty()) number = (order[place - 1] + order[place]) / 2;
    auto const at = static_cast<std::ptrdiff_t>(place);
    labels.insert(labels.begin() + at, what.new_label);
    order.insert(order.begin() + at, number);
    changed.label_oids.insert(changed.label_oids.begin() + at, (*builder)->allocate_oid());
    (*builder)->put_type(std::move(changed));
    context.catalog_changed();
    co_return tagged("ALTER TYPE");
}

utility_task run_drop_types(session_core& core, utility::drop const& what) {
    auto& context = core.context;
    auto const builder = co_await context.change_catalog();
    if (builder.has_error()) co_return builder.error();
    for (auto const& each : what.objects) {
        auto const found = type_named(context, each.names);
        bool const no_schema = found.has_error();
        if (no_schema || *found == nullptr) {
            sql_error missing = no_schema ? found.error() : no_type(each.names);
            if (!what.if_exists) co_return missing;
            missing.message += ", skipping";
            context.notice("NOTICE", sql_error("00000", missing.message));
            continue;
        }
        auto const* known = context.catalog()->find_user_type(type_oid{(*found)->oid});
        auto const path =
            context.catalog()->path_of(context.settings.text("search_path"), context.user);
        auto const name = context.catalog()->format_type({type_oid{(*found)->oid}, -1}, path);
        if (known == nullptr)
            co_return sql_error("2BP01", "cannot drop type " + name +
                                             " because it is required by the database system");
        if (known->row.kind != 'e')
            co_return sql_error("2BP01",
                                "cannot drop type " + name + " because something requires it");
        auto users = columns_of(context, (*builder)->contents(), (*found)->array, name + "[]");
        auto const own = columns_of(context, (*builder)->contents(), (*found)->oid, name);
        users.insert(users.end(), own.begin(), own.end());
        if (!users.empty() && what.cascade)
            co_return not_served("DROP TYPE ... CASCADE of a type that columns have");
        if (!users.empty()) {
            sql_error refusal("2BP01", "cannot drop type " + name +
                                           " because other objects depend on it");
            for (auto const& user : users)
                refusal.detail += (refusal.detail.empty() ? "" : "\n") + user;
            refusal.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
            co_return refusal;
        }
        auto const permitted = co_await permit_definition(
            context, auth::action::drop, policy_name_of(context, known->schema, known->name));
        if (permitted.has_error()) co_return permitted.error();
        (*builder)->erase_type(type_oid{(*found)->oid});
        context.catalog_changed();
    }
    co_return tagged("DROP TYPE");
}

// ALTER TYPE and SCHEMA ... OWNER TO whom it belongs to already, as pg_dump writes it.
utility_task run_set_owner(session_core& core, utility::set_owner const& what) {
    auto& context = core.context;
    auto const catalog = context.catalog();
    bool const of_schema = what.what == utility::object_kind::schema;
    auto const& given = what.new_owner;
    bool const own = given.empty() || given == "current_user" || given == "session_user" ||
                     given == "current_role";
    auto const wanted = own ? context.user : given;
    if (catalog->find_role(wanted) == nullptr && wanted != context.user)
        co_return sql_error("42704", "role \"" + wanted + "\" does not exist");
    object_oid owner{};
    if (of_schema) {
        auto const* found = catalog->find_schema(what.object.names.back());
        if (found == nullptr)
            co_return sql_error("3F000", "schema \"" + what.object.names.back() +
                                             "\" does not exist");
        owner = found->owner;
    } else {
        auto const found = type_named(context, what.object.names);
        if (found.has_error()) co_return found.error();
        if (*found == nullptr) co_return no_type(what.object.names);
        auto const* known = catalog->find_user_type(type_oid{(*found)->oid});
        if (known != nullptr) owner = known->owner;
    }
    auto const* role = catalog->find_role(owner);
    if (wanted != (role != nullptr ? role->name : context.user))
        co_return not_served("ALTER ... OWNER TO another role");
    co_return tagged(of_schema ? "ALTER SCHEMA" : "ALTER TYPE");
}

}  // namespace sluice::sql
