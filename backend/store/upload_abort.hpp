// Removing an upload whose lock is held: what abort_upload and delete_bucket have in common.
// Internal to backend/store.
#pragma once

#include "backend/store/upload_lookup.hpp"

namespace sluice::store {

task<result<void>> remove_upload(engine&, change, upload_name const&, dataset_id bucket);

}  // namespace sluice::store
