// One decision, the same for all protocols: who, how proven, from where, what, on what, by which
// rule, with what outcome. Encoded as one JSON object in a fixed field order; those bytes are the
// value of the record in the `__audit` log. Passwords, signatures, secrets and literals have no
// field, so they cannot get in. Plain value; encode() is pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

struct audit_record {
    unix_millis time{};
    std::string protocol;
    std::string principal;
    std::vector<std::string> on_behalf_of;
    std::string auth_method;
    std::string credential_id;
    std::string client_address;
    std::string operation;  // the protocol's name
    std::string verb;       // the abstract one; empty for authentication
    action_class filed_under = action_class::read;
    resource_kind kind = resource_kind::dataset;
    std::string resource;  // "bucket", "bucket/key"; names, never values
    decision decided;
    std::string status;       // "ok", the name of an error, "abandoned"
    std::uint64_t count = 1;  // decisions that this record stands for
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;   // changed in a table; left out when there are none
    std::string request_id;
    std::uint64_t policy_epoch = 0;
};

// Names longer than this are cut, with "..." at the end: a record is bounded whatever the request
// says.
inline constexpr std::size_t longest_audit_text = 1100;  // a bucket and a 1024-byte key

std::string encode(audit_record const& record);

// JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_text(std::string& out, std::string_view text);

}  // namespace sluice::auth
