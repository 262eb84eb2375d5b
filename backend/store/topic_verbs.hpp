// Topics. What is found comes from memory and is what is published; changes return after they are
// published. Dropping one closes its log in journal order: no append is behind it. What it held is
// erased by log_upkeep.
//
// Thread rule: any executor; the engine outlives the task. Changes take the name's lock
// exclusively.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "backend/store/audit_records.hpp"
#include "backend/store/log_table.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

struct create_topic_request {
    std::string name;  // the protocol has checked its form
    std::uint32_t partitions = 1;
    std::map<std::string, std::string> settings;
    topic_retention retention;
    principal_id owner{};
    bool validate_only = false;
    audit_records audit;
    bool of_server = false;    // a journal of a bucket (model/journal_name.hpp), and nothing else is
};
// already_exists; too_large: limits.partitions, limits.record_bytes; invalid_argument.
task<result<topic_info>> create_topic(engine&, create_topic_request);

struct drop_topic_request {
    std::string name;
    audit_records audit;
    bool of_server = false;    // as above
};
// not_found
task<result<topic_info>> drop_topic(engine&, drop_topic_request);

struct changed_topic {
    std::map<std::string, std::string> settings;
    topic_retention retention;
};
struct change_topic_request {
    std::string name;
    // What it becomes; asked under the name's lock, and what it refuses is answered as it is.
    std::function<result<changed_topic>(topic_info const& now)> change;
    bool validate_only = false;
    audit_records audit;
};
// not_found, too_large
task<result<topic_info>> change_topic(engine&, change_topic_request);

struct grow_topic_request {
    std::string name;
    std::uint32_t partitions = 0;  // from now on
    bool validate_only = false;
    audit_records audit;
};
// Empty partitions behind those there are. not_found; invalid_argument: not more than there are;
// too_large: limits.partitions.
task<result<topic_info>> grow_topic(engine&, grow_topic_request);

}  // namespace sluice::store
