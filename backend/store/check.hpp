// Verifies a closed data folder against itself and changes nothing: every stored byte under its
// crc, every record,
// and the rules that hold between records (the list is check_rule). What a running server repairs
// by itself is no
// violation: frames that nobody names, payloads on their way out, a torn tail behind the applied
// LSN.
//
// Blocks for as long as reading the whole folder takes. The server must not run: the folder's lock
// is taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/flash/device.hpp"
#include "backend/kv/index.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

enum class check_rule : std::uint8_t {
    folder,      // superblock, segment files and headers, index files are there and whole
    chain,       // the commit lane reaches from the applied LSN to its end
    lsn,         // applied <= durable; no record is from a later commit than the applied one
    record,      // every record parses and belongs to something that exists
    counter,     // no id is in use that could be handed out again
    payload,     // a payload's extents are complete, without gaps, and as long as its head says
    reverse,     // each extent and log run has its reverse entry, and each reverse entry its owner
    place,       // places are inside segments in use, and no two owners share one
    bytes,       // what is stored there is the owner's, with the right crcs
    // a payload's count is the number of records that name it; unreferenced ones are on their way
    // out. An index entry leads to a row of the index's table.
    reference,
    log,         // runs of a log follow each other and hold what they say
};
std::string_view name_of(check_rule) noexcept;

struct check_violation {
    check_rule rule{};
    std::string where;
    std::string what;
};

struct check_options {
    bool read_bytes = true;                            // false: records only
    std::size_t violations_kept = 1000;                // the others are counted
    // for counting references; less means more passes
    std::size_t memory_bytes = 256 * mebibyte;
};

struct check_report {
    lsn applied{};
    lsn durable{};                                     // end of the commit lane
    std::uint64_t segments = 0, buckets = 0, objects = 0, uploads = 0, parts = 0;
    std::uint64_t payloads = 0, extents = 0, reverse_entries = 0, log_runs = 0;
    std::uint64_t topics = 0;
    std::uint64_t unreferenced_payloads = 0;           // on their way out
    std::uint64_t rows = 0, index_entries = 0;
    std::uint64_t dropped_datasets = 0;                // on their way out
    std::uint64_t frames_read = 0, bytes_read = 0;
    std::uint64_t violations_found = 0;
    std::vector<check_violation> violations;

    bool is_clean() const noexcept { return violations_found == 0; }
};

// Lines for people: counts, then one line per violation.
std::string to_text(check_report const&);

// conflict: a server has the folder. Damage is a violation in the report, not a failure.
result<check_report> check(flash::device&, kv::index&, check_options const&, blocking_token);
// The same for a folder: opens device and index, read-only.
result<check_report> check_folder(std::string const& folder, check_options const&, blocking_token);

}  // namespace sluice::store
