// restore(): a data folder out of a backup. Its journal starts with one empty commit segment behind
// the backup's LSN;
// the superblock comes last, so that a folder without it is refused by everybody.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/journal/segment_header.hpp"
#include "backend/journal/superblock.hpp"
#include "backend/store/backup.hpp"
#include "backend/store/backup_files.hpp"
#include "gateway/core/random.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t manifest_bytes_limit = 256 * mebibyte;

// What the copied segments say about the journal they come from.
struct lane_ends {
    std::uint32_t highest_id = 0;
    std::uint64_t epoch = 0;
    std::uint64_t ordinal = 0;
};

result<void> make_empty_folder(std::string const& path) {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (!code && !std::filesystem::is_empty(path, code) && !code)
        return failure{error::not_empty, path};
    if (!code) std::filesystem::create_directory(path + "/kv", code);
    if (!code) std::filesystem::create_directory(path + "/segments", code);
    if (code) return failure{error::io_failed, path + ": " + code.message()};
    return {};
}

bool is_segment(backup_manifest::file const& file) { return file.path.starts_with("segments/"); }

result<void> copy_one(std::string const& from, std::string const& to,
                      backup_manifest::file const& file,
                      std::uint32_t segment_bytes) {
    SLUICE_TRY(auto into, new_file::create(to + "/" + file.path));
    SLUICE_TRY(auto const sum, copy_into(from + "/" + file.path, into));
    if (!(sum == file.sum))
        return failure{error::corrupt,
            from + "/" + file.path + ": is not what the backup's manifest says"};
    if (is_segment(file)) {
        if (sum.bytes < journal::segment_header_bytes || sum.bytes > segment_bytes)
            return failure{error::corrupt, file.path + ": has the wrong size for a segment"};
        SLUICE_CHECK(into.append_zeroes(segment_bytes - sum.bytes));
    }
    SLUICE_TRY(auto const written, into.finish());
    static_cast<void>(written);
    return {};
}

journal::store_identity identity_of(backup_manifest const& manifest) {
    journal::store_identity id;
    std::memcpy(id.data(), manifest.store_id.data(), id.size());
    return id;
}

result<void> look_at_segment(std::string const& folder, backup_manifest::file const& file,
                             journal::store_identity const& store, lane_ends& ends) {
    std::uint32_t number = 0;
    auto const name = std::string_view(file.path).substr(file.path.find('/') + 1);
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number == 0 || journal::segment_table::path_of(segment_id{number}) != file.path)
        return failure{error::corrupt, file.path + ": is no segment's name"};
    flash::aligned_buffer blocks(journal::segment_header_bytes);
    SLUICE_CHECK(read_start(folder + "/" + file.path,
                            blocks.span(0, journal::segment_header_bytes)));
    auto const decoded =
        journal::decode_segment_header(blocks.span(0, journal::segment_header_bytes),
                                                        segment_id{number}, store);
    if (!decoded.header)
        return failure{error::corrupt, file.path + ": the segment header is damaged"};
    ends.highest_id = std::max(ends.highest_id, number);
    if (decoded.header->where != journal::lane::commit) return {};
    ends.epoch = std::max(ends.epoch, decoded.header->epoch);
    ends.ordinal = std::max(ends.ordinal, decoded.header->ordinal);
    return {};
}

result<void> write_first_segment(std::string const& folder, backup_manifest const& manifest,
                                 lane_ends const& ends) {
    journal::segment_header header;
    header.id = segment_id{ends.highest_id + 1};
    header.store = identity_of(manifest);
    header.incarnation = system_random().next_u64();
    header.where = journal::lane::commit;
    header.epoch = ends.epoch + 1;
    header.ordinal = ends.ordinal + 1;
    header.first = next(manifest.at);
    flash::aligned_buffer blocks(journal::segment_header_bytes);
    journal::encode_segment_header(header, blocks.span(0, journal::segment_header_bytes));
    SLUICE_TRY(auto file,
               new_file::create(folder + "/" + journal::segment_table::path_of(header.id)));
    SLUICE_CHECK(file.append(blocks.span(0, journal::segment_header_bytes)));
    SLUICE_CHECK(file.append_zeroes(manifest.segment_bytes - journal::segment_header_bytes));
    SLUICE_TRY(auto const sum, file.finish());
    static_cast<void>(sum);
    return {};
}

result<void> write_first_superblock(std::string const& folder, backup_manifest const& manifest) {
    journal::superblock value;
    value.store = identity_of(manifest);
    value.segment_bytes = manifest.segment_bytes;
    SLUICE_CHECK(journal::check_features(value));
    SLUICE_TRY(auto file, new_file::create(folder + "/superblock"));
    flash::aligned_buffer block(flash::block_bytes);
    for (std::uint64_t generation : {2, 1}) {   // generation % 2 is its place
        value.generation = generation;
        journal::encode_superblock(value, block.span(0, flash::block_bytes));
        SLUICE_CHECK(file.append(block.span(0, flash::block_bytes)));
    }
    SLUICE_TRY(auto const sum, file.finish());
    static_cast<void>(sum);
    return {};
}

}  // namespace

result<backup_report> restore(std::string const& backup_folder, std::string const& data_folder,
                              blocking_token) {
    SLUICE_TRY(auto const text, read_small_file(backup_folder + "/MANIFEST", manifest_bytes_limit));
    SLUICE_TRY(auto const manifest, decode_manifest(text));
    SLUICE_CHECK(make_empty_folder(data_folder));
    backup_report report{manifest.at, manifest.files.size(), 0, 0};
    lane_ends ends;
    for (auto const& file : manifest.files) {
        SLUICE_CHECK(copy_one(backup_folder, data_folder, file, manifest.segment_bytes));
        report.bytes += file.sum.bytes;
        if (!is_segment(file)) continue;
        SLUICE_CHECK(look_at_segment(data_folder, file, identity_of(manifest), ends));
        ++report.segments;
    }
    SLUICE_CHECK(write_first_segment(data_folder, manifest, ends));
    SLUICE_CHECK(sync_folder(data_folder + "/kv"));
    SLUICE_CHECK(sync_folder(data_folder + "/segments"));
    SLUICE_CHECK(sync_folder(data_folder));
    SLUICE_CHECK(write_first_superblock(data_folder, manifest));
    SLUICE_CHECK(sync_folder(data_folder));
    SLUICE_CHECK(sync_folder(std::filesystem::absolute(data_folder).parent_path().string()));
    return report;
}

}  // namespace sluice::store
