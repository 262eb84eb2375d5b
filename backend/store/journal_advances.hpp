// Moves the start of a bucket's journal in the commit of something else: what was written out of it
// goes with the object that holds it, or not at all. Internal to backend/store.
#pragma once

#include "backend/store/change.hpp"
#include "backend/store/model/object_event.hpp"

namespace sluice::store {

// Last before the commit: takes the partition's lock. not_found: no such journal; conflict: it does
// not begin at `from`; out_of_range: it ends before `before`.
task<result<void>> advance_journal(engine&, change& work, journal_advance what);

}  // namespace sluice::store
