// The checksum algorithms of S3 and how each is spelled on the wire. Pure, thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "backend/store/model/attributes.hpp"

namespace sluice::s3 {

struct checksum_spelling {
    store::checksum_algorithm algorithm;
    std::string_view name;     // x-amz-checksum-algorithm, <ChecksumAlgorithm>
    std::string_view header;   // header, trailer
    std::string_view element;  // of XML documents
    std::size_t digest_bytes;
};

inline constexpr std::array checksum_spellings{
    checksum_spelling{store::checksum_algorithm::crc32, "CRC32", "x-amz-checksum-crc32",
                      "ChecksumCRC32", 4},
    checksum_spelling{store::checksum_algorithm::crc32c, "CRC32C", "x-amz-checksum-crc32c",
                      "ChecksumCRC32C", 4},
    checksum_spelling{store::checksum_algorithm::crc64nvme, "CRC64NVME", "x-amz-checksum-crc64nvme",
                      "ChecksumCRC64NVME", 8},
    checksum_spelling{store::checksum_algorithm::sha1, "SHA1", "x-amz-checksum-sha1",
                      "ChecksumSHA1", 20},
    checksum_spelling{store::checksum_algorithm::sha256, "SHA256", "x-amz-checksum-sha256",
                      "ChecksumSHA256", 32},
    checksum_spelling{store::checksum_algorithm::sha512, "SHA512", "x-amz-checksum-sha512",
                      "ChecksumSHA512", 64},
    checksum_spelling{store::checksum_algorithm::md5, "MD5", "x-amz-checksum-md5", "ChecksumMD5",
                      16},
    checksum_spelling{store::checksum_algorithm::xxh64, "XXHASH64", "x-amz-checksum-xxhash64",
                      "ChecksumXXHASH64", 8},
    checksum_spelling{store::checksum_algorithm::xxh3, "XXHASH3", "x-amz-checksum-xxhash3",
                      "ChecksumXXHASH3", 8},
    checksum_spelling{store::checksum_algorithm::xxh128, "XXHASH128", "x-amz-checksum-xxhash128",
                      "ChecksumXXHASH128", 16},
};

// Of uploads that declare no checksum.
inline constexpr auto default_checksum = store::checksum_algorithm::crc64nvme;

// nullptr: not one of S3's.
checksum_spelling const* spelling_of(store::checksum_algorithm algorithm) noexcept;
checksum_spelling const* checksum_named(std::string_view name) noexcept;  // any case
checksum_spelling const* checksum_of_header(std::string_view lower_case_header) noexcept;

constexpr bool is_crc(store::checksum_algorithm algorithm) noexcept {
    return algorithm == store::checksum_algorithm::crc32 ||
           algorithm == store::checksum_algorithm::crc32c ||
           algorithm == store::checksum_algorithm::crc64nvme;
}

// "FULL_OBJECT" or "COMPOSITE".
std::string_view name_of(store::checksum_scope scope) noexcept;

// Base64 of the digest; of a composite one with "-" and the number of parts.
std::string checksum_text(store::object_checksum const& checksum, std::uint32_t part_count);

// The raw digest of a header or element, checked for its length; a composite's "-N" is not
// understood.
std::optional<std::string> parse_checksum(checksum_spelling const& spelling, std::string_view text);

}  // namespace sluice::s3
