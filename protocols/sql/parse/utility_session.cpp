// Transactions, settings, prepared statements, cursors, COPY and maintenance.
#include "protocols/sql/parse/converter.hpp"

#include <limits>

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

utility::transaction::kind transaction_kind(TransactionStmtKind written) {
    using kind = utility::transaction::kind;
    switch (written) {
        case TRANS_STMT_BEGIN:
            return kind::begin;
        case TRANS_STMT_START:
            return kind::start;
        case TRANS_STMT_COMMIT:
            return kind::commit;
        case TRANS_STMT_ROLLBACK:
            return kind::rollback;
        case TRANS_STMT_SAVEPOINT:
            return kind::savepoint;
        case TRANS_STMT_RELEASE:
            return kind::release;
        case TRANS_STMT_ROLLBACK_TO:
            return kind::rollback_to;
        case TRANS_STMT_PREPARE:
            return kind::prepare;
        case TRANS_STMT_COMMIT_PREPARED:
            return kind::commit_prepared;
        case TRANS_STMT_ROLLBACK_PREPARED:
            return kind::rollback_prepared;
    }
    return kind::begin;
}

utility::discard::kind discard_kind(DiscardMode written) {
    using kind = utility::discard::kind;
    switch (written) {
        case DISCARD_ALL:
            return kind::all;
        case DISCARD_PLANS:
            return kind::plans;
        case DISCARD_SEQUENCES:
            return kind::sequences;
        case DISCARD_TEMP:
            return kind::temporary;
    }
    return kind::all;
}

}  // namespace

utility::transaction converter::transaction(Node const* node) {
    auto const* written = as<TransactionStmt>(node);
    utility::transaction out;
    out.what = transaction_kind(written->kind);
    out.modes = options(written->options);
    out.name = text_of(written->savepoint_name != nullptr ? written->savepoint_name : written->gid);
    out.chain = written->chain;
    return out;
}

utility::set_setting converter::set_setting(VariableSetStmt const* written) {
    using kind = utility::set_setting::kind;
    utility::set_setting out;
    out.name = text_of(written->name);
    out.local = written->is_local;
    switch (written->kind) {
        case VAR_SET_VALUE:
            out.what = kind::value;
            break;
        case VAR_SET_DEFAULT:
            out.what = kind::standard;
            break;
        case VAR_SET_CURRENT:
            out.what = kind::current;
            break;
        case VAR_RESET:
            out.what = kind::reset;
            break;
        case VAR_RESET_ALL:
            out.what = kind::reset_all;
            break;
        case VAR_SET_MULTI:
            out.what = out.name == "TRANSACTION"            ? kind::transaction
                       : out.name == "TRANSACTION SNAPSHOT" ? kind::snapshot
                                                            : kind::session_characteristics;
            break;
    }
    // Of INTERVAL, with fields or a precision: as coercion would have it (intervaltypmodin).
    auto const interval_modifier = [this](List const* given) -> std::int64_t {
        constexpr std::int64_t full_range = 0x7FFF, full_precision = 0xFFFF;
        std::int64_t parts[2]{full_range, full_precision};
        int count = 0;
        ListCell const* each;
        foreach (each, given) {
            utility::option part;
            set_value(part, static_cast<Node const*>(lfirst(each)));
            if (count < 2) parts[count++] = part.number;
        }
        return count == 0 ? -1 : parts[0] << 16 | parts[1];
    };
    ListCell const* cell;
    foreach (cell, written->args) {
        auto const* argument = static_cast<Node const*>(lfirst(cell));
        if (argument->type == T_DefElem) {
            out.values.push_back(option(as<DefElem>(argument)));
        } else {
            utility::option item;
            set_value(item, argument);
            if (argument->type == T_TypeCast) {  // SET TIME ZONE INTERVAL: the modifier as number
                item.name = "interval";
                item.number = interval_modifier(as<TypeCast>(argument)->typeName->typmods);
            }
            out.values.push_back(std::move(item));
        }
    }
    return out;
}

utility::copy converter::copy(Node const* node) {
    auto const* written = as<CopyStmt>(node);
    utility::copy out;
    out.table = maybe_table(written->relation);
    out.columns = strings(written->attlist);
    if (written->query != nullptr) out.query = statement(written->query);
    out.from = written->is_from;
    out.program = written->is_program;
    if (written->filename != nullptr) out.file = written->filename;
    out.options = options(written->options);
    out.where = expression(written->whereClause);
    return out;
}

utility::fetch converter::fetch(FetchStmt const* written) {
    using direction = utility::fetch::direction;
    utility::fetch out;
    out.cursor = text_of(written->portalname);
    out.move = written->ismove;
    switch (written->direction) {
        case FETCH_FORWARD:
            out.where = direction::forward;
            break;
        case FETCH_BACKWARD:
            out.where = direction::backward;
            break;
        case FETCH_ABSOLUTE:
            out.where = direction::absolute;
            break;
        case FETCH_RELATIVE:
            out.where = direction::relative;
            break;
    }
    out.count =
        written->howMany == FETCH_ALL ? std::numeric_limits<std::int64_t>::max() : written->howMany;
    return out;
}

std::optional<utility_body> converter::session_utility(Node const* node) {
    switch (nodeTag(node)) {
        case T_TransactionStmt:
            return transaction(node);
        case T_VariableSetStmt:
            return set_setting(as<VariableSetStmt>(node));
        case T_VariableShowStmt:
            return utility::show{text_of(as<VariableShowStmt>(node)->name)};
        case T_ListenStmt:
            return utility::listen{text_of(as<ListenStmt>(node)->conditionname)};
        case T_UnlistenStmt:
            return utility::unlisten{text_of(as<UnlistenStmt>(node)->conditionname)};
        case T_NotifyStmt:
            return utility::notify{text_of(as<NotifyStmt>(node)->conditionname),
                                   text_of(as<NotifyStmt>(node)->payload)};
        case T_DiscardStmt:
            return utility::discard{discard_kind(as<DiscardStmt>(node)->target)};
        case T_CheckPointStmt:
            return utility::checkpoint{};
        case T_VacuumStmt: {
            auto const* written = as<VacuumStmt>(node);
            utility::vacuum out;
            out.is_vacuum = written->is_vacuumcmd;
            out.options = options(written->options);
            ListCell const* cell;
            foreach (cell, written->rels) {
                auto const* one = static_cast<VacuumRelation const*>(lfirst(cell));
                auto named = table(one->relation);
                named.alias.columns = strings(one->va_cols);
                out.tables.push_back(std::move(named));
            }
            return out;
        }
        case T_ReindexStmt: {
            static constexpr char const* kinds[] = {"index", "table", "schema", "system",
                                                    "database"};
            auto const* written = as<ReindexStmt>(node);
            utility::reindex out;
            out.kind = kinds[written->kind];
            out.name = written->relation != nullptr ? table(written->relation).name
                                                    : text_of(written->name);
            return out;
        }
        case T_DoStmt:
            return utility::do_block{options(as<DoStmt>(node)->args)};
        case T_CallStmt:
            return utility::call_procedure{
                expression(reinterpret_cast<Node const*>(as<CallStmt>(node)->funccall))};
        case T_ConstraintsSetStmt: {
            auto const* written = as<ConstraintsSetStmt>(node);
            utility::set_constraints out;
            out.deferred = written->deferred;
            for (auto const& name : tables(written->constraints))
                out.names.push_back(name.schema.empty()
                                        ? syntax::qualified_name{name.name}
                                        : syntax::qualified_name{name.schema, name.name});
            return out;
        }
        default:
            return std::nullopt;
    }
}

std::optional<utility_body> converter::cursor_utility(Node const* node) {
    switch (nodeTag(node)) {
        case T_PrepareStmt: {
            auto const* written = as<PrepareStmt>(node);
            utility::prepare out;
            out.name = text_of(written->name);
            ListCell const* cell;
            foreach (cell, written->argtypes)
                out.types.push_back(type(static_cast<TypeName const*>(lfirst(cell))));
            out.query = statement(written->query);
            return out;
        }
        case T_ExecuteStmt:
            return utility::execute{text_of(as<ExecuteStmt>(node)->name),
                                    expressions(as<ExecuteStmt>(node)->params)};
        case T_DeallocateStmt:
            return utility::deallocate{text_of(as<DeallocateStmt>(node)->name)};
        case T_DeclareCursorStmt: {
            auto const* written = as<DeclareCursorStmt>(node);
            utility::declare_cursor out;
            out.name = text_of(written->portalname);
            out.binary = (written->options & CURSOR_OPT_BINARY) != 0;
            out.scroll = (written->options & CURSOR_OPT_SCROLL) != 0;
            out.no_scroll = (written->options & CURSOR_OPT_NO_SCROLL) != 0;
            out.insensitive = (written->options & CURSOR_OPT_INSENSITIVE) != 0;
            out.hold = (written->options & CURSOR_OPT_HOLD) != 0;
            out.query = statement(written->query);
            return out;
        }
        case T_FetchStmt:
            return fetch(as<FetchStmt>(node));
        case T_ClosePortalStmt:
            return utility::close_cursor{text_of(as<ClosePortalStmt>(node)->portalname)};
        case T_CopyStmt:
            return copy(node);
        case T_ExplainStmt:
            return utility::explain{options(as<ExplainStmt>(node)->options),
                                    statement(as<ExplainStmt>(node)->query)};
        default:
            return std::nullopt;
    }
}

}  // namespace sluice::sql
