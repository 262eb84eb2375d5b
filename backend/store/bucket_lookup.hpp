// Finding a bucket's record and locking the bucket: what all object and upload verbs begin with.
// Internal to backend/store.
#pragma once

#include <memory>
#include <string>

#include "backend/store/change.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/object_records.hpp"

namespace sluice::store {

lock_name bucket_lock(std::string const& name);
lock_name object_lock(std::string const& bucket, std::string const& key);

// not_found: "bucket '...'"
result<bucket_record> find_bucket(index_view const&, std::string const& name);

// invalid_argument (empty), too_large
result<void> check_key(store_limits const&, std::string const& key);

failure no_such_bucket(std::string const& name);
failure no_such_object(std::string const& key);

}  // namespace sluice::store
