#include "backend/store/backup.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/journal/segment_table.hpp"
#include "backend/journal/superblock.hpp"
#include "backend/kv/key_space.hpp"
#include "backend/store/backup_files.hpp"
#include "backend/store/change.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::size_t piece_bytes = mebibyte;
constexpr std::size_t small_cache_bytes = 8 * mebibyte;
// Copies of the index that a large transaction may spoil by being half in it.
constexpr int index_copies = 20;

// Makes the folder, and unmakes it unless the copy is finished.
class backup_folder {
public:
    static result<std::unique_ptr<backup_folder>> make(std::string const& path) {
        std::error_code code;
        bool const made = std::filesystem::create_directory(path, code);
        if (code) return failure{error::io_failed, path + ": " + code.message()};
        if (!made) return failure{error::already_exists, path};
        auto folder = std::make_unique<backup_folder>(path);
        std::filesystem::create_directory(path + "/segments", code);
        if (code) return failure{error::io_failed, path + ": " + code.message()};
        return folder;
    }
    explicit backup_folder(std::string path) : path_(std::move(path)) {}
    ~backup_folder() {
        std::error_code ignored;   // what is left has no MANIFEST
        if (!finished_) std::filesystem::remove_all(path_, ignored);
    }
    std::string const& path() const noexcept { return path_; }
    void finish() noexcept { finished_ = true; }

private:
    std::string path_;
    bool finished_ = false;
};

result<journal::superblock> read_superblock(flash::device& device, blocking_token token) {
    SLUICE_TRY(auto const file, device.open("superblock", token));
    flash::aligned_buffer blocks(2 * flash::block_bytes);
    SLUICE_CHECK(file->read(0, blocks.span(0, 2 * flash::block_bytes), token));
    for (std::size_t copy = 0; copy < 2; ++copy)
        if (auto const found =
            journal::decode_superblock(blocks.span(copy * flash::block_bytes, flash::block_bytes)))
            return *found;
    return failure{error::corrupt, "superblock: both copies are damaged"};
}

// The segments that the copied index refers to.
result<std::set<segment_id>> segments_of(kv::index& copied) {
    std::set<segment_id> found;
    auto const view = copied.take_snapshot();
    auto const all = keys::all_reverse_entries();
    auto cursor = copied.scan(view, kv::family::payload, all.lower, all.upper,
                              kv::read_tier::may_block);
    while (cursor->valid()) {
        SLUICE_TRY(auto const key, keys::parse_reverse_entry(cursor->key()));
        found.insert(key.segment);
        cursor->seek(keys::reverse_entries(key.segment).upper);
    }
    SLUICE_CHECK(cursor->status());
    return found;
}

// A copy of the index, and what it refers to.
struct copied_index {
    lsn at{};
    lsn begun{};   // behind `at`: the files hold a part of this commit
    std::set<segment_id> segments;
};

result<lsn> begun_in(kv::index& copied) {
    auto const view = copied.take_snapshot();
    SLUICE_TRY(auto const value, copied.get(*view, kv::family::meta, keys::begun_lsn(),
                                            kv::read_tier::may_block));
    if (!value) return lsn{};
    byte_reader in(*value);
    lsn const begun{in.little<std::uint64_t>()};
    if (!in.ok() || !in.at_end()) return failure{error::corrupt, "the index's begun lsn"};
    return begun;
}

result<copied_index> copy_index_once(engine& store, std::string const& folder,
                                     blocking_token token) {
    SLUICE_TRY(auto const flushed, store.journal().flush_index(token));
    static_cast<void>(flushed);
    SLUICE_CHECK(store.index().checkpoint(std::filesystem::absolute(folder).string()));
    kv::index_options reading;
    reading.folder = folder;
    reading.read_only = true;
    reading.block_cache_bytes = small_cache_bytes;
    SLUICE_TRY(auto const copied, kv::index::open(reading));
    copied_index what;
    what.at = copied->applied_lsn();
    SLUICE_TRY(what.begun, begun_in(*copied));
    SLUICE_TRY(what.segments, segments_of(*copied));
    return what;
}

// A copy that needs nothing of the journal: whole commits only. A large transaction goes into the
// index in steps, and a flush between two of them writes half of it.
result<copied_index> copy_index(engine& store, std::string const& folder, blocking_token token) {
    for (int made = 0; made < index_copies; ++made) {
        SLUICE_TRY(auto what, copy_index_once(store, folder, token));
        if (what.begun <= what.at) return what;
        std::error_code code;
        std::filesystem::remove_all(folder, code);
        if (code) return failure{error::io_failed, folder + ": " + code.message()};
        // Published behind what was half in the index.
        SLUICE_TRY(auto const behind, commit_change_blocking(
                                          store, change(), journal::admission_class::freeing, token));
        static_cast<void>(behind);
    }
    return failure{error::overloaded, "backup: one large transaction follows the other"};
}

result<file_sum> copy_segment(flash::device& device, segment_id segment, std::uint64_t used,
                              std::string const& to,
                              blocking_token token) {
    SLUICE_TRY(auto const from, device.open(journal::segment_table::path_of(segment), token));
    SLUICE_TRY(auto into, new_file::create(to));
    flash::aligned_buffer piece(piece_bytes);
    auto const end = std::min(align_up(used, flash::block_bytes), from->size_bytes());
    for (std::uint64_t at = 0; at < end; at += piece_bytes) {
        auto const bytes = piece.span(0, std::min<std::uint64_t>(piece_bytes, end - at));
        SLUICE_CHECK(from->read(at, bytes, token));
        SLUICE_CHECK(into.append(bytes));
    }
    return into.finish();
}

result<void> copy_segments(engine& store, std::set<segment_id> const& wanted,
                           backup_folder const& folder,
                           backup_manifest& manifest, blocking_token token) {
    // Taken behind the checkpoint: everything that it refers to lies within.
    for (auto const& segment : store.journal().segments().list()) {
        if (!wanted.contains(segment.id)) continue;
        auto const path = journal::segment_table::path_of(segment.id);
        SLUICE_TRY(auto const sum, copy_segment(store.device(), segment.id, segment.used_bytes,
                                                folder.path() + "/" + path, token));
        manifest.files.push_back({path, sum});
    }
    return {};
}

result<void> sum_index_files(backup_folder const& folder, backup_manifest& manifest) {
    SLUICE_TRY(auto const names, files_in(folder.path() + "/kv"));
    for (auto const& name : names) {
        SLUICE_TRY(auto const sum, sum_of(folder.path() + "/kv/" + name));
        manifest.files.push_back({"kv/" + name, sum});
    }
    return {};
}

result<void> write_manifest(backup_folder const& folder, backup_manifest& manifest) {
    std::ranges::sort(manifest.files, {}, &backup_manifest::file::path);
    SLUICE_CHECK(sync_folder(folder.path() + "/segments"));
    SLUICE_CHECK(sync_folder(folder.path() + "/kv"));
    SLUICE_TRY(auto file, new_file::create(folder.path() + "/MANIFEST"));
    SLUICE_CHECK(file.append(as_bytes(encode(manifest))));
    SLUICE_TRY(auto const sum, file.finish());
    static_cast<void>(sum);
    SLUICE_CHECK(sync_folder(folder.path()));
    return sync_folder(std::filesystem::absolute(folder.path()).parent_path().string());
}

}  // namespace

result<backup_report> backup(engine& store, std::string const& path, blocking_token token) {
    auto const in_use = store.use();
    SLUICE_TRY(auto const folder, backup_folder::make(path));
    // From here on nothing that the checkpoint will refer to is overwritten.
    auto const hold = store.journal().segments().hold_all();
    SLUICE_TRY(auto const index, copy_index(store, path + "/kv", token));
    auto const& wanted = index.segments;
    backup_manifest manifest;
    manifest.at = index.at;
    SLUICE_TRY(auto const superblock, read_superblock(store.device(), token));
    manifest.store_id = as_chars(superblock.store);
    manifest.segment_bytes = superblock.segment_bytes;
    SLUICE_CHECK(copy_segments(store, wanted, *folder, manifest, token));
    if (manifest.files.size() != wanted.size())
        return failure{error::corrupt, "backup: the index refers to a segment that is not there"};
    SLUICE_CHECK(sum_index_files(*folder, manifest));
    SLUICE_CHECK(write_manifest(*folder, manifest));
    folder->finish();
    backup_report report{manifest.at, manifest.files.size(), wanted.size(), 0};
    for (auto const& file : manifest.files) report.bytes += file.sum.bytes;
    return report;
}

}  // namespace sluice::store
