// Short names for building plans by hand in tests, and for running them to the end.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/query/constant_source.hpp"
#include "backend/query/engine.hpp"

namespace sluice::query {

inline bool operator==(value const& left, value const& right) {
    auto const* left_list = std::get_if<value_list>(&left.held);
    auto const* right_list = std::get_if<value_list>(&right.held);
    if (left_list && right_list) return **left_list == **right_list;
    return left.held == right.held;
}
std::ostream& operator<<(std::ostream& to, value const& what);

}  // namespace sluice::query

namespace sluice::query::test {

using rows = std::vector<std::vector<value>>;

inline constexpr value_type boolean{kind::boolean}, int16{kind::int16}, int32{kind::int32},
    int64{kind::int64}, float32{kind::float32}, float64{kind::float64}, text{kind::text},
    bytes{kind::bytes}, opaque{kind::opaque}, wide{kind::int128};
value_type list_of(value_type element);

value null();
value n(std::int64_t number);
value f(double number);
value s(std::string characters);
value b(bool truth);
value w(std::int64_t number);  // int128
value list(std::vector<value> elements);

scalar_ptr lit(value held, value_type type);
scalar_ptr num(std::int64_t number, value_type type = int32);
scalar_ptr str(std::string characters);
scalar_ptr col(std::uint32_t index, value_type type, std::uint32_t levels_up = 0);
scalar_ptr call(builtin what, std::vector<scalar_ptr> arguments, value_type type = boolean);
scalar_ptr own(own_function function, std::vector<scalar_ptr> arguments);
scalar_ptr when(scalar_ptr condition, scalar_ptr then, scalar_ptr otherwise);
scalar_ptr sub(subquery_scalar::form what, node_ptr body, value_type type,
               std::vector<scalar_ptr> left = {});
scalar_ptr to(value_type type, scalar_ptr operand);

// Columns of what `what` gives, worked out where they are not written.
node_ptr make(decltype(node::what) what);
node_ptr table(std::vector<value_type> types, rows all);
node_ptr read(std::shared_ptr<row_source const> source);
node_ptr select(node_ptr input, std::vector<scalar_ptr> columns);
node_ptr where(node_ptr input, scalar_ptr condition);
node_ptr sorted(node_ptr input, std::vector<order> by);
node_ptr joined(join_kind what, node_ptr left, node_ptr right, scalar_ptr condition,
                bool lateral = false);
node_ptr grouped(node_ptr input, std::vector<scalar_ptr> keys, std::vector<aggregate_call> calls,
                 std::vector<std::vector<std::uint32_t>> sets = {});
aggregate_call agg(aggregate what, std::vector<scalar_ptr> arguments, value_type type);

std::unique_ptr<read_engine> small_engine(engine_options options = {});
result<rows> run(read_engine& engine, node_ptr plan);
result<rows> drain(result_stream& stream);
// On an engine that all tests of the program share.
result<rows> run(node_ptr plan);
// Throws where run answers a failure.
rows ran(read_engine& engine, node_ptr plan);
rows ran(node_ptr plan);

}  // namespace sluice::query::test
