#include "backend/store/bucket_lookup.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

lock_name bucket_lock(std::string const& name) {
    return {kv::family::meta, keys::bucket(name)};
}

// By the bucket's name, so that the lock can be had before the bucket's id is known.
lock_name object_lock(std::string const& bucket, std::string const& key) {
    std::string name;
    name.reserve(bucket.size() + key.size() + 1);
    name.append(bucket).push_back('/');   // bucket names have none
    name.append(key);
    return {kv::family::object, name};
}

failure no_such_bucket(std::string const& name) {
    return failure{error::not_found, "bucket '" + name + "'"};
}

failure no_such_object(std::string const& key) {
    return failure{error::not_found, "object '" + key + "'"};
}

result<bucket_record> find_bucket(index_view const& view, std::string const& name) {
    SLUICE_TRY(auto stored, view.get(kv::family::meta, keys::bucket(name)));
    if (!stored) return no_such_bucket(name);
    return decode_bucket(*stored);
}

result<void> check_key(store_limits const& limits, std::string const& key) {
    if (key.empty()) return failure{error::invalid_argument, "an object key is empty"};
    if (key.size() > limits.object_key_bytes)
        return failure{error::too_large, "limits.object_key_bytes"};
    return success();
}

}  // namespace sluice::store
