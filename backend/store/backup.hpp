// A consistent copy of the store while it serves, and a data folder made from one.
//
// backup/                   made by backup()
// MANIFEST                text; written last, so that an unfinished copy is never taken for a whole
// one
// kv/...                  the index at one commit LSN (immutable files are hard links where the
// file system allows)
//   segments/00000007.seg   every segment that this index refers to, up to where it is filled
//
// MANIFEST, one line each, fields by one space, numbers decimal, crc32c and ids hex:
//   sluice-backup 1
//   store <id> segment_bytes <n> lsn <n>
//   file <crc32c> <bytes> <path>        ascending by path
//   end <crc32c of all bytes before this line>
//
// The state is that of exactly one LSN: all commits up to it, nothing behind it. Recycling of
// segments is held while a
// copy is made; writers and readers go on.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

class engine;

struct backup_report {
    lsn at{};
    std::uint64_t files = 0;
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
};

// `folder` must not exist (already_exists); it is removed again after a failure. no_space,
// io_failed, read_only, corrupt; overloaded: large transactions left no moment for it.
result<backup_report> backup(engine&, std::string const& folder, blocking_token);

// Verifies every file against the manifest while copying. `data_folder` must not exist or be empty
// (not_empty); it is
// a data folder only when this succeeded. corrupt names the file; not_found: no finished backup
// there.
result<backup_report> restore(std::string const& backup_folder, std::string const& data_folder,
                              blocking_token);

}  // namespace sluice::store
