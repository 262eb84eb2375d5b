// What deleting an object, or one of its versions, did. Plain value.
#pragma once

#include <optional>

#include "gateway/core/ids.hpp"

namespace sluice::store {

struct deletion {
    explicit operator bool() const noexcept { return existed; }

    bool existed = false;                  // an object that was no delete marker
    bool removed_marker = false;           // the named version was one
    std::optional<object_version> marker;  // that was made
};

}  // namespace sluice::store
