#include "protocols/kafka/coordinator/consumer_protocol.hpp"

#include <algorithm>

#include "protocols/kafka/wire/primitives.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t elements_most = 1'000'000;
constexpr std::int16_t newest_version = 3;

named_partitions read_partitions(wire_reader& in) {
    named_partitions out;
    auto const topics = in.array(false, false).value_or(0);
    for (std::size_t i = 0; i < topics && in.ok(); ++i) {
        auto const name = in.string(false, false);
        auto const count = in.array(false, false).value_or(0);
        for (std::size_t k = 0; k < count && in.ok(); ++k) {
            auto const partition = in.integer<std::int32_t>();
            if (in.ok() && name) out[*name].insert(partition);
        }
    }
    return out;
}

}  // namespace

result<consumer_subscription> decode_subscription(std::string_view bytes) {
    wire_reader in(bytes, elements_most);
    consumer_subscription out;
    out.version = in.integer<std::int16_t>();
    if (out.version < 0) in.fail();
    auto const topics = in.array(false, false).value_or(0);
    for (std::size_t i = 0; i < topics && in.ok(); ++i)
        if (auto name = in.string(false, false)) out.topics.insert(std::move(*name));
    in.bytes(false, true);
    if (out.version >= 1) out.owned = read_partitions(in);
    if (out.version >= 2) in.integer<std::int32_t>();
    if (out.version >= 3) out.rack_id = in.string(false, true);
    if (!in.ok()) return failure{error::malformed, "the subscription of a classic consumer"};
    out.version = std::min(out.version, newest_version);
    return out;
}

result<named_partitions> decode_assignment(std::string_view bytes) {
    if (bytes.empty()) return named_partitions{};
    wire_reader in(bytes, elements_most);
    if (in.integer<std::int16_t>() < 0) in.fail();
    auto out = read_partitions(in);
    in.bytes(false, true);
    if (!in.ok()) return failure{error::malformed, "the assignment of a classic consumer"};
    return out;
}

std::string encode_assignment(named_partitions const& partitions, std::int16_t version) {
    wire_writer out;
    out.integer(version);
    out.array(partitions.size(), false);
    for (auto const& [topic, indexes] : partitions) {
        out.string(topic, false);
        out.array(indexes.size(), false);
        for (auto const index : indexes) out.integer(index);
    }
    out.null_bytes(false);
    return out.flat();
}

}  // namespace sluice::kafka
