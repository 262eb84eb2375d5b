// Encoded audit records that travel with a verb: they become durable in the same commit as what the
// verb changes, and only if it changes it. Encoding is auth/audit's; the store never looks inside.
#pragma once

#include <string>
#include <vector>

namespace sluice::store {

using audit_records = std::vector<std::string>;

}  // namespace sluice::store
