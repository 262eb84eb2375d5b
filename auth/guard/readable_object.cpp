#include "auth/guard/readable_object.hpp"

#include "auth/guard/capabilities.hpp"

namespace sluice::auth {

// ---- reading a stream ---------------------------------------------------------------------------

object_reader::object_reader(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
object_reader::object_reader(object_reader&&) noexcept = default;
object_reader& object_reader::operator=(object_reader&&) noexcept = default;
object_reader::~object_reader() = default;

std::uint64_t object_reader::remaining() const noexcept {
    auto const& opener = implementation_->opener;
    return opener ? opener->remaining() : implementation_->reader.remaining();
}

task<result<store::chunk>> object_reader::next() {
    if (implementation_->opener) return implementation_->next_opened();
    return implementation_->reader.next();
}

object_reader::implementation::buffer& object_reader::implementation::free_buffer(
    std::size_t bytes) {
    auto& one = buffers_[0].bytes.use_count() > 1 ? buffers_[1] : buffers_[0];
    if (one.bytes.use_count() != 1 || one.capacity < bytes) {
        one.bytes = std::make_shared_for_overwrite<std::byte[]>(bytes);
        one.capacity = bytes;
    }
    return one;
}

task<result<store::chunk>> object_reader::implementation::next_opened() {
    while (opener->remaining() > 0) {
        SLUICE_CO_TRY(auto const stored, co_await reader.next());
        if (stored.empty()) co_return failure{error::corrupt, "a payload ends before its length"};
        auto& into = free_buffer(range_opener::most_of(stored.bytes().size()));
        byte_span const room{into.bytes.get(), into.capacity};
        SLUICE_CO_TRY(auto const size, opener->open(as_bytes(stored.bytes()), room));
        if (size > 0) co_return store::chunk(into.bytes, as_chars(room.first(size)));
    }
    co_return store::chunk{};
}

// ---- the object ---------------------------------------------------------------------------------

result<std::unique_ptr<readable_object::implementation>> readable_object::implementation::make(
    guard_core& core, store::opened_object given) {
    std::unique_ptr<implementation> made(new implementation(core, std::move(given)));
    SLUICE_TRY(made->facts, describe_encryption(made->object.stat().attributes.encryption));
    return made;
}

task<result<std::vector<sealed_part>>> readable_object::implementation::sealed_parts() {
    {
        std::scoped_lock guard(mutex_);
        if (known_parts_) co_return *known_parts_;
    }
    std::vector<sealed_part> out;
    if (object.stat().part_count == 0) {
        if (object.stored_bytes() > 0) out.push_back({0, object.stored_bytes()});
    } else {
        SLUICE_CO_TRY(auto const stored, co_await object.parts());
        out.reserve(stored.size());
        for (auto const& part : stored) out.push_back({part.number, part.size});
    }
    std::uint64_t plain = 0;
    for (auto const& part : out) {
        SLUICE_CO_TRY(auto const size, plain_size(part.size));
        plain += size;
    }
    if (plain != object.stat().size)
        co_return failure{error::corrupt, "an encrypted object is not as long as it says"};
    std::scoped_lock guard(mutex_);
    known_parts_ = out;
    co_return out;
}

task<result<object_reader>> readable_object::implementation::read(store::byte_range range) {
    if (!data_key) co_return failure{error::permission_denied, "the object was not unlocked"};
    if (range.length == 0)
        co_return object_reader(
            std::make_unique<object_reader::implementation>(store::payload_reader()));
    SLUICE_CO_TRY(auto parts, co_await sealed_parts());
    SLUICE_CO_TRY(auto opener,
                  range_opener::make(*data_key, std::move(parts), range.offset, range.length));
    if (auto const head = opener.header()) {
        store::byte_range const where{head->offset, head->length};
        SLUICE_CO_TRY(auto first, co_await object.read(where));
        std::string header;
        while (header.size() < head->length) {
            SLUICE_CO_TRY(auto const piece, co_await first.next());
            if (piece.empty()) co_return failure{error::corrupt, "a payload without its header"};
            header += piece.bytes();
        }
        SLUICE_CO_CHECK(opener.take_header(as_bytes(header)));
    }
    auto const body = opener.body();
    store::byte_range const where{body.offset, body.length};
    SLUICE_CO_TRY(auto reader, co_await object.read(where));
    co_return object_reader(
        std::make_unique<object_reader::implementation>(std::move(reader), std::move(opener)));
}

task<result<std::vector<store::object_part>>> readable_object::implementation::parts() {
    SLUICE_CO_TRY(auto out, co_await object.parts());
    if (facts.kind == encryption_kind::none) co_return out;
    std::uint64_t offset = 0;
    for (auto& part : out) {
        SLUICE_CO_TRY(part.size, plain_size(part.size));
        part.offset = offset;
        offset += part.size;
    }
    co_return out;
}

readable_object::readable_object(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
readable_object::readable_object(readable_object&&) noexcept = default;
readable_object& readable_object::operator=(readable_object&&) noexcept = default;
readable_object::~readable_object() = default;

store::object_stat const& readable_object::stat() const noexcept {
    return implementation_->object.stat();
}

std::string const& readable_object::bucket_settings() const noexcept {
    return implementation_->object.bucket().settings;
}

result<access_list> readable_object::access() const {
    auto const& bucket = implementation_->object.bucket();
    return access_of(bucket.access, bucket.owner, stat().attributes.access);
}

encryption_facts const& readable_object::encryption() const noexcept {
    return implementation_->facts;
}

guarded<void> readable_object::unlock(secret_key const* customer) {
    auto& inner = *implementation_;
    auto const& stored = stat().attributes.encryption;
    if (inner.facts.kind == encryption_kind::none) return check_customer_key(stored, customer);
    auto key = open_sealing(inner.core, stored, customer);
    if (key.has_error()) return std::move(key).error();
    inner.data_key = std::move(*key);
    return guarded<void>();
}

task<result<object_reader>> readable_object::read() const {
    if (encryption().kind != encryption_kind::none) {
        store::byte_range const whole{0, stat().size};
        co_return co_await implementation_->read(whole);
    }
    SLUICE_CO_TRY(auto reader, co_await implementation_->object.read());
    co_return object_reader(std::make_unique<object_reader::implementation>(std::move(reader)));
}

task<result<object_reader>> readable_object::read(store::byte_range range) const {
    if (encryption().kind != encryption_kind::none)
        co_return co_await implementation_->read(range);
    SLUICE_CO_TRY(auto reader, co_await implementation_->object.read(range));
    co_return object_reader(std::make_unique<object_reader::implementation>(std::move(reader)));
}

task<result<std::vector<store::object_part>>> readable_object::parts() const {
    return implementation_->parts();
}

}  // namespace sluice::auth
