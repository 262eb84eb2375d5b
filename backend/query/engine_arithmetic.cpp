#include <algorithm>
#include <cmath>
#include <limits>

#include <duckdb.hpp>
#include <duckdb/common/vector_operations/binary_executor.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/main/extension/extension_loader.hpp>

#include "backend/query/engine_functions.hpp"

namespace sluice::query {
namespace {

using duckdb::LogicalType;

template <class T>
[[noreturn]] void out_of_range() {
    if constexpr (sizeof(T) == 2) throw duckdb::OutOfRangeException("smallint out of range");
    if constexpr (sizeof(T) == 4) throw duckdb::OutOfRangeException("integer out of range");
    throw duckdb::OutOfRangeException("bigint out of range");
}

// An infinite result of finite operands is an overflow, a zero product of others an underflow
// (PostgreSQL's float.h).
template <class T>
T checked_float(T answer, T left, T right) {
    if (std::isinf(answer) && !std::isinf(left) && !std::isinf(right))
        throw duckdb::OutOfRangeException("value out of range: overflow");
    return answer;
}

struct addition {
    template <class T>
    static T apply(T left, T right) {
        if constexpr (std::is_floating_point_v<T>) {
            return checked_float<T>(left + right, left, right);
        } else {
            T answer{};
            if (__builtin_add_overflow(left, right, &answer)) out_of_range<T>();
            return answer;
        }
    }
};
struct subtraction {
    template <class T>
    static T apply(T left, T right) {
        if constexpr (std::is_floating_point_v<T>) {
            return checked_float<T>(left - right, left, right);
        } else {
            T answer{};
            if (__builtin_sub_overflow(left, right, &answer)) out_of_range<T>();
            return answer;
        }
    }
};
struct multiplication {
    template <class T>
    static T apply(T left, T right) {
        if constexpr (std::is_floating_point_v<T>) {
            T const product = checked_float<T>(left * right, left, right);
            if (product == 0 && left != 0 && right != 0)
                throw duckdb::OutOfRangeException("value out of range: underflow");
            return product;
        } else {
            T answer{};
            if (__builtin_mul_overflow(left, right, &answer)) out_of_range<T>();
            return answer;
        }
    }
};

template <class T, class Operation>
void apply_pair(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& to) {
    duckdb::BinaryExecutor::Execute<T, T, T>(
        arguments.data[0], arguments.data[1], to, arguments.size(),
        [](T left, T right) { return Operation::template apply<T>(left, right); });
}

template <class T>
void negate(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& to) {
    duckdb::UnaryExecutor::Execute<T, T>(arguments.data[0], to, arguments.size(), [](T operand) {
        if (operand == std::numeric_limits<T>::min()) out_of_range<T>();
        return static_cast<T>(-operand);
    });
}

template <class From, class To>
void narrow(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& to) {
    duckdb::UnaryExecutor::Execute<From, To>(
        arguments.data[0], to, arguments.size(), [](From operand) {
            if (operand < std::numeric_limits<To>::min() ||
                operand > std::numeric_limits<To>::max())
                out_of_range<To>();
            return static_cast<To>(operand);
        });
}

// Code points of valid UTF-8: every byte that does not continue one.
void count_characters(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& to) {
    duckdb::UnaryExecutor::Execute<duckdb::string_t, std::int32_t>(
        arguments.data[0], to, arguments.size(), [](duckdb::string_t const& text) {
            auto const* bytes = text.GetData();
            return static_cast<std::int32_t>(std::count_if(
                bytes, bytes + text.GetSize(), [](char c) { return (c & 0xC0) != 0x80; }));
        });
}

void add_to(duckdb::ScalarFunctionSet& set, duckdb::vector<LogicalType> arguments,
            LogicalType const& returns, duckdb::scalar_function_t function) {
    duckdb::ScalarFunction one{std::move(arguments), returns, std::move(function)};
    one.errors = duckdb::FunctionErrors::CAN_THROW_RUNTIME_ERROR;
    set.AddFunction(std::move(one));
}

template <class Operation>
void register_pair(duckdb::ExtensionLoader& to, char const* name) {
    duckdb::ScalarFunctionSet set{name};
    auto const pair = [&](LogicalType const& type, duckdb::scalar_function_t function) {
        add_to(set, {type, type}, type, std::move(function));
    };
    pair(LogicalType::SMALLINT, apply_pair<std::int16_t, Operation>);
    pair(LogicalType::INTEGER, apply_pair<std::int32_t, Operation>);
    pair(LogicalType::BIGINT, apply_pair<std::int64_t, Operation>);
    pair(LogicalType::FLOAT, apply_pair<float, Operation>);
    pair(LogicalType::DOUBLE, apply_pair<double, Operation>);
    to.RegisterFunction(std::move(set));
}

template <class To>
void register_narrowing(duckdb::ExtensionLoader& to, char const* name, LogicalType const& returns) {
    duckdb::ScalarFunctionSet set{name};
    add_to(set, {LogicalType::SMALLINT}, returns, narrow<std::int16_t, To>);
    add_to(set, {LogicalType::INTEGER}, returns, narrow<std::int32_t, To>);
    add_to(set, {LogicalType::BIGINT}, returns, narrow<std::int64_t, To>);
    to.RegisterFunction(std::move(set));
}

}  // namespace

void register_arithmetic(duckdb::ExtensionLoader& to) {
    register_pair<addition>(to, "sluice_add");
    register_pair<subtraction>(to, "sluice_subtract");
    register_pair<multiplication>(to, "sluice_multiply");
    duckdb::ScalarFunctionSet negation{"sluice_negate"};
    add_to(negation, {LogicalType::SMALLINT}, LogicalType::SMALLINT, negate<std::int16_t>);
    add_to(negation, {LogicalType::INTEGER}, LogicalType::INTEGER, negate<std::int32_t>);
    add_to(negation, {LogicalType::BIGINT}, LogicalType::BIGINT, negate<std::int64_t>);
    to.RegisterFunction(std::move(negation));
    to.RegisterFunction(duckdb::ScalarFunction{
        "sluice_length", {LogicalType::VARCHAR}, LogicalType::INTEGER, count_characters});
    register_narrowing<std::int16_t>(to, "sluice_to_int16", LogicalType::SMALLINT);
    register_narrowing<std::int32_t>(to, "sluice_to_int32", LogicalType::INTEGER);
}

}  // namespace sluice::query
