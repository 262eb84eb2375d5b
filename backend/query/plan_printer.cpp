#include "backend/query/plan_printer.hpp"

#include <algorithm>

#include "backend/query/constant_source.hpp"
#include "backend/query/printer.hpp"

namespace sluice::query {
namespace {

// Written-out rows beyond this are read through a source: parsing them costs more.
constexpr std::size_t written_rows_max = 16;

bool all_literals(constant_rows const& what) {
    for (auto const& row : what.rows)
        for (auto const& cell : row)
            if (!std::holds_alternative<literal>(cell->what)) return false;
    return true;
}

char const* join_words(join_kind what) {
    switch (what) {
        case join_kind::inner:
            return " JOIN ";
        case join_kind::left:
            return " LEFT JOIN ";
        case join_kind::right:
            return " RIGHT JOIN ";
        case join_kind::full:
            return " FULL JOIN ";
        case join_kind::cross:
            return " CROSS JOIN ";
        case join_kind::semi:
            return " SEMI JOIN ";
        case join_kind::anti:
            return " ANTI JOIN ";
    }
    return "";
}

char const* set_words(set_kind what) {
    switch (what) {
        case set_kind::union_all:
            return " UNION ALL ";
        case set_kind::union_distinct:
            return " UNION ";
        case set_kind::intersect_all:
            return " INTERSECT ALL ";
        case set_kind::intersect_distinct:
            return " INTERSECT ";
        case set_kind::except_all:
            return " EXCEPT ALL ";
        case set_kind::except_distinct:
            return " EXCEPT ";
    }
    return "";
}

std::string named_columns(std::string const& name, std::size_t count) {
    auto text = name + "(";
    for (std::size_t at = 0; at < count; ++at)
        text += (at == 0 ? "c" : ", c") + std::to_string(at);
    return text + ")";
}

}  // namespace

result<printed_plan> print_plan(node const& plan) {
    printer writer;
    auto text = writer.relation(plan);
    if (writer.failed()) return failure{error::unsupported, "a text with a zero byte"};
    return std::move(writer).finished(std::move(text));
}

printed_plan printer::finished(std::string text) && {
    plan_.text = std::move(text);
    return std::move(plan_);
}

std::string printer::relation(node const& what) {
    return std::visit([this](auto const& one) { return relation_of(one); }, what.what);
}

std::string printer::fresh(char const* prefix) { return prefix + std::to_string(numbered_++); }

printer::names printer::columns_of(std::string const& alias, std::size_t count) const {
    names all;
    for (std::size_t at = 0; at < count; ++at) all.push_back(alias + ".c" + std::to_string(at));
    return all;
}

// A row without columns still is a row: it carries a column that nobody names.
std::string printer::select_list(names const& columns) {
    if (columns.empty()) return "0 AS none";
    std::string text;
    for (std::size_t at = 0; at < columns.size(); ++at)
        text += (at == 0 ? "" : ", ") + columns[at] + " AS c" + std::to_string(at);
    return text;
}

printer::from_item printer::from(node const& what) {
    auto const alias = fresh("t");
    auto columns = columns_of(alias, what.columns.size());
    if (auto const* scanned = std::get_if<scan>(&what.what)) {
        columns.clear();
        for (auto const index : scanned->columns)
            columns.push_back(alias + ".c" + std::to_string(index));
        plan_.sources.push_back(scanned->source);
        return {"sluice_scan(" + std::to_string(plan_.sources.size() - 1) + ") AS " + alias, alias,
                std::move(columns)};
    }
    return {"(" + relation(what) + ") AS " + alias, alias, std::move(columns)};
}

std::string printer::relation_of(scan const& what) {
    auto const alias = fresh("t");
    names columns;
    for (auto const index : what.columns) columns.push_back(alias + ".c" + std::to_string(index));
    plan_.sources.push_back(what.source);
    return "SELECT " + select_list(columns) + " FROM sluice_scan(" +
           std::to_string(plan_.sources.size() - 1) + ") AS " + alias;
}

std::string printer::values_scan(constant_rows const& what) {
    std::vector<std::vector<value>> rows;
    for (auto const& row : what.rows) {
        auto& copied = rows.emplace_back();
        for (auto const& cell : row) copied.push_back(std::get<literal>(cell->what).held);
    }
    scan scanned{make_constant_source(what.types, std::move(rows)), {}};
    for (std::uint32_t at = 0; at < what.types.size(); ++at) scanned.columns.push_back(at);
    return relation_of(scanned);
}

std::string printer::relation_of(constant_rows const& what) {
    row_scope const scope{*this, {}};
    bool const is_plain = all_literals(what);
    if (what.rows.empty() || (what.rows.size() > written_rows_max && is_plain))
        return values_scan(what);
    std::string text;
    for (auto const& row : what.rows) {
        names cells;
        for (auto const& cell : row) cells.push_back(scalar_text(cell));
        if (!text.empty()) text += " UNION ALL ";
        text += "SELECT " + select_list(cells);
    }
    return text;
}

std::string printer::relation_of(project const& what) {
    auto const item = from(*what.input);
    row_scope const scope{*this, item.columns};
    names columns;
    for (auto const& one : what.columns) columns.push_back(scalar_text(one));
    return "SELECT " + select_list(columns) + " FROM " + item.text;
}

std::string printer::relation_of(filter const& what) {
    auto const item = from(*what.input);
    row_scope const scope{*this, item.columns};
    return "SELECT " + select_list(item.columns) + " FROM " + item.text + " WHERE " +
           scalar_text(what.condition);
}

std::string printer::relation_of(join const& what) {
    auto left = from(*what.left);
    from_item right;
    if (what.lateral) {
        row_scope const scope{*this, left.columns};
        auto const alias = fresh("t");
        right = {"LATERAL (" + relation(*what.right) + ") AS " + alias, alias,
                 columns_of(alias, what.right->columns.size())};
    } else {
        right = from(*what.right);
    }
    auto both = left.columns;
    both.insert(both.end(), right.columns.begin(), right.columns.end());
    bool const left_only = what.what == join_kind::semi || what.what == join_kind::anti;
    auto text = "SELECT " + select_list(left_only ? left.columns : both) + " FROM " + left.text +
                join_words(what.what) + right.text;
    if (what.what == join_kind::cross) return text;
    row_scope const scope{*this, std::move(both)};
    return text + " ON " + scalar_text(what.condition);
}

std::string printer::stage(staged& all, std::string const& alias, scalar_ptr const& what) {
    auto const name = "k" + std::to_string(all.count++);
    all.columns += ", " + scalar_text(what) + " AS " + name;
    return alias + "." + name;
}

std::string printer::direction(order const& by) {
    return std::string{by.descending ? " DESC" : " ASC"} +
           (by.nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

std::string printer::order_by(std::vector<order> const& by) {
    std::string text;
    for (auto const& one : by)
        text += (text.empty() ? " ORDER BY " : ", ") + scalar_text(one.by) + direction(one);
    return text;
}

std::string printer::staged_order(staged& all, std::string const& alias,
                                  std::vector<order> const& by) {
    std::string text;
    for (auto const& one : by)
        text += (text.empty() ? "ORDER BY " : ", ") + stage(all, alias, one.by) + direction(one);
    return text;
}

std::string printer::group_by(aggregation const& what, std::string const& alias) {
    auto const key = [&](std::size_t at) { return alias + ".k" + std::to_string(at); };
    std::string text;
    if (what.sets.empty()) {
        for (std::size_t at = 0; at < what.keys.size(); ++at)
            text += (at == 0 ? " GROUP BY " : ", ") + key(at);
        return text;
    }
    text = " GROUP BY GROUPING SETS (";
    for (std::size_t set = 0; set < what.sets.size(); ++set) {
        text += set == 0 ? "(" : ", (";
        for (std::size_t at = 0; at < what.sets[set].size(); ++at)
            text += (at == 0 ? "" : ", ") + key(what.sets[set][at]);
        text += ")";
    }
    return text + ")";
}

std::string printer::relation_of(aggregation const& what) {
    auto const item = from(*what.input);
    row_scope const scope{*this, item.columns};
    auto const alias = fresh("g");
    staged all;
    names columns;
    for (auto const& key : what.keys) columns.push_back(stage(all, alias, key));
    for (auto const& call : what.calls)
        columns.push_back(aggregate_text(all, alias, call.what, call.arguments, call.distinct,
                                         call.order, call.filter));
    // Without keys and calls it still is one row for all.
    if (columns.empty()) columns.push_back("count(*)");
    return "SELECT " + select_list(columns) + " FROM (SELECT 0 AS none" + all.columns + " FROM " +
           item.text + ") AS " + alias + group_by(what, alias);
}

std::string printer::relation_of(windowing const& what) {
    auto const item = from(*what.input);
    row_scope const scope{*this, item.columns};
    auto const alias = fresh("g");
    staged all;
    auto columns = columns_of(alias, item.columns.size());
    for (auto const& call : what.calls) columns.push_back(window_text(all, alias, call));
    return "SELECT " + select_list(columns) + " FROM (SELECT " + select_list(item.columns) +
           all.columns + " FROM " + item.text + ") AS " + alias;
}

std::string printer::relation_of(sorting const& what) {
    auto const item = from(*what.input);
    row_scope const scope{*this, item.columns};
    return "SELECT " + select_list(item.columns) + " FROM " + item.text + order_by(what.by);
}

std::string printer::relation_of(limiting const& what) {
    std::string text;
    if (auto const* sorted = std::get_if<sorting>(&what.input->what)) {
        text = relation_of(*sorted);
    } else {
        auto const item = from(*what.input);
        text = "SELECT " + select_list(item.columns) + " FROM " + item.text;
    }
    if (what.limit) text += " LIMIT " + std::to_string(*what.limit);
    if (what.offset != 0) text += " OFFSET " + std::to_string(what.offset);
    return text;
}

std::string printer::relation_of(distinction const& what) {
    auto const item = from(*what.input);
    row_scope const scope{*this, item.columns};
    std::string text = "SELECT DISTINCT ";
    if (!what.on.empty()) text += "ON (" + list_of(what.on, ", ") + ") ";
    return text + select_list(item.columns) + " FROM " + item.text + order_by(what.by);
}

std::string printer::relation_of(set_combination const& what) {
    auto const left = from(*what.left);
    auto const right = from(*what.right);
    return "(SELECT " + select_list(left.columns) + " FROM " + left.text + ")" +
           set_words(what.what) + "(SELECT " + select_list(right.columns) + " FROM " + right.text +
           ")";
}

std::string printer::relation_of(recursion const& what) {
    auto const name = fresh("r");
    auto const start = relation(*what.start);
    named_.emplace_back(what.name, name);
    auto const step = relation(*what.step);
    named_.pop_back();
    return "SELECT * FROM (WITH RECURSIVE " + named_columns(name, what.start->columns.size()) +
           " AS ((" + start + ")" + (what.distinct ? " UNION " : " UNION ALL ") + "(" + step +
           ")) SELECT * FROM " + name + ")";
}

std::string printer::relation_of(shared_rows const& what) {
    auto const name = fresh("r");
    auto const body = relation(*what.body);
    named_.emplace_back(what.name, name);
    auto const main = relation(*what.main);
    named_.pop_back();
    return "SELECT * FROM (WITH " + named_columns(name, what.body->columns.size()) +
           " AS MATERIALIZED (" + body + ") " + main + ")";
}

std::string printer::named(std::string const& name, std::size_t columns) const {
    auto const is_it = [&](auto const& one) { return one.first == name; };
    auto const found = std::find_if(named_.rbegin(), named_.rend(), is_it);
    return "SELECT " + select_list(columns_of(found->second, columns)) + " FROM " + found->second;
}

std::string printer::relation_of(recursive_scan const& what) {
    return named(what.name, what.types.size());
}

std::string printer::relation_of(shared_scan const& what) {
    return named(what.name, what.types.size());
}

std::string printer::relation_of(expansion const& what) {
    row_scope const scope{*this, {}};
    auto const alias = fresh("t");
    auto const from_text =
        " FROM (SELECT " + scalar_text(what.list) + " AS l) AS " + alias;
    auto text = "SELECT unnest(" + alias + ".l) AS c0";
    if (what.numbered) text += ", unnest(range(1, len(" + alias + ".l) + 1)) AS c1";
    return text + from_text;
}

}  // namespace sluice::query
