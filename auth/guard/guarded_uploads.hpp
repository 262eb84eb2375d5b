// Multipart uploads behind the door. All that brings bytes in needs `update` on the key, listings
// need `list`. not_found says whether the bucket or the upload is missing. Thread rule: any
// executor; one object for the whole server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/guard/writable_object.hpp"
#include "backend/store/model/attributes_rule.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/object_event.hpp"
#include "auth/policy/access_list.hpp"
#include "backend/store/model/upload_info.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;
struct decision;
struct intent;

class guarded_uploads {
public:
    explicit guarded_uploads(guard_core& core) noexcept : core_(core) {}

    struct name {
        std::string bucket;
        std::string key;
        upload_id id{};
    };

    // Parts and object are stored as `encryption` says; `access` as guarded_objects::create's, the caller
    // being the one who writes.
    task<guarded<store::upload_info>> create(caller const& who, std::string bucket, std::string key,
                                             store::object_attributes attributes,
                                             encryption_choice encryption = {},
                                             store::attributes_rule rule = {},
                                             access_choice access = {});
    // What the upload was created with (verb update): e.g. the checksum its parts must carry.
    task<guarded<store::upload_info>> find(caller const& who, name upload);
    // `customer`: the upload's key, where it was created with one. key_trouble as
    // readable_object::unlock.
    task<guarded<writable_part>> put_part(caller const& who, name upload, std::uint32_t number,
                                          std::optional<std::uint64_t> expected,
                                          secret_key const* customer = nullptr);

    struct list_parts_request {
        name upload;
        std::uint32_t after = 0;
        std::uint32_t max_parts = 1000;
    };
    task<guarded<store::part_page>> list_parts(caller const& who, list_parts_request request);

    struct list_request {
        std::string bucket;
        std::string prefix;
        std::string delimiter;
        std::string key_after;
        upload_id upload_after{};
        std::uint32_t max_entries = 1000;
    };
    task<guarded<store::upload_page>> list(caller const& who, list_request request);

    // Made from the parts once they are known to be as named; must not block. A failure refuses the
    // completion.
    struct composed {
        std::string etag;
        store::object_attributes attributes;  // `encryption` is the upload's, whatever it says
    };
    using composer = std::function<result<composed>(store::upload_info const&,
                                                    std::vector<store::part_info> const&)>;
    struct completion {
        name upload;
        std::vector<store::named_part> parts;
        std::uint64_t minimum_part_bytes = 5 * 1024 * 1024;
        composer compose;
        store::conditions when;
        store::object_announcer announce{};
        std::optional<secret_key> customer{};  // checked where it is given: key_trouble
        store::attributes_rule rule{};  // after `compose`
    };
    enum class refused : std::uint8_t { none, part_missing_or_different, part_too_small, order };
    struct completed {
        guarded_uploads::refused refused = refused::none;
        std::uint32_t part = 0;     // the refused one; the upload stays
        store::object_stat object;  // with `none`
        bool repeated = false;
    };
    task<guarded<completed>> complete(caller const& who, completion request);
    task<guarded<void>> abort(caller const& who, name upload);

private:
    task<guarded<decision>> permit_own(caller const& who, intent const& wanted, name upload);
    guard_core& core_;
};

}  // namespace sluice::auth
