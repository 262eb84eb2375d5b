// How a list of checksums stands in a record: varint count, then per checksum u8 algorithm, u8
// scope, sized digest. Pure functions, any thread; the reader latches malformed lists.
#pragma once

#include <vector>

#include "backend/store/model/attributes.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

inline void put_checksums(byte_writer& out, std::vector<object_checksum> const& checksums) {
    out.varint(checksums.size());
    for (auto const& one : checksums)
        out.little(static_cast<std::uint8_t>(one.algorithm))
            .little(static_cast<std::uint8_t>(one.scope))
            .sized(one.value);
}

inline std::vector<object_checksum> take_checksums(byte_reader& in) {
    std::vector<object_checksum> checksums;
    auto count = in.varint();
    for (; count > 0 && in.ok(); --count) {
        auto const algorithm = in.little<std::uint8_t>();
        auto const scope = in.little<std::uint8_t>();
        auto const value = in.sized();
        if (algorithm < 1 || algorithm > 10 || scope < 1 || scope > 2) in.fail();
        if (in.ok())
            checksums.push_back({static_cast<checksum_algorithm>(algorithm),
                                 static_cast<checksum_scope>(scope), std::string(value)});
    }
    return checksums;
}

}  // namespace sluice::store
