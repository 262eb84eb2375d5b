// Statements about an object of any kind by its name: DROP, RENAME, SET SCHEMA, OWNER TO, COMMENT.
#include "protocols/sql/parse/converter.hpp"

extern "C" {
#include <postgres.h>

#include <nodes/parsenodes.h>
#include <nodes/primnodes.h>
}

namespace sluice::sql {
namespace {

template <class T>
T const* as(Node const* node) {
    return reinterpret_cast<T const*>(node);
}
std::string text_of(char const* text) { return text != nullptr ? text : ""; }

std::optional<utility::object_kind> kind_named(ObjectType type) {
    using kind = utility::object_kind;
    switch (type) {
        case OBJECT_ACCESS_METHOD:
            return kind::access_method;
        case OBJECT_AGGREGATE:
            return kind::aggregate;
        case OBJECT_ATTRIBUTE:
            return kind::attribute;
        case OBJECT_CAST:
            return kind::cast;
        case OBJECT_COLUMN:
            return kind::column;
        case OBJECT_COLLATION:
            return kind::collation;
        case OBJECT_CONVERSION:
            return kind::conversion;
        case OBJECT_DATABASE:
            return kind::database;
        case OBJECT_DOMAIN:
            return kind::domain;
        case OBJECT_DOMCONSTRAINT:
            return kind::domain_constraint;
        case OBJECT_EVENT_TRIGGER:
            return kind::event_trigger;
        case OBJECT_EXTENSION:
            return kind::extension;
        case OBJECT_FDW:
            return kind::foreign_data_wrapper;
        case OBJECT_FOREIGN_SERVER:
            return kind::foreign_server;
        case OBJECT_FOREIGN_TABLE:
            return kind::foreign_table;
        case OBJECT_FUNCTION:
            return kind::function;
        case OBJECT_INDEX:
            return kind::index;
        case OBJECT_LANGUAGE:
            return kind::language;
        case OBJECT_LARGEOBJECT:
            return kind::large_object;
        case OBJECT_MATVIEW:
            return kind::materialized_view;
        case OBJECT_OPCLASS:
            return kind::operator_class;
        case OBJECT_OPERATOR:
            return kind::operator_;
        case OBJECT_OPFAMILY:
            return kind::operator_family;
        case OBJECT_POLICY:
            return kind::policy;
        case OBJECT_PROCEDURE:
            return kind::procedure;
        case OBJECT_PUBLICATION:
            return kind::publication;
        case OBJECT_ROLE:
            return kind::role;
        case OBJECT_ROUTINE:
            return kind::routine;
        case OBJECT_RULE:
            return kind::rule;
        case OBJECT_SCHEMA:
            return kind::schema;
        case OBJECT_SEQUENCE:
            return kind::sequence;
        case OBJECT_SUBSCRIPTION:
            return kind::subscription;
        case OBJECT_STATISTIC_EXT:
            return kind::statistics;
        case OBJECT_TABCONSTRAINT:
            return kind::constraint;
        case OBJECT_TABLE:
            return kind::table;
        case OBJECT_TABLESPACE:
            return kind::tablespace;
        case OBJECT_TRANSFORM:
            return kind::transform;
        case OBJECT_TRIGGER:
            return kind::trigger;
        case OBJECT_TSCONFIGURATION:
        case OBJECT_TSDICTIONARY:
        case OBJECT_TSPARSER:
        case OBJECT_TSTEMPLATE:
            return kind::text_search;
        case OBJECT_TYPE:
            return kind::type;
        case OBJECT_VIEW:
            return kind::view;
        default:
            return std::nullopt;
    }
}

}  // namespace

utility::object_kind converter::kind_of(int object_type) {
    auto const found = kind_named(static_cast<ObjectType>(object_type));
    if (!found) refuse("this kind of object");
    return found.value_or(utility::object_kind::table);
}

utility::object_name converter::object(Node const* node) {
    utility::object_name out;
    if (node == nullptr) return out;
    ListCell const* cell;
    switch (nodeTag(node)) {
        case T_String:
        case T_Integer:
        case T_Float:
            out.names.push_back(string_of(node));
            break;
        case T_RangeVar: {
            auto const name = table(as<RangeVar>(node));
            if (!name.catalog.empty()) out.names.push_back(name.catalog);
            if (!name.schema.empty()) out.names.push_back(name.schema);
            out.names.push_back(name.name);
            out.position = name.position;
            break;
        }
        case T_TypeName: {
            auto const* written = as<TypeName>(node);
            out.names = strings(written->names);
            out.arguments.push_back(type(written));
            out.position = position(written->location);
            break;
        }
        case T_ObjectWithArgs: {
            auto const* written = as<ObjectWithArgs>(node);
            out.names = strings(written->objname);
            out.arguments_given = !written->args_unspecified;
            foreach (cell, written->objargs) {
                auto const* argument = static_cast<Node const*>(lfirst(cell));
                out.arguments.push_back(argument == nullptr ? syntax::type_name{}
                                                            : type(as<TypeName>(argument)));
            }
            break;
        }
        case T_List: {
            foreach (cell, as<List>(node)) {
                auto const* part = static_cast<Node const*>(lfirst(cell));
                if (part->type == T_List) {
                    auto const inner = strings(as<List>(part));
                    out.names.insert(out.names.end(), inner.begin(), inner.end());
                } else if (part->type == T_TypeName) {
                    out.arguments.push_back(type(as<TypeName>(part)));
                    auto const inner = strings(as<TypeName>(part)->names);
                    out.names.insert(out.names.end(), inner.begin(), inner.end());
                } else {
                    out.names.push_back(string_of(part));
                }
            }
            break;
        }
        default:
            refuse("this form of object name");
    }
    return out;
}

utility::object_name converter::object_of(RangeVar const* relation, Node const* other) {
    return relation != nullptr ? object(reinterpret_cast<Node const*>(relation)) : object(other);
}

std::optional<utility_body> converter::naming_utility(Node const* node) {
    switch (nodeTag(node)) {
        case T_DropStmt: {
            auto const* written = as<DropStmt>(node);
            utility::drop out;
            out.what = kind_of(written->removeType);
            out.if_exists = written->missing_ok;
            out.cascade = written->behavior == DROP_CASCADE;
            out.concurrently = written->concurrent;
            if (!fits(written->objects)) return std::nullopt;
            ListCell const* cell;
            foreach (cell, written->objects)
                out.objects.push_back(object(static_cast<Node const*>(lfirst(cell))));
            return out;
        }
        case T_RenameStmt: {
            auto const* written = as<RenameStmt>(node);
            utility::rename out;
            out.what = kind_of(written->renameType);
            out.of = out.what;
            if (written->renameType == OBJECT_COLUMN || written->renameType == OBJECT_ATTRIBUTE)
                out.of = kind_of(written->relationType);
            out.object = object_of(written->relation, written->object);
            out.part = text_of(written->subname);
            if (out.object.names.empty() && !out.part.empty())
                out.object.names.push_back(out.part);  // roles, schemas, databases
            out.new_name = text_of(written->newname);
            out.if_exists = written->missing_ok;
            return out;
        }
        case T_AlterObjectSchemaStmt: {
            auto const* written = as<AlterObjectSchemaStmt>(node);
            return utility::set_schema{kind_of(written->objectType),
                                       object_of(written->relation, written->object),
                                       text_of(written->newschema), written->missing_ok};
        }
        case T_AlterOwnerStmt: {
            auto const* written = as<AlterOwnerStmt>(node);
            return utility::set_owner{kind_of(written->objectType),
                                      object_of(written->relation, written->object),
                                      role(written->newowner).name};
        }
        case T_CommentStmt: {
            auto const* written = as<CommentStmt>(node);
            utility::comment out;
            out.what = kind_of(written->objtype);
            out.object = object(written->object);
            if (written->comment != nullptr) out.text = written->comment;
            return out;
        }
        default:
            return std::nullopt;
    }
}

}  // namespace sluice::sql
