#include "auth/guard/writable_object.hpp"

#include <algorithm>
#include <cstring>

#include "auth/guard/capabilities.hpp"
#include "auth/guard/object_access.hpp"
#include "backend/store/upload_verbs.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

std::optional<std::uint64_t> stored_length(std::optional<std::uint64_t> expected, bool sealed) {
    if (!expected || !sealed) return expected;
    return sealed_size(*expected);
}

std::optional<payload_sealer> sealer_for(object_sealing const& sealing, std::uint32_t part_number,
                                         random_source& random,
                                         std::optional<std::uint64_t> expected) {
    std::optional<payload_sealer> out;
    if (sealing.data_key) out.emplace(*sealing.data_key, part_number, random, expected);
    return out;
}

}  // namespace

pending_write::pending_write(guard_core& core, caller const& who, intent wanted, decision decided,
                             std::optional<std::uint64_t> expected, object_sealing sealing,
                             std::uint32_t part_number)
    : core(core),
      who(who),
      wanted(std::move(wanted)),
      decided(decided),
      encryption(std::move(sealing.stored)),
      facts(std::move(sealing.facts)),
      sealer(sealer_for(sealing, part_number, core.random, expected)),
      writer(core.engine, stored_length(expected, sealing.data_key.has_value())),
      part_number(part_number) {
    this->who.more_context = nullptr;  // nothing is decided any more
}

std::unique_ptr<pending_write> pending_write::begin(guard_core& core, caller const& who,
                                                    intent wanted, decision decided,
                                                    std::optional<std::uint64_t> expected,
                                                    object_sealing sealing,
                                                    std::uint32_t part_number) {
    if (!core.audit.reserve_write()) return nullptr;
    return std::unique_ptr<pending_write>(new pending_write(
        core, who, std::move(wanted), decided, expected, std::move(sealing), part_number));
}

pending_write::~pending_write() {
    if (ended_) return;
    auto record = core.record_of(who, wanted, decided);
    record.status = stream_failure ? name_of(stream_failure->code) : "abandoned";
    record.bytes = length();
    core.audit.record_abandoned(std::move(record));
}

std::string pending_write::success_record() {
    return core.write_record(who, wanted, decided, length());
}

void pending_write::succeeded() {
    SLUICE_ASSERT(!ended_);
    ended_ = true;
    core.audit.release_write();
}

task<refusal> pending_write::failed(failure why) {
    SLUICE_ASSERT(!ended_);
    ended_ = true;
    auto answer = co_await core.failed(who, wanted, decided, std::move(why));
    core.audit.release_write();
    co_return answer;
}

task<result<void>> pending_write::append(const_byte_span bytes) {
    if (sealer) co_return co_await append_sealed(bytes);
    auto appended = co_await writer.append(bytes);
    if (appended.has_error()) stream_failure = appended.error();
    co_return appended;
}

task<result<byte_span>> pending_write::room() {
    if (sealer) co_return co_await sealed_room();
    auto given = co_await writer.room();
    if (given.has_error()) stream_failure = given.error();
    co_return given;
}

void pending_write::filled(std::size_t bytes) noexcept {
    if (sealer) sealer->filled(bytes);
    else writer.filled(bytes);
}

task<result<void>> pending_write::store_ready() {
    auto const ready = sealer->ready();
    if (ready.empty()) co_return success();
    auto appended = co_await writer.append(ready);
    if (appended.has_error()) stream_failure = appended.error();
    co_return appended;
}

task<result<byte_span>> pending_write::sealed_room() {
    if (stream_failure) co_return *stream_failure;
    SLUICE_CO_CHECK(co_await store_ready());
    co_return sealer->room();
}

task<result<void>> pending_write::append_sealed(const_byte_span bytes) {
    while (!bytes.empty()) {
        SLUICE_CO_TRY(auto const space, co_await sealed_room());
        auto const taken = std::min(space.size(), bytes.size());
        std::memcpy(space.data(), bytes.data(), taken);
        sealer->filled(taken);
        bytes = bytes.subspan(taken);
    }
    co_return success();
}

task<result<store::stored_payload>> pending_write::finish() {
    if (sealer) {
        if (stream_failure) co_return *stream_failure;
        SLUICE_CO_CHECK(co_await store_ready());
        auto const last = sealer->finish();
        SLUICE_CO_CHECK(co_await writer.append(last));
    }
    co_return co_await writer.finish();
}

payload_stream::payload_stream(std::unique_ptr<pending_write> write) : write_(std::move(write)) {}
payload_stream::payload_stream(payload_stream&&) noexcept = default;
payload_stream& payload_stream::operator=(payload_stream&&) noexcept = default;
payload_stream::~payload_stream() = default;

task<result<void>> payload_stream::append(const_byte_span bytes) { return write_->append(bytes); }

task<result<byte_span>> payload_stream::room() { return write_->room(); }

void payload_stream::filled(std::size_t bytes) { write_->filled(bytes); }

std::uint64_t payload_stream::length() const noexcept { return write_->length(); }

encryption_facts const& payload_stream::encryption() const noexcept { return write_->facts; }

std::string payload_stream::fresh_etag() const {
    std::array<std::byte, 16> bits;
    write_->core.random.fill(bits);
    return hex_encode(bits);
}

task<guarded<store::object_stat>> writable_object::commit(finish how) {
    auto write = std::move(write_);
    auto record = write->success_record();
    auto payload = co_await write->finish();
    if (payload.has_error()) co_return co_await write->failed(std::move(payload).error());
    store::put_object_request request;
    if (how.advance) {
        auto const wanted = on_topic(action::delete_, how.advance->journal);
        auto const decided = write->core.decide(write->who, wanted);
        if (!decided.allowed())
            co_return co_await write->failed(failure{error::permission_denied, "not a journal's writer"});
        write->core.allowed.fetch_add(1, std::memory_order_relaxed);
        request.audit.push_back(write->core.write_record(write->who, wanted, decided));
        request.advance = std::move(how.advance);
    }
    request.bucket = write->wanted.name;
    request.key = write->wanted.part;
    request.payload = std::move(*payload);
    request.etag = std::move(how.etag);
    request.attributes = std::move(how.attributes);
    request.attributes.encryption = write->encryption;
    request.size = write->told_size();
    request.when = std::move(how.when);
    request.announce = std::move(how.announce);
    auto trouble = access_trouble::none;
    new_access asked{write->who.id(), std::move(write->access)};
    request.rule = rule_with_access(std::move(asked), std::move(how.rule), trouble);
    request.audit.push_back(std::move(record));
    auto put = co_await store::put_object(write->core.engine, std::move(request));
    if (put.has_value()) {
        write->succeeded();
        co_return std::move(*put);
    }
    auto answer = co_await write->failed(std::move(put).error());
    answer.access = trouble;
    if (trouble != access_trouble::none) co_return answer;
    co_return co_await write->core.missing(write->wanted.name, missing_thing::object,
                                           std::move(answer));
}

task<guarded<store::object_stat>> writable_object::commit_behind(append_finish how) {
    auto write = std::move(write_);
    SLUICE_ASSERT(!write->sealer);
    auto record = write->success_record();
    auto payload = co_await write->finish();
    if (payload.has_error()) co_return co_await write->failed(std::move(payload).error());
    store::append_object_request request;
    request.bucket = write->wanted.name;
    request.key = write->wanted.part;
    request.offset = how.offset;
    request.payload = std::move(*payload);
    request.finish = [describe = std::move(how.describe)](
                         store::object_stat const* current) -> result<store::appended_object> {
        // Each piece would need a key of its own.
        if (current != nullptr && current->size > 0 && !current->attributes.encryption.empty())
            return failure{error::unsupported, "what is encrypted does not grow"};
        SLUICE_TRY(auto described, describe(current));
        described.attributes.encryption.clear();
        described.attributes.access.clear();
        if (current != nullptr) described.attributes.access = current->attributes.access;
        return store::appended_object{std::move(described.etag), std::move(described.attributes)};
    };
    request.when = std::move(how.when);
    request.announce = std::move(how.announce);
    auto trouble = access_trouble::none;
    new_access asked{write->who.id(), std::move(write->access)};
    request.rule = rule_with_access(std::move(asked), std::move(how.rule), trouble);
    request.audit.push_back(std::move(record));
    auto put = co_await store::append_object(write->core.engine, std::move(request));
    if (put.has_value()) {
        write->succeeded();
        co_return std::move(*put);
    }
    auto answer = co_await write->failed(std::move(put).error());
    answer.access = trouble;
    if (trouble != access_trouble::none) co_return answer;
    co_return co_await write->core.missing(write->wanted.name, missing_thing::object,
                                           std::move(answer));
}

task<guarded<store::part_info>> writable_part::commit(
    std::string etag, std::vector<store::object_checksum> checksums) {
    auto write = std::move(write_);
    auto record = write->success_record();
    auto payload = co_await write->finish();
    if (payload.has_error()) co_return co_await write->failed(std::move(payload).error());
    store::put_part_request request;
    request.upload = {write->upload.bucket, write->upload.key, write->upload.id};
    request.number = write->part_number;
    request.payload = std::move(*payload);
    request.etag = std::move(etag);
    request.checksums = std::move(checksums);
    request.size = write->told_size();
    request.audit.push_back(std::move(record));
    auto put = co_await store::put_part(write->core.engine, std::move(request));
    if (put.has_value()) {
        write->succeeded();
        co_return std::move(*put);
    }
    auto answer = co_await write->failed(std::move(put).error());
    co_return co_await write->core.missing(write->upload.bucket, missing_thing::upload,
                                           std::move(answer));
}

}  // namespace sluice::auth
