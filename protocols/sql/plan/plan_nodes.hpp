// Relations of the engine's plan with their columns worked out, and short names for scalars.
#pragma once

#include <vector>

#include "backend/query/plan.hpp"

namespace sluice::sql::engine {

relational::scalar_ptr literal_of(relational::value held, relational::value_type type);
relational::scalar_ptr column_of(std::size_t index, relational::value_type type);
relational::scalar_ptr call_of(relational::builtin what, std::vector<relational::scalar_ptr> arguments,
                          relational::value_type type = {relational::kind::boolean});
relational::scalar_ptr own_of(std::shared_ptr<relational::own_function const> function,
                         std::vector<relational::scalar_ptr> arguments);
// As the other type; the same scalar where it has it already.
relational::scalar_ptr converted(relational::scalar_ptr operand, relational::value_type type);
// All hold; null for none.
relational::scalar_ptr all_of(std::vector<relational::scalar_ptr> conditions);

relational::node_ptr scan_of(std::shared_ptr<relational::row_source const> source,
                        std::vector<std::uint32_t> columns);
relational::node_ptr project_of(relational::node_ptr input, std::vector<relational::scalar_ptr> columns);
relational::node_ptr filter_of(relational::node_ptr input, relational::scalar_ptr condition);  // null: as it is
relational::node_ptr join_of(relational::join_kind what, relational::node_ptr left, relational::node_ptr right,
                        relational::scalar_ptr condition);
relational::node_ptr aggregation_of(relational::node_ptr input, std::vector<relational::scalar_ptr> keys,
                               std::vector<std::vector<std::uint32_t>> sets,
                               std::vector<relational::aggregate_call> calls);
relational::node_ptr windowing_of(relational::node_ptr input, std::vector<relational::window_call> calls);
relational::node_ptr sorting_of(relational::node_ptr input, std::vector<relational::order> by);
relational::node_ptr limiting_of(relational::node_ptr input, std::optional<std::uint64_t> limit,
                            std::uint64_t offset);
relational::node_ptr distinction_of(relational::node_ptr input, std::vector<relational::scalar_ptr> on,
                               std::vector<relational::order> by);
relational::node_ptr combination_of(relational::set_kind what, relational::node_ptr left, relational::node_ptr right);
relational::node_ptr shared_of(std::string name, relational::node_ptr body, relational::node_ptr main);
relational::node_ptr shared_scan_of(std::string name, std::vector<relational::value_type> types);

}  // namespace sluice::sql::engine
