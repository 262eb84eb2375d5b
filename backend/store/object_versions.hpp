// The versions of one key: finding them, and where a new one goes. A version has a number that grows
// over the versions of its key; number 0 is the null version of a bucket that never kept versions
// and is older than all numbered ones. A null version that a suspended bucket writes has a number
// of its own and says in its record what it is. Callers name versions by object_version, 0 being
// the null version wherever it is stored.
//
// Internal to backend/store. The object's lock covers all versions of its key. Functions with a view
// only read.
#pragma once

#include <optional>
#include <string>

#include "backend/store/announcements.hpp"
#include "backend/store/bucket_lookup.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_references.hpp"

namespace sluice::store {

struct stored_version {
    object_version number{};
    object_record record;

    object_version name() const noexcept { return record.is_null ? object_version{} : number; }
};

object_stat describe(bucket_record const&, std::string key, stored_version const&);
result<object_stat> describe_fully(bucket_record const&, std::string key, stored_version const&);

// The newest one, which may be a delete marker. nullopt: there is none.
result<std::optional<stored_version>> find_newest(index_view const&, bucket_record const&,
                                                  std::string const& key);
// The one of that name; without a name the newest.
result<std::optional<stored_version>> find_version(index_view const&, bucket_record const&,
                                                   std::string const& key,
                                                   std::optional<object_version> name);

// Where the next version of a key goes.
struct placement {
    bool is_numbered = false;
    bool is_null = false;                     // of the record of a numbered one
    std::optional<stored_version> replaced;   // goes in the same commit
};
result<placement> place(index_view const&, bucket_record const&, std::string const& key,
                        std::optional<stored_version> const& newest);
// Puts the record there and gives up what it replaces; the references are settled by the caller.
// permission_denied: what it replaces is locked.
result<stored_version> put_version(engine&, change&, dataset_id bucket, std::string const& key,
                                   placement const&, object_record, payload_references&);
void erase_version(change&, dataset_id bucket, std::string const& key, stored_version const&,
                   payload_references&);

// What deleting a key or one of its versions does.
struct removal {
    bool existed = false;                     // a version that is no delete marker goes, or is hidden
    std::optional<stored_version> removed;    // this one goes
    std::optional<placement> marker;          // a delete marker is put
};
struct removal_terms {
    conditions const& when;
    unix_millis now;                          // what is retained beyond it stays
    bool bypasses_governance = false;
    removal_check const* check = nullptr;
};
// Deleting what is not there succeeds, whatever the conditions say (S3 DeleteObject).
// permission_denied: the version that would go for good is locked.
result<removal> plan_removal(index_view const&, bucket_record const&, std::string const& key,
                             std::optional<object_version> name, removal_terms const&);
struct removal_place {
    std::string const& bucket_name;
    bucket_record const& bucket;
    std::string const& key;
};
// deletion: what to tell the caller.
result<deletion> carry_out(engine&, change&, removal_place const&, removal const&,
                           payload_references&, announcements&);

result<void> apply_rule(attributes_rule const&, std::string const& bucket_name,
                        bucket_record const&, unix_millis at, object_attributes&);

// For conditional writes: what is at the key now; a delete marker is nothing.
result<void> check_write(conditions const&, bucket_record const&, std::string const& key,
                         std::optional<stored_version> const& newest);

}  // namespace sluice::store
