// SELECT, INSERT, UPDATE and DELETE nodes of the raw parse tree.
#include "protocols/sql/parse/converter.hpp"

extern "C" {
#include <postgres.h>

#include <nodes/parsenodes.h>
#include <nodes/primnodes.h>
}

namespace sluice::sql {
namespace {

// The library was built when LimitOption began with LIMIT_OPTION_DEFAULT; headers of later minor
// releases number it otherwise.
constexpr int with_ties_option = 2;

template <class T>
T const* as(Node const* node) {
    return reinterpret_cast<T const*>(node);
}

syntax::locking_clause::strength strength_of(LockClauseStrength written) {
    using strength = syntax::locking_clause::strength;
    switch (written) {
        case LCS_FORKEYSHARE:
            return strength::key_share;
        case LCS_FORSHARE:
            return strength::share;
        case LCS_FORNOKEYUPDATE:
            return strength::no_key_update;
        default:
            return strength::update;
    }
}

}  // namespace

syntax::table_alias converter::alias(Alias const* written) {
    syntax::table_alias out;
    if (written == nullptr) return out;
    out.name = written->aliasname;
    out.columns = strings(written->colnames);
    return out;
}

syntax::table_ref converter::table(RangeVar const* written) {
    syntax::table_ref out;
    if (written == nullptr) return out;
    if (written->catalogname != nullptr) out.catalog = written->catalogname;
    if (written->schemaname != nullptr) out.schema = written->schemaname;
    if (written->relname != nullptr) out.name = written->relname;
    out.only = !written->inh;
    out.alias = alias(written->alias);
    out.position = position(written->location);
    return out;
}

std::optional<syntax::table_ref> converter::maybe_table(RangeVar const* written) {
    if (written == nullptr) return std::nullopt;
    return table(written);
}

std::vector<syntax::table_ref> converter::tables(List const* list) {
    std::vector<syntax::table_ref> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) out.push_back(table(static_cast<RangeVar const*>(lfirst(cell))));
    return out;
}

std::vector<syntax::column_definition_item> converter::column_items(List const* list) {
    std::vector<syntax::column_definition_item> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) {
        auto const* column = static_cast<ColumnDef const*>(lfirst(cell));
        if (column->collClause != nullptr) refuse("COLLATE", column->collClause->location);
        out.push_back({column->colname, type(column->typeName)});
    }
    return out;
}

std::vector<syntax::from_ptr> converter::from(List const* list) {
    std::vector<syntax::from_ptr> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) {
        out.push_back(from_item(static_cast<Node const*>(lfirst(cell))));
        if (error_) break;
    }
    return out;
}

syntax::from_ptr converter::from_item(Node const* node) {
    depth_scope const deeper(*this);
    if (!deeper || node == nullptr) return nullptr;
    auto out = std::make_shared<syntax::from_node>();
    switch (nodeTag(node)) {
        case T_RangeVar: {
            auto const* written = as<RangeVar>(node);
            out->node = table(written);
            out->position = position(written->location);
            return out;
        }
        case T_RangeSubselect: {
            auto const* written = as<RangeSubselect>(node);
            syntax::from_subquery made;
            made.query = query(written->subquery);
            made.lateral = written->lateral;
            made.alias = alias(written->alias);
            out->node = std::move(made);
            return out;
        }
        case T_RangeFunction:
            return from_function(node);
        case T_JoinExpr:
            return join(node);
        case T_RangeTableSample:
            refuse("TABLESAMPLE", as<RangeTableSample>(node)->location);
            return nullptr;
        case T_RangeTableFunc:
            refuse("XMLTABLE", as<RangeTableFunc>(node)->location);
            return nullptr;
        default:
            refuse("this form of FROM item");
            return nullptr;
    }
}

syntax::from_ptr converter::from_function(Node const* node) {
    auto const* written = as<RangeFunction>(node);
    syntax::from_function made;
    made.lateral = written->lateral;
    made.ordinality = written->ordinality;
    made.rows_from = written->is_rowsfrom;
    made.alias = alias(written->alias);
    made.columns = column_items(written->coldeflist);
    ListCell const* cell;
    foreach (cell, written->functions) {
        auto const* pair = static_cast<List const*>(lfirst(cell));
        syntax::from_function::call_item item;
        item.call = expression(static_cast<Node const*>(linitial(pair)));
        item.columns = column_items(static_cast<List const*>(lsecond(pair)));
        made.calls.push_back(std::move(item));
    }
    if (error_) return nullptr;
    auto out = std::make_shared<syntax::from_node>();
    out->position = made.calls.empty() || !made.calls[0].call ? 0 : made.calls[0].call->position;
    out->node = std::move(made);
    return out;
}

syntax::from_ptr converter::join(Node const* node) {
    auto const* written = as<JoinExpr>(node);
    syntax::from_join made;
    using kind = syntax::from_join::kind;
    switch (written->jointype) {
        case JOIN_LEFT:
            made.what = kind::left;
            break;
        case JOIN_RIGHT:
            made.what = kind::right;
            break;
        case JOIN_FULL:
            made.what = kind::full;
            break;
        default:
            made.what =
                !written->isNatural && written->usingClause == nullptr && written->quals == nullptr
                    ? kind::cross
                    : kind::inner;
    }
    made.natural = written->isNatural;
    made.left = from_item(written->larg);
    made.right = from_item(written->rarg);
    made.using_columns = strings(written->usingClause);
    made.using_alias = alias(written->join_using_alias).name;
    made.condition = expression(written->quals);
    made.alias = alias(written->alias);
    if (error_) return nullptr;
    auto out = std::make_shared<syntax::from_node>();
    out->node = std::move(made);
    return out;
}

std::vector<syntax::target_item> converter::targets(List const* list) {
    std::vector<syntax::target_item> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) {
        auto const* written = static_cast<ResTarget const*>(lfirst(cell));
        syntax::target_item item;
        if (written->name != nullptr) item.name = written->name;
        item.path = path(written->indirection);
        item.position = position(written->location);
        if (written->val != nullptr && written->val->type == T_MultiAssignRef) {
            auto const* multi = as<MultiAssignRef>(written->val);
            item.multi_column = multi->colno;
            item.multi_columns = multi->ncolumns;
            item.value = expression(multi->source);
        } else {
            item.value = expression(written->val);
        }
        out.push_back(std::move(item));
        if (error_) break;
    }
    return out;
}

std::shared_ptr<syntax::with_clause const> converter::with(WithClause const* written) {
    if (written == nullptr) return nullptr;
    auto out = std::make_shared<syntax::with_clause>();
    out->recursive = written->recursive;
    out->position = position(written->location);
    ListCell const* cell;
    foreach (cell, written->ctes) {
        auto const* table = static_cast<CommonTableExpr const*>(lfirst(cell));
        syntax::common_table_expr item;
        item.name = table->ctename;
        item.columns = strings(table->aliascolnames);
        using how = syntax::common_table_expr::materialize;
        item.how = table->ctematerialized == CTEMaterializeAlways  ? how::always
                   : table->ctematerialized == CTEMaterializeNever ? how::never
                                                                   : how::standard;
        item.position = position(table->location);
        if (table->search_clause != nullptr) refuse("SEARCH", table->search_clause->location);
        if (table->cycle_clause != nullptr) refuse("CYCLE", table->cycle_clause->location);
        item.body = statement(table->ctequery);
        out->tables.push_back(std::move(item));
        if (error_) break;
    }
    return out;
}

syntax::grouping_item converter::grouping(Node const* node) {
    syntax::grouping_item out;
    depth_scope const deeper(*this);
    if (!deeper) return out;
    if (node->type != T_GroupingSet) {
        out.value = expression(node);
        out.position = out.value ? out.value->position : 0;
        return out;
    }
    auto const* written = as<GroupingSet>(node);
    using kind = syntax::grouping_item::kind;
    out.position = position(written->location);
    switch (written->kind) {
        case GROUPING_SET_EMPTY:
            out.what = kind::empty;
            break;
        case GROUPING_SET_SIMPLE:
            out.what = kind::expression;
            break;
        case GROUPING_SET_ROLLUP:
            out.what = kind::rollup;
            break;
        case GROUPING_SET_CUBE:
            out.what = kind::cube;
            break;
        case GROUPING_SET_SETS:
            out.what = kind::sets;
            break;
    }
    ListCell const* cell;
    foreach (cell, written->content)
        out.items.push_back(grouping(static_cast<Node const*>(lfirst(cell))));
    return out;
}

syntax::select_ptr converter::query(Node const* node) {
    if (node == nullptr || error_) return nullptr;
    if (node->type != T_SelectStmt) {
        refuse("a statement that is not SELECT inside a query");
        return nullptr;
    }
    return select(as<SelectStmt>(node));
}

syntax::select_ptr converter::select(SelectStmt const* written) {
    depth_scope const deeper(*this);
    if (!deeper || written == nullptr) return nullptr;
    auto out = std::make_shared<syntax::select>();
    out->with = with(written->withClause);
    ListCell const* cell;
    if (written->distinctClause != nullptr) {
        out->distinct = true;
        foreach (cell, written->distinctClause)
            if (lfirst(cell) != nullptr)
                out->distinct_on.push_back(expression(static_cast<Node const*>(lfirst(cell))));
    }
    if (written->intoClause != nullptr) out->into = table(written->intoClause->rel);
    out->targets = targets(written->targetList);
    out->from = from(written->fromClause);
    out->where = expression(written->whereClause);
    foreach (cell, written->groupClause)
        out->group_by.push_back(grouping(static_cast<Node const*>(lfirst(cell))));
    out->group_distinct = written->groupDistinct;
    out->having = expression(written->havingClause);
    foreach (cell, written->windowClause)
        out->windows.push_back(window(static_cast<WindowDef const*>(lfirst(cell))));
    if (!fits(written->valuesLists)) return nullptr;
    foreach (cell, written->valuesLists) {
        out->values.push_back(expressions(static_cast<List const*>(lfirst(cell))));
        if (error_) return nullptr;
    }
    out->order = sorting(written->sortClause);
    out->offset = expression(written->limitOffset);
    out->limit = expression(written->limitCount);
    out->with_ties = static_cast<int>(written->limitOption) == with_ties_option;
    foreach (cell, written->lockingClause) {
        auto const* lock = static_cast<LockingClause const*>(lfirst(cell));
        syntax::locking_clause item;
        item.tables = tables(lock->lockedRels);
        item.how = strength_of(lock->strength);
        using wait = syntax::locking_clause::wait;
        item.on_locked = lock->waitPolicy == LockWaitSkip    ? wait::skip_locked
                         : lock->waitPolicy == LockWaitError ? wait::nowait
                                                             : wait::wait;
        out->locking.push_back(std::move(item));
    }
    if (written->op != SETOP_NONE) {
        out->op = written->op == SETOP_UNION       ? syntax::set_op::union_
                  : written->op == SETOP_INTERSECT ? syntax::set_op::intersect
                                                   : syntax::set_op::except;
        out->all = written->all;
        out->left = select(written->larg);
        out->right = select(written->rarg);
    }
    return error_ ? nullptr : out;
}

syntax::conflict_clause converter::conflict(OnConflictClause const* written) {
    syntax::conflict_clause out;
    out.do_update = written->action == ONCONFLICT_UPDATE;
    out.position = position(written->location);
    if (written->infer != nullptr) {
        out.infer_position = position(written->infer->location);
        if (written->infer->conname != nullptr) out.constraint = written->infer->conname;
        out.index_where = expression(written->infer->whereClause);
        ListCell const* cell;
        foreach (cell, written->infer->indexElems) {
            auto const* element = static_cast<IndexElem const*>(lfirst(cell));
            syntax::conflict_clause::element item;
            if (element->name != nullptr) item.column = element->name;
            item.value = expression(element->expr);
            item.collation = strings(element->collation);
            item.operator_class = strings(element->opclass);
            out.elements.push_back(std::move(item));
        }
    }
    out.assignments = targets(written->targetList);
    out.where = expression(written->whereClause);
    return out;
}

std::optional<decltype(syntax::statement::body)> converter::data_statement(Node const* node) {
    switch (nodeTag(node)) {
        case T_SelectStmt: {
            auto made = select(as<SelectStmt>(node));
            return made;
        }
        case T_InsertStmt: {
            auto const* written = as<InsertStmt>(node);
            syntax::insert out;
            out.with = with(written->withClause);
            out.table = table(written->relation);
            out.columns = targets(written->cols);
            out.source = query(written->selectStmt);
            if (written->onConflictClause != nullptr)
                out.conflict = conflict(written->onConflictClause);
            out.returning = targets(written->returningList);
            using overriding = syntax::insert::overriding;
            out.override_identity =
                written->override == OVERRIDING_USER_VALUE     ? overriding::user_value
                : written->override == OVERRIDING_SYSTEM_VALUE ? overriding::system_value
                                                               : overriding::none;
            return out;
        }
        case T_UpdateStmt: {
            auto const* written = as<UpdateStmt>(node);
            syntax::update out;
            out.with = with(written->withClause);
            out.table = table(written->relation);
            out.assignments = targets(written->targetList);
            out.from = from(written->fromClause);
            out.where = expression(written->whereClause);
            out.returning = targets(written->returningList);
            return out;
        }
        case T_DeleteStmt: {
            auto const* written = as<DeleteStmt>(node);
            syntax::erase out;
            out.with = with(written->withClause);
            out.table = table(written->relation);
            out.using_items = from(written->usingClause);
            out.where = expression(written->whereClause);
            out.returning = targets(written->returningList);
            return out;
        }
        case T_MergeStmt:
            refuse("MERGE");
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

}  // namespace sluice::sql
