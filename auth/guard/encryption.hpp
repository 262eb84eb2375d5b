// What a protocol says to the guard, and hears from it, about encryption at rest: who wants which
// key for what is written, what an object says about the key it was written with, and the key of a
// client who keeps it himself. Keys never leave the guard. Plain values; pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/keys/envelope.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

// How an object, or an upload and its parts, is to be stored.
struct encryption_choice {
    encryption_kind kind = encryption_kind::none;
    std::string key_id;       // named_key; empty: the built-in one
    std::string context;      // named_key: JSON, bound to the data key
    bool bucket_key = false;  // named_key: said again in answers, without effect
    secret_key customer{};    // customer_key

    // Not an aggregate: g++ 12 destroys one that is made for an argument inside co_await twice.
    encryption_choice() = default;

    static encryption_choice with_server_key() {
        encryption_choice out;
        out.kind = encryption_kind::server_key;
        return out;
    }
};

// How it is stored.
struct encryption_facts {
    encryption_kind kind = encryption_kind::none;
    std::string key_id;  // named_key
    bool bucket_key = false;
};
// Of store::object_attributes::encryption. corrupt, unsupported: a later version.
result<encryption_facts> describe_encryption(std::string_view stored);

// Whether what is stored so was written with that customer's key.
bool opens_with(std::string_view stored, secret_key const& customer);

}  // namespace sluice::auth
