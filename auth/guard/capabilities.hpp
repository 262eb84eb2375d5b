// What the capabilities hold inside. Inside auth/guard only, so that no one else can reach the
// store through them.
#pragma once

#include <array>
#include <mutex>

#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_objects.hpp"
#include "auth/guard/guarded_uploads.hpp"
#include "auth/guard/object_keys.hpp"
#include "auth/guard/readable_object.hpp"
#include "auth/guard/writable_object.hpp"
#include "auth/keys/object_cipher.hpp"
#include "backend/store/object_verbs.hpp"
#include "backend/store/payload_reader.hpp"
#include "backend/store/payload_writer.hpp"

namespace sluice::auth {

class object_reader::implementation {
public:
    explicit implementation(store::payload_reader given) : reader(std::move(given)) {}
    implementation(store::payload_reader given, range_opener opens)
        : reader(std::move(given)), opener(std::move(opens)) {}

    task<result<store::chunk>> next_opened();

    store::payload_reader reader;
    std::optional<range_opener> opener;  // of an encrypted object

private:
    // Plain bytes that nobody holds any more are written over. Two, since whoever asks for the next
    // chunk still has the last one.
    struct buffer {
        std::shared_ptr<std::byte[]> bytes;
        std::size_t capacity = 0;
    };
    buffer& free_buffer(std::size_t bytes);
    std::array<buffer, 2> buffers_;
};

class readable_object::implementation {
public:
    // corrupt, unsupported: how the object is encrypted cannot be read.
    static result<std::unique_ptr<implementation>> make(guard_core& core,
                                                        store::opened_object given);

    task<result<object_reader>> read(store::byte_range range);
    // Its payloads; corrupt unless they hold as many bytes as the object has.
    task<result<std::vector<sealed_part>>> sealed_parts();
    task<result<std::vector<store::object_part>>> parts();

    guard_core& core;
    store::opened_object object;
    encryption_facts facts;
    std::optional<secret_key> data_key;  // once unlocked

private:
    implementation(guard_core& core, store::opened_object given)
        : core(core), object(std::move(given)) {}
    std::mutex mutex_;
    std::optional<std::vector<sealed_part>> known_parts_;
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
    // nullptr: too many writes are under way. `part_number`: 0 for an object.
    static std::unique_ptr<pending_write> begin(guard_core& core, caller const& who, intent wanted,
                                                decision decided,
                                                std::optional<std::uint64_t> expected,
                                                object_sealing sealing,
                                                std::uint32_t part_number = 0);
    ~pending_write();
    pending_write(pending_write const&) = delete;

    task<result<void>> append(const_byte_span bytes);
    task<result<byte_span>> room();
    void filled(std::size_t bytes) noexcept;
    // Of the object's bytes, whatever they take up.
    std::uint64_t length() const noexcept { return sealer ? sealer->length() : writer.length(); }
    // What the store is to say that the object's size is.
    std::optional<std::uint64_t> told_size() const noexcept {
        return sealer ? std::optional(sealer->length()) : std::nullopt;
    }
    // The end of the stream, and the record of the write that commits it.
    task<result<store::stored_payload>> finish();
    std::string success_record();
    // The write is durable with that record.
    void succeeded();
    // Records why it did not happen, durably.
    task<refusal> failed(failure why);

    guard_core& core;
    caller who;
    intent const wanted;
    decision const decided;
    std::string const encryption;  // for the object's attributes
    encryption_facts const facts;
    std::optional<payload_sealer> sealer;  // between what comes and the writer
    store::payload_writer writer;
    std::optional<failure> stream_failure;  // the first
    access_choice access;  // of the object
    // Parts only.
    guarded_uploads::name upload;
    std::uint32_t const part_number;

private:
    pending_write(guard_core& core, caller const& who, intent wanted, decision decided,
                  std::optional<std::uint64_t> expected, object_sealing sealing,
                  std::uint32_t part_number);
    task<result<void>> store_ready();
    task<result<void>> append_sealed(const_byte_span bytes);
    task<result<byte_span>> sealed_room();
    bool ended_ = false;
};

}  // namespace sluice::auth
