// Buckets. Every verb answers from what is published and returns after its own change is published,
// so a caller reads what it wrote.
//
// Thread rule: any executor; the engine outlives the task. Changes to a bucket take its lock
// exclusively, everything that puts something into it takes it shared, so a bucket is never deleted
// under a put.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "backend/store/audit_records.hpp"
#include "backend/store/model/bucket_info.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

struct create_bucket_request {
    std::string name;  // the protocol has checked its form; at most limits.bucket_name_bytes
    principal_id owner{};
    std::string settings;
    audit_records audit;
    versioning versions = versioning::never;
    std::string access{};  // bucket_info::access
};
// already_exists (the failure text names the owner's id in no way: ask head_bucket).
task<result<bucket_info>> create_bucket(engine&, create_bucket_request);

// not_found
task<result<bucket_info>> head_bucket(engine&, std::string name);

struct list_buckets_request {
    std::string prefix;
    std::string after;                    // names greater than this
    std::uint32_t max_buckets = 1000;     // capped by limits.list_page
};
task<result<bucket_page>> list_buckets(engine&, list_buckets_request);

struct delete_bucket_request {
    std::string name;
    audit_records audit;
    // See open_object_request.
    delete_bucket_request() = default;
    delete_bucket_request(std::string name, audit_records audit)
        : name(std::move(name)), audit(std::move(audit)) {}
};
// not_found; not_empty when it holds an object. Unfinished uploads go with it.
task<result<void>> delete_bucket(engine&, delete_bucket_request);

struct change_bucket_request {
    std::string name;
    std::string settings;
    audit_records audit;
    std::optional<lsn> expected{};  // bucket_info::changed of what the settings were made from
    std::optional<std::string> access{};  // bucket_info::access; nothing: stays
};
// Replaces the opaque settings. not_found; conflict when the bucket is no longer the expected one.
task<result<bucket_info>> change_bucket_settings(engine&, change_bucket_request);

struct change_versioning_request {
    std::string name;
    versioning versions = versioning::enabled;
    audit_records audit;
    std::optional<lsn> expected{};  // bucket_info::changed of what allowed it
};
// Applies to what is written from then on. not_found; invalid_argument: back to `never`; conflict
// when the bucket is no longer the expected one.
task<result<bucket_info>> change_bucket_versioning(engine&, change_versioning_request);

}  // namespace sluice::store
