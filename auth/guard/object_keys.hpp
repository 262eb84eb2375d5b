// Data keys of objects: making them for what is written, opening them for what is read, sealing
// them anew for a copy. Inside auth/guard only.
#pragma once

#include <optional>
#include <string>

#include "auth/guard/encryption.hpp"
#include "auth/guard/guard_core.hpp"

namespace sluice::auth {

// What is written under a choice: without a key the bytes are stored as they come.
struct object_sealing {
    std::optional<secret_key> data_key;
    std::string stored;  // for the attributes
    encryption_facts facts;
};
// A fresh data key. key_trouble: the named key is unknown or disabled.
task<guarded<object_sealing>> make_sealing(guard_core& core, encryption_choice choice);

// The data key of what is stored so; `customer` is looked at for a customer's key only, and is
// wrong for everything else. `stored` is not empty.
guarded<secret_key> open_sealing(guard_core& core, std::string_view stored,
                                 secret_key const* customer);

// make_sealing() for a data key that is there: never waits. `key_id` of the choice is on the ring
// or refused.
guarded<std::string> seal_again(guard_core& core, encryption_choice const& choice,
                                secret_key const& data_key);
bool needs_built_in_key(encryption_choice const& choice);
// It is on the ring.
task<guarded<void>> ensure_built_in_key(guard_core& core);

// Whether a customer's key was given for an object or upload where it belongs, and is right.
guarded<void> check_customer_key(std::string_view stored, secret_key const* customer);

}  // namespace sluice::auth
