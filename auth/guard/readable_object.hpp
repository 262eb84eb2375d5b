// The right to read one object, handed out by guarded_objects::open after it was decided and
// counted. What stat() says and what read() gives belong together, also when the object is
// overwritten meanwhile. Thread rule: a reader serves one coroutine at a time. The guard outlives
// both.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/guard/encryption.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/policy/access_list.hpp"
#include "backend/store/model/byte_range.hpp"
#include "backend/store/model/chunk.hpp"
#include "backend/store/model/object_stat.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class object_reader {
public:
    class implementation;
    explicit object_reader(std::unique_ptr<implementation>);
    object_reader(object_reader&&) noexcept;
    object_reader& operator=(object_reader&&) noexcept;
    ~object_reader();

    std::uint64_t remaining() const noexcept;
    // Chunks of at most 1 MiB in order; an empty one is the end. io_failed, corrupt.
    task<result<store::chunk>> next();

private:
    std::unique_ptr<implementation> implementation_;
};

class readable_object {
public:
    class implementation;
    explicit readable_object(std::unique_ptr<implementation>);
    readable_object(readable_object&&) noexcept;
    readable_object& operator=(readable_object&&) noexcept;
    ~readable_object();

    store::object_stat const& stat() const noexcept;
    // What its bucket was configured with when it was opened: for what the server says of its own
    // account about the object, never to be shown as it is.
    std::string const& bucket_settings() const noexcept;
    encryption_facts const& encryption() const noexcept;
    // Its owner and whom it is shared with: all of it the bucket owner's where lists do not count.
    // corrupt, unsupported: a later version.
    result<access_list> access() const;
    // Opens the key of its bytes, which read() of an encrypted object needs (permission_denied
    // without); harmless for others. `customer` where the client gave a key: key_trouble needed,
    // unexpected, wrong; unknown or disabled where the object is under a named key.
    guarded<void> unlock(secret_key const* customer = nullptr);
    task<result<object_reader>> read() const;
    // out_of_range unless the range came from store::resolve() against stat().size.
    task<result<object_reader>> read(store::byte_range range) const;
    // Empty when the object was not uploaded in parts.
    task<result<std::vector<store::object_part>>> parts() const;

private:
    std::unique_ptr<implementation> implementation_;
};

}  // namespace sluice::auth
