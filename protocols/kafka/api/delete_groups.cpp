#include "protocols/kafka/schema/delete_groups.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

task<error_code> remove(api_call& call, std::string group) {
    if (group.empty()) co_return error_code::invalid_group_id;
    // Whether the group is there is not told to everybody.
    auto const allowed = co_await call.logs().permit_group(call.who(), auth::action::drop, group);
    if (allowed.has_error()) co_return group_error(call, allowed.error());
    auto const gone = co_await call.services.groups.remove(call.who(), std::move(group));
    co_return gone.trouble ? group_error(call, *gone.trouble) : gone.error;
}

}  // namespace

task<delete_groups_response> api::delete_groups(api_call& call,
                                                delete_groups_request const& request) {
    delete_groups_response out;
    for (auto const& group : request.groups_names) {
        auto const done = co_await remove(call, group);
        out.results.push_back({group, call.code(done)});
    }
    co_return out;
}

}  // namespace sluice::kafka
