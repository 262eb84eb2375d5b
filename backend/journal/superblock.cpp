#include "backend/journal/superblock.hpp"

#include <cstring>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/journal/frame.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::journal {
namespace {

constexpr char magic[] = "SLUICESB";
constexpr std::size_t magic_bytes = sizeof magic - 1;
constexpr char const* path = "superblock";
constexpr std::uint32_t known_version = 1;
constexpr std::uint64_t known_read_only_features = 0;
constexpr std::uint64_t known_incompatible_features = 0;
constexpr std::uint32_t smallest_segment = mebibyte;
constexpr std::uint32_t largest_segment = gibibyte;

namespace at_byte {
constexpr std::size_t magic = 0, crc = 8, version = 12, store = 16, generation = 32,
                      compatible = 40, read_only = 48, incompatible = 56, segment_bytes = 64;
}

bool is_segment_size(std::uint32_t bytes) noexcept {
    return bytes >= smallest_segment && bytes <= largest_segment && bytes % flash::block_bytes == 0;
}

result<bool> has_segments(flash::device& device, blocking_token token) {
    auto names = device.list("segments", token);
    if (names.has_error()) {
        if (names.error().code == error::not_found) return false;
        return names.error();
    }
    return !names->empty();
}

result<superblock> create(flash::device& device, bool file_exists, std::uint32_t segment_bytes,
                          random_source& random, blocking_token token) {
    if (!is_segment_size(segment_bytes))
        return failure{error::invalid_argument,
                       "segment_bytes must be 1 MiB to 1 GiB in whole blocks"};
    SLUICE_TRY(bool const used, has_segments(device, token));
    if (used)
        return failure{error::corrupt, "superblock: missing or damaged, but there are segments"};
    if (!file_exists) {
        SLUICE_CHECK(device.create_zeroed(path, 2 * flash::block_bytes, token));
    }
    SLUICE_CHECK(device.create_directory("segments", token));
    superblock made;
    made.segment_bytes = segment_bytes;
    random.fill(made.store);
    SLUICE_CHECK(write_superblock(device, made, token));
    SLUICE_CHECK(write_superblock(device, made, token));
    SLUICE_CHECK(device.sync_directory("", token));
    return made;
}

}  // namespace

void encode_superblock(superblock const& value, byte_span block) noexcept {
    auto* to = reinterpret_cast<char*>(block.data());
    std::memset(to, 0, flash::block_bytes);
    std::memcpy(to + at_byte::magic, magic, magic_bytes);
    store_little(to + at_byte::version, value.format_version);
    std::memcpy(to + at_byte::store, value.store.data(), value.store.size());
    store_little(to + at_byte::generation, value.generation);
    store_little(to + at_byte::compatible, value.compatible_features);
    store_little(to + at_byte::read_only, value.read_only_features);
    store_little(to + at_byte::incompatible, value.incompatible_features);
    store_little(to + at_byte::segment_bytes, value.segment_bytes);
    auto const covered = block.subspan(at_byte::version, flash::block_bytes - at_byte::version);
    store_little(to + at_byte::crc, crc32c(covered));
}

std::optional<superblock> decode_superblock(const_byte_span block) noexcept {
    auto const* from = reinterpret_cast<char const*>(block.data());
    if (block.size() != flash::block_bytes || std::memcmp(from, magic, magic_bytes) != 0)
        return std::nullopt;
    if (crc32c(block.subspan(at_byte::version)) != load_little<std::uint32_t>(from + at_byte::crc))
        return std::nullopt;
    superblock value;
    value.format_version = load_little<std::uint32_t>(from + at_byte::version);
    std::memcpy(value.store.data(), from + at_byte::store, value.store.size());
    value.generation = load_little<std::uint64_t>(from + at_byte::generation);
    value.compatible_features = load_little<std::uint64_t>(from + at_byte::compatible);
    value.read_only_features = load_little<std::uint64_t>(from + at_byte::read_only);
    value.incompatible_features = load_little<std::uint64_t>(from + at_byte::incompatible);
    value.segment_bytes = load_little<std::uint32_t>(from + at_byte::segment_bytes);
    return value;
}

result<void> check_features(superblock const& value) {
    if (value.format_version != known_version)
        return failure{error::unsupported,
                       "superblock: format version " + std::to_string(value.format_version)};
    if ((value.incompatible_features & ~known_incompatible_features) != 0)
        return failure{error::unsupported, "superblock: incompatible features of a newer version"};
    if ((value.read_only_features & ~known_read_only_features) != 0)
        return failure{error::unsupported,
                       "superblock: a newer version may only be read, not served"};
    if (!is_segment_size(value.segment_bytes))
        return failure{error::corrupt, "superblock: segment_bytes out of range"};
    return {};
}

result<void> write_superblock(flash::device& device, superblock& value, blocking_token token) {
    SLUICE_TRY(auto file, device.open(path, token));
    ++value.generation;
    flash::aligned_buffer block(flash::block_bytes);
    encode_superblock(value, block.span(0, flash::block_bytes));
    return file->write_durable_here((value.generation % 2) * flash::block_bytes,
                          block.span(0, flash::block_bytes), token);
}

result<superblock> open_superblock(flash::device& device, std::uint32_t segment_bytes_if_new,
                                   random_source& random, blocking_token token) {
    auto file = device.open(path, token);
    if (file.has_error()) {
        if (file.error().code != error::not_found) return file.error();
        return create(device, false, segment_bytes_if_new, random, token);
    }
    if ((*file)->size_bytes() < 2 * flash::block_bytes) {  // power went while it was created
        SLUICE_CHECK(device.remove(path, token));
        return create(device, false, segment_bytes_if_new, random, token);
    }
    flash::aligned_buffer blocks(2 * flash::block_bytes);
    SLUICE_CHECK((*file)->read(0, blocks.span(0, 2 * flash::block_bytes), token));
    std::optional<superblock> newest;
    for (std::size_t copy = 0; copy < 2; ++copy) {
        auto found = decode_superblock(blocks.span(copy * flash::block_bytes, flash::block_bytes));
        if (found && (!newest || found->generation > newest->generation)) newest = found;
    }
    if (!newest) return create(device, true, segment_bytes_if_new, random, token);
    SLUICE_CHECK(check_features(*newest));
    // The name may still be undone by a power cut if the last one came while the folder was made.
    SLUICE_CHECK(device.create_directory("segments", token));
    SLUICE_CHECK(device.sync_directory("", token));
    return *newest;
}

}  // namespace sluice::journal
