#include "protocols/sql/plan/plan_nodes.hpp"

namespace sluice::sql::engine {
namespace {

using relational::node_ptr;
using relational::scalar_ptr;
using types = std::vector<relational::value_type>;

template <class What>
scalar_ptr make_scalar(What what, relational::value_type type) {
    auto made = std::make_shared<relational::scalar>();
    made->what = std::move(what);
    made->type = type;
    return made;
}

template <class What>
node_ptr make_node(What what, types columns) {
    auto made = std::make_shared<relational::node>();
    made->what = std::move(what);
    made->columns = std::move(columns);
    return made;
}

}  // namespace

scalar_ptr literal_of(relational::value held, relational::value_type type) {
    return make_scalar(relational::literal{std::move(held)}, type);
}
scalar_ptr column_of(std::size_t index, relational::value_type type) {
    return make_scalar(relational::column{0, static_cast<std::uint32_t>(index)}, type);
}
scalar_ptr call_of(relational::builtin what, std::vector<scalar_ptr> arguments, relational::value_type type) {
    return make_scalar(relational::builtin_call{what, std::move(arguments)}, type);
}
scalar_ptr own_of(std::shared_ptr<relational::own_function const> function,
                  std::vector<scalar_ptr> arguments) {
    auto const type = function->returns;
    return make_scalar(relational::own_call{std::move(function), std::move(arguments)}, type);
}
scalar_ptr converted(scalar_ptr operand, relational::value_type type) {
    if (operand->type == type) return operand;
    return make_scalar(relational::convert{std::move(operand)}, type);
}
scalar_ptr all_of(std::vector<scalar_ptr> conditions) {
    if (conditions.empty()) return nullptr;
    if (conditions.size() == 1) return std::move(conditions.front());
    return call_of(relational::builtin::logical_and, std::move(conditions));
}

node_ptr scan_of(std::shared_ptr<relational::row_source const> source,
                 std::vector<std::uint32_t> columns) {
    auto const all = source->types();
    types given;
    for (auto const each : columns) given.push_back(all[each]);
    return make_node(relational::scan{std::move(source), std::move(columns)}, std::move(given));
}
node_ptr project_of(node_ptr input, std::vector<scalar_ptr> columns) {
    types given;
    for (auto const& each : columns) given.push_back(each->type);
    return make_node(relational::project{std::move(input), std::move(columns)}, std::move(given));
}
node_ptr filter_of(node_ptr input, scalar_ptr condition) {
    if (!condition) return input;
    auto given = input->columns;
    return make_node(relational::filter{std::move(input), std::move(condition)}, std::move(given));
}
node_ptr join_of(relational::join_kind what, node_ptr left, node_ptr right, scalar_ptr condition) {
    auto given = left->columns;
    given.insert(given.end(), right->columns.begin(), right->columns.end());
    return make_node(relational::join{what, std::move(left), std::move(right), std::move(condition)},
                     std::move(given));
}
node_ptr aggregation_of(node_ptr input, std::vector<scalar_ptr> keys,
                        std::vector<std::vector<std::uint32_t>> sets,
                        std::vector<relational::aggregate_call> calls) {
    types given;
    for (auto const& each : keys) given.push_back(each->type);
    for (auto const& each : calls) given.push_back(each.type);
    return make_node(relational::aggregation{std::move(input), std::move(keys), std::move(sets),
                                        std::move(calls)},
                     std::move(given));
}
node_ptr windowing_of(node_ptr input, std::vector<relational::window_call> calls) {
    auto given = input->columns;
    for (auto const& each : calls) given.push_back(each.type);
    return make_node(relational::windowing{std::move(input), std::move(calls)}, std::move(given));
}
node_ptr sorting_of(node_ptr input, std::vector<relational::order> by) {
    if (by.empty()) return input;
    auto given = input->columns;
    return make_node(relational::sorting{std::move(input), std::move(by)}, std::move(given));
}
node_ptr limiting_of(node_ptr input, std::optional<std::uint64_t> limit, std::uint64_t offset) {
    if (!limit && offset == 0) return input;
    auto given = input->columns;
    return make_node(relational::limiting{std::move(input), limit, offset}, std::move(given));
}
node_ptr distinction_of(node_ptr input, std::vector<scalar_ptr> on, std::vector<relational::order> by) {
    auto given = input->columns;
    return make_node(relational::distinction{std::move(input), std::move(on), std::move(by)},
                     std::move(given));
}
node_ptr combination_of(relational::set_kind what, node_ptr left, node_ptr right) {
    auto given = left->columns;
    return make_node(relational::set_combination{what, std::move(left), std::move(right)},
                     std::move(given));
}
node_ptr shared_of(std::string name, node_ptr body, node_ptr main) {
    auto given = main->columns;
    return make_node(relational::shared_rows{std::move(name), std::move(body), std::move(main)},
                     std::move(given));
}
node_ptr shared_scan_of(std::string name, types columns) {
    return make_node(relational::shared_scan{std::move(name), columns}, columns);
}

}  // namespace sluice::sql::engine
