// What the capabilities hold inside. Inside auth/guard only, so that no one else can reach the
// store through them.
#pragma once

#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_objects.hpp"
#include "auth/guard/guarded_uploads.hpp"
#include "auth/guard/readable_object.hpp"
#include "auth/guard/writable_object.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_reader.hpp"
#include "backend/store/payload_writer.hpp"

namespace sluice::auth {

class object_reader::implementation {
public:
    explicit implementation(store::payload_reader given) : reader(std::move(given)) {}
    store::payload_reader reader;
};

class readable_object::implementation {
public:
    explicit implementation(store::opened_object given) : object(std::move(given)) {}
    store::opened_object object;
};

// A missing object is only told to who may list the bucket; others see what they see without the
// right to read.
task<guarded<void>> may_know_missing(guard_core& core, caller const& who, intent const& wanted,
                                     refusal const& found);
store::list_objects_request to_store(guarded_objects::list_request request);

// A decided write whose bytes are still coming. Holds a place of audit_writer from its making until
// its end is recorded, whichever way it ends. It copies what it needs of the caller, who may be
// gone before it.
class pending_write {
public:
    // nullptr: too many writes are under way.
    static std::unique_ptr<pending_write> begin(guard_core& core, caller const& who, intent wanted,
                                                decision decided,
                                                std::optional<std::uint64_t> expected);
    ~pending_write();
    pending_write(pending_write const&) = delete;

    task<result<void>> append(const_byte_span bytes);
    task<result<byte_span>> room();
    void filled(std::size_t bytes) noexcept;
    std::uint64_t length() const noexcept { return writer.length(); }
    // The end of the stream, and the record of the write that commits it.
    task<result<store::stored_payload>> finish();
    std::string success_record();
    // The write is durable with that record.
    void succeeded();
    // Records why it did not happen, durably.
    task<refusal> failed(failure why);

    guard_core& core;
    caller const who;
    intent const wanted;
    decision const decided;
    store::payload_writer writer;
    std::optional<failure> stream_failure;  // the first
    // Parts only.
    guarded_uploads::name upload;
    std::uint32_t part_number = 0;

private:
    pending_write(guard_core& core, caller const& who, intent wanted, decision decided,
                  std::optional<std::uint64_t> expected);
    bool ended_ = false;
};

}  // namespace sluice::auth
