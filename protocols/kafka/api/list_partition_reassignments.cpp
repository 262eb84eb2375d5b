#include "protocols/kafka/schema/list_partition_reassignments.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {

// On one node there is nothing to move.
task<list_partition_reassignments_response> api::list_partition_reassignments(
    api_call& call, list_partition_reassignments_request const&) {
    list_partition_reassignments_response out;
    out.error_message.reset();
    auto refused = co_await permit_on_cluster(call, auth::action::describe);
    out.error_code = call.code(refused.error);
    if (refused.error != error_code::none) out.error_message = std::move(refused.text);
    co_return out;
}

}  // namespace sluice::kafka
