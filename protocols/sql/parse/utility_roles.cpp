// Roles, GRANT and REVOKE.
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

}  // namespace

utility::role_name converter::role(RoleSpec const* written) {
    using kind = utility::role_name::kind;
    utility::role_name out;
    if (written == nullptr) return out;
    switch (written->roletype) {
        case ROLESPEC_CSTRING:
            out.name = text_of(written->rolename);
            break;
        case ROLESPEC_CURRENT_ROLE:
            out.what = kind::current_role;
            out.name = "current_role";
            break;
        case ROLESPEC_CURRENT_USER:
            out.what = kind::current_user;
            out.name = "current_user";
            break;
        case ROLESPEC_SESSION_USER:
            out.what = kind::session_user;
            out.name = "session_user";
            break;
        case ROLESPEC_PUBLIC:
            out.what = kind::public_;
            out.name = "public";
            break;
    }
    return out;
}

std::vector<utility::role_name> converter::roles(List const* list) {
    std::vector<utility::role_name> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) out.push_back(role(static_cast<RoleSpec const*>(lfirst(cell))));
    return out;
}

utility::grant converter::grant(GrantStmt const* written) {
    utility::grant out;
    out.is_grant = written->is_grant;
    out.grant_option = written->grant_option;
    out.cascade = written->behavior == DROP_CASCADE;
    out.all_in_schema = written->targtype == ACL_TARGET_ALL_IN_SCHEMA;
    out.what = kind_of(written->objtype);
    ListCell const* cell;
    foreach (cell, written->objects)
        out.objects.push_back(object(static_cast<Node const*>(lfirst(cell))));
    foreach (cell, written->privileges) {
        auto const* item = static_cast<AccessPriv const*>(lfirst(cell));
        out.privileges.push_back({text_of(item->priv_name), strings(item->cols)});
    }
    out.grantees = roles(written->grantees);
    if (written->grantor != nullptr) out.granted_by = role(written->grantor);
    return out;
}

std::optional<utility_body> converter::role_utility(Node const* node) {
    switch (nodeTag(node)) {
        case T_CreateRoleStmt: {
            using kind = utility::create_role::kind;
            auto const* written = as<CreateRoleStmt>(node);
            auto const what = written->stmt_type == ROLESTMT_USER    ? kind::user
                              : written->stmt_type == ROLESTMT_GROUP ? kind::group
                                                                     : kind::role;
            return utility::create_role{what, text_of(written->role), options(written->options)};
        }
        case T_AlterRoleStmt: {
            auto const* written = as<AlterRoleStmt>(node);
            utility::alter_role out;
            out.role = role(written->role);
            out.options = options(written->options);
            for (auto const& item : out.options) {
                out.add_members |= item.name == "rolemembers" && written->action > 0;
                out.drop_members |= item.name == "rolemembers" && written->action < 0;
            }
            return out;
        }
        case T_DropRoleStmt: {
            auto const* written = as<DropRoleStmt>(node);
            return utility::drop_role{roles(written->roles), written->missing_ok};
        }
        case T_GrantStmt:
            return grant(as<GrantStmt>(node));
        case T_GrantRoleStmt: {
            auto const* written = as<GrantRoleStmt>(node);
            utility::grant_role out;
            out.is_grant = written->is_grant;
            out.admin_option = written->admin_opt;
            out.cascade = written->behavior == DROP_CASCADE;
            ListCell const* cell;
            foreach (cell, written->granted_roles)
                out.roles.push_back(
                    text_of(static_cast<AccessPriv const*>(lfirst(cell))->priv_name));
            out.grantees = roles(written->grantee_roles);
            return out;
        }
        case T_AlterDefaultPrivilegesStmt: {
            auto const* written = as<AlterDefaultPrivilegesStmt>(node);
            return utility::alter_default_privileges{options(written->options),
                                                     grant(written->action)};
        }
        default:
            return std::nullopt;
    }
}

}  // namespace sluice::sql
