// Objects behind the door. Reads are decided, counted and handed out as readable_object; writes
// carry their audit record in the same commit; refusals are durable in the audit log before the
// answer. A missing object is not_found only for callers who may list the bucket, otherwise
// permission_denied (as S3). Thread rule: any executor; one object for the whole server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/readable_object.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/guard/writable_object.hpp"
#include "auth/policy/access_list.hpp"
#include "backend/store/model/attributes_rule.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/deletion.hpp"
#include "backend/store/model/list_page.hpp"
#include "backend/store/model/object_event.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;
class object_facts;

class guarded_objects {
public:
    explicit guarded_objects(guard_core& core) noexcept : core_(core) {}

    // For GET and HEAD (verb read). One that is a delete marker is opened too, and has no bytes: its
    // stat says so.
    task<guarded<readable_object>> open(caller const& who, std::string bucket, std::string key,
                                        std::optional<object_version> version = {});

    // Verb update. `expected`: the declared length, only a hint. key_trouble: the named key is
    // unknown or disabled. `access`: the list of the new object (one that grows keeps its own);
    // access_trouble where the bucket does not take it, here or at the commit.
    task<guarded<writable_object>> create(caller const& who, std::string bucket, std::string key,
                                          std::optional<std::uint64_t> expected,
                                          encryption_choice encryption = {},
                                          access_choice access = {});

    struct removal {
        std::string key;
        store::conditions when{};
        std::optional<object_version> version{};  // goes for good
        // Asks to erase what is retained under governance: of effect with the verb
        // bypass_retention, which is recorded then.
        bool bypasses_governance = false;
    };
    // Verb delete, or delete_version for one that is named. Deleting nothing succeeds.
    // permission_denied with store::locked_text: it is locked.
    task<guarded<store::deletion>> remove(caller const& who, std::string bucket, removal what,
                                          store::object_announcer announce = {});
    // Each key is decided and audited by itself; one answer per item, in order. At most
    // limits.list_page items.
    task<guarded<std::vector<guarded<store::deletion>>>> remove_many(caller const& who,
                                                                     std::string bucket,
                                                                     std::vector<removal> items,
                                                                     store::object_announcer announce
                                                                     = {});

    // Tags and other attributes of an object that is there, in place (verb update). `change` runs
    // under the object's lock.
    struct attributes_change {
        std::string bucket;
        std::string key;
        std::optional<object_version> version;
        std::function<result<void>(store::object_attributes&)> change;
        store::object_announcer announce{};
    };
    task<guarded<store::object_stat>> change_attributes(caller const& who,
                                                        attributes_change request);

    // The list of an object in place (verb update), under the owner that it has. access_trouble. With
    // `said_owner`: invalid_argument when it is another's.
    struct access_change {
        std::string bucket;
        std::string key;
        std::optional<object_version> version;
        access_choice access;
        std::optional<principal_id> said_owner{};
        store::object_announcer announce{};
    };
    task<guarded<store::object_stat>> change_access(caller const& who, access_change request);

    // Whether the caller may shorten or lift retention under governance (verb bypass_retention). A
    // permission is recorded as that write; without one nothing is, and what is asked for goes on
    // as if no bypass was.
    task<guarded<bool>> may_bypass_retention(caller const& who, std::string bucket,
                                             std::string key);

    struct copy_request {
        std::string source_bucket;
        std::string source_key;
        store::conditions source_when;
        std::string bucket;
        std::string key;
        std::optional<store::object_attributes> attributes;  // nothing: the source's
        std::optional<std::string> etag;
        store::conditions when;
        std::optional<object_version> source_version{};
        store::object_announcer announce{};
        encryption_choice encryption{};          // of the target
        std::optional<secret_key> source_customer{};  // where the client gave the source's
        store::attributes_rule rule{};  // of the target's bucket
        access_choice access{};         // of the target: the source's list is not taken over
    };
    // Verb read on the source and update on the target. Takes the same time for any size: bytes are
    // shared, and of an encrypted object only its data key is sealed anew. A target under a named or
    // a customer's key gets a fresh ETag unless the source is under one. key_trouble, other_form:
    // one is encrypted and the other is not.
    task<guarded<store::object_stat>> copy(caller const& who, copy_request request);

    struct rename_request {
        std::string bucket;
        std::string source_key;
        store::conditions source_when;
        std::string key;
        store::conditions when;
        store::object_announcer announce{};
        store::attributes_rule rule{};
    };
    // Verb delete on the source and update on the target, one commit. unsupported: a bucket that
    // keeps or kept versions.
    task<guarded<store::object_stat>> rename(caller const& who, rename_request request);

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

    struct list_versions_request {
        std::string bucket;
        std::string prefix;
        std::string delimiter;
        std::string key_after;
        std::optional<object_version> version_after;  // of key_after; nothing: behind all of them
        std::uint32_t max_entries = 1000;
        bool with_attributes = false;
    };
    // Verb list on bucket/prefix.
    task<guarded<store::version_page>> list_versions(caller const& who,
                                                     list_versions_request request);

private:
    task<guarded<store::object_stat>> copy_once(caller const& who, copy_request const& request,
                                                std::optional<object_facts> const& facts,
                                                bool& stale);
    task<guarded<store::object_stat>> change_in_place(
        caller const& who, attributes_change request,
        std::function<result<void>(store::object_attributes&)> change);
    guard_core& core_;
};

}  // namespace sluice::auth
