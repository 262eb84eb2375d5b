// Who acts. A principal is a person, a service, an agent that acts on behalf of another principal,
// a role that others may act as, or a group whose members have its rights and that nobody can be; credentials hang on it, one per way of proving who one is.
// All principals share one namespace of names, because PostgreSQL roles, Kafka users and S3 users
// are the same principals. Plain values. Stored as the versioned records below (format:
// gateway/design/0006-guard.md); ids are random and never reused, so a right given to a deleted
// principal never reaches a later one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

enum class principal_kind : std::uint8_t {
    user = 1,
    service = 2,
    agent = 3,
    role = 4,
    anonymous = 5,  // never stored
    group = 6
};
std::string_view name_of(principal_kind) noexcept;
std::optional<principal_kind> principal_kind_named(std::string_view) noexcept;

// Built in, never stored as records, always there.
inline constexpr principal_id anonymous_id{1};
inline constexpr principal_id root_id{2};
// The server itself: reclaim, scrub, retention. Nobody can authenticate as it.
inline constexpr principal_id system_id{3};
// Ids below this are reserved for built-in principals.
inline constexpr std::uint64_t first_ordinary_principal = 1024;

inline constexpr std::size_t longest_principal_name = 64;  // limits.principal_name_bytes
inline constexpr std::size_t most_roles_of_one = 256;      // limits.roles_per_principal
inline constexpr std::size_t longest_canonical_id = 64;
inline constexpr std::size_t longest_display_name = 256;   // bytes
inline constexpr std::size_t longest_email = 254;          // RFC 5321, 4.5.3.1.3
inline constexpr std::size_t longest_description = 1000;   // characters of IAM; bytes here
inline constexpr std::size_t most_principal_tags = 50;
inline constexpr std::size_t longest_tag_key = 128;        // characters of IAM; bytes here
inline constexpr std::size_t longest_tag_value = 256;
// Seconds that sessions of a role last at most: what a role may say, and what holds for one that
// says nothing.
inline constexpr std::uint32_t least_longest_session = 3600;
inline constexpr std::uint32_t most_longest_session = 12 * 3600;

struct principal_tag {
    std::string key;
    std::string value;

    bool operator==(principal_tag const&) const = default;
};

struct principal {
    principal_id id{};
    principal_kind kind = principal_kind::user;
    std::string name;
    bool enabled = true;
    unix_millis created{};
    // Agents only: the principal whose rights bound this one's. An agent may act for an agent.
    principal_id on_behalf_of{};
    std::vector<principal_id> member_of;  // roles and groups, sorted
    // Given by whoever brought the principal from another server; all may be empty.
    std::string canonical_id;  // how S3 names an owner; empty: made of `id`
    std::string display_name;
    std::string email;
    // Roles only. Who may assume one is in rules (policy/trust_policy.hpp).
    std::string description;
    std::uint32_t longest_session = 0;  // seconds; 0: as long as any role's
    // IAM's, of anybody but groups: in the order they were given, no key twice in whatever case.
    std::vector<principal_tag> tags;

    bool operator==(principal const&) const = default;
};

enum class credential_kind : std::uint8_t { password = 1, access_key = 2 };

struct credential {
    credential_kind kind = credential_kind::password;
    // The public name of the credential: the access key id, or the principal's name for a password.
    std::string id;
    principal_id owner{};
    bool enabled = true;
    unix_millis created{};
    unix_millis expires{};      // 0: never
    std::string scram_sha_256;  // password: verifiers in PostgreSQL's text form
    std::string scram_sha_512;
    std::string sealed_secret;  // access_key: sealed by the key file

    bool operator==(credential const&) const = default;
};

// 1 to 64 of [A-Za-z0-9._@+=-], not starting with "__" (reserved): legal in all three protocols.
result<void> check_principal_name(std::string_view name);

// The given names: a canonical id of [A-Za-z0-9._-] that is not of the form of those that are made,
// a display name without control characters, an e-mail address with an @.
result<void> check_given_names(principal const& who);

// 64 characters: the id in hex, or what was given.
std::string canonical_id_of(principal_id id);
std::string canonical_id_of(principal const& who);
// 16 upper-case hex digits: IAM's UserId, aws:userid.
std::string unique_id_of(principal_id id);

// Whether others can be members of it.
constexpr bool has_members(principal_kind kind) noexcept {
    return kind == principal_kind::role || kind == principal_kind::group;
}

// A role's description and longest session; invalid_argument.
result<void> check_role_details(principal const& who);

// Few enough, of UTF-8 characters that IAM has, on somebody who can have them; invalid_argument.
result<void> check_tags(principal const& who);
// Keys are the same in any case of their letters.
bool is_same_tag_key(std::string_view one, std::string_view other) noexcept;

std::string encode(principal const&);
std::string encode(credential const&);
// malformed for bytes that are not such a record, unsupported for a later version.
result<principal> decode_principal(std::string_view bytes);
result<credential> decode_credential(std::string_view bytes);

}  // namespace sluice::auth
