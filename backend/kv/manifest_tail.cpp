#include "backend/kv/manifest_tail.hpp"

#include <rocksdb/env.h>

#include <memory>

#include "backend/kv/rocksdb_status.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::kv {
namespace {

constexpr std::size_t block_bytes = 32 * kibibyte;
constexpr std::size_t header_bytes = 7;
enum fragment_type : unsigned char { whole = 1, first = 2, middle = 3, last = 4 };

constexpr std::uint32_t masked(std::uint32_t crc) noexcept {
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

struct fragment {
    std::size_t end;
    unsigned char type;
};

// end 0: no good fragment at `at`.
fragment fragment_at(std::string_view file, std::size_t at) noexcept {
    auto block_end = (at / block_bytes + 1) * block_bytes;
    if (at + header_bytes > file.size()) return {0, 0};
    auto stored = load_little<std::uint32_t>(file.data() + at);
    auto length = load_little<std::uint16_t>(file.data() + at + 4);
    auto end = at + header_bytes + length;
    if (end > file.size() || end > block_end) return {0, 0};
    auto type = static_cast<unsigned char>(file[at + 6]);
    auto covered = file.substr(at + 6, 1u + length);
    if (type < whole || type > last || masked(crc32c(as_bytes(covered))) != stored) return {0, 0};
    return {end, type};
}

result<void> replace_file(rocksdb::Env& environment, std::string const& folder,
                          std::string const& name,
                          std::string_view bytes) {
    auto temporary = folder + "/" + name + ".dbtmp";
    std::unique_ptr<rocksdb::WritableFile> file;
    auto status = environment.NewWritableFile(temporary, &file, rocksdb::EnvOptions());
    if (status.ok()) status = file->Append(rocksdb::Slice(bytes.data(), bytes.size()));
    if (status.ok()) status = file->Sync();
    if (status.ok()) status = file->Close();
    if (status.ok()) status = environment.RenameFile(temporary, folder + "/" + name);
    std::unique_ptr<rocksdb::Directory> opened;
    if (status.ok()) status = environment.NewDirectory(folder, &opened);
    if (status.ok()) status = opened->Fsync();
    if (!status.ok()) return failure_of(status, "open");
    return {};
}

}  // namespace

std::size_t whole_records_bytes(std::string_view log_file) noexcept {
    std::size_t good = 0;
    bool inside = false;
    for (std::size_t at = 0; at < log_file.size();) {
        auto left_in_block = block_bytes - at % block_bytes;
        if (left_in_block < header_bytes) {
            at += left_in_block;
            continue;
        }
        auto found = fragment_at(log_file, at);
        bool continues = found.type == middle || found.type == last;
        if (found.end == 0 || continues != inside) break;
        inside = found.type == first || found.type == middle;
        at = found.end;
        if (!inside) good = at;
    }
    return good;
}

result<bool> cut_torn_manifest(rocksdb::Env& environment, std::string const& folder) {
    std::string name, manifest;
    auto status = rocksdb::ReadFileToString(&environment, folder + "/CURRENT", &name);
    if (status.ok() && !name.empty() && name.back() == '\n') name.pop_back();
    if (status.ok())
        status = rocksdb::ReadFileToString(&environment, folder + "/" + name, &manifest);
    if (!status.ok()) return failure_of(status, "open");
    auto good = whole_records_bytes(manifest);
    if (good == 0 || good == manifest.size()) return false;
    SLUICE_CHECK(replace_file(environment, folder, name,
                              std::string_view(manifest).substr(0, good)));
    return true;
}

}  // namespace sluice::kv
