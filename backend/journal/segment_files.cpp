#include "backend/journal/segment_files.hpp"

#include "backend/journal/segment_table.hpp"

namespace sluice::journal {

result<std::shared_ptr<flash::file>> segment_files::open(segment_id segment, blocking_token token) {
    {
        std::lock_guard lock(mutex_);
        if (auto found = open_.find(segment); found != open_.end()) {
            by_age_.splice(by_age_.begin(), by_age_, found->second.age);
            return found->second.file;
        }
    }
    SLUICE_TRY(std::shared_ptr<flash::file> file,
               device_.open(segment_table::path_of(segment), token));
    std::shared_ptr<flash::file> dropped;  // closed outside the lock
    std::lock_guard lock(mutex_);
    if (auto found = open_.find(segment); found != open_.end()) return found->second.file;
    by_age_.push_front(segment);
    open_.emplace(segment, entry{file, by_age_.begin()});
    if (open_.size() > most_) {
        auto oldest = open_.find(by_age_.back());
        dropped = std::move(oldest->second.file);
        open_.erase(oldest);
        by_age_.pop_back();
    }
    return file;
}

void segment_files::forget(segment_id segment) {
    std::shared_ptr<flash::file> dropped;
    std::lock_guard lock(mutex_);
    auto found = open_.find(segment);
    if (found == open_.end()) return;
    dropped = std::move(found->second.file);
    by_age_.erase(found->second.age);
    open_.erase(found);
}

}  // namespace sluice::journal
