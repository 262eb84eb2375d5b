// Multipart uploads. Parts are payloads of their own; completing composes them by reference, no
// byte is copied. Each verb is one commit. The upload's lock: parts take it shared, complete and
// abort exclusively.
//
// Thread rule: any executor; the engine outlives the task. not_found: the bucket, or no such upload
// (the text says).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/audit_records.hpp"
#include "backend/store/model/attributes_rule.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/object_event.hpp"
#include "backend/store/model/upload_info.hpp"
#include "backend/store/payload_writer.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class engine;

struct create_upload_request {
    std::string bucket;
    std::string key;
    principal_id initiator{};
    object_attributes attributes;
    audit_records audit;
    attributes_rule rule{};
};
task<result<upload_info>> create_upload(engine&, create_upload_request);

struct upload_name {
    std::string bucket;
    std::string key;
    upload_id id{};
};
task<result<upload_info>> find_upload(engine&, upload_name);

struct put_part_request {
    upload_name upload;
    std::uint32_t number = 0;             // 1 .. limits.upload_parts
    stored_payload payload;
    std::string etag;
    std::vector<object_checksum> checksums;
    audit_records audit;
    std::optional<std::uint64_t> size{};  // as put_object_request's
};
// Replaces a part of the same number.
task<result<part_info>> put_part(engine&, put_part_request);

struct list_parts_request {
    upload_name upload;
    std::uint32_t after = 0;              // numbers greater than this
    std::uint32_t max_parts = 1000;       // capped by limits.list_page
};
task<result<part_page>> list_parts(engine&, list_parts_request);

struct list_uploads_request {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string key_after;                // without upload_after: keys greater than this
    upload_id upload_after{};             // with it: also uploads of key_after with a greater id
    std::uint32_t max_entries = 1000;
};
task<result<upload_page>> list_uploads(engine&, list_uploads_request);

// What the protocol makes of the parts: called once they are known to be as named, under the
// upload's lock. Must not block; a failure refuses the completion with it and leaves the upload as
// it was.
struct completed_object {
    std::string etag;
    object_attributes attributes;
};
using upload_finisher =
    std::function<result<completed_object>(upload_info const&, std::vector<part_info> const&)>;

struct complete_upload_request {
    upload_name upload;
    std::vector<named_part> parts;        // strictly ascending numbers, else invalid_argument
    std::uint64_t minimum_part_bytes = 5 * 1024 * 1024;   // of all but the last
    upload_finisher finish;
    conditions when;                      // on the object at the key
    audit_records audit;
    object_announcer announce{};
    attributes_rule rule{};               // after `finish`
};
// Refusals name the part in `part` and say why; the upload stays.
enum class completion_refusal : std::uint8_t {
    none,
    part_missing_or_different,
    part_too_small,
    order
};
struct completed_upload {
    completion_refusal refused = completion_refusal::none;
    std::uint32_t part = 0;               // the refused one
    object_stat object;                   // with `none`
    bool repeated = false;  // had been completed before: the object is still the one it made
};
// not_found: no such upload, and the object at the key was not made by it.
task<result<completed_upload>> complete_upload(engine&, complete_upload_request);

struct abort_upload_request {
    upload_name upload;
    audit_records audit;
};
task<result<void>> abort_upload(engine&, abort_upload_request);

}  // namespace sluice::store
