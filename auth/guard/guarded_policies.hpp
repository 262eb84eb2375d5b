// IAM policies behind the door: the one that a bucket has, and those of principals. Putting, reading and
// deleting a bucket's needs `grant` on the bucket, which its owner has; those of principals, `grant` on the
// cluster. Each change is one commit with its audit record and is in force for the next decision everywhere.
// Thread rule: any executor; one object for the whole server.
#pragma once

#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

class guarded_policies {
public:
    explicit guarded_policies(guard_core& core) noexcept : core_(core) {}

    struct bucket_policy {
        std::string document;  // as it was put
        bool is_public = false;
    };
    struct put_request {
        std::string bucket;
        std::string document;
        bool refuse_public = false;  // one that gives something to everyone
        bool may_lock_out = false;   // its author, from changing it again
    };
    enum class put_outcome : std::uint8_t { stored, is_public, locks_out };
    // invalid_argument: the text says what is wrong with the document.
    task<guarded<put_outcome>> put_of_bucket(caller const& who, put_request request);
    // missing_thing::rule: the bucket has none.
    task<guarded<bucket_policy>> of_bucket(caller const& who, std::string bucket);
    task<guarded<void>> remove_of_bucket(caller const& who, std::string bucket);

    struct identity_policy {
        std::string holder;  // a principal or role
        std::string name;
        std::string document;
    };
    task<guarded<void>> put(caller const& who, identity_policy policy);
    task<guarded<std::vector<identity_policy>>> list(caller const& who);
    task<guarded<void>> remove(caller const& who, std::string holder, std::string name);

private:
    guard_core& core_;
};

}  // namespace sluice::auth
