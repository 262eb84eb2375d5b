// The segments of a closed folder as check and backup see them: headers, where the commit lane
// ends, and a reader for
// frames. Nothing is written, unlike by the journal's own start. Internal to backend/store.
// One thread. Device and index outlive it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "backend/journal/publisher.hpp"
#include "backend/journal/reader.hpp"
#include "backend/journal/segment_header.hpp"
#include "backend/journal/segment_registry.hpp"
#include "backend/journal/store_context.hpp"
#include "backend/journal/superblock.hpp"
#include "backend/store/check.hpp"

namespace sluice::store {

class closed_segments {
public:
    // Called for what is wrong.
    using complaint = std::function<void(check_rule, std::string where, std::string what)>;

    // Null: the superblock is not readable (complained about). io_failed.
    static result<std::unique_ptr<closed_segments>> open(flash::device&, kv::index&,
        complaint const&, blocking_token);

    // Segments in use, by id.
    std::map<segment_id,
        journal::segment_header> const& headers() const noexcept { return headers_; }
    journal::reader const& frames() const noexcept { return reader_; }
    journal::superblock const& identity() const noexcept { return superblock_; }
    // Walks the commit lane from `applied` + 1 to its end: the highest LSN there. Complains about
    // gaps.
    result<lsn> follow_chain(lsn applied, complaint const&, blocking_token);

private:
    closed_segments(flash::device&, kv::index&, journal::superblock const&);
    result<void> read_headers(complaint const&, blocking_token);
    result<void> read_header(segment_id, complaint const&, blocking_token);
    journal::segment_header const* newest_commit_segment() const;
    result<bool> walk(journal::segment_header const&, std::uint64_t end, lsn& last, blocking_token);

    journal::superblock superblock_;
    journal::store_context context_;
    journal::publisher publisher_;
    journal::segment_registry registry_;
    journal::reader reader_;
    std::map<segment_id, journal::segment_header> headers_;
};

}  // namespace sluice::store
