#include "protocols/s3/ops/compose_upload.hpp"

#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "protocols/s3/wire/crc_combine.hpp"
#include "protocols/s3/wire/running_checksum.hpp"

namespace sluice::s3 {
namespace {

std::string const* checksum_of(store::part_info const& part, store::checksum_algorithm algorithm) {
    for (auto const& checksum : part.checksums)
        if (checksum.algorithm == algorithm) return &checksum.value;
    return nullptr;
}

}  // namespace

std::string combined_checksum(store::checksum_algorithm algorithm, std::string const& first,
                              std::string const& second, std::uint64_t second_length) {
    std::string out;
    if (algorithm == store::checksum_algorithm::crc64nvme) {
        byte_writer(out).big(crc64nvme_combined(load_big<std::uint64_t>(first.data()),
                                                load_big<std::uint64_t>(second.data()),
                                                second_length));
        return out;
    }
    auto const a = load_big<std::uint32_t>(first.data());
    auto const b = load_big<std::uint32_t>(second.data());
    byte_writer(out).big(algorithm == store::checksum_algorithm::crc32
                             ? crc32_combined(a, b, second_length)
                             : crc32c_combined(a, b, second_length));
    return out;
}

result<std::string> composed_etag(std::vector<store::part_info> const& parts) {
    running_checksum md5(store::checksum_algorithm::md5);
    for (auto const& part : parts) {
        auto const raw = hex_decode(part.etag);
        if (!raw || raw->size() != 16)
            return failure{error::corrupt, "a part's ETag is not an MD5"};
        md5.update(as_bytes(*raw));
    }
    return hex_encode(md5.finish()) + "-" + std::to_string(parts.size());
}

result<store::object_checksum> composed_checksum(upload_settings const& settings,
                                                 std::vector<store::part_info> const& parts) {
    store::object_checksum whole{settings.algorithm, settings.scope, {}};
    auto const digest_bytes = spelling_of(settings.algorithm)->digest_bytes;
    running_checksum of_digests(settings.algorithm);
    for (auto const& part : parts) {
        auto const* value = checksum_of(part, settings.algorithm);
        if (value == nullptr || value->size() != digest_bytes)
            return failure{error::corrupt, "a part has no checksum of its upload's algorithm"};
        if (settings.scope == store::checksum_scope::composite) of_digests.update(as_bytes(*value));
        else
            whole.value = whole.value.empty()
                              ? *value
                              : combined_checksum(settings.algorithm, whole.value, *value,
                                                  part.size);
    }
    if (settings.scope == store::checksum_scope::composite) whole.value = of_digests.finish();
    return whole;
}

}  // namespace sluice::s3
