// WITH: common tables, recursive ones included.
#include <algorithm>

#include "protocols/sql/analyze/queries.hpp"

namespace sluice::sql {
namespace {

// Whether `name` is read anywhere in a statement's FROM clauses (a rough look: hiding by inner WITH
// clauses is not considered, so a table may count as recursive that is not).
bool reads(syntax::select const& body, std::string const& name);

bool reads(syntax::expr_ptr const& value, std::string const& name);

bool reads(syntax::from_ptr const& item, std::string const& name) {
    if (!item) return false;
    if (auto const* table = std::get_if<syntax::table_ref>(&item->node))
        return table->schema.empty() && table->name == name;
    if (auto const* inner = std::get_if<syntax::from_subquery>(&item->node))
        return inner->query && reads(*inner->query, name);
    if (auto const* join = std::get_if<syntax::from_join>(&item->node))
        return reads(join->left, name) || reads(join->right, name) || reads(join->condition, name);
    return false;
}

bool reads(syntax::expr_ptr const& value, std::string const& name) {
    if (!value) return false;
    auto const any = [&](std::vector<syntax::expr_ptr> const& list) {
        return std::any_of(list.begin(), list.end(),
                           [&](auto const& each) { return reads(each, name); });
    };
    if (auto const* sublink = std::get_if<syntax::sublink>(&value->node))
        return (sublink->query && reads(*sublink->query, name)) || reads(sublink->test, name);
    if (auto const* both = std::get_if<syntax::boolean_expr>(&value->node))
        return any(both->operands);
    if (auto const* operation = std::get_if<syntax::operation>(&value->node))
        return reads(operation->left, name) || reads(operation->right, name) ||
               any(operation->list);
    if (auto const* call = std::get_if<syntax::call>(&value->node)) return any(call->arguments);
    if (auto const* cast = std::get_if<syntax::cast>(&value->node))
        return reads(cast->operand, name);
    return false;
}

bool reads(syntax::select const& body, std::string const& name) {
    if (body.left && reads(*body.left, name)) return true;
    if (body.right && reads(*body.right, name)) return true;
    for (auto const& item : body.from)
        if (reads(item, name)) return true;
    for (auto const& each : body.targets)
        if (reads(each.value, name)) return true;
    if (reads(body.where, name) || reads(body.having, name)) return true;
    if (body.with)
        for (auto const& each : body.with->tables) {
            auto const* inner = std::get_if<syntax::select_ptr>(&each.body->body);
            if (inner != nullptr && reads(**inner, name)) return true;
        }
    return false;
}

outcome<void> rename(std::vector<result_column>& columns,
                     syntax::common_table_expr const& written) {
    if (written.columns.size() > columns.size())
        return sql_error("42P10", "WITH query \"" + written.name + "\" has " +
                                      std::to_string(columns.size()) + " columns available but " +
                                      std::to_string(written.columns.size()) + " columns specified")
            .at(written.position);
    for (std::size_t i = 0; i < written.columns.size(); ++i) columns[i].name = written.columns[i];
    for (auto& each : columns) {
        each.source_table = {};
        each.source_attribute = 0;
    }
    return {};
}

sql_error recursive_type(scope& in, std::string const& name, std::size_t column, sql_type first,
                         sql_type all, std::int32_t position) {
    return sql_error("42804", "recursive query \"" + name + "\" column " +
                                  std::to_string(column + 1) + " has type " +
                                  in.context.name(first) + " in non-recursive term but type " +
                                  in.context.name(all) + " overall")
        .with_hint("Cast the output of the non-recursive term to the correct type.")
        .at(position);
}

outcome<common_table> analyze_recursive(scope& in, syntax::common_table_expr const& written,
                                        syntax::select const& body) {
    if (body.op != syntax::set_op::union_ || !body.left || !body.right)
        return sql_error("42P19", "recursive query \"" + written.name +
                                      "\" does not have the form non-recursive-term UNION [ALL] "
                                      "recursive-term")
            .at(written.position);
    if (reads(*body.left, written.name))
        return sql_error("42P19", "recursive reference to query \"" + written.name +
                                      "\" must not appear within its non-recursive term")
            .at(written.position);
    auto const refuse = [&](char const* what) {
        return sql_error("0A000", std::string(what) + " in a recursive query is not implemented")
            .at(written.position);
    };
    if (!body.order.empty()) return refuse("ORDER BY");
    if (body.offset) return refuse("OFFSET");
    if (body.limit) return refuse("LIMIT");
    if (!body.locking.empty()) return refuse("FOR UPDATE/SHARE");
    auto const index = in.visible_tables.size() - 1;
    scope combined(in.context, &in);
    if (body.with) {
        SLUICE_CHECK(analyze_with(combined, *body.with));
    }
    query_options plain;
    SLUICE_TRY(auto left, analyze_query(in.context, &combined, *body.left, plain));
    auto columns = columns_of(*left);
    SLUICE_CHECK(rename(columns, written));
    in.visible_tables[index].columns = columns;
    in.visible_tables[index].columns_known = true;
    SLUICE_TRY(auto right, analyze_query(in.context, &combined, *body.right,
                                         query_options{.resolve_unknowns = false}));
    if (in.visible_tables[index].references > 1)
        return sql_error("42P19", "recursive reference to query \"" + written.name +
                                      "\" must not appear more than once")
            .at(written.position);
    SLUICE_TRY(auto const types, combined_types(in.context, *left, *right, "UNION"));
    for (std::size_t i = 0; i < types.size(); ++i)
        if (types[i].oid != columns[i].type.oid ||
            (types[i].modifier != columns[i].type.modifier && columns[i].type.modifier != -1))
            return recursive_type(in, written.name, i, columns[i].type, types[i],
                                  left->targets[i].value->position);
    auto made = std::make_shared<query>();
    SLUICE_TRY(made->left, coerce_columns(in.context, std::move(left), types));
    SLUICE_TRY(made->right, coerce_columns(in.context, std::move(right), types));
    made->combine = body.all ? set_operation::union_all : set_operation::union_distinct;
    made->common_tables = std::move(combined.tables);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        target each;
        each.value = make_node(column_reference{0, 0, static_cast<std::uint32_t>(i)}, types[i], 0);
        each.column = columns[i];
        each.column.type = types[i];
        made->targets.push_back(std::move(each));
    }
    common_table out;
    out.name = written.name;
    out.recursive = true;
    out.columns = columns;
    out.body = std::move(made);
    return out;
}

outcome<common_table> analyze_one(scope& in, syntax::common_table_expr const& written,
                                  syntax::select const& body) {
    SLUICE_TRY(auto made, analyze_query(in.context, &in, body));
    common_table out;
    out.name = written.name;
    out.columns = columns_of(*made);
    SLUICE_CHECK(rename(out.columns, written));
    out.body = std::move(made);
    return out;
}

}  // namespace

visible_table* find_common_table(scope& from, std::string_view name, std::uint32_t& levels) {
    levels = 0;
    for (scope* at = &from; at != nullptr; at = at->parent, ++levels)
        for (auto each = at->visible_tables.rbegin(); each != at->visible_tables.rend(); ++each)
            if (each->name == name) return &*each;
    return nullptr;
}

outcome<void> analyze_with(scope& in, syntax::with_clause const& with) {
    for (std::size_t i = 0; i < with.tables.size(); ++i)
        for (std::size_t j = i + 1; j < with.tables.size(); ++j)
            if (with.tables[i].name == with.tables[j].name)
                return sql_error("42712", "WITH query name \"" + with.tables[j].name +
                                              "\" specified more than once")
                    .at(with.tables[j].position);
    for (auto const& written : with.tables) {
        if (written.search_or_cycle)
            return sql_error("0A000", "SEARCH and CYCLE are not supported").at(written.position);
        auto const* body =
            written.body ? std::get_if<syntax::select_ptr>(&written.body->body) : nullptr;
        if (body == nullptr)
            return sql_error("0A000", "data-modifying statements in WITH are not supported")
                .at(written.position);
        bool const recursive = with.recursive && reads(**body, written.name);
        auto const index = static_cast<std::uint32_t>(in.tables.size());
        common_table made;
        if (recursive) {
            visible_table self;
            self.name = written.name;
            self.index = index;
            self.being_defined = true;
            in.visible_tables.push_back(std::move(self));
            SLUICE_TRY(made, analyze_recursive(in, written, **body));
            in.visible_tables.pop_back();
        } else {
            SLUICE_TRY(made, analyze_one(in, written, **body));
        }
        visible_table done;
        done.name = written.name;
        done.index = index;
        done.columns = made.columns;
        done.columns_known = true;
        in.visible_tables.push_back(std::move(done));
        in.tables.push_back(std::move(made));
    }
    return {};
}

}  // namespace sluice::sql
