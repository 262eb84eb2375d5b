// What an object says about itself besides its bytes. The store keeps it as one small blob and
// never looks inside; protocol code gives it a meaning. Plain values, copyable between threads.
//
// Stored form (version 1): u8 1, then fields as (varint tag, sized bytes) in ascending tag order;
// unknown tags of a later version are `corrupt`, so that nothing a client stored is ever dropped in
// silence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

// Stored numbers: never renumber.
enum class checksum_algorithm : std::uint8_t {
    crc32 = 1,
    crc32c = 2,
    crc64nvme = 3,
    sha1 = 4,
    sha256 = 5,
    md5 = 6,
    sha512 = 7,
    xxh64 = 8,
    xxh3 = 9,
    xxh128 = 10
};
enum class checksum_scope : std::uint8_t {
    full_object = 1,
    composite = 2,     // of the parts' checksums
};

struct object_checksum {
    checksum_algorithm algorithm{};
    checksum_scope scope = checksum_scope::full_object;
    std::string value;                // raw digest bytes, not their text
    bool operator==(object_checksum const&) const = default;
};

// Until when a version may not be erased. Under governance who has the right to bypass it may,
// under compliance nobody.
enum class retention_mode : std::uint8_t { governance = 1, compliance = 2 };
struct retention {
    retention_mode mode = retention_mode::governance;
    unix_millis until{};
    bool operator==(retention const&) const = default;
};

struct object_attributes {
    std::string content_type;
    std::string content_encoding;
    std::string content_disposition;
    std::string content_language;
    std::string cache_control;
    std::string expires;              // as the client sent it
    std::vector<std::pair<std::string, std::string>> user_metadata;   // in the client's order
    std::vector<object_checksum> checksums;
    std::vector<std::pair<std::string, std::string>> tags;            // for people and rules
    std::string storage_class;        // a label; empty: the standard one
    std::string redirect_location;    // of a website; empty: none
    std::optional<retention> retained;
    std::optional<bool> legal_hold;   // nothing: never set
    // What opens the stored bytes, to the guard's key ring; empty: they are stored as they came.
    std::string encryption;
    // Whose it is and whom it is shared with, to the guard; empty: all of it is the bucket owner's.
    std::string access;
    // For protocol code: settings of an object that none of the fields above says, by name (e.g.
    // the checksum an upload was created for).
    std::vector<std::pair<std::string, std::string>> extra;
    bool operator==(object_attributes const&) const = default;
};

std::string encode(object_attributes const&);
// corrupt when the bytes are not the stored form.
result<object_attributes> decode_attributes(std::string_view);

}  // namespace sluice::store
