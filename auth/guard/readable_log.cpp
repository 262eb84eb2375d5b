#include "auth/guard/readable_log.hpp"

#include "backend/store/engine.hpp"
#include "backend/store/log_verbs.hpp"

namespace sluice::auth {

readable_log::readable_log(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
readable_log::readable_log(readable_log&&) noexcept = default;
readable_log& readable_log::operator=(readable_log&&) noexcept = default;
readable_log::~readable_log() = default;

store::topic_info const& readable_log::topic() const noexcept {
    return implementation_->description->info;
}

result<store::log_bounds> readable_log::bounds(partition_index partition) const {
    auto const* const found = implementation_->topic->partition(partition);
    if (found == nullptr || found->is_closed())
        return failure{error::not_found, "no such partition"};
    return found->bounds();
}

task<result<store::log_slice>> readable_log::read(partition_index partition, log_offset from,
                                                  std::uint64_t bytes_most, bool at_least_one,
                                                  store::log_isolation isolation) {
    store::read_log_request request{implementation_->topic, partition, from, bytes_most,
                                    at_least_one, isolation};
    return store::read_log(implementation_->engine, std::move(request));
}

task<result<std::optional<store::log_time_match>>> readable_log::find_time(
    partition_index partition, unix_millis at) {
    return store::find_log_time(implementation_->engine, implementation_->topic, partition, at);
}

task<result<std::optional<store::log_time_match>>> readable_log::find_newest(
    partition_index partition) {
    return store::find_newest_record(implementation_->engine, implementation_->topic, partition);
}

}  // namespace sluice::auth
