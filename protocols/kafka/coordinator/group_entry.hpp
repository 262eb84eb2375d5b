// A group of the coordinator with who waits for it, and where its record stands. For the
// coordinator's own files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "protocols/kafka/coordinator/awaited.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"
#include "protocols/kafka/coordinator/group_record.hpp"

namespace sluice::kafka {

// 32 hexadecimal digits.
std::string random_suffix();

struct group_coordinator::entry {
    entry(std::string id, group_limits const& limits)
        : name(std::move(id)), classic(limits, random_suffix) {}

    std::string const name;
    std::mutex mutex;  // of everything below
    classic_group classic;                  // empty while there is `consumers`
    std::optional<consumer_group> consumers;
    std::map<ticket, std::shared_ptr<awaited<join_answer>>> joins;  // shared with who waits
    std::map<ticket, std::shared_ptr<awaited<sync_answer>>> syncs;  // shared with who waits
    std::optional<monotonic_time> scheduled;
    bool is_durable = false;  // the store has a record of it
    unix_millis last_used{};  // expiry counts from here
    // The record: how many changes there were, and how many of them it holds.
    std::uint64_t changes = 0, saved = 0;
    std::uint64_t seen_version = 0;  // of `consumers`, as counted in `changes`
    bool is_saving = false;
    std::vector<std::shared_ptr<awaited<bool>>> saves;  // shared with who waits for the write

    group_kind& kind() noexcept {
        if (consumers) return *consumers;
        return classic;
    }
    group_type type() const noexcept {
        return consumers ? group_type::consumer : group_type::classic;
    }
    // After every call on `consumers`.
    void count_changes() noexcept {
        if (!consumers || consumers->version() == seen_version) return;
        seen_version = consumers->version();
        ++changes;
    }
    std::string record() const {
        if (consumers) return consumers->encode();
        return encode(group_record{classic.generation(), classic.protocol_type()});
    }
};

}  // namespace sluice::kafka
