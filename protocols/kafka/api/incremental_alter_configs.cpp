#include "protocols/kafka/schema/incremental_alter_configs.hpp"

#include "protocols/kafka/api/config_changes.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {

// KIP-339.
task<incremental_alter_configs_response> api::incremental_alter_configs(
    api_call& call, incremental_alter_configs_request const& request) {
    incremental_alter_configs_response out;
    for (std::size_t i = 0; i < request.resources.size(); ++i) {
        auto const& resource = request.resources[i];
        config_edits wanted;
        wanted.resource_type = resource.resource_type;
        wanted.resource_name = resource.resource_name;
        wanted.replaces_all = false;
        wanted.validate_only = request.validate_only;
        for (auto const& one : resource.configs)
            wanted.edits.push_back(
                {one.name, config_edit_kind{one.config_operation}, one.value});
        config_outcome done{error_code::invalid_request,
                            "Each resource must appear at most once."};
        if (!is_named_twice(request.resources, i))
            done = co_await change_configs(call, std::move(wanted));
        auto& answer = out.responses.emplace_back();
        answer.error_code = call.code(done.error);
        answer.error_message.reset();
        if (done.error != error_code::none) answer.error_message = std::move(done.text);
        answer.resource_type = resource.resource_type;
        answer.resource_name = resource.resource_name;
    }
    co_return out;
}

}  // namespace sluice::kafka
