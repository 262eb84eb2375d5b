// CREATE TABLE, ALTER TABLE and their parts.
#include "protocols/sql/parse/constraint_attributes.hpp"
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

utility::persistence persistence_of(RangeVar const* relation) {
    return static_cast<utility::persistence>(relation->relpersistence);
}

utility::create_table::on_commit at_commit(OnCommitAction written) {
    using on_commit = utility::create_table::on_commit;
    switch (written) {
        case ONCOMMIT_NOOP:
            return on_commit::standard;
        case ONCOMMIT_PRESERVE_ROWS:
            return on_commit::preserve;
        case ONCOMMIT_DELETE_ROWS:
            return on_commit::delete_rows;
        case ONCOMMIT_DROP:
            return on_commit::drop;
    }
    return on_commit::standard;
}

}  // namespace

utility::sequence_options converter::sequence(List const* list) {
    utility::sequence_options out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) {
        auto const* element = static_cast<DefElem const*>(lfirst(cell));
        std::string const name = text_of(element->defname);
        if (name == "as") {
            out.type = type(as<TypeName>(element->arg));
        } else if (name == "owned_by" || name == "sequence_name") {
            auto const names = strings(reinterpret_cast<List const*>(element->arg));
            if (name == "owned_by") out.owned_by = names;
            utility::option item;
            item.name = name;
            item.what = utility::option::kind::list;
            item.words = names;
            item.position = position(element->location);
            out.given.push_back(std::move(item));
        } else {
            out.given.push_back(option(element));
        }
    }
    return out;
}

utility::constraint_definition converter::constraint(Constraint const* written) {
    using kind = utility::constraint_definition::kind;
    utility::constraint_definition out;
    out.name = text_of(written->conname);
    out.position = position(written->location);
    out.deferrable = written->deferrable;
    out.initially_deferred = written->initdeferred;
    out.no_inherit = written->is_no_inherit;
    out.not_valid = written->skip_validation;
    out.columns = strings(written->contype == CONSTR_FOREIGN ? written->fk_attrs : written->keys);
    out.including = strings(written->including);
    out.with = options(written->contype == CONSTR_IDENTITY ? nullptr : written->options);
    out.using_index = text_of(written->indexname);
    out.tablespace = text_of(written->indexspace);
    out.nulls_not_distinct = written->nulls_not_distinct;
    switch (written->contype) {
        case CONSTR_NULL:
            out.what = kind::null;
            break;
        case CONSTR_NOTNULL:
            out.what = kind::not_null;
            break;
        case CONSTR_DEFAULT:
            out.what = kind::default_value;
            break;
        case CONSTR_IDENTITY:
            out.what = kind::identity;
            out.identity_always = written->generated_when == 'a';
            out.sequence = sequence(written->options);
            break;
        case CONSTR_GENERATED:
            out.what = kind::generated;
            break;
        case CONSTR_CHECK:
            out.what = kind::check;
            break;
        case CONSTR_PRIMARY:
            out.what = kind::primary_key;
            break;
        case CONSTR_UNIQUE:
            out.what = kind::unique;
            break;
        case CONSTR_EXCLUSION:
            refuse("EXCLUDE", written->location);
            break;
        case CONSTR_FOREIGN: {
            using action = utility::reference_action;
            out.what = kind::foreign_key;
            out.referenced = table(written->pktable);
            out.referenced_columns = strings(written->pk_attrs);
            out.match = written->fk_matchtype;
            out.on_update = static_cast<action>(written->fk_upd_action);
            out.on_delete = static_cast<action>(written->fk_del_action);
            out.delete_set_columns = strings(written->fk_del_set_cols);
            break;
        }
        default:
            refuse("this constraint attribute", written->location);
    }
    out.value = expression(written->raw_expr);
    return out;
}

utility::column_definition converter::column_definition(ColumnDef const* written) {
    utility::column_definition out;
    out.name = text_of(written->colname);
    out.position = position(written->location);
    out.type = maybe_type(written->typeName);
    if (written->collClause != nullptr) out.collation = strings(written->collClause->collname);
    out.compression = text_of(written->compression);
    if (written->fdwoptions != nullptr) refuse("OPTIONS of a column", written->location);
    constraint_attributes attributes;
    using attribute = constraint_attributes::kind;
    ListCell const* cell;
    foreach (cell, written->constraints) {
        auto const* item = static_cast<Constraint const*>(lfirst(cell));
        std::optional<attribute> said;
        switch (item->contype) {
            case CONSTR_ATTR_DEFERRABLE: said = attribute::deferrable; break;
            case CONSTR_ATTR_NOT_DEFERRABLE: said = attribute::not_deferrable; break;
            case CONSTR_ATTR_DEFERRED: said = attribute::deferred; break;
            case CONSTR_ATTR_IMMEDIATE: said = attribute::immediate; break;
            default: break;
        }
        if (!said) {
            attributes.start();
            out.constraints.push_back(constraint(item));
            continue;
        }
        auto taken = attributes.apply(
            *said, out.constraints.empty() ? nullptr : &out.constraints.back());
        if (taken.has_error()) fail(std::move(taken).error().at(position(item->location)));
    }
    if (written->raw_default != nullptr) {
        utility::constraint_definition made;
        made.what = utility::constraint_definition::kind::default_value;
        made.value = expression(written->raw_default);
        out.constraints.push_back(std::move(made));
    }
    return out;
}

utility::partition_bound converter::bound(PartitionBoundSpec const* written) {
    utility::partition_bound out;
    out.is_default = written->is_default;
    out.strategy = written->strategy;
    out.values = expressions(written->listdatums);
    out.lower = expressions(written->lowerdatums);
    out.upper = expressions(written->upperdatums);
    out.modulus = written->modulus;
    out.remainder = written->remainder;
    return out;
}

utility::create_table converter::create_table(Node const* node) {
    auto const* written = as<CreateStmt>(node);
    utility::create_table out;
    out.table = table(written->relation);
    out.kept = persistence_of(written->relation);
    out.if_not_exists = written->if_not_exists;
    if (!fits(written->tableElts)) return out;
    ListCell const* cell;
    foreach (cell, written->tableElts) {
        auto const* element = static_cast<Node const*>(lfirst(cell));
        if (element->type == T_ColumnDef) {
            out.columns.push_back(column_definition(as<ColumnDef>(element)));
        } else if (element->type == T_Constraint) {
            out.constraints.push_back(constraint(as<Constraint>(element)));
        } else if (element->type == T_TableLikeClause) {
            auto const* like = as<TableLikeClause>(element);
            out.like.push_back({table(like->relation), like->options});
        } else {
            refuse("this table element");
        }
    }
    if (written->partbound != nullptr) {
        auto const parents = tables(written->inhRelations);
        if (!parents.empty()) out.partition_of = parents[0];
        out.bound = bound(written->partbound);
    } else {
        out.inherits = tables(written->inhRelations);
    }
    if (written->partspec != nullptr) {
        out.partitioned = true;
        out.partition_strategy = text_of(written->partspec->strategy);
        foreach (cell, written->partspec->partParams) {
            auto const* element = static_cast<PartitionElem const*>(lfirst(cell));
            if (element->expr != nullptr) refuse("partitioning by an expression");
            out.partition_columns.push_back(text_of(element->name));
        }
    }
    if (written->ofTypename != nullptr) out.of_type = type(written->ofTypename);
    foreach (cell, written->constraints)
        out.constraints.push_back(constraint(static_cast<Constraint const*>(lfirst(cell))));
    out.with = options(written->options);
    out.at_commit = at_commit(written->oncommit);
    out.tablespace = text_of(written->tablespacename);
    out.access_method = text_of(written->accessMethod);
    return out;
}

utility::create_table_as converter::create_table_as(Node const* node) {
    auto const* written = as<CreateTableAsStmt>(node);
    utility::create_table_as out;
    out.table = table(written->into->rel);
    out.kept = persistence_of(written->into->rel);
    out.if_not_exists = written->if_not_exists;
    out.materialized_view = written->objtype == OBJECT_MATVIEW;
    out.with_data = !written->into->skipData;
    out.columns = strings(written->into->colNames);
    out.with = options(written->into->options);
    out.query = statement(written->query);
    return out;
}

void converter::alter_definition(utility::alter_table::action& out, AlterTableCmd const* written) {
    if (written->def == nullptr) return;
    switch (nodeTag(written->def)) {
        case T_ColumnDef:
            out.column = column_definition(as<ColumnDef>(written->def));
            break;
        case T_Constraint:
            out.constraint = constraint(as<Constraint>(written->def));
            break;
        case T_PartitionCmd: {
            auto const* partition = as<PartitionCmd>(written->def);
            out.partition = maybe_table(partition->name);
            if (partition->concurrent) refuse("DETACH PARTITION CONCURRENTLY");
            if (partition->bound != nullptr) out.bound = bound(partition->bound);
            break;
        }
        case T_ReplicaIdentityStmt:
            out.replica_identity = as<ReplicaIdentityStmt>(written->def)->identity_type;
            out.name = text_of(as<ReplicaIdentityStmt>(written->def)->name);
            break;
        case T_RangeVar:
            out.partition = table(as<RangeVar>(written->def));
            break;
        case T_List:
            out.options = options(as<List>(written->def));
            break;
        case T_Integer:
            out.number = as<Integer>(written->def)->ival;
            break;
        case T_String:
            out.options.emplace_back();
            set_value(out.options.back(), written->def);
            break;
        default:
            out.value = expression(written->def);
    }
}

utility::alter_table::action converter::alter_action(AlterTableCmd const* written) {
    using kind = utility::alter_table::action::kind;
    utility::alter_table::action out;
    out.name = text_of(written->name);
    out.cascade = written->behavior == DROP_CASCADE;
    switch (written->subtype) {
        case AT_AddColumn:
            out.what = kind::add_column;
            out.if_not_exists = written->missing_ok;
            break;
        case AT_ColumnDefault:
            out.what = written->def != nullptr ? kind::set_default : kind::drop_default;
            break;
        case AT_DropNotNull:
            out.what = kind::drop_not_null;
            break;
        case AT_SetNotNull:
            out.what = kind::set_not_null;
            break;
        case AT_DropExpression:
            out.what = kind::drop_expression;
            break;
        case AT_SetStatistics:
            out.what = kind::set_statistics;
            break;
        case AT_SetStorage:
            out.what = kind::set_storage;
            break;
        case AT_SetCompression:
            out.what = kind::set_compression;
            break;
        case AT_DropColumn:
            out.what = kind::drop_column;
            break;
        case AT_AddConstraint:
            out.what = kind::add_constraint;
            break;
        case AT_AlterConstraint:
            out.what = kind::alter_constraint;
            break;
        case AT_ValidateConstraint:
            out.what = kind::validate_constraint;
            break;
        case AT_DropConstraint:
            out.what = kind::drop_constraint;
            break;
        case AT_AlterColumnType:
            out.what = kind::set_type;
            break;
        case AT_ChangeOwner:
            out.what = kind::owner_to;
            out.name = role(written->newowner).name;
            break;
        case AT_ClusterOn:
            out.what = kind::cluster_on;
            break;
        case AT_DropCluster:
            out.what = kind::set_without_cluster;
            break;
        case AT_SetLogged:
            out.what = kind::set_logged;
            break;
        case AT_SetUnLogged:
            out.what = kind::set_unlogged;
            break;
        case AT_SetAccessMethod:
            out.what = kind::set_access_method;
            break;
        case AT_SetTableSpace:
            out.what = kind::set_tablespace;
            break;
        case AT_SetRelOptions:
            out.what = kind::set_options;
            break;
        case AT_ResetRelOptions:
            out.what = kind::reset_options;
            break;
        case AT_EnableTrig:
        case AT_EnableTrigAll:
        case AT_EnableTrigUser:
            out.what = kind::enable_trigger;
            break;
        case AT_DisableTrig:
        case AT_DisableTrigAll:
        case AT_DisableTrigUser:
            out.what = kind::disable_trigger;
            break;
        case AT_AddInherit:
            out.what = kind::inherit;
            break;
        case AT_DropInherit:
            out.what = kind::no_inherit;
            break;
        case AT_ReplicaIdentity:
            out.what = kind::replica_identity;
            break;
        case AT_EnableRowSecurity:
            out.what = kind::enable_row_security;
            break;
        case AT_DisableRowSecurity:
            out.what = kind::disable_row_security;
            break;
        case AT_ForceRowSecurity:
            out.what = kind::force_row_security;
            break;
        case AT_NoForceRowSecurity:
            out.what = kind::no_force_row_security;
            break;
        case AT_AttachPartition:
            out.what = kind::attach_partition;
            break;
        case AT_DetachPartition:
            out.what = kind::detach_partition;
            break;
        case AT_AddIdentity:
            out.what = kind::add_identity;
            break;
        case AT_SetIdentity:
            out.what = kind::set_identity;
            break;
        case AT_DropIdentity:
            out.what = kind::drop_identity;
            break;
        default:
            refuse("this form of ALTER TABLE");
            return out;
    }
    out.if_exists = written->missing_ok && out.what != kind::add_column;
    alter_definition(out, written);
    return out;
}

utility::alter_table converter::alter_table(Node const* node) {
    using object = utility::alter_table::object;
    auto const* written = as<AlterTableStmt>(node);
    utility::alter_table out;
    out.table = table(written->relation);
    out.if_exists = written->missing_ok;
    switch (written->objtype) {
        case OBJECT_TABLE:
            out.what = object::table;
            break;
        case OBJECT_INDEX:
            out.what = object::index;
            break;
        case OBJECT_SEQUENCE:
            out.what = object::sequence;
            break;
        case OBJECT_VIEW:
            out.what = object::view;
            break;
        case OBJECT_MATVIEW:
            out.what = object::materialized_view;
            break;
        case OBJECT_FOREIGN_TABLE:
            out.what = object::foreign;
            break;
        default:
            refuse("ALTER of this kind of object");
            return out;
    }
    if (!fits(written->cmds)) return out;
    ListCell const* cell;
    foreach (cell, written->cmds)
        out.actions.push_back(alter_action(static_cast<AlterTableCmd const*>(lfirst(cell))));
    return out;
}

std::optional<utility_body> converter::table_utility(Node const* node) {
    switch (nodeTag(node)) {
        case T_CreateStmt:
            return create_table(node);
        case T_CreateTableAsStmt:
            return create_table_as(node);
        case T_AlterTableStmt:
            return alter_table(node);
        case T_TruncateStmt: {
            auto const* written = as<TruncateStmt>(node);
            return utility::truncate{tables(written->relations), written->restart_seqs,
                                     written->behavior == DROP_CASCADE};
        }
        case T_LockStmt: {
            auto const* written = as<LockStmt>(node);
            return utility::lock_table{tables(written->relations), written->mode, written->nowait};
        }
        case T_RefreshMatViewStmt: {
            auto const* written = as<RefreshMatViewStmt>(node);
            return utility::refresh_materialized_view{table(written->relation), written->concurrent,
                                                      !written->skipData};
        }
        default:
            return std::nullopt;
    }
}

}  // namespace sluice::sql
