#include "protocols/sql/execute/referential_texts.hpp"

#include <algorithm>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {
namespace {

std::string qualified(relation const& table, catalog_snapshot const& catalog) {
    auto const* schema = catalog.find_schema(table.schema);
    return quote_identifier(schema != nullptr ? schema->name : "public") + "." +
           quote_identifier(table.name);
}

std::string column_of(relation const& table, std::int16_t number) {
    return quote_identifier(table.find_column(number)->name);
}

// Always in quotes, as PostgreSQL writes them here.
std::string in_quotes(std::string const& name) {
    std::string out = "\"";
    for (auto const c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string where_of(foreign_key const& key, std::size_t first) {
    std::string out;
    for (std::size_t i = 0; i < key.rule.columns.size(); ++i)
        out += (i == 0 ? " WHERE " : " AND ") + column_of(*key.child, key.rule.columns[i]) + " = $" +
               std::to_string(first + i);
    return out;
}

std::vector<std::int16_t> set_columns(foreign_key const& key, bool removal) {
    bool const some = removal && !key.rule.delete_set_columns.empty();
    return some ? key.rule.delete_set_columns : key.rule.columns;
}

std::string set_value(char action, std::size_t number) {
    if (action == 'n') return "NULL";
    if (action == 'd') return "DEFAULT";
    return "$" + std::to_string(number);
}

}  // namespace

std::string find_text(foreign_key const& key, catalog_snapshot const& catalog, bool locked) {
    return "SELECT 1 FROM " + qualified(*key.child, catalog) + where_of(key, 1) + " LIMIT 1" +
           (locked ? " FOR SHARE" : "");
}

std::string remove_text(foreign_key const& key, catalog_snapshot const& catalog) {
    return "DELETE FROM " + qualified(*key.child, catalog) + where_of(key, 1);
}

std::string set_text(foreign_key const& key, catalog_snapshot const& catalog, char action,
                     bool removal) {
    std::string list;
    std::size_t number = 0;
    for (auto const column : set_columns(key, removal))
        list += (list.empty() ? "" : ", ") + column_of(*key.child, column) + " = " +
                set_value(action, ++number);
    return "UPDATE " + qualified(*key.child, catalog) + " SET " + list +
           where_of(key, action == 'c' ? number + 1 : 1);
}

std::string all_rows_text(foreign_key const& key, catalog_snapshot const& catalog) {
    std::string columns, joined, present;
    for (std::size_t i = 0; i < key.rule.columns.size(); ++i) {
        auto const child = "fk." + column_of(*key.child, key.rule.columns[i]);
        auto const parent = "pk." + column_of(*key.parent, key.rule.referenced_columns[i]);
        columns += (i == 0 ? "" : ", ") + child;
        joined += (i == 0 ? "" : " AND ") + parent + " = " + child;
        present += (i == 0 ? "" : key.rule.match == 'f' ? " OR " : " AND ") + child + " IS NOT NULL";
    }
    return "SELECT " + columns + " FROM " + qualified(*key.child, catalog) + " fk LEFT JOIN " +
           qualified(*key.parent, catalog) + " pk ON (" + joined + ") WHERE pk." +
           column_of(*key.parent, key.rule.referenced_columns[0]) + " IS NULL AND (" + present +
           ") LIMIT 1";
}

std::string shown_look_up(foreign_key const& key) {
    auto out = "SELECT 1 FROM ONLY " + in_quotes(key.parent_schema) + "." +
               in_quotes(key.parent->name) + " x";
    for (std::size_t i = 0; i < key.rule.referenced_columns.size(); ++i)
        out += (i == 0 ? " WHERE " : " AND ") +
               in_quotes(key.parent->find_column(key.rule.referenced_columns[i])->name) +
               " OPERATOR(pg_catalog.=) $" + std::to_string(i + 1);
    return out + " FOR KEY SHARE OF x";
}

std::string shown_find(foreign_key const& key) {
    auto out = "SELECT 1 FROM ONLY " + in_quotes(key.child_schema) + "." +
               in_quotes(key.child->name) + " x";
    for (std::size_t i = 0; i < key.rule.columns.size(); ++i)
        out += (i == 0 ? " WHERE $" : " AND $") + std::to_string(i + 1) +
               " OPERATOR(pg_catalog.=) " +
               in_quotes(key.child->find_column(key.rule.columns[i])->name);
    return out + " FOR KEY SHARE OF x";
}

std::string shown_text_of(char action, foreign_key const& key, bool removal) {
    std::string const table = in_quotes(key.child_schema) + "." + in_quotes(key.child->name);
    std::string out = "DELETE FROM ONLY " + table;
    std::size_t number = 0;
    if (action != 'x') {
        out = "UPDATE ONLY " + table + " SET ";
        for (auto const column : set_columns(key, removal)) {
            out += (number == 0 ? "" : ", ") + in_quotes(key.child->find_column(column)->name) +
                   " = " + set_value(action, number + 1);
            ++number;
        }
    }
    auto const first = action == 'c' ? number + 1 : 1;
    for (std::size_t i = 0; i < key.rule.columns.size(); ++i)
        out += (i == 0 ? " WHERE $" : " AND $") + std::to_string(first + i) +
               " OPERATOR(pg_catalog.=) " +
               in_quotes(key.child->find_column(key.rule.columns[i])->name);
    return out;
}

}  // namespace sluice::sql
