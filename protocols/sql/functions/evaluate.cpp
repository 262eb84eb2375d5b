#include "protocols/sql/functions/evaluate.hpp"

#include <array>

#include "protocols/sql/functions/evaluate_arrays.hpp"
#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/functions/session_values.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

sql_error internal(char const* what) { return {"XX000", what}; }
sql_error longer_than(std::size_t most) {
    return {"54000", "value is longer than the limit of " + std::to_string(most) + " bytes"};
}
sql_error too_deep() {
    return sql_error("54001", "stack depth limit exceeded").with_hint("Simplify the expression.");
}

// Counts the depth of nested evaluation for as long as it lives.
class depth_guard {
public:
    explicit depth_guard(evaluation_context& context) : context_(context) { ++context_.depth; }
    ~depth_guard() { --context_.depth; }
    depth_guard(depth_guard const&) = delete;
    depth_guard& operator=(depth_guard const&) = delete;
    bool too_deep() const { return context_.depth > context_.io.limits.nesting; }

private:
    evaluation_context& context_;
};

// Values that wait while the rest of an expression is evaluated; what lies in a datum is free.
class waiting_values {
public:
    explicit waiting_values(evaluation_context& context) : context_(context) {}
    waiting_values(waiting_values const&) = delete;
    waiting_values& operator=(waiting_values const&) = delete;
    ~waiting_values() { context_.held_bytes -= bytes_; }

    sql_result<void> add(datum const& value) {
        auto const bytes = outside_weight(value);
        if (bytes == 0) return {};
        bytes_ += bytes;
        context_.held_bytes += bytes;
        if (context_.held_bytes <= context_.memory_bytes) return {};
        return sql_error("53200", "out of memory")
            .with_detail("An expression would hold more than " +
                         std::to_string(context_.memory_bytes) + " bytes of values.");
    }

private:
    evaluation_context& context_;
    std::size_t bytes_ = 0;
};

class evaluator {
public:
    evaluator(expression const& self, evaluation_context& context)
        : self_(self), context_(context) {}

    sql_result<datum> operator()(constant const& node) { return node.value; }
    sql_result<datum> operator()(parameter const& node) {
        if (node.number == 0 || node.number > context_.parameters.size())
            return sql_error("42P02", "there is no parameter $" + std::to_string(node.number));
        return context_.parameters[node.number - 1];
    }
    sql_result<datum> operator()(column_reference const& node) {
        if (context_.columns == nullptr) return internal("no row to evaluate a column for");
        return context_.columns->value(node);
    }
    sql_result<datum> operator()(whole_row_reference const& node) {
        if (context_.columns == nullptr) return internal("no row to evaluate a row for");
        return context_.columns->whole_row(node);
    }
    sql_result<datum> operator()(system_column_reference const& node) {
        if (context_.columns == nullptr) return internal("no row to evaluate a column for");
        return context_.columns->system_column(node);
    }
    sql_result<datum> operator()(function_call const& node) { return call(node); }
    // A target's: its rows are taken one by one (query_rows), beside the expression around it.
    sql_result<datum> operator()(set_returning_call const&) {
        auto const* value = context_.computed ? context_.computed(self_) : nullptr;
        if (value != nullptr) return *value;
        return sql_error("0A000", "set-returning functions are not allowed here");
    }

    sql_result<datum> operator()(boolean_operation const& node) {
        using kind = boolean_operation::kind;
        if (node.what == kind::negation) {
            SLUICE_TRY(auto const value, evaluate(*node.operands[0], context_));
            if (is_null(value)) return value;
            return datum(!std::get<bool>(value));
        }
        bool const decides = node.what == kind::any;
        bool unknown = false;
        for (auto const& operand : node.operands) {
            SLUICE_TRY(auto const value, evaluate(*operand, context_));
            if (is_null(value))
                unknown = true;
            else if (std::get<bool>(value) == decides)
                return datum(decides);
        }
        if (unknown) return datum();
        return datum(!decides);
    }
    sql_result<datum> operator()(null_test const& node) {
        SLUICE_TRY(auto const value, evaluate(*node.operand, context_));
        bool null = is_null(value), not_null = !null;
        if (auto const* row = std::get_if<std::shared_ptr<row_value const>>(&value)) {
            null = not_null = true;
            for (auto const& field : (*row)->fields) {
                null = null && sql::is_null(field);
                not_null = not_null && !sql::is_null(field);
            }
        }
        return datum(node.is_null ? null : not_null);
    }
    static bool is_null(datum const& value) { return sql::is_null(value); }
    sql_result<datum> operator()(boolean_test const& node) {
        SLUICE_TRY(auto const value, evaluate(*node.operand, context_));
        bool const unknown = is_null(value), truth = !unknown && std::get<bool>(value);
        switch (node.what) {
            case boolean_test::kind::is_true:
                return datum(truth);
            case boolean_test::kind::is_not_true:
                return datum(!truth);
            case boolean_test::kind::is_false:
                return datum(!unknown && !truth);
            case boolean_test::kind::is_not_false:
                return datum(unknown || truth);
            case boolean_test::kind::is_unknown:
                return datum(unknown);
            case boolean_test::kind::is_not_unknown:
                return datum(!unknown);
        }
        return internal("unknown boolean test");
    }
    sql_result<datum> operator()(distinct_test const& node) {
        waiting_values waiting(context_);
        SLUICE_TRY(auto const left, evaluate(*node.left, context_));
        SLUICE_CHECK(waiting.add(left));
        SLUICE_TRY(auto const right, evaluate(*node.right, context_));
        if (is_null(left) || is_null(right)) return datum(is_null(left) != is_null(right));
        SLUICE_TRY(auto const equal,
                   pair(node.equality, left, right, node.left->type, node.right->type));
        return datum(is_null(equal) || !std::get<bool>(equal));
    }
    sql_result<datum> operator()(null_if const& node) {
        waiting_values waiting(context_);
        SLUICE_TRY(auto left, evaluate(*node.left, context_));
        SLUICE_CHECK(waiting.add(left));
        SLUICE_TRY(auto const right, evaluate(*node.right, context_));
        if (is_null(left) || is_null(right)) return left;
        SLUICE_TRY(auto const equal,
                   pair(node.equality, left, right, node.left->type, node.right->type));
        if (!is_null(equal) && std::get<bool>(equal)) return datum();
        return left;
    }
    sql_result<datum> operator()(coalesce const& node) {
        for (auto const& operand : node.operands) {
            SLUICE_TRY(auto value, evaluate(*operand, context_));
            if (!is_null(value)) return value;
        }
        return datum();
    }
    sql_result<datum> operator()(extremum const& node) {
        datum best;
        for (auto const& operand : node.operands) {
            waiting_values waiting(context_);
            SLUICE_CHECK(waiting.add(best));
            SLUICE_TRY(auto value, evaluate(*operand, context_));
            if (is_null(value)) continue;
            if (!is_null(best)) {
                auto const order = compare_values(self_.type.oid, value, best, context_.io.types);
                if (node.greatest ? order <= 0 : order >= 0) continue;
            }
            best = std::move(value);
        }
        return best;
    }
    sql_result<datum> operator()(case_when const& node) {
        datum argument;
        waiting_values waiting(context_);
        auto const* outer = context_.case_value;
        if (node.argument) {
            SLUICE_TRY(argument, evaluate(*node.argument, context_));
            SLUICE_CHECK(waiting.add(argument));
            context_.case_value = &argument;
        }
        auto const restore = [&](sql_result<datum> value) {
            context_.case_value = outer;
            return value;
        };
        for (auto const& [condition, value] : node.branches) {
            if (node.argument) context_.case_value = &argument;
            auto const met = evaluate_condition(*condition, context_);
            if (met.has_error()) return restore(met.error());
            if (*met) return restore(evaluate(*value, context_));
        }
        if (!node.otherwise) return restore(datum());
        return restore(evaluate(*node.otherwise, context_));
    }
    sql_result<datum> operator()(case_argument const&) {
        if (context_.case_value == nullptr) return internal("no CASE argument here");
        return *context_.case_value;
    }
    sql_result<datum> operator()(row_comparison const& node) {
        for (std::size_t i = 0; i < node.left.size(); ++i) {
            waiting_values waiting(context_);
            SLUICE_TRY(auto const left, evaluate(*node.left[i], context_));
            SLUICE_CHECK(waiting.add(left));
            SLUICE_TRY(auto const right, evaluate(*node.right[i], context_));
            if (is_null(left) || is_null(right)) return datum();
            auto const order =
                compare_values(node.left[i]->type.oid, left, right, context_.io.types);
            if (order == 0) continue;
            bool const less = node.what == row_comparison::kind::less ||
                              node.what == row_comparison::kind::less_equal;
            return datum(less ? order < 0 : order > 0);
        }
        return datum(node.what == row_comparison::kind::less_equal ||
                     node.what == row_comparison::kind::greater_equal);
    }
    sql_result<datum> operator()(coercion const& node) { return coerce(node); }
    sql_result<datum> operator()(array_comparison const& node) {
        waiting_values waiting(context_);
        SLUICE_TRY(auto const left, evaluate(*node.left, context_));
        SLUICE_CHECK(waiting.add(left));
        SLUICE_TRY(auto const array, evaluate(*node.array, context_));
        return compare_with_array(node, left, array, context_);
    }
    sql_result<datum> operator()(array_constructor const& node) {
        std::vector<datum> elements;
        elements.reserve(node.elements.size());
        waiting_values waiting(context_);
        for (auto const& each : node.elements) {
            SLUICE_TRY(auto value, evaluate(*each, context_));
            SLUICE_CHECK(waiting.add(value));
            elements.push_back(std::move(value));
        }
        return construct_array(node, self_.type.oid, std::move(elements), context_);
    }
    sql_result<datum> operator()(array_subscript const& node) {
        waiting_values waiting(context_);
        SLUICE_TRY(auto const array, evaluate(*node.array, context_));
        SLUICE_CHECK(waiting.add(array));
        return subscript_array(node, array, self_.type, context_);
    }
    sql_result<datum> operator()(row_constructor const& node) {
        auto row = std::make_shared<row_value>();
        waiting_values waiting(context_);
        for (auto const& field : node.fields) {
            SLUICE_TRY(auto value, evaluate(*field, context_));
            SLUICE_CHECK(waiting.add(value));
            row->types.push_back(field->type.oid);
            row->fields.push_back(std::move(value));
        }
        return datum(std::shared_ptr<row_value const>(std::move(row)));
    }
    sql_result<datum> operator()(field_selection const& node) {
        SLUICE_TRY(auto const value, evaluate(*node.row, context_));
        auto const* row = std::get_if<std::shared_ptr<row_value const>>(&value);
        if (row == nullptr) return datum();
        if (node.field >= (*row)->fields.size()) return internal("row has no such field");
        return (*row)->fields[node.field];
    }
    sql_result<datum> operator()(subquery_expression const& node) {
        if (context_.subqueries == nullptr)
            return sql_error("0A000", "cannot use subquery in this expression");
        std::vector<datum> left;
        waiting_values waiting(context_);
        for (auto const& each : node.left) {
            SLUICE_TRY(auto value, evaluate(*each, context_));
            SLUICE_CHECK(waiting.add(value));
            left.push_back(std::move(value));
        }
        return context_.subqueries->run(node, left, self_.type, context_);
    }
    sql_result<datum> operator()(aggregate_call const&) { return computed(); }
    sql_result<datum> operator()(window_call const&) { return computed(); }
    sql_result<datum> operator()(grouping_call const&) { return computed(); }
    sql_result<datum> operator()(session_value const& node) {
        return session_value_of(node.what, self_.type, context_);
    }
    sql_result<datum> operator()(sequence_default const& node) {
        if (context_.sequences == nullptr) return internal("no sequences here");
        SLUICE_TRY(auto const value, context_.sequences->next_value(node.sequence));
        auto const most = self_.type.oid == oid::int2 ? 32767LL : 2147483647LL;
        if (self_.type.oid != oid::int8 && (value > most || value < -most - 1))
            return sql_error("22003", self_.type.oid == oid::int2 ? "smallint out of range"
                                                                  : "integer out of range");
        return datum(value);
    }

private:
    sql_result<datum> computed() {
        auto const* value = context_.computed ? context_.computed(self_) : nullptr;
        if (value == nullptr) return internal("aggregate or window function was not computed");
        return *value;
    }

    sql_result<datum> pair(object_oid function, datum const& left, datum const& right,
                           sql_type left_type, sql_type right_type) {
        std::array<datum, 2> const arguments{left, right};
        std::array<sql_type, 2> const types{left_type, right_type};
        return call_function(function, arguments, types, {oid::boolean, -1}, context_);
    }

    // The common call has few arguments: they stay on the stack.
    sql_result<datum> call(function_call const& node) {
        constexpr std::size_t few = 4;
        auto const count = node.arguments.size();
        if (count <= few) {
            std::array<datum, few> arguments;
            std::array<sql_type, few> types;
            return call_with(node, {arguments.data(), count}, {types.data(), count});
        }
        std::vector<datum> arguments(count);
        std::vector<sql_type> types(count);
        return call_with(node, arguments, types);
    }
    sql_result<datum> call_with(function_call const& node, std::span<datum> arguments,
                                std::span<sql_type> types) {
        waiting_values waiting(context_);
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            SLUICE_TRY(arguments[i], evaluate(*node.arguments[i], context_));
            types[i] = node.arguments[i]->type;
            SLUICE_CHECK(waiting.add(arguments[i]));
        }
        return call_function(node.function, arguments, types, self_.type, context_, node.variadic);
    }

    sql_result<datum> coerce(coercion const& node) {
        using kind = coercion::kind;
        SLUICE_TRY(auto value, evaluate(*node.operand, context_));
        if (is_null(value)) return value;
        switch (node.how) {
            case kind::relabel:
                return value;
            case kind::through_text: {
                std::string text;
                output_text(node.operand->type.oid, value, context_.io, text);
                return input_text(self_.type, text, context_.io);
            }
            case kind::length:
                return apply_modifier(self_.type, std::move(value), node.is_explicit, context_.io);
            case kind::to_domain:
                if (context_.domains) {
                    SLUICE_CHECK(context_.domains(self_.type.oid, value));
                }
                return value;
            case kind::array_elements:
                return coerce_elements(node, value);
        }
        return internal("unknown coercion");
    }

    sql_result<datum> coerce_elements(coercion const& node, datum const& value) {
        auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value);
        if (array == nullptr || !node.element) return internal("not an array");
        auto made = std::make_shared<array_value>(**array);
        auto const target = builtin_element_of(self_.type.oid);
        made->element = target != type_oid{} ? target : node.element->type.oid;
        auto const* outer = context_.case_value;
        waiting_values waiting(context_);
        for (auto& each : made->elements) {
            if (is_null(each)) continue;
            context_.case_value = &each;
            auto element = evaluate(*node.element, context_);
            context_.case_value = outer;
            if (element.has_error()) return std::move(element).error();
            SLUICE_CHECK(waiting.add(*element));
            each = std::move(*element);
        }
        return datum(std::shared_ptr<array_value const>(std::move(made)));
    }

    expression const& self_;
    evaluation_context& context_;
};

}  // namespace

sql_result<datum> evaluate(expression const& node, evaluation_context& context) {
    depth_guard const guard(context);
    if (guard.too_deep()) return too_deep();
    return std::visit(evaluator(node, context), node.node);
}

sql_result<bool> evaluate_condition(expression const& node, evaluation_context& context) {
    SLUICE_TRY(auto const value, evaluate(node, context));
    auto const* truth = std::get_if<bool>(&value);
    return truth != nullptr && *truth;
}

sql_result<datum> call_function(object_oid function, std::span<datum const> arguments,
                                std::span<sql_type const> types, sql_type result,
                                evaluation_context& context, bool variadic) {
    auto const& served = find_function(function);
    if (served.facts == nullptr || !(served.scalar != nullptr || served.in_catalog))
        return not_served(function);
    auto const needed =
        served.facts->arguments.size() - (served.facts->variadic == type_oid{} ? 0 : 1);
    if (arguments.size() < needed) return internal("too few arguments in a function call");
    if (served.facts->strict)
        for (auto const& each : arguments)
            if (is_null(each)) return datum();
    if (context.cancelled && context.cancelled())
        return sql_error("57014", "canceling statement due to user request");
    if (served.scalar == nullptr) {
        if (context.catalog == nullptr) return not_served(function);
        return context.catalog->call(function, served.facts->name, arguments, context);
    }
    function_frame frame{arguments, types, result, context, variadic, function, nullptr};
    auto value = served.scalar(frame);
    if (frame.error) return std::move(*frame.error);
    auto const most = context.io.limits.value_bytes;
    if (auto const* text = std::get_if<std::string>(&value)) {
        if (text->size() > most) return longer_than(most);
    } else if (std::holds_alternative<std::shared_ptr<array_value const>>(value) &&
               weight_of(value) > most) {
        return longer_than(most);
    }
    return value;
}

sql_error not_served(object_oid function) {
    auto const* facts = find_function_facts(function);
    std::string name = std::to_string(static_cast<std::uint32_t>(function));
    if (facts != nullptr) {
        name = std::string(facts->name) + "(";
        for (std::size_t i = 0; i < facts->arguments.size(); ++i) {
            if (i != 0) name += ", ";
            name += format_type({facts->arguments[i], -1}, nullptr);
        }
        name += ")";
    }
    return {"0A000", "function " + name + " is not supported"};
}

}  // namespace sluice::sql
