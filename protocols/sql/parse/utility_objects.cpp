// Schemas, indexes, sequences, views, types, functions and databases.
#include "protocols/sql/parse/converter.hpp"
#include "protocols/sql/parse/text_guard.hpp"

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

utility::index_element converter::index_element(IndexElem const* written) {
    utility::index_element out;
    out.column = text_of(written->name);
    out.value = expression(written->expr);
    out.collation = strings(written->collation);
    out.operator_class = strings(written->opclass);
    if (written->opclassopts != nullptr) refuse("parameters of an operator class");
    using direction = syntax::sort_by::direction;
    out.how = written->ordering == SORTBY_ASC    ? direction::ascending
              : written->ordering == SORTBY_DESC ? direction::descending
                                                 : direction::standard;
    using nulls = syntax::sort_by::nulls;
    out.nulls = written->nulls_ordering == SORTBY_NULLS_FIRST  ? nulls::first
                : written->nulls_ordering == SORTBY_NULLS_LAST ? nulls::last
                                                               : nulls::standard;
    return out;
}

utility::create_index converter::create_index(Node const* node) {
    auto const* written = as<IndexStmt>(node);
    utility::create_index out;
    out.name = text_of(written->idxname);
    out.table = table(written->relation);
    out.method = text_of(written->accessMethod);
    ListCell const* cell;
    foreach (cell, written->indexParams)
        out.elements.push_back(index_element(static_cast<IndexElem const*>(lfirst(cell))));
    foreach (cell, written->indexIncludingParams)
        out.including.push_back(index_element(static_cast<IndexElem const*>(lfirst(cell))));
    out.where = expression(written->whereClause);
    out.with = options(written->options);
    out.tablespace = text_of(written->tableSpace);
    out.unique = written->unique;
    out.concurrently = written->concurrent;
    out.if_not_exists = written->if_not_exists;
    out.nulls_not_distinct = written->nulls_not_distinct;
    return out;
}

utility::create_view converter::create_view(Node const* node) {
    using check = utility::create_view::check;
    auto const* written = as<ViewStmt>(node);
    utility::create_view out;
    out.view = table(written->view);
    out.kept = static_cast<utility::persistence>(written->view->relpersistence);
    out.columns = strings(written->aliases);
    out.query = statement(written->query);
    out.replace = written->replace;
    out.with = options(written->options);
    out.check_option = written->withCheckOption == LOCAL_CHECK_OPTION      ? check::local
                       : written->withCheckOption == CASCADED_CHECK_OPTION ? check::cascaded
                                                                           : check::none;
    auto const begin = find_top_level_as(text_);
    if (begin != std::string_view::npos) {
        auto const end = out.check_option == check::none ? text_.size() : find_check_option(text_);
        auto body = text_.substr(begin, end - begin);
        while (!body.empty() && (std::isspace(static_cast<unsigned char>(body.front())) != 0))
            body.remove_prefix(1);
        while (!body.empty() &&
               (std::isspace(static_cast<unsigned char>(body.back())) != 0 || body.back() == ';'))
            body.remove_suffix(1);
        out.query_text = body;
    }
    return out;
}

utility::create_function converter::create_function(Node const* node) {
    auto const* written = as<CreateFunctionStmt>(node);
    utility::create_function out;
    out.name = strings(written->funcname);
    out.replace = written->replace;
    out.procedure = written->is_procedure;
    if (written->sql_body != nullptr) refuse("a function body without quotes");
    ListCell const* cell;
    foreach (cell, written->parameters) {
        auto const* parameter = static_cast<FunctionParameter const*>(lfirst(cell));
        utility::create_function::argument item;
        item.name = text_of(parameter->name);
        item.type = type(parameter->argType);
        item.mode =
            parameter->mode == FUNC_PARAM_DEFAULT ? 'i' : static_cast<char>(parameter->mode);
        item.default_value = expression(parameter->defexpr);
        out.arguments.push_back(std::move(item));
    }
    out.returns = maybe_type(written->returnType);
    out.options = options(written->options);
    return out;
}

std::optional<utility_body> converter::object_utility(Node const* node) {
    switch (nodeTag(node)) {
        case T_IndexStmt:
            return create_index(node);
        case T_ViewStmt:
            return create_view(node);
        case T_CreateFunctionStmt:
            return create_function(node);
        case T_CreateSchemaStmt: {
            auto const* written = as<CreateSchemaStmt>(node);
            utility::create_schema out;
            out.name = text_of(written->schemaname);
            if (written->authrole != nullptr) out.owner = role(written->authrole).name;
            out.if_not_exists = written->if_not_exists;
            ListCell const* cell;
            foreach (cell, written->schemaElts)
                out.elements.push_back(statement(static_cast<Node const*>(lfirst(cell))));
            return out;
        }
        case T_CreateSeqStmt: {
            auto const* written = as<CreateSeqStmt>(node);
            return utility::create_sequence{
                table(written->sequence),
                static_cast<utility::persistence>(written->sequence->relpersistence),
                written->if_not_exists, sequence(written->options)};
        }
        case T_AlterSeqStmt: {
            auto const* written = as<AlterSeqStmt>(node);
            return utility::alter_sequence{table(written->sequence), written->missing_ok,
                                           sequence(written->options)};
        }
        case T_CreateEnumStmt: {
            auto const* written = as<CreateEnumStmt>(node);
            return utility::create_enum{strings(written->typeName), strings(written->vals)};
        }
        case T_AlterEnumStmt: {
            auto const* written = as<AlterEnumStmt>(node);
            return utility::alter_enum{strings(written->typeName), text_of(written->oldVal),
                                       text_of(written->newVal),   text_of(written->newValNeighbor),
                                       written->newValIsAfter,     written->skipIfNewValExists};
        }
        case T_CreateDomainStmt: {
            auto const* written = as<CreateDomainStmt>(node);
            utility::create_domain out;
            out.name = strings(written->domainname);
            out.base = type(written->typeName);
            if (written->collClause != nullptr)
                out.collation = strings(written->collClause->collname);
            ListCell const* cell;
            foreach (cell, written->constraints)
                out.constraints.push_back(constraint(static_cast<Constraint const*>(lfirst(cell))));
            return out;
        }
        case T_CompositeTypeStmt: {
            auto const* written = as<CompositeTypeStmt>(node);
            utility::create_composite out;
            auto const name = table(written->typevar);
            if (!name.schema.empty()) out.name.push_back(name.schema);
            out.name.push_back(name.name);
            ListCell const* cell;
            foreach (cell, written->coldeflist)
                out.columns.push_back(
                    column_definition(static_cast<ColumnDef const*>(lfirst(cell))));
            return out;
        }
        case T_CreateExtensionStmt: {
            auto const* written = as<CreateExtensionStmt>(node);
            return utility::create_extension{text_of(written->extname), written->if_not_exists,
                                             options(written->options)};
        }
        case T_CreatedbStmt: {
            auto const* written = as<CreatedbStmt>(node);
            return utility::create_database{text_of(written->dbname), options(written->options)};
        }
        case T_DropdbStmt: {
            auto const* written = as<DropdbStmt>(node);
            return utility::drop_database{text_of(written->dbname), written->missing_ok};
        }
        default:
            return std::nullopt;
    }
}

}  // namespace sluice::sql
