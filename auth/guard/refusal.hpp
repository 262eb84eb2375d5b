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

struct refusal : failure {
    missing_thing missing = missing_thing::nothing;

    refusal() = default;                    // only for guarded<T>::error()
    refusal(error code) : failure(code) {}  // NOLINT: implicit, as failure is
    refusal(failure what) : failure(std::move(what)) {}
    refusal(missing_thing what, std::string text)
        : failure(error::not_found, std::move(text)),
          missing(what) {}
};

template <class T = void>
using guarded = boost::system::result<T, refusal>;

}  // namespace sluice::auth
