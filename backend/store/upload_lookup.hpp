// Finding and locking an upload. Internal to backend/store.
#pragma once

#include "backend/store/bucket_lookup.hpp"
#include "backend/store/upload_verbs.hpp"

namespace sluice::store {

lock_name upload_lock(upload_id);
lock_name part_lock(upload_id, std::uint32_t number);
failure no_such_upload(upload_id);

struct found_upload {
    dataset_id bucket{};
    upload_record record;
};
// not_found: bucket or upload
result<found_upload> find_upload_in(index_view const&, upload_name const&);
result<upload_info> describe(upload_name const&, found_upload const&);

struct stored_part {
    std::uint32_t number = 0;
    part_record record;
};
// Ascending; `more` when there is one past the last.
struct stored_parts {
    std::vector<stored_part> parts;
    bool more = false;
};
result<stored_parts> read_parts_of(index_view const&, upload_id, std::uint32_t after,
                                   std::size_t most);

// Locks bucket and upload (shared), then the upload as asked.
task<result<void>> lock_upload(engine&, std::shared_ptr<lock_set>, upload_name const&, lock_mode);

}  // namespace sluice::store
