#include "protocols/sql/execute/log_records.hpp"

#include <algorithm>

#include "gateway/core/block_on.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint64_t bytes_per_read = mebibyte;

}  // namespace

sql_error foreign_error(session_context& session, failure const& what, std::string const& name) {
    switch (what.code) {
        case error::not_found:
            return sql_error("42P01", "relation \"" + name + "\" does not exist");
        case error::permission_denied:
            return sql_error("42501", "permission denied for table " + name);
        default: return session.error_of(what);
    }
}

sql_result<bool> log_records::next() {
    while (true) {
        auto const found = next_of_batch();
        if (found.has_error() || *found) return found;
        auto const more = next_batch();
        if (more.has_error() || !*more) return more;
    }
}

// The next wanted record of the batch at hand.
sql_result<bool> log_records::next_of_batch() {
    if (packed_) {
        if (first_ > last_) return false;
        record_.offset = log_offset{first_++};
        return true;
    }
    while (unpacked_) {
        auto const more = unpacked_->next(record_);
        if (more.has_error()) return session_.error_of(more.error());
        if (!*more) break;
        auto const offset = to_underlying(record_.offset);
        if (offset >= first_ && offset <= last_) return true;
    }
    unpacked_.reset();
    return false;
}

sql_result<bool> log_records::next_batch() {
    while (range_ < ranges_.size()) {
        auto& range = ranges_[range_];
        if (batch_at_ >= batches_.size()) {
            auto const more = read_more(range);
            if (more.has_error()) return more;
            if (!*more) ++range_;
            continue;
        }
        auto const rest = std::string_view(batches_).substr(batch_at_);
        auto const header = store::parse_log_batch_header(rest);
        if (header.has_error()) return session_.error_of(header.error());
        batch_at_ += header->total_bytes();
        auto const last = header->base_offset + header->last_offset_delta;
        auto const first = to_underlying(range.first);
        range.first = log_offset{std::max(first, last + 1)};
        if (header->base_offset >= to_underlying(range.end)) {
            batches_.clear();
            range.first = range.end;
            continue;
        }
        bool const aborted = is_aborted(*header);
        if (aborted || last < first || header->is_control() || header->max_timestamp < how_.oldest) continue;
        append_time_ = header->has_append_time();
        auto const batch = rest.substr(0, header->total_bytes());
        first_ = std::max(first, header->base_offset);
        last_ = std::min(last, to_underlying(range.end) - 1);
        // One offset per record, unless some were compacted away.
        packed_ = !how_.content && header->record_count == header->last_offset_delta + 1;
        if (packed_) return true;
        auto opened = store::log_batch_reader::open(batch, session_.services.limits.batch_bytes);
        if (opened.has_error()) return session_.error_of(opened.error());
        unpacked_ = std::move(*opened);
        return true;
    }
    return false;
}

bool log_records::is_aborted(store::log_batch_header const& header) {
    auto const last = header.base_offset + header.last_offset_delta;
    while (!aborted_.empty() && to_underlying(aborted_.front().first) <= last) {
        aborting_.insert(aborted_.front().producer);
        aborted_.erase(aborted_.begin());
    }
    // The marker of whatever its producer's transaction was.
    if (header.is_control()) aborting_.erase(header.producer_id);
    return header.is_transactional() && aborting_.contains(header.producer_id);
}

sql_result<bool> log_records::read_more(record_range& range) {
    batches_.clear();
    batch_at_ = 0;
    while (range.first < range.end) {
        if (session_.interrupted.load(std::memory_order_relaxed) != interruption::none)
            return session_.interrupted_error();
        // Whoever got here runs on a pool thread (relation_reader's rule).
        auto slice = block_on(session_.executor,
                              log_->log.read(range.partition, range.first, bytes_per_read, true,
                                             store::log_isolation::committed),
                              blocking_token::for_this_thread());
        if (slice.has_value()) {
            batches_ = std::move(slice->batches);
            aborted_ = std::move(slice->aborted);
            aborting_.clear();
            batch_at_ = 0;
            if (batches_.empty()) return false;
            return true;
        }
        if (slice.error().code != error::out_of_range)
            return foreign_error(session_, slice.error(), log_->log.topic().name);
        // Erased before it was read: go on where the log begins now.
        auto const bounds = log_->log.bounds(range.partition);
        if (bounds.has_error())
            return foreign_error(session_, bounds.error(), log_->log.topic().name);
        if (bounds->start <= range.first) return session_.error_of(slice.error());
        range.first = bounds->start;
    }
    return false;
}

}  // namespace sluice::sql
