// Expression nodes of the raw parse tree.
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
template <class T>
Node const* up(T const* node) {
    return reinterpret_cast<Node const*>(node);
}

syntax::boolean_test::kind test_kind(BoolTestType what) {
    using kind = syntax::boolean_test::kind;
    switch (what) {
        case IS_TRUE:
            return kind::is_true;
        case IS_NOT_TRUE:
            return kind::is_not_true;
        case IS_FALSE:
            return kind::is_false;
        case IS_NOT_FALSE:
            return kind::is_not_false;
        case IS_UNKNOWN:
            return kind::is_unknown;
        case IS_NOT_UNKNOWN:
            return kind::is_not_unknown;
    }
    return kind::is_true;
}

char const* value_function_name(SQLValueFunctionOp what) {
    switch (what) {
        case SVFOP_CURRENT_DATE:
            return "current_date";
        case SVFOP_CURRENT_TIME:
        case SVFOP_CURRENT_TIME_N:
            return "current_time";
        case SVFOP_CURRENT_TIMESTAMP:
        case SVFOP_CURRENT_TIMESTAMP_N:
            return "current_timestamp";
        case SVFOP_LOCALTIME:
        case SVFOP_LOCALTIME_N:
            return "localtime";
        case SVFOP_LOCALTIMESTAMP:
        case SVFOP_LOCALTIMESTAMP_N:
            return "localtimestamp";
        case SVFOP_CURRENT_ROLE:
            return "current_role";
        case SVFOP_CURRENT_USER:
            return "current_user";
        case SVFOP_USER:
            return "user";
        case SVFOP_SESSION_USER:
            return "session_user";
        case SVFOP_CURRENT_CATALOG:
            return "current_catalog";
        case SVFOP_CURRENT_SCHEMA:
            return "current_schema";
    }
    return "current_date";
}

}  // namespace

syntax::expr_ptr converter::make(int location, decltype(syntax::expr::node) node) const {
    auto out = std::make_shared<syntax::expr>();
    out->node = std::move(node);
    out->position = position(location);
    return out;
}

std::vector<syntax::expr_ptr> converter::expressions(List const* list) {
    std::vector<syntax::expr_ptr> out;
    if (!fits(list) || list == nullptr) return out;
    out.reserve(static_cast<std::size_t>(list->length));
    ListCell const* cell;
    foreach (cell, list) {
        out.push_back(expression(static_cast<Node const*>(lfirst(cell))));
        if (error_) break;
    }
    return out;
}

syntax::expr_ptr converter::expression(Node const* node) {
    if (node == nullptr || error_) return nullptr;
    depth_scope const deeper(*this);
    if (!deeper) return nullptr;
    return dispatch(node);
}

syntax::expr_ptr converter::dispatch(Node const* node) {
    switch (nodeTag(node)) {
        case T_ColumnRef:
            return column(node);
        case T_A_Const:
            return literal(node);
        case T_ParamRef: {
            auto const* parameter = as<ParamRef>(node);
            if (parameter->number <= 0 ||
                static_cast<std::size_t>(parameter->number) > limits_.parameters) {
                fail(sql_error("42P02",
                               "there is no parameter $" + std::to_string(parameter->number))
                         .at(position(parameter->location)));
                return nullptr;
            }
            return make(parameter->location,
                        syntax::parameter_ref{static_cast<std::uint32_t>(parameter->number)});
        }
        case T_A_Expr:
            return operation(as<A_Expr>(node));
        case T_FuncCall:
            return call(as<FuncCall>(node));
        case T_TypeCast: {
            auto const* written = as<TypeCast>(node);
            auto operand = expression(written->arg);
            return make(written->location, syntax::cast{operand, type(written->typeName)});
        }
        case T_BoolExpr: {
            auto const* written = as<BoolExpr>(node);
            using kind = syntax::boolean_expr::kind;
            auto const what = written->boolop == AND_EXPR  ? kind::all
                              : written->boolop == OR_EXPR ? kind::any
                                                           : kind::negation;
            return make(written->location, syntax::boolean_expr{what, expressions(written->args)});
        }
        case T_NullTest: {
            auto const* written = as<NullTest>(node);
            return make(written->location, syntax::null_test{expression(up(written->arg)),
                                                             written->nulltesttype == IS_NULL});
        }
        case T_BooleanTest: {
            auto const* written = as<BooleanTest>(node);
            return make(written->location, syntax::boolean_test{test_kind(written->booltesttype),
                                                                expression(up(written->arg))});
        }
        case T_CaseExpr:
            return case_of(node);
        case T_SubLink:
            return sublink(node);
        default:
            return dispatch_rare(node);
    }
}

syntax::expr_ptr converter::dispatch_rare(Node const* node) {
    switch (nodeTag(node)) {
        case T_NamedArgExpr: {
            auto const* written = as<NamedArgExpr>(node);
            return make(written->location,
                        syntax::named_argument{written->name, expression(up(written->arg))});
        }
        case T_CoalesceExpr: {
            auto const* written = as<CoalesceExpr>(node);
            return make(written->location, syntax::coalesce_expr{expressions(written->args)});
        }
        case T_MinMaxExpr: {
            auto const* written = as<MinMaxExpr>(node);
            return make(written->location, syntax::extremum_expr{written->op == IS_GREATEST,
                                                                 expressions(written->args)});
        }
        case T_SQLValueFunction:
            return session_value(node);
        case T_A_ArrayExpr: {
            auto const* written = as<A_ArrayExpr>(node);
            return make(written->location, syntax::array_expr{expressions(written->elements)});
        }
        case T_RowExpr: {
            auto const* written = as<RowExpr>(node);
            return make(written->location,
                        syntax::row_expr{expressions(written->args),
                                         written->row_format == COERCE_EXPLICIT_CALL});
        }
        case T_A_Indirection:
            return indirection(node);
        case T_CollateClause: {
            auto const* written = as<CollateClause>(node);
            return make(written->location,
                        syntax::collate{expression(written->arg), strings(written->collname)});
        }
        case T_SetToDefault:
            return make(as<SetToDefault>(node)->location, syntax::default_expr{});
        case T_GroupingFunc: {
            auto const* written = as<GroupingFunc>(node);
            return make(written->location, syntax::grouping_expr{expressions(written->args)});
        }
        case T_CurrentOfExpr: {
            auto const* written = as<CurrentOfExpr>(node);
            return make(-1, syntax::current_of{
                                written->cursor_name != nullptr ? written->cursor_name : ""});
        }
        case T_XmlExpr:
            refuse("XML", as<XmlExpr>(node)->location);
            return nullptr;
        case T_XmlSerialize:
            refuse("XML", as<XmlSerialize>(node)->location);
            return nullptr;
        default:
            refuse("this form of expression");
            return nullptr;
    }
}

syntax::expr_ptr converter::literal(Node const* node) {
    auto const* written = as<A_Const>(node);
    syntax::literal out;
    using kind = syntax::literal::kind;
    if (!written->isnull) {
        auto const& value = written->val;
        switch (nodeTag(&value.node)) {
            case T_Integer:
                out.what = kind::integer;
                out.integer = value.ival.ival;
                break;
            case T_Float:
                out.what = kind::floating;
                out.text = value.fval.fval;
                break;
            case T_Boolean:
                out.what = kind::boolean;
                out.integer = value.boolval.boolval ? 1 : 0;
                break;
            case T_String:
                out.what = kind::string;
                out.text = value.sval.sval;
                break;
            case T_BitString:
                out.what = kind::bits;
                out.text = value.bsval.bsval;
                break;
            default:
                refuse("this form of literal", written->location);
        }
    }
    return make(written->location, std::move(out));
}

syntax::expr_ptr converter::column(Node const* node) {
    auto const* written = as<ColumnRef>(node);
    syntax::column_ref out;
    ListCell const* cell;
    foreach (cell, written->fields) {
        auto const* part = static_cast<Node const*>(lfirst(cell));
        if (part->type == T_A_Star)
            out.star = true;
        else
            out.names.push_back(string_of(part));
    }
    return make(written->location, std::move(out));
}

syntax::expr_ptr converter::operation(A_Expr const* written) {
    using kind = syntax::operation::kind;
    static constexpr kind kinds[] = {kind::plain,
                                     kind::any,
                                     kind::all,
                                     kind::distinct,
                                     kind::not_distinct,
                                     kind::null_if,
                                     kind::in,
                                     kind::like,
                                     kind::ilike,
                                     kind::similar,
                                     kind::between,
                                     kind::not_between,
                                     kind::between_symmetric,
                                     kind::not_between_symmetric};
    syntax::operation out;
    auto const index = static_cast<std::size_t>(written->kind);
    if (index >= std::size(kinds)) {
        refuse("this operator", written->location);
        return nullptr;
    }
    out.what = kinds[index];
    out.name = strings(written->name);
    out.left = expression(written->lexpr);
    if (written->rexpr != nullptr && written->rexpr->type == T_List)
        out.list = expressions(reinterpret_cast<List const*>(written->rexpr));
    else
        out.right = expression(written->rexpr);
    return make(written->location, std::move(out));
}

syntax::expr_ptr converter::call(FuncCall const* written) {
    syntax::call out;
    out.name = strings(written->funcname);
    out.arguments = expressions(written->args);
    out.order = sorting(written->agg_order);
    out.filter = expression(written->agg_filter);
    if (written->over != nullptr)
        out.over = std::make_shared<syntax::window_spec const>(window(written->over));
    out.within_group = written->agg_within_group;
    out.star = written->agg_star;
    out.distinct = written->agg_distinct;
    out.variadic = written->func_variadic;
    out.sql_syntax = written->funcformat == COERCE_SQL_SYNTAX;
    return make(written->location, std::move(out));
}

syntax::expr_ptr converter::case_of(Node const* node) {
    auto const* written = as<CaseExpr>(node);
    syntax::case_expr out;
    out.argument = expression(up(written->arg));
    ListCell const* cell;
    foreach (cell, written->args) {
        auto const* when = static_cast<CaseWhen const*>(lfirst(cell));
        auto condition = expression(up(when->expr));
        auto result = expression(up(when->result));
        out.branches.emplace_back(std::move(condition), std::move(result));
        out.branch_positions.push_back(position(when->location));
        if (error_) return nullptr;
    }
    out.otherwise = expression(up(written->defresult));
    return make(written->location, std::move(out));
}

syntax::expr_ptr converter::sublink(Node const* node) {
    auto const* written = as<SubLink>(node);
    using kind = syntax::sublink::kind;
    syntax::sublink out;
    switch (written->subLinkType) {
        case EXISTS_SUBLINK:
            out.what = kind::exists;
            break;
        case ALL_SUBLINK:
            out.what = kind::all;
            break;
        case ANY_SUBLINK:
            out.what = kind::any;
            break;
        case EXPR_SUBLINK:
            out.what = kind::expression;
            break;
        case ARRAY_SUBLINK:
            out.what = kind::array;
            break;
        default:
            refuse("this form of subquery", written->location);
            return nullptr;
    }
    out.test = expression(written->testexpr);
    out.operator_name = strings(written->operName);
    out.query = query(written->subselect);
    return make(written->location, std::move(out));
}

syntax::expr_ptr converter::session_value(Node const* node) {
    auto const* written = as<SQLValueFunction>(node);
    return make(written->location,
                syntax::session_value_expr{value_function_name(written->op), written->typmod});
}

std::vector<syntax::indirection::item> converter::path(List const* list) {
    using kind = syntax::indirection::item::kind;
    std::vector<syntax::indirection::item> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) {
        auto const* part = static_cast<Node const*>(lfirst(cell));
        syntax::indirection::item item;
        if (part->type == T_A_Star) {
            item.what = kind::star;
        } else if (part->type == T_A_Indices) {
            auto const* indices = as<A_Indices>(part);
            item.what = indices->is_slice ? kind::slice : kind::subscript;
            item.lower = expression(indices->lidx);
            item.upper = expression(indices->uidx);
        } else {
            item.what = kind::field;
            item.field = string_of(part);
        }
        out.push_back(std::move(item));
    }
    return out;
}

syntax::expr_ptr converter::indirection(Node const* node) {
    auto const* written = as<A_Indirection>(node);
    auto base = expression(written->arg);
    auto const where = base ? base->position : 0;
    auto items = path(written->indirection);
    auto out = std::make_shared<syntax::expr>();
    out->node = syntax::indirection{std::move(base), std::move(items)};
    out->position = where;
    return out;
}

std::vector<syntax::sort_by> converter::sorting(List const* list) {
    std::vector<syntax::sort_by> out;
    if (!fits(list)) return out;
    ListCell const* cell;
    foreach (cell, list) {
        auto const* written = static_cast<SortBy const*>(lfirst(cell));
        syntax::sort_by item;
        item.value = expression(written->node);
        using direction = syntax::sort_by::direction;
        item.how = written->sortby_dir == SORTBY_ASC     ? direction::ascending
                   : written->sortby_dir == SORTBY_DESC  ? direction::descending
                   : written->sortby_dir == SORTBY_USING ? direction::by_operator
                                                         : direction::standard;
        using nulls = syntax::sort_by::nulls;
        item.where = written->sortby_nulls == SORTBY_NULLS_FIRST  ? nulls::first
                     : written->sortby_nulls == SORTBY_NULLS_LAST ? nulls::last
                                                                  : nulls::standard;
        item.using_operator = strings(written->useOp);
        item.position = position(written->location);
        out.push_back(std::move(item));
    }
    return out;
}

syntax::window_spec converter::window(WindowDef const* written) {
    syntax::window_spec out;
    if (written->name != nullptr) out.name = written->name;
    if (written->refname != nullptr) out.base = written->refname;
    out.partition = expressions(written->partitionClause);
    out.order = sorting(written->orderClause);
    out.frame_options = written->frameOptions;
    out.start_offset = expression(written->startOffset);
    out.end_offset = expression(written->endOffset);
    out.position = position(written->location);
    return out;
}

}  // namespace sluice::sql
