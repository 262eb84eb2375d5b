#include "protocols/kafka/coordinator/topic_directory.hpp"

#include <algorithm>

namespace sluice::kafka {

topic_directory::topic_directory(std::uint64_t number, std::vector<known_topic> topics)
    : number_(number), topics_(std::move(topics)) {
    for (std::size_t i = 0; i < topics_.size(); ++i) by_uuid_.emplace(topics_[i].uuid, i);
}

known_topic const* topic_directory::find(std::string_view name) const noexcept {
    auto const before = [](known_topic const& one, std::string_view n) { return one.name < n; };
    auto const found = std::lower_bound(topics_.begin(), topics_.end(), name, before);
    return found != topics_.end() && found->name == name ? &*found : nullptr;
}

known_topic const* topic_directory::find(store::topic_uuid const& uuid) const noexcept {
    auto const found = by_uuid_.find(uuid);
    return found == by_uuid_.end() ? nullptr : &topics_[found->second];
}

}  // namespace sluice::kafka
