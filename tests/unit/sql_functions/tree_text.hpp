// Reads the expression trees that make_golden.py writes: (kind type modifier ... children).
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocols/sql/functions/evaluate.hpp"
#include "tests/unit/sql_functions/golden_file.hpp"

namespace sluice::sql {

class tree_reader {
public:
    tree_reader(std::string_view text, io_context const& io) : rest_(text), io_(io) {}

    expression_ptr read() {
        skip_space();
        if (rest_.front() == '-') {
            rest_.remove_prefix(1);
            return nullptr;
        }
        expect('(');
        auto const kind = word();
        expression node;
        node.type.oid = type_oid{static_cast<std::uint32_t>(number())};
        node.type.modifier = static_cast<std::int32_t>(number());
        fill(kind, node);
        expect(')');
        return std::make_shared<expression const>(std::move(node));
    }

private:
    void skip_space() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    }
    void expect(char c) {
        skip_space();
        if (rest_.empty() || rest_.front() != c)
            throw std::runtime_error("tree: expected " + std::string(1, c));
        rest_.remove_prefix(1);
    }
    std::string word() {
        skip_space();
        auto const length = rest_.find_first_of(" )");
        std::string out(rest_.substr(0, length));
        rest_.remove_prefix(out.size());
        return out;
    }
    long long number() { return std::stoll(word()); }
    object_oid function() { return object_oid{static_cast<std::uint32_t>(number())}; }
    bool more() {
        skip_space();
        return rest_.front() != ')';
    }
    std::vector<expression_ptr> rest() {
        std::vector<expression_ptr> all;
        while (more()) all.push_back(read());
        return all;
    }
    std::string quoted() {
        expect('"');
        std::string raw;
        while (rest_.front() != '"') {
            if (rest_.front() == '\\') {
                raw.push_back('\\');
                rest_.remove_prefix(1);
            }
            raw.push_back(rest_.front());
            rest_.remove_prefix(1);
        }
        rest_.remove_prefix(1);
        return unescape(raw);
    }

    void fill(std::string const& kind, expression& node) {
        if (kind == "column") {
            node.node = column_reference{0, 0, static_cast<std::uint32_t>(number())};
        } else if (kind == "null") {
            node.node = constant{};
        } else if (kind == "value") {
            node.node = constant{input_text({node.type.oid, -1}, quoted(), io_).value()};
        } else if (kind == "call") {
            function_call call;
            call.function = function();
            call.variadic = number() != 0;
            call.arguments = rest();
            node.node = std::move(call);
        } else if (kind == "any") {
            array_comparison made;
            made.function = function();
            made.any = number() != 0;
            made.left = read();
            made.array = read();
            node.node = std::move(made);
        } else if (kind == "distinct" || kind == "nullif") {
            auto const equality = function();
            auto const left = read(), right = read();
            if (kind == "distinct")
                node.node = distinct_test{equality, left, right};
            else
                node.node = null_if{equality, left, right};
        } else if (kind == "relabel" || kind == "io") {
            coercion made;
            made.how = kind == "io" ? coercion::kind::through_text : coercion::kind::relabel;
            made.operand = read();
            node.node = std::move(made);
        } else if (kind == "elements") {
            coercion made;
            made.how = coercion::kind::array_elements;
            made.operand = read();
            made.element = read();
            node.node = std::move(made);
        } else if (kind == "argument") {
            node.node = case_argument{};
        } else if (kind == "and" || kind == "or" || kind == "not") {
            using what = boolean_operation::kind;
            node.node = boolean_operation{kind == "and"  ? what::all
                                          : kind == "or" ? what::any
                                                         : what::negation,
                                          rest()};
        } else {
            fill_other(kind, node);
        }
    }
    void fill_other(std::string const& kind, expression& node) {
        if (kind == "isnull") {
            bool const null = number() == 0;
            node.node = null_test{read(), !null};
        } else if (kind == "booltest") {
            auto const what = static_cast<boolean_test::kind>(number());
            node.node = boolean_test{read(), what};
        } else if (kind == "coalesce") {
            node.node = coalesce{rest()};
        } else if (kind == "greatest" || kind == "least") {
            node.node = extremum{kind == "greatest", rest()};
        } else if (kind == "case") {
            case_when made;
            auto parts = rest();
            made.argument = parts.front();
            made.otherwise = parts.back();
            for (std::size_t i = 1; i + 2 < parts.size(); i += 2)
                made.branches.emplace_back(parts[i], parts[i + 1]);
            node.node = std::move(made);
        } else if (kind == "array") {
            bool const nested = number() != 0;
            node.node = array_constructor{rest(), nested};
        } else if (kind == "subscript") {
            array_subscript made;
            bool const slice = number() != 0;
            made.array = read();
            while (more()) {
                array_subscript::bounds each;
                each.slice = slice;
                each.lower = read();
                each.upper = read();
                made.subscripts.push_back(each);
            }
            node.node = std::move(made);
        } else if (kind == "row") {
            node.node = row_constructor{rest()};
        } else {
            throw std::runtime_error("tree: unknown node " + kind);
        }
    }

    std::string_view rest_;
    io_context const& io_;
};

}  // namespace sluice::sql
