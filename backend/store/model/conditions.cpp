#include "backend/store/model/conditions.hpp"

#include <algorithm>

namespace sluice::store {
namespace {

bool names(etag_match const& match, object_stat const& object) {
    return match.any || std::ranges::find(match.etags, object.etag) != match.etags.end();
}

// Floor, so that a date before 1970 compares right too.
std::int64_t whole_seconds(unix_millis time) noexcept {
    auto millis = to_underlying(time);
    return millis >= 0 ? millis / 1000 : -((-millis + 999) / 1000);
}

failure refused(char const* which) {
    return failure{error::precondition_failed, which};
}

}  // namespace

bool conditions::empty() const noexcept {
    return !if_match && !if_none_match && !if_modified_since && !if_unmodified_since &&
           !if_match_size && !if_match_last_modified;
}

read_verdict evaluate_read(conditions const& when, object_stat const& object) {
    auto modified = whole_seconds(object.last_modified);
    if (when.if_match) {
        if (!names(*when.if_match, object)) return read_verdict::precondition_failed;
    } else if (when.if_unmodified_since && modified > whole_seconds(*when.if_unmodified_since)) {
        return read_verdict::precondition_failed;
    }
    if (when.if_none_match) {
        if (names(*when.if_none_match, object)) return read_verdict::not_modified;
    } else if (when.if_modified_since && modified <= whole_seconds(*when.if_modified_since)) {
        return read_verdict::not_modified;
    }
    return read_verdict::proceed;
}

result<void> evaluate_write(conditions const& when, object_stat const* current) {
    if (!current) {
        if (when.if_match || when.if_match_size || when.if_match_last_modified)
            return failure{error::not_found, "there is no object to match"};
        return {};
    }
    if (when.if_match && !names(*when.if_match, *current)) return refused("If-Match");
    if (when.if_none_match && names(*when.if_none_match, *current)) return refused("If-None-Match");
    auto modified = whole_seconds(current->last_modified);
    if (when.if_unmodified_since && !when.if_match &&
        modified > whole_seconds(*when.if_unmodified_since))
        return refused("If-Unmodified-Since");
    if (when.if_modified_since && !when.if_none_match &&
        modified <= whole_seconds(*when.if_modified_since))
        return refused("If-Modified-Since");
    if (when.if_match_size && *when.if_match_size != current->size) return refused("If-Match-Size");
    if (when.if_match_last_modified && whole_seconds(*when.if_match_last_modified) != modified)
        return refused("If-Match-Last-Modified-Time");
    return {};
}

}  // namespace sluice::store
