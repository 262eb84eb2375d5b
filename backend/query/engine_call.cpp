#include <duckdb.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>

#include "backend/query/engine_functions.hpp"
#include "backend/query/value_vectors.hpp"

namespace sluice::query {
namespace {

struct slot_info final : duckdb::ScalarFunctionInfo {
    explicit slot_info(execution_slot& of) : slot(of) {}
    execution_slot& slot;
};

struct call_data final : duckdb::FunctionData {
    call_data(execution& query, std::shared_ptr<own_function const> called)
        : running(query), function(std::move(called)) {}
    duckdb::unique_ptr<duckdb::FunctionData> Copy() const override {
        return duckdb::make_uniq<call_data>(running, function);
    }
    bool Equals(duckdb::FunctionData const& other) const override {
        return other.Cast<call_data>().function == function;
    }
    execution& running;
    std::shared_ptr<own_function const> function;
};

// The first argument is the function's number; it is gone once the call is bound.
duckdb::unique_ptr<duckdb::FunctionData> bind_call(
    duckdb::ClientContext& context, duckdb::ScalarFunction& bound,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
    auto& slot = bound.function_info->Cast<slot_info>().slot;
    auto const written = duckdb::ExpressionExecutor::EvaluateScalar(context, *arguments[0]);
    auto const number = static_cast<std::size_t>(written.GetValue<std::int64_t>());
    if (slot.current == nullptr || number >= slot.current->plan().functions.size())
        throw duckdb::BinderException("no such function");
    auto const& function = slot.current->plan().functions[number];
    duckdb::Function::EraseArgument(bound, arguments, 0);
    bound.arguments.clear();
    for (auto const type : function->arguments) bound.arguments.push_back(engine_type(type));
    if (bound.arguments.size() != arguments.size())
        throw duckdb::BinderException("a call with other arguments");
    bound.varargs = duckdb::LogicalType(duckdb::LogicalTypeId::INVALID);
    bound.return_type = engine_type(function->returns);
    bound.stability = function->is_volatile ? duckdb::FunctionStability::VOLATILE
                                            : duckdb::FunctionStability::CONSISTENT_WITHIN_QUERY;
    bound.errors = duckdb::FunctionErrors::CAN_THROW_RUNTIME_ERROR;
    return duckdb::make_uniq<call_data>(*slot.current, function);
}

bool has_null(std::vector<value> const& row) {
    for (auto const& one : row)
        if (std::holds_alternative<std::monostate>(one.held)) return true;
    return false;
}

// The answers for rows [0, count).
class caller {
public:
    caller(call_data const& data, duckdb::DataChunk& arguments, std::size_t count)
        : data_(data), row_(data.function->arguments.size()) {
        for (std::size_t column = 0; column < row_.size(); ++column)
            columns_.emplace_back(arguments.data[column], data.function->arguments[column], count);
    }

    // nullopt: null without a call.
    std::optional<result<value>> answer(std::size_t row) {
        auto const& function = *data_.function;
        if (function.fold) {
            auto each = columns_[0].list(row);
            return function.fold(each);
        }
        for (std::size_t column = 0; column < row_.size(); ++column)
            columns_[column].get(row, row_[column]);
        if (function.nulls_to_null && has_null(row_)) return std::nullopt;
        return function.call(row_);
    }

private:
    call_data const& data_;
    std::vector<value> row_;
    std::vector<column_reader> columns_;
};

// Between two looks at whether the query shall end.
constexpr std::size_t calls_per_look = 64;

void call_rows(duckdb::DataChunk& arguments, duckdb::ExpressionState& state,
               duckdb::Vector& to) {
    auto const& bound = state.expr.Cast<duckdb::BoundFunctionExpression>();
    auto const& data = bound.bind_info->Cast<call_data>();
    auto const& function = *data.function;
    bool const is_once = !function.is_volatile && arguments.AllConstant();
    auto const count = is_once ? std::min<std::size_t>(1, arguments.size()) : arguments.size();
    caller calls{data, arguments, count};
    to.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    for (std::size_t row = 0; row < count; ++row) {
        if (row % calls_per_look == 0)
            if (auto why = data.running.interruption()) data.running.fail(std::move(*why));
        auto answer = calls.answer(row);
        if (!answer) {
            duckdb::FlatVector::SetNull(to, row, true);
            continue;
        }
        if (answer->has_error()) data.running.fail(std::move(*answer).error());
        if (!set_value(to, function.returns, row, **answer))
            data.running.fail({error::corrupt, function.name + " gave a value of another kind"});
    }
    if (is_once) to.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

}  // namespace

void register_call(duckdb::ExtensionLoader& to, execution_slot& slot) {
    duckdb::ScalarFunction call{"sluice_call", {duckdb::LogicalType::BIGINT},
                                duckdb::LogicalType::ANY, call_rows, bind_call};
    call.varargs = duckdb::LogicalType::ANY;
    call.null_handling = duckdb::FunctionNullHandling::SPECIAL_HANDLING;
    call.stability = duckdb::FunctionStability::VOLATILE;
    call.function_info = duckdb::make_shared_ptr<slot_info>(slot);
    to.RegisterFunction(std::move(call));
}

}  // namespace sluice::query
