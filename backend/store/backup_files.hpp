// Plain files of backups: written, summed and synced outside of any data folder's device. Internal
// to backend/store.
// Blocking; one thread per object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/bytes.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct file_sum {
    std::uint32_t crc = 0;    // crc32c
    std::uint64_t bytes = 0;
    bool operator==(file_sum const&) const = default;
};

// A new file: already_exists when there is one. Removed by nobody when it is not finished.
class new_file {
public:
    static result<new_file> create(std::string path);
    ~new_file();
    new_file(new_file&& other) noexcept;
    new_file& operator=(new_file&&) = delete;

    result<void> append(const_byte_span);
    result<void> append_zeroes(std::uint64_t count);
    // Syncs the bytes, not the name.
    result<file_sum> finish();

private:
    new_file(std::string path, int descriptor) noexcept : path_(std::move(path)),
        descriptor_(descriptor) {}
    std::string path_;
    int descriptor_ = -1;
    file_sum sum_;
};

// Appends all of `from` to `into`; what was read.
result<file_sum> copy_into(std::string const& from, new_file& into);
result<file_sum> sum_of(std::string const& path);
// Fills all of `into` from the start of the file.
result<void> read_start(std::string const& path, byte_span into);
// At most `limit` bytes: too_large.
result<std::string> read_small_file(std::string const& path, std::size_t limit);
result<void> sync_folder(std::string const& path);
// Names of regular files, sorted.
result<std::vector<std::string>> files_in(std::string const& folder);

struct backup_manifest {
    struct file {
        std::string path;     // "kv/000012.sst" or "segments/00000007.seg"
        file_sum sum;
    };
    std::string store_id;     // 16 bytes
    std::uint32_t segment_bytes = 0;
    lsn at{};
    std::vector<file> files;
};
std::string encode(backup_manifest const&);
// corrupt; unsupported: of a later version.
result<backup_manifest> decode_manifest(std::string_view);

}  // namespace sluice::store
