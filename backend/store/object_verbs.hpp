// Objects: whole values under (bucket, key). All conditions are evaluated under the key's lock,
// held until the change is published: concurrent writers of one key have one order, and exactly one
// of racing conditional puts wins.
//
// Name a request before the co_await that it is an argument of (g++ 12).
// Thread rule: any executor; the engine outlives the task. Errors common to all: not_found (bucket;
// the text says which), too_large (a named limit), overloaded, no_space, read_only,
// outcome_unknown, deadline_exceeded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/model/attributes_rule.hpp"
#include "backend/store/model/bucket_info.hpp"
#include "backend/store/model/byte_range.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/deletion.hpp"
#include "backend/store/model/list_page.hpp"
#include "backend/store/model/object_event.hpp"
#include "backend/store/model/object_stat.hpp"
#include "backend/store/payload_reader.hpp"
#include "backend/store/payload_writer.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;
struct index_view;

struct put_object_request {
    std::string bucket;
    std::string key;                      // at most limits.object_key_bytes
    stored_payload payload;
    std::string etag;                     // without quotes
    object_attributes attributes;
    conditions when;
    audit_records audit;
    object_announcer announce{};
    // What the object's size is said to be, where the payload is another form of its bytes.
    std::optional<std::uint64_t> size{};
    attributes_rule rule{};
    std::optional<journal_advance> advance{};
};
// An overwritten object's bytes are given up in the same commit.
task<result<object_stat>> put_object(engine&, put_object_request);

// An object held open for reading: what stat says and what read gives belong together.
class opened_object {
public:
    class implementation;
    opened_object();
    explicit opened_object(std::shared_ptr<implementation const>);

    object_stat const& stat() const noexcept;
    bucket_info const& bucket() const noexcept;  // as of the opening
    // Bytes of its payload: those of the object, unless it was put with a size of its own.
    std::uint64_t stored_bytes() const noexcept;
    // All stored bytes, or a range of them; out_of_range otherwise. Readers outlive the
    // opened_object.
    task<result<payload_reader>> read() const;
    task<result<payload_reader>> read(byte_range) const;
    // The parts it was uploaded in, their places and sizes in stored bytes; empty for part_count 0.
    task<result<std::vector<object_part>>> parts() const;

private:
    std::shared_ptr<implementation const> implementation_;   // shared with the readers it gave out
};
struct open_object_request {
    std::string bucket;
    std::string key;
    std::optional<object_version> version;   // nothing: the newest
    // Else a delete marker is not_found. One that is opened has no bytes.
    bool opens_delete_markers = false;
    // Not an aggregate: g++ 12 destroys a braced aggregate twice when it is an argument inside
    // co_await. All other requests are named before the statement that awaits.
    open_object_request() = default;
    open_object_request(std::string bucket, std::string key)
        : bucket(std::move(bucket)), key(std::move(key)) {}
};
// not_found
task<result<opened_object>> open_object(engine&, open_object_request);
// The same in one state of the index. conflict: its bytes are being given up since.
result<opened_object> open_object_in(engine&, index_view const&, open_object_request const&);

// Whether what a deletion would remove or hide may go; null: there is nothing. Runs under the object's
// lock, perhaps twice, and must not block; a failure refuses the deletion with it. Empty: it may.
using removal_check = std::function<result<void>(object_attributes const*)>;

struct delete_object_request {
    std::string bucket;
    std::string key;
    conditions when;
    audit_records audit;
    // Goes for good. Nothing: the newest of a bucket without versions goes, one with versions gets a
    // delete marker.
    std::optional<object_version> version{};
    object_announcer announce{};
    // Retention under governance does not hold it.
    bool bypasses_governance = false;
    removal_check check{};
};
// Deleting what is not there succeeds (and is audited). permission_denied: what would go for good is
// locked (model/object_lock.hpp), by the store's clock; a delete marker hides it all the same.
task<result<deletion>> delete_object(engine&, delete_object_request);

struct delete_objects_request {
    struct item {
        std::string key;
        conditions when;
        audit_records audit;              // committed if this key's deletion is
        std::optional<object_version> version{};
        bool bypasses_governance = false;
        removal_check check{};
    };
    std::string bucket;
    std::vector<item> items;              // at most limits.list_page
    object_announcer announce{};
};
// One result per item, in order; not one transaction.
task<result<std::vector<result<deletion>>>> delete_objects(engine&, delete_objects_request);

struct copy_object_request {
    std::string source_bucket;
    std::string source_key;
    conditions source_when;  // evaluated as for a read: not_modified is precondition_failed too
    std::string bucket;
    std::string key;
    // Nothing: as the source has them.
    std::optional<object_attributes> attributes;
    std::optional<std::string> etag;
    conditions when;
    audit_records audit;
    std::optional<object_version> source_version{};
    object_announcer announce{};
    // Has the last word on what the copy says, under the locks, given the source with its
    // attributes. Must not block; a failure refuses the copy.
    std::function<result<void>(object_stat const& source, object_attributes&, std::string& etag)>
        adapt{};
    attributes_rule rule{};               // of the target's bucket
};
// By reference: takes the same time for any size. not_found (source or bucket).
task<result<object_stat>> copy_object(engine&, copy_object_request);

struct rename_object_request {
    std::string bucket;
    std::string source_key;
    conditions source_when;               // evaluated as for a read
    std::string key;
    conditions when;
    audit_records audit;
    object_announcer announce{};
    attributes_rule rule{};
};
// One commit that takes the same time for any size: the object at the target's key goes, if there is
// one; bytes, ETag, time of modification and, but for the rule, attributes stay. not_found (source or bucket);
// unsupported: a bucket that keeps or kept versions; invalid_argument: both keys are one.
task<result<object_stat>> rename_object(engine&, rename_object_request);

struct appended_object {
    std::string etag;
    object_attributes attributes;
};
struct append_object_request {
    std::string bucket;
    std::string key;
    std::uint64_t offset = 0;             // the size that the object has; 0: or it is not there
    stored_payload payload;
    // What it says about itself with the new bytes; null: it is not there. Runs under the object's
    // lock, must not block; a failure refuses the change.
    std::function<result<appended_object>(object_stat const*)> finish;
    conditions when;
    audit_records audit;
    object_announcer announce{};
    attributes_rule rule{};               // where there was no object
};
// By reference: what is there is not copied. out_of_range: it has another size; too_large:
// limits.upload_parts pieces; unsupported: a bucket that keeps or kept versions.
task<result<object_stat>> append_object(engine&, append_object_request);

struct change_attributes_request {
    std::string bucket;
    std::string key;
    std::optional<object_version> version;
    // Runs under the object's lock, must not block; a failure refuses the change.
    std::function<result<void>(object_attributes&)> change;
    audit_records audit;
    object_announcer announce{};
};
// In place: bytes, ETag, version and time of modification stay. not_found; a delete marker is none.
task<result<object_stat>> change_attributes(engine&, change_attributes_request);

struct list_objects_request {
    std::string bucket;
    std::string prefix;
    std::string delimiter;                // any length; empty: none
    // Keys greater than this; when it is itself a common prefix of this listing, everything below
    // it is behind it too.
    std::string after;
    std::uint32_t max_entries = 1000;     // objects + common prefixes, capped by limits.list_page
    bool with_attributes = false;         // decode attributes too
};
// A common prefix costs one seek, however many keys are below it.
task<result<list_page>> list_objects(engine&, list_objects_request);
result<list_page> list_objects_in(engine&, index_view const&, list_objects_request const&);

struct list_versions_request {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string key_after;                // as `after` above
    // With `key_after`: goes on behind this version of it, which need not be there any more. Nothing:
    // behind all of them.
    std::optional<object_version> version_after;
    std::uint32_t max_entries = 1000;
    bool with_attributes = false;
};
// Delete markers are entries too; the versions of one key come newest first.
task<result<version_page>> list_versions(engine&, list_versions_request);

}  // namespace sluice::store
