#include "protocols/kafka/coordinator/group_record.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::kafka {
namespace {
constexpr std::uint8_t newest_version = 1;
constexpr char consumer_group_version = 2;
}  // namespace

bool is_consumer_group_record(std::string_view bytes) noexcept {
    return bytes.starts_with(consumer_group_version);
}

std::string encode(group_record const& record) {
    std::string out;
    byte_writer(out).little(newest_version).little(record.generation).sized(record.protocol_type);
    return out;
}

result<group_record> decode_group_record(std::string_view bytes) {
    byte_reader in(bytes);
    auto const version = in.little<std::uint8_t>();
    if (in.ok() && version > newest_version)
        return failure{error::unsupported, "a group record of a later version"};
    group_record out;
    out.generation = in.little<std::int32_t>();
    out.protocol_type = in.sized();
    SLUICE_CHECK(in.finish("a group record"));
    if (version == 0 || out.generation < 0) return failure{error::malformed, "a group record"};
    return out;
}

}  // namespace sluice::kafka
