// The records that a verb's changes of objects bring into topics, from their making until they are
// in the verb's commit. Internal to backend/store. One coroutine at a time.
#pragma once

#include <string>

#include "backend/store/attached_appends.hpp"
#include "backend/store/model/object_event.hpp"
#include "backend/store/object_records.hpp"

namespace sluice::store {

class announcements {
public:
    // The announcer outlives this object.
    explicit announcements(object_announcer const& announcer) noexcept : announcer_(announcer) {}

    // too_large: limits.store_append, limits.append_parts
    result<void> add(engine&, std::string const& bucket_name, bucket_record const&,
                     object_happening, object_stat const&);
    bool empty() const noexcept { return appends_.empty(); }
    // Last before the commit. overloaded: a topic was dropped meanwhile; the verb may be tried again.
    task<result<void>> attach(engine&, change&);

private:
    object_announcer const& announcer_;
    attached_appends appends_;
};

}  // namespace sluice::store
