// The topics that there were at one moment, for the coordinator's own bookkeeping: names, ids and
// numbers of partitions. A snapshot never changes; a later one has another number unless nothing
// changed. Who may know of a topic is asked of the guard by whoever answers a client.
// Thread rule: any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/model/topic_info.hpp"

namespace sluice::kafka {

// Partitions by topic id; topics without any are not in it.
using partition_map = std::map<store::topic_uuid, std::set<std::int32_t>>;

struct known_topic {
    store::topic_uuid uuid{};
    std::string name;
    std::int32_t partitions = 0;
    bool operator==(known_topic const&) const = default;
};
// All of them, by name; from memory.
using topic_source = std::function<std::vector<known_topic>()>;
// Whether the client that asks may know of the topic.
using topic_filter = std::function<bool(std::string const& name)>;

class topic_directory {
public:
    topic_directory() = default;
    // `topics` are sorted by name.
    topic_directory(std::uint64_t number, std::vector<known_topic> topics);

    std::uint64_t number() const noexcept { return number_; }  // 0: of no moment yet
    std::vector<known_topic> const& all() const noexcept { return topics_; }
    // nullptr: none.
    known_topic const* find(std::string_view name) const noexcept;
    known_topic const* find(store::topic_uuid const& uuid) const noexcept;

private:
    std::uint64_t number_ = 0;
    std::vector<known_topic> topics_;
    std::map<store::topic_uuid, std::size_t> by_uuid_;
};

}  // namespace sluice::kafka
