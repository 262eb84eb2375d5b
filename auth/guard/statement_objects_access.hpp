// The inside of statement_objects. Inside auth/guard only.
#pragma once

#include "auth/guard/guard_core.hpp"
#include "auth/guard/statement_objects.hpp"
#include "backend/store/statement_reader.hpp"

namespace sluice::auth {

class statement_objects::implementation {
public:
    implementation(guard_core& core, store::statement_reader seen)
        : core(core), seen(std::move(seen)) {}

    guard_core& core;
    store::statement_reader seen;
};

}  // namespace sluice::auth
