// The right to write one object (or one part of an upload), handed out after it was decided. Bytes
// stream in with backpressure; nothing is visible until commit() made the object and its audit
// record durable together. Dropping it leaves no object, and an audit record that says it was given
// up. Thread rule: one coroutine at a time. The guard outlives it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auth/guard/encryption.hpp"
#include "auth/guard/refusal.hpp"
#include "backend/store/model/attributes_rule.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/model/object_event.hpp"
#include "backend/store/model/object_stat.hpp"
#include "backend/store/model/upload_info.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class pending_write;

// The stream both capabilities share.
class payload_stream {
public:
    explicit payload_stream(std::unique_ptr<pending_write>);
    payload_stream(payload_stream&&) noexcept;
    payload_stream& operator=(payload_stream&&) noexcept;
    ~payload_stream();

    // Copies all of `bytes`; waits while too much is unwritten. A failure is repeated by every
    // later call.
    task<result<void>> append(const_byte_span bytes);
    // To receive into: fill some of the span (up to 1 MiB, valid until the next call), then say
    // how much.
    task<result<byte_span>> room();
    void filled(std::size_t bytes);
    std::uint64_t length() const noexcept;
    encryption_facts const& encryption() const noexcept;
    // 32 random hexadecimal digits: the ETag of what must not tell the MD5 of its bytes.
    std::string fresh_etag() const;

protected:
    std::unique_ptr<pending_write> write_;
};

class writable_object : public payload_stream {
public:
    using payload_stream::payload_stream;
    struct finish {
        std::string etag;  // without quotes
        store::object_attributes attributes;  // `encryption` is the guard's, whatever it says
        store::conditions when;
        store::object_announcer announce{};
        store::attributes_rule rule{};
        // Verb delete on the journal, decided here; recorded in the same commit.
        std::optional<store::journal_advance> advance{};
    };
    // precondition_failed, conflict, no_space, ...: the object is as it was, the refusal is
    // audited.
    task<guarded<store::object_stat>> commit(finish how);

    struct appended {
        std::string etag;
        store::object_attributes attributes;
    };
    struct append_finish {
        std::uint64_t offset = 0;  // the size that the object has
        // What it says about itself then; null: there was none. Runs under the object's lock, must
        // not block; a failure refuses the change.
        std::function<result<appended>(store::object_stat const*)> describe;
        store::conditions when;
        store::object_announcer announce{};
        store::attributes_rule rule{};  // where there was no object
    };
    // Behind what the object holds. out_of_range: it has another size; too_large: it is in too many
    // pieces; unsupported: its bucket keeps or kept versions.
    task<guarded<store::object_stat>> commit_behind(append_finish how);
};

class writable_part : public payload_stream {
public:
    using payload_stream::payload_stream;
    task<guarded<store::part_info>> commit(std::string etag,
                                           std::vector<store::object_checksum> checksums);
};

}  // namespace sluice::auth
