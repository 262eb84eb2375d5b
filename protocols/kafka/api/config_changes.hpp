// What IncrementalAlterConfigs and AlterConfigs share: the edits of one resource's configuration, taken
// all or not at all. Topics take what has an effect here (config/topic_settings.hpp). The broker's own
// are fixed when the server starts: a value for any of them is refused as Kafka refuses read-only ones.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/core/task.hpp"
#include "protocols/kafka/api/api_call.hpp"

namespace sluice::kafka {

// As the protocol numbers them.
enum class config_edit_kind : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct config_edit {
    std::string name;
    config_edit_kind how = config_edit_kind::set;
    std::optional<std::string> value;
};
struct config_edits {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<config_edit> edits;
    bool replaces_all = false;  // what is not named loses its value
    bool validate_only = false;
};
struct config_outcome {
    error_code error = error_code::none;
    std::string text;
};
task<config_outcome> change_configs(api_call& call, config_edits wanted);

// The same resource twice in one request, which no order could make right.
template <class Resources>
bool is_named_twice(Resources const& all, std::size_t at) {
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i != at && all[i].resource_type == all[at].resource_type &&
            all[i].resource_name == all[at].resource_name)
            return true;
    return false;
}

}  // namespace sluice::kafka
