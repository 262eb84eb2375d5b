// Access lists (S3's ACLs) as the records of buckets and objects keep them: who owns it, and grants to
// others. What they amount to is grammar_acl.hpp's. Plain values and pure functions; bytes:
// gateway/design/0006-guard.md, "Access lists".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::size_t most_access_grants = 100;  // of one list (S3's own limit)

// Stored numbers: never renumber.
enum class access_grantee : std::uint8_t {
    named = 1,         // the principal or role `id`, and all who are in that role
    everyone = 2,      // strangers included
    anyone_known = 3,  // everyone who proved who he is
    log_delivery = 4,  // the server, when it writes access logs; it needs no grant
};
enum class access_permission : std::uint8_t {
    full_control = 1,
    read = 2,
    write = 3,
    read_acp = 4,  // the list itself
    write_acp = 5,
};

struct access_grant {
    access_grantee to = access_grantee::named;
    principal_id id{};
    access_permission what = access_permission::read;
    bool operator==(access_grant const&) const = default;
};
using access_grants = std::vector<access_grant>;

// To everyone, or to everyone who is known: what S3 calls public.
bool is_public(std::span<access_grant const> grants) noexcept;
// Whether somebody else than `owner` is given anything.
bool shares(std::span<access_grant const> grants, principal_id owner) noexcept;

// Of an object. Without a record of its own it is the bucket owner's alone.
struct access_list {
    principal_id owner{};
    access_grants grants;
    static access_list of_owner(principal_id owner);
    bool operator==(access_list const&) const = default;
};
std::string encode(access_list const&);
// corrupt; unsupported: of a later version.
result<access_list> decode_access_list(std::string_view bytes);

// As the records say it: of a bucket in which lists do not count, and of an object without one, the list
// is its bucket owner's.
result<access_list> access_of(std::string_view bucket_access, principal_id bucket_owner,
                              std::string_view object_access);

// Of a bucket in which lists count (S3's ownership ObjectWriter or BucketOwnerPreferred). Its owner is
// in the bucket's record.
struct bucket_access {
    // Stored numbers: never renumber.
    enum class ownership : std::uint8_t {
        writer = 1,        // objects are owned by who writes them
        bucket_owner = 2,  // or by the bucket's owner, where the writer names bucket_owner_full
    };
    ownership objects = ownership::writer;
    bool ignores_public = false;  // public grants have no effect
    bool blocks_public = false;   // and new ones are refused
    access_grants grants;
    bool operator==(bucket_access const&) const = default;
};
std::string encode(bucket_access const&);
result<bucket_access> decode_bucket_access(std::string_view bytes);

// What somebody wants a list to be: one of S3's canned ones, or these grants and no others.
struct access_choice {
    enum class canned : std::uint8_t {
        owner_only,
        public_read,
        public_read_write,
        known_read,  // authenticated-read
        bucket_owner_read,
        bucket_owner_full,
        log_delivery_write,
    };
    canned name = canned::owner_only;
    std::optional<access_grants> grants;
    // Not an aggregate: g++ 12 destroys one that is made for an argument inside co_await twice.
    access_choice() = default;

    // Says no more than what holds where lists do not count.
    bool is_plain() const noexcept {
        return !grants && (name == canned::owner_only || name == canned::bucket_owner_full);
    }
};
access_grants grants_of(access_choice const& choice, principal_id owner, principal_id bucket_owner);

}  // namespace sluice::auth
