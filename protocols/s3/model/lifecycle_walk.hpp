// Turns a listing of versions into what lifecycle rules do with each of them: keeps, over the borders
// of pages, what a version's neighbours say about it. Whether a version is the only one of its key is
// known when the next one is seen, so the last one is held until then. Bounded: one version is kept.
// Plain value, one thread.
#pragma once

#include <optional>
#include <vector>

#include "backend/store/model/object_stat.hpp"
#include "protocols/s3/model/lifecycle.hpp"

namespace sluice::s3 {

class lifecycle_walk {
public:
    struct removal {
        store::object_stat object;
        lifecycle_verdict verdict = lifecycle_verdict::expire;  // or erase
    };

    // The rules outlive the walk.
    lifecycle_walk(lifecycle_rules const& rules, lifecycle_day day) noexcept
        : rules_(rules), day_(day) {}

    // In the listing's order: keys ascending, the versions of each newest first.
    void take(store::object_stat next, unix_millis now, std::vector<removal>& due);
    // The listing is over.
    void end(unix_millis now, std::vector<removal>& due);

private:
    void judge(bool is_only, unix_millis now, std::vector<removal>& due);

    lifecycle_rules const& rules_;
    lifecycle_day const day_;
    std::optional<store::object_stat> held_;
    unix_millis noncurrent_since_{};      // of the held one
    std::uint32_t newer_noncurrent_ = 0;  // than the held one
};

}  // namespace sluice::s3
