#include "protocols/s3/wire/running_checksum.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::s3 {
namespace {

std::variant<std::monostate, hasher> hasher_for(store::checksum_algorithm algorithm) {
    switch (algorithm) {
        case store::checksum_algorithm::crc32:
        case store::checksum_algorithm::crc32c:
        case store::checksum_algorithm::crc64nvme: return std::monostate{};
        case store::checksum_algorithm::sha1: return hasher(digest_kind::sha1);
        case store::checksum_algorithm::sha256: return hasher(digest_kind::sha256);
        case store::checksum_algorithm::sha512: return hasher(digest_kind::sha512);
        case store::checksum_algorithm::md5: return hasher(digest_kind::md5);
        case store::checksum_algorithm::xxh64:
        case store::checksum_algorithm::xxh3:
        case store::checksum_algorithm::xxh128: break;  // no spelling names them
    }
    SLUICE_ASSERT(!"an algorithm that is none");
}

}  // namespace

running_checksum::running_checksum(store::checksum_algorithm algorithm)
    : algorithm_(algorithm), hasher_(hasher_for(algorithm)) {}

void running_checksum::update(const_byte_span bytes) {
    switch (algorithm_) {
        case store::checksum_algorithm::crc32:
            crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_));
            return;
        case store::checksum_algorithm::crc32c:
            crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_));
            return;
        case store::checksum_algorithm::crc64nvme: crc_ = crc64nvme(bytes, crc_); return;
        case store::checksum_algorithm::sha1:
        case store::checksum_algorithm::sha256:
        case store::checksum_algorithm::sha512:
        case store::checksum_algorithm::md5: std::get<hasher>(hasher_).update(bytes); return;
        case store::checksum_algorithm::xxh64:
        case store::checksum_algorithm::xxh3:
        case store::checksum_algorithm::xxh128: return;
    }
}

std::string running_checksum::finish() {
    std::string out;
    switch (algorithm_) {
        case store::checksum_algorithm::crc32:
        case store::checksum_algorithm::crc32c:
            byte_writer(out).big(static_cast<std::uint32_t>(crc_));
            break;
        case store::checksum_algorithm::crc64nvme: byte_writer(out).big(crc_); break;
        case store::checksum_algorithm::sha1:
        case store::checksum_algorithm::sha256:
        case store::checksum_algorithm::sha512:
        case store::checksum_algorithm::md5:
            out = std::get<hasher>(hasher_).finish().chars();
            break;
        case store::checksum_algorithm::xxh64:
        case store::checksum_algorithm::xxh3:
        case store::checksum_algorithm::xxh128: break;
    }
    return out;
}

std::string running_checksum::of(store::checksum_algorithm algorithm, std::string_view bytes) {
    running_checksum running(algorithm);
    running.update(as_bytes(bytes));
    return running.finish();
}

}  // namespace sluice::s3
