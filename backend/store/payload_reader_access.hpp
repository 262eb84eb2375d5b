// How verbs of this folder make a payload_reader. Internal to backend/store.
#pragma once

#include <memory>

#include "backend/store/payload_reader.hpp"

namespace sluice::store {

class engine;
struct opened_payload;

payload_reader make_payload_reader(engine&, std::shared_ptr<opened_payload const>, byte_range);

}  // namespace sluice::store
