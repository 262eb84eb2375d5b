#include "protocols/sql/execute/expression_text.hpp"

#include <optional>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

using namespace syntax;

class expression_printer {
public:
    std::string print(expr_ptr const& node) { return node ? std::visit(*this, node->node) : ""; }
    std::string print(expr const& node) { return std::visit(*this, node.node); }
    std::optional<sql_error> const& refused() const { return refused_; }

    std::string operator()(column_ref const& node) {
        auto out = name(node.names);
        if (node.star) out += out.empty() ? "*" : ".*";
        return out;
    }
    std::string operator()(parameter_ref const& node) { return "$" + std::to_string(node.number); }
    std::string operator()(literal const& node) {
        switch (node.what) {
            case literal::kind::null: return "NULL";
            case literal::kind::integer:
                return node.integer < 0 ? "(" + std::to_string(node.integer) + ")"
                                        : std::to_string(node.integer);
            case literal::kind::floating: return node.text;
            case literal::kind::string: return quote_literal(node.text);
            case literal::kind::bits:
                return std::string(1, node.text.front()) + "'" + node.text.substr(1) + "'";
            case literal::kind::boolean: return node.integer != 0 ? "true" : "false";
        }
        return "";
    }
    std::string operator()(operation const& node) {
        auto const op = operator_text(node.name);
        switch (node.what) {
            case operation::kind::plain:
                return node.left ? "(" + print(node.left) + " " + op + " " + print(node.right) + ")"
                                 : "(" + op + " " + print(node.right) + ")";
            case operation::kind::any:
                return "(" + print(node.left) + " " + op + " ANY (" + print(node.right) + "))";
            case operation::kind::all:
                return "(" + print(node.left) + " " + op + " ALL (" + print(node.right) + "))";
            case operation::kind::distinct: return infix(node, "IS DISTINCT FROM");
            case operation::kind::not_distinct: return infix(node, "IS NOT DISTINCT FROM");
            case operation::kind::null_if:
                return "NULLIF(" + print(node.left) + ", " + print(node.right) + ")";
            case operation::kind::in:
                return "(" + print(node.left) + (op == "<>" ? " NOT IN (" : " IN (") +
                       list(node.list) + "))";
            case operation::kind::like: return infix(node, op == "!~~" ? "NOT LIKE" : "LIKE");
            case operation::kind::ilike: return infix(node, op == "!~~*" ? "NOT ILIKE" : "ILIKE");
            case operation::kind::similar:
                return infix(node, op == "!~" ? "NOT SIMILAR TO" : "SIMILAR TO");
            case operation::kind::between: return between(node, "BETWEEN");
            case operation::kind::not_between: return between(node, "NOT BETWEEN");
            case operation::kind::between_symmetric: return between(node, "BETWEEN SYMMETRIC");
            case operation::kind::not_between_symmetric:
                return between(node, "NOT BETWEEN SYMMETRIC");
        }
        return "";
    }
    std::string operator()(boolean_expr const& node) {
        if (node.what == boolean_expr::kind::negation)
            return "(NOT " + print(node.operands.front()) + ")";
        std::string out = "(";
        for (std::size_t i = 0; i < node.operands.size(); ++i) {
            if (i > 0) out += node.what == boolean_expr::kind::all ? " AND " : " OR ";
            out += print(node.operands[i]);
        }
        return out + ")";
    }
    std::string operator()(syntax::null_test const& node) {
        return "(" + print(node.operand) + (node.is_null ? " IS NULL)" : " IS NOT NULL)");
    }
    std::string operator()(syntax::boolean_test const& node) {
        static constexpr char const* words[]{" IS TRUE)",      " IS NOT TRUE)", " IS FALSE)",
                                             " IS NOT FALSE)", " IS UNKNOWN)",
                                             " IS NOT UNKNOWN)"};
        return "(" + print(node.operand) + words[static_cast<int>(node.what)];
    }
    std::string operator()(call const& node) {
        if (node.over || node.filter || !node.order.empty() || node.within_group)
            return refuse("aggregate and window calls");
        std::string out = name(node.name) + "(";
        if (node.star) out += "*";
        if (node.distinct) out += "DISTINCT ";
        for (std::size_t i = 0; i < node.arguments.size(); ++i) {
            if (i > 0) out += ", ";
            if (node.variadic && i + 1 == node.arguments.size()) out += "VARIADIC ";
            out += print(node.arguments[i]);
        }
        return out + ")";
    }
    std::string operator()(named_argument const& node) {
        return quote_identifier(node.name) + " => " + print(node.value);
    }
    std::string operator()(case_expr const& node) {
        std::string out = "CASE";
        if (node.argument) out += " " + print(node.argument);
        for (auto const& [when, then] : node.branches)
            out += " WHEN " + print(when) + " THEN " + print(then);
        if (node.otherwise) out += " ELSE " + print(node.otherwise);
        return out + " END";
    }
    std::string operator()(coalesce_expr const& node) {
        return "COALESCE(" + list(node.operands) + ")";
    }
    std::string operator()(extremum_expr const& node) {
        return (node.greatest ? "GREATEST(" : "LEAST(") + list(node.operands) + ")";
    }
    std::string operator()(session_value_expr const& node) {
        std::string out;
        for (auto const c : node.what)
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (out.ends_with("_N")) out.resize(out.size() - 2);
        if (node.modifier >= 0) out += "(" + std::to_string(node.modifier) + ")";
        return out;
    }
    std::string operator()(array_expr const& node) { return "ARRAY[" + list(node.elements) + "]"; }
    std::string operator()(row_expr const& node) { return "ROW(" + list(node.fields) + ")"; }
    std::string operator()(sublink const&) { return refuse("subqueries"); }
    std::string operator()(cast const& node) {
        return "(" + print(node.operand) + ")::" + type(node.type);
    }
    std::string operator()(collate const& node) {
        return "(" + print(node.operand) + " COLLATE " + name(node.collation) + ")";
    }
    std::string operator()(indirection const& node) {
        auto out = "(" + print(node.base) + ")";
        for (auto const& item : node.items) {
            switch (item.what) {
                case indirection::item::kind::field: out += "." + quote_identifier(item.field); break;
                case indirection::item::kind::star: out += ".*"; break;
                case indirection::item::kind::subscript: out += "[" + print(item.upper) + "]"; break;
                case indirection::item::kind::slice:
                    out += "[" + print(item.lower) + ":" + print(item.upper) + "]";
            }
        }
        return out;
    }
    std::string operator()(default_expr const&) { return refuse("DEFAULT"); }
    std::string operator()(grouping_expr const&) { return refuse("GROUPING"); }
    std::string operator()(current_of const&) { return refuse("CURRENT OF"); }

private:
    std::string refuse(std::string what) {
        if (!refused_) refused_ = sql_error("0A000", what + " cannot be used in this expression");
        return "";
    }
    static std::string name(qualified_name const& parts) {
        std::string out;
        for (auto const& each : parts) out += (out.empty() ? "" : ".") + quote_identifier(each);
        return out;
    }
    static std::string operator_text(qualified_name const& parts) {
        if (parts.size() <= 1) return parts.empty() ? "=" : parts.front();
        return "OPERATOR(" + quote_identifier(parts.front()) + "." + parts.back() + ")";
    }
    std::string infix(operation const& node, char const* word) {
        return "(" + print(node.left) + " " + word + " " + print(node.right) + ")";
    }
    std::string between(operation const& node, char const* word) {
        return "(" + print(node.left) + " " + word + " " + print(node.list[0]) + " AND " +
               print(node.list[1]) + ")";
    }
    std::string list(std::vector<expr_ptr> const& items) {
        std::string out;
        for (auto const& each : items) out += (out.empty() ? "" : ", ") + print(each);
        return out;
    }
    std::string type(type_name const& node) {
        if (node.set_of || node.percent_type || node.interval_fields >= 0)
            return refuse("this type");
        auto out = name(node.names);
        if (!node.modifiers.empty()) out += "(" + list(node.modifiers) + ")";
        for (auto const bound : node.array_bounds)
            out += bound < 0 ? "[]" : "[" + std::to_string(bound) + "]";
        return out;
    }

    std::optional<sql_error> refused_;
};

}  // namespace

sql_result<std::string> text_of_expression(expr const& expression) {
    expression_printer printer;
    auto out = printer.print(expression);
    if (printer.refused()) return *printer.refused();
    return out;
}

sql_result<std::string> text_of_default(syntax::expr const& expression, sql_type column,
                                        catalog_snapshot const& catalog) {
    auto text = text_of_expression(expression);
    auto const* bare = std::get_if<literal>(&expression.node);
    if (text.has_error() || bare == nullptr || bare->what != literal::kind::string) return text;
    // Without a length, these two names mean one character.
    if (column.oid == oid::bit) return text;
    auto const type =
        column.oid == oid::bpchar ? "bpchar" : catalog.format_type(sql_type{column.oid});
    return *text + "::" + type;
}

}  // namespace sluice::sql
