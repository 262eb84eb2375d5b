// What a guarded verb answers instead of a value: one of the errors, and for not_found what is
// missing, since protocols have different codes for a missing bucket, object and upload. Plain
// value; converts to failure (and so to result<T>) by forgetting what is missing.
#pragma once

#include <boost/system/result.hpp>

#include "gateway/core/result.hpp"

namespace sluice::auth {

enum class missing_thing : std::uint8_t {
    nothing,
    bucket,
    object,
    upload,
    principal,
    credential,
    rule
};

// What is wrong with the key of something stored encrypted, where that is what is refused for.
enum class key_trouble : std::uint8_t {
    none,
    needed,      // a customer's key that was not given
    unexpected,  // a customer's key for what is not stored under one
    wrong,       // another customer's key
    unknown,     // a named key that is not there (the text is its id)
    disabled,    // a named key that is disabled (the same)
    other_form   // a copy between encrypted and not: its bytes must be written anew
};

// Why an access list is not taken.
enum class access_trouble : std::uint8_t {
    none,
    disabled,  // lists do not count in the bucket
    blocked    // it is public, and the bucket takes no public ones
};

struct refusal : failure {
    missing_thing missing = missing_thing::nothing;
    key_trouble key = key_trouble::none;
    access_trouble access = access_trouble::none;

    refusal() = default;                    // only for guarded<T>::error()
    refusal(error code) : failure(code) {}  // NOLINT: implicit, as failure is
    refusal(failure what) : failure(std::move(what)) {}
    refusal(missing_thing what, std::string text)
        : failure(error::not_found, std::move(text)),
          missing(what) {}
    refusal(key_trouble what, std::string text) : failure(code_of(what), std::move(text)), key(what) {}
    refusal(access_trouble what, std::string text)
        : failure(error::permission_denied, std::move(text)),
          access(what) {}

private:
    static error code_of(key_trouble what) noexcept {
        if (what == key_trouble::wrong) return error::permission_denied;
        return what == key_trouble::unexpected ? error::invalid_argument : error::unsupported;
    }
};

template <class T = void>
using guarded = boost::system::result<T, refusal>;

}  // namespace sluice::auth
