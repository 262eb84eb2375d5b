// Repairs the one thing that a power cut can leave and RocksDB refuses: a MANIFEST whose last,
// unsynced records
// are torn (zeroed or half written). Everything from the first bad record on is cut off, which
// gives the state
// of an earlier flush: the journal replays from there, or refuses when it no longer reaches back
// that far, so
// that damage to synced records is never taken for a torn tail in silence.
// Start-up only, before the database is open.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace rocksdb { class Env; }

namespace sluice::kv {

// How many bytes from the start are whole records of a RocksDB log file (32 KiB blocks of
// fragments:
// u32 masked crc32c, u16 length, u8 type, bytes).
std::size_t whole_records_bytes(std::string_view log_file) noexcept;

// True: something was cut, opening is worth another try.
result<bool> cut_torn_manifest(rocksdb::Env&, std::string const& folder);

}  // namespace sluice::kv
