#include "protocols/kafka/schema/list_groups.hpp"

#include <algorithm>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"

namespace sluice::kafka {
namespace {

bool same_letters(std::string_view a, std::string_view b) {
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

bool passes(std::vector<std::string> const& filter, std::string_view value) {
    return filter.empty() || std::any_of(filter.begin(), filter.end(),
                                         [&](auto const& one) { return same_letters(one, value); });
}

}  // namespace

// Whoever may describe the cluster sees all groups, others those that they may describe.
task<list_groups_response> api::list_groups(api_call& call, list_groups_request const& request) {
    list_groups_response out;
    bool const all = call.logs().may_cluster(call.who(), auth::action::describe);
    for (auto& group : call.services.groups.list()) {
        if (!passes(request.states_filter, group.state_name)) continue;
        if (!passes(request.types_filter, name_of(group.type))) continue;
        bool const visible =
            all || call.logs().may_group(call.who(), auth::action::describe, group.group);
        if (!visible) continue;
        out.groups.push_back({std::move(group.group), std::move(group.protocol_type),
                              std::string(group.state_name), std::string(name_of(group.type))});
    }
    co_return out;
}

}  // namespace sluice::kafka
