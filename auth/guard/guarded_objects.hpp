// Objects behind the door. Reads are decided, counted and handed out as readable_object; writes
// carry their audit record in the same commit; refusals are durable in the audit log before the
// answer. A missing object is not_found only for callers who may list the bucket, otherwise
// permission_denied (as S3). Thread rule: any executor; one object for the whole server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/readable_object.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/guard/writable_object.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/list_page.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

class guarded_objects {
public:
    explicit guarded_objects(guard_core& core) noexcept : core_(core) {}

    // For GET and HEAD (verb read).
    task<guarded<readable_object>> open(caller const& who, std::string bucket, std::string key);

    // Verb update. `expected`: the declared length, only a hint.
    task<guarded<writable_object>> create(caller const& who, std::string bucket, std::string key,
                                          std::optional<std::uint64_t> expected);

    // Verb delete. True: there was one; deleting nothing succeeds.
    task<guarded<bool>> remove(caller const& who, std::string bucket, std::string key,
                               store::conditions when = {});

    struct removal {
        std::string key;
        store::conditions when;
    };
    // Each key is decided and audited by itself; one answer per item, in order. At most
    // limits.list_page items.
    task<guarded<std::vector<guarded<bool>>>> remove_many(caller const& who, std::string bucket,
                                                          std::vector<removal> items);

    struct copy_request {
        std::string source_bucket;
        std::string source_key;
        store::conditions source_when;
        std::string bucket;
        std::string key;
        std::optional<store::object_attributes> attributes;  // nothing: the source's
        std::optional<std::string> etag;
        store::conditions when;
    };
    // Verb read on the source and update on the target. Takes the same time for any size.
    task<guarded<store::object_stat>> copy(caller const& who, copy_request request);

    struct list_request {
        std::string bucket;
        std::string prefix;
        std::string delimiter;
        std::string after;
        std::uint32_t max_entries = 1000;
        bool with_attributes = false;
    };
    // Verb list on bucket/prefix.
    task<guarded<store::list_page>> list(caller const& who, list_request request);

private:
    guard_core& core_;
};

}  // namespace sluice::auth
