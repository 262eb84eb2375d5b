#include "gateway/core/byte_stream.hpp"

#include <array>

namespace sluice {

task<result<void>> read_exactly(byte_stream& from, byte_span into) {
    while (!into.empty()) {
        auto const got = co_await from.read_some(into);
        if (got.has_error()) co_return got.error();
        if (*got == 0) co_return failure{error::closed, "the peer ended in the middle"};
        into = into.subspan(*got);
    }
    co_return success();
}

task<result<void>> write_all(byte_stream& to, const_byte_span bytes) {
    std::array<const_byte_span, 1> const pieces{bytes};
    co_return co_await to.write(pieces);
}

}  // namespace sluice
