#include "protocols/s3/wire/running_checksum.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::s3 {
namespace {

running_checksum::state state_for(store::checksum_algorithm algorithm) {
    using store::checksum_algorithm;
    switch (algorithm) {
        case checksum_algorithm::crc32:
        case checksum_algorithm::crc32c:
        case checksum_algorithm::crc64nvme: return std::monostate{};
        case checksum_algorithm::sha1: return hasher(digest_kind::sha1);
        case checksum_algorithm::sha256: return hasher(digest_kind::sha256);
        case checksum_algorithm::sha512: return hasher(digest_kind::sha512);
        case checksum_algorithm::md5: return hasher(digest_kind::md5);
        case checksum_algorithm::xxh64: return xxhash_hasher(xxhash_kind::xxh64);
        case checksum_algorithm::xxh3: return xxhash_hasher(xxhash_kind::xxh3);
        case checksum_algorithm::xxh128: return xxhash_hasher(xxhash_kind::xxh128);
    }
    SLUICE_ASSERT(!"an algorithm that is none");
}

}  // namespace

running_checksum::running_checksum(store::checksum_algorithm algorithm)
    : algorithm_(algorithm), state_(state_for(algorithm)) {}

void running_checksum::update(const_byte_span bytes) {
    if (auto* const digest = std::get_if<hasher>(&state_)) {
        digest->update(bytes);
        return;
    }
    if (auto* const digest = std::get_if<xxhash_hasher>(&state_)) return digest->update(bytes);
    if (algorithm_ == store::checksum_algorithm::crc32)
        crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_));
    else if (algorithm_ == store::checksum_algorithm::crc32c)
        crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_));
    else crc_ = crc64nvme(bytes, crc_);
}

std::string running_checksum::finish() {
    if (auto* const digest = std::get_if<hasher>(&state_))
        return std::string(digest->finish().chars());
    if (auto const* const digest = std::get_if<xxhash_hasher>(&state_)) return digest->value();
    std::string out;
    if (algorithm_ == store::checksum_algorithm::crc64nvme) byte_writer(out).big(crc_);
    else byte_writer(out).big(static_cast<std::uint32_t>(crc_));
    return out;
}

std::string running_checksum::of(store::checksum_algorithm algorithm, std::string_view bytes) {
    running_checksum running(algorithm);
    running.update(as_bytes(bytes));
    return running.finish();
}

}  // namespace sluice::s3
