// What the daemon's configuration says to the guard, and what the guard counts about itself. Plain
// values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "auth/authn/sigv4.hpp"
#include "auth/identity/directory.hpp"
#include "auth/policy/compiled_policy.hpp"

namespace sluice::auth {

struct guard_options {
    std::string root_user = "root";  // also its S3 access key id
    std::string root_password;       // also its S3 secret; never stored
    std::string key_file;     // absolute, outside the data folder; made when absent, mode 0600
    std::string data_folder;  // to refuse a key file inside it

    directory_options directory;  // root_name is taken from root_user
    policy_options policy;
    sigv4_options sigv4;
    std::size_t signing_keys_cached = 4096;  // limits.signing_keys_cached

    std::chrono::milliseconds audit_flush{500};
    std::size_t counted_reads =
        65'536;  // limits.audit_counted_reads: distinct (who, verb, dataset, second)
    std::chrono::milliseconds counted_read_wait{
        2'000};                          // a full ring makes reads wait that long, then fail
    std::size_t failure_sources = 4096;  // limits.audit_failure_sources
    std::size_t writes_under_way =
        16'384;  // limits.writes_under_way: open writable_object, writable_part
    std::size_t changes_waiting = 256;  // limits.access_changes_waiting: admin verbs in line
    // limits.password_checks: passwords in the clear (SASL PLAIN) worked on at once
    std::size_t password_checks = 16;
    std::size_t token_checks = 16;  // limits.token_checks: tokens of identity providers at once
    std::vector<std::string>
        strict_reads;  // datasets whose reads are recorded one by one, before the answer
};

struct guard_counters {
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t failed_authentications = 0;
    std::uint64_t audit_records = 0;  // durable ones
    std::uint64_t policy_epoch = 0;
};

}  // namespace sluice::auth
