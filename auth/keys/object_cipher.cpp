#include "auth/keys/object_cipher.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "gateway/core/assert.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

constexpr std::byte header_version{1};
constexpr std::string_view payload_label = "sluice payload 1";
constexpr std::size_t tag_bytes = aes_256_gcm::tag_bytes;

secret_key payload_key(secret_key const& data_key, const_byte_span header, std::uint32_t part) {
    std::string info(payload_label);
    byte_writer(info).little(part);
    return hkdf_sha256(data_key.bytes(), as_chars(header), info);
}

aes_256_gcm::nonce nonce_of(std::uint64_t chunk) noexcept {
    aes_256_gcm::nonce once{};
    store_big(reinterpret_cast<char*>(once.data()) + 4, chunk);
    return once;
}

std::array<std::byte, 9> associated_with(std::uint64_t chunk, bool last) noexcept {
    std::array<std::byte, 9> out{};
    store_big(reinterpret_cast<char*>(out.data()), chunk);
    out[8] = std::byte{last};
    return out;
}

std::uint64_t chunks_of(std::uint64_t plain) noexcept {
    return (plain + cipher_chunk_bytes - 1) / cipher_chunk_bytes;
}

failure corrupt_payload(char const* what) { return {error::corrupt, what}; }

}  // namespace

secret_key::secret_key(const_byte_span bytes) noexcept {
    SLUICE_ASSERT(bytes.size() == bytes_.size());
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

secret_key::~secret_key() { wipe(bytes_); }

secret_key secret_key::make(random_source& random) {
    secret_key made;
    random.fill(made.bytes_);
    return made;
}

secret_key hkdf_sha256(const_byte_span secret, std::string_view salt, std::string_view info) {
    auto extracted = hmac_of(digest_kind::sha256, as_bytes(salt), secret);
    std::string message(info);
    message += '\x01';
    auto expanded = hmac_of(digest_kind::sha256, extracted.bytes(), as_bytes(message));
    secret_key out(expanded.bytes());
    wipe({extracted.data(), extracted.size()});
    wipe({expanded.data(), expanded.size()});
    return out;
}

std::uint64_t sealed_size(std::uint64_t plain) noexcept {
    if (plain == 0) return 0;
    return cipher_header_bytes + plain + tag_bytes * chunks_of(plain);
}

result<std::uint64_t> plain_size(std::uint64_t sealed) {
    if (sealed == 0) return std::uint64_t{0};
    if (sealed > cipher_header_bytes + tag_bytes) {
        auto const body = sealed - cipher_header_bytes;
        auto const chunks = (body + sealed_chunk_bytes - 1) / sealed_chunk_bytes;
        auto const last = body - (chunks - 1) * sealed_chunk_bytes;
        if (last > tag_bytes) return body - chunks * tag_bytes;
    }
    return corrupt_payload("an encrypted payload has a size that none has");
}

// ---- sealing ------------------------------------------------------------------------------------

namespace {

std::array<std::byte, cipher_header_bytes> fresh_header(random_source& random) {
    std::array<std::byte, cipher_header_bytes> out;
    random.fill(out);
    out[0] = header_version;
    return out;
}

}  // namespace

payload_sealer::payload_sealer(secret_key const& data_key, std::uint32_t part_number,
                               random_source& random, std::optional<std::uint64_t> expected)
    : cipher_(secret_key().bytes(), aes_256_gcm_row::way::seals), header_(fresh_header(random)) {
    auto const key = payload_key(data_key, header_, part_number);
    cipher_ = aes_256_gcm_row(key.bytes(), aes_256_gcm_row::way::seals);
    auto const wanted = std::clamp<std::uint64_t>(expected.value_or(cipher_chunk_bytes), 1,
                                                  cipher_chunk_bytes);
    grow(front_, static_cast<std::size_t>(wanted));
}

payload_sealer::payload_sealer(payload_sealer&&) noexcept = default;
payload_sealer& payload_sealer::operator=(payload_sealer&&) noexcept = default;
payload_sealer::~payload_sealer() = default;

void payload_sealer::grow(piece& which, std::size_t capacity) {
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (which.size > 0) std::memcpy(bytes.get(), which.bytes.get(), which.size);
    which.bytes = std::move(bytes);
    which.capacity = capacity;
}

const_byte_span payload_sealer::ready() {
    if (back_.size == 0) return {};
    auto const out = seal_front(false);
    std::swap(front_, back_);
    back_.size = 0;
    return out;
}

byte_span payload_sealer::room() {
    SLUICE_ASSERT(back_.size == 0);
    if (front_.size == front_.capacity && front_.capacity < cipher_chunk_bytes)
        grow(front_, cipher_chunk_bytes);
    if (front_.size < front_.capacity)
        return {front_.bytes.get() + front_.size, front_.capacity - front_.size};
    // Whether the full chunk is the last one is known only when more comes.
    if (back_.capacity == 0) grow(back_, cipher_chunk_bytes);
    return {back_.bytes.get(), back_.capacity};
}

void payload_sealer::filled(std::size_t bytes) noexcept {
    auto& into = front_.size < front_.capacity ? front_ : back_;
    SLUICE_ASSERT(bytes <= into.capacity - into.size);
    into.size += bytes;
    length_ += bytes;
}

const_byte_span payload_sealer::finish() {
    SLUICE_ASSERT(back_.size == 0);
    if (front_.size == 0) return {};
    return seal_front(true);
}

const_byte_span payload_sealer::seal_front(bool last) {
    auto const head = chunk_ == 0 ? cipher_header_bytes : 0;
    auto const bytes = head + front_.size + tag_bytes;
    if (sealed_capacity_ < bytes) {
        sealed_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
        sealed_capacity_ = bytes;
    }
    if (head > 0) std::copy(header_.begin(), header_.end(), sealed_.get());
    cipher_.seal(nonce_of(chunk_), associated_with(chunk_, last),
                 {front_.bytes.get(), front_.size},
                 {sealed_.get() + head, front_.size + tag_bytes});
    ++chunk_;
    return {sealed_.get(), bytes};
}

// ---- opening ------------------------------------------------------------------------------------

result<range_opener> range_opener::make(secret_key const& data_key, std::vector<sealed_part> parts,
                                        std::uint64_t offset, std::uint64_t length) {
    SLUICE_ASSERT(length > 0);
    range_opener out(data_key);
    std::uint64_t plain = 0, stored = 0, end = 0;  // of the parts so far; of the body
    bool begun = false;
    for (std::size_t i = 0; i < parts.size() && plain < offset + length; ++i) {
        SLUICE_TRY(auto const size, plain_size(parts[i].size));
        if (!begun && offset < plain + size) {
            begun = true;
            auto const within = offset - plain;
            out.part_ = i;
            out.part_plain_ = size;
            out.chunk_ = within / cipher_chunk_bytes;
            out.skip_ = static_cast<std::size_t>(within % cipher_chunk_bytes);
            out.body_.offset = stored;
            if (out.chunk_ > 0) {
                out.header_ = stored_range{stored, cipher_header_bytes};
                out.body_.offset += cipher_header_bytes + out.chunk_ * sealed_chunk_bytes;
            }
        }
        if (begun) {
            auto const wanted = std::min(size, offset + length - plain);
            auto const chunks = chunks_of(wanted);
            end = stored + std::min(parts[i].size,
                                    cipher_header_bytes + chunks * sealed_chunk_bytes);
        }
        plain += size;
        stored += parts[i].size;
    }
    if (!begun || plain < offset + length)
        return failure{error::out_of_range, "past the end of the object"};
    out.parts_ = std::move(parts);
    out.body_.length = end - out.body_.offset;
    out.remaining_ = length;
    return out;
}

result<void> range_opener::take_header(const_byte_span header) {
    SLUICE_ASSERT(header_ && !cipher_);
    return begin_part(header);
}

std::size_t range_opener::next_bytes() const noexcept {
    if (!cipher_) return cipher_header_bytes;
    auto const begin = chunk_ * cipher_chunk_bytes;
    return static_cast<std::size_t>(
               std::min<std::uint64_t>(cipher_chunk_bytes, part_plain_ - begin)) +
           tag_bytes;
}

result<void> range_opener::begin_part(const_byte_span header) {
    if (header.size() != cipher_header_bytes) return corrupt_payload("a payload without its header");
    if (header[0] != header_version)
        return corrupt_payload("an encrypted payload of an unknown version");
    auto const key = payload_key(data_key_, header, parts_[part_].number);
    cipher_.emplace(key.bytes(), aes_256_gcm_row::way::opens);
    return success();
}

result<std::size_t> range_opener::open(const_byte_span stored, byte_span out) {
    SLUICE_ASSERT(out.size() >= most_of(stored.size()));
    std::size_t made = 0;
    while (!stored.empty()) {
        if (remaining_ == 0) return corrupt_payload("more bytes than the range needs");
        auto const wanted = next_bytes();
        if (carried_.empty() && stored.size() >= wanted) {
            SLUICE_TRY(auto const more, open_piece(stored.first(wanted), out.subspan(made)));
            made += more;
            stored = stored.subspan(wanted);
            continue;
        }
        auto const taken = std::min(wanted - carried_.size(), stored.size());
        carried_.insert(carried_.end(), stored.begin(), stored.begin() + taken);
        stored = stored.subspan(taken);
        if (carried_.size() < wanted) break;
        SLUICE_TRY(auto const more, open_piece(carried_, out.subspan(made)));
        made += more;
        carried_.clear();
    }
    return made;
}

result<std::size_t> range_opener::open_piece(const_byte_span piece, byte_span out) {
    if (cipher_) return open_chunk(piece, out);
    SLUICE_CHECK(begin_part(piece));
    return std::size_t{0};
}

result<std::size_t> range_opener::open_chunk(const_byte_span chunk, byte_span out) {
    auto const size = chunk.size() - tag_bytes;
    bool const last = (chunk_ + 1) * cipher_chunk_bytes >= part_plain_;
    auto const skipped = std::exchange(skip_, 0);
    auto const wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - skipped, remaining_));
    bool const whole = wanted == size;
    if (!whole) scratch_.resize(size);
    auto const into = whole ? out.first(size) : byte_span(scratch_).first(size);
    auto const opened = cipher_->open(nonce_of(chunk_), associated_with(chunk_, last), chunk, into);
    if (opened.has_error()) return corrupt_payload("encrypted bytes fail their authentication");
    if (!whole) std::memcpy(out.data(), scratch_.data() + skipped, wanted);
    ++chunk_;
    remaining_ -= wanted;
    if (last && remaining_ > 0) {
        do {
            if (++part_ == parts_.size()) return corrupt_payload("a payload is missing");
            SLUICE_TRY(part_plain_, plain_size(parts_[part_].size));
        } while (part_plain_ == 0);
        chunk_ = 0;
        cipher_.reset();
    }
    return wanted;
}

}  // namespace sluice::auth
