#include "protocols/kafka/api/groups.hpp"

#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t longest_member_prefix = 255;

task<error_code> permit(api_call& call, auth::action verb, std::string group) {
    // The coordinator has its own answer to an empty id.
    if (group.empty()) co_return error_code::none;
    auto const allowed = co_await call.logs().permit_group(call.who(), verb, std::move(group));
    co_return allowed.has_error() ? group_error(call, allowed.error()) : error_code::none;
}

}  // namespace

task<error_code> permit_member(api_call& call, std::string group) {
    return permit(call, auth::action::commit_offset, std::move(group));
}

task<error_code> permit_onlooker(api_call& call, std::string group) {
    return permit(call, auth::action::describe, std::move(group));
}

std::string member_prefix(std::string const& client_id) {
    return client_id.substr(0, longest_member_prefix);
}

bool is_instance_id(std::optional<std::string> const& instance_id) {
    return !instance_id || why_no_topic_name(*instance_id).empty();
}

}  // namespace sluice::kafka
