// Undoes GZIP or BZIP2 as a stream: bytes are fed, and as many come out as there is room for, so
// what a small input grows to is never in memory at once. Several members after another are one
// stream. One thread at a time.
#pragma once

#include <memory>
#include <string_view>

#include "gateway/core/bytes.hpp"
#include "protocols/sql/records/record_fault.hpp"

namespace sluice::sql::records {

enum class compression : std::uint8_t { none, gzip, bzip2 };

class decompressor {
public:
    virtual ~decompressor() = default;
    // Kept by the caller until all of it was used. Only when the one before was.
    virtual void feed(std::string_view bytes) = 0;
    // Bytes written to `out`; 0: more input is needed, or all is done. invalid_compression_format.
    virtual record_result<std::size_t> produce(byte_span out) = 0;
    virtual bool used_input() const noexcept = 0;
    // Whether the stream may end here: between members.
    virtual bool is_complete() const noexcept = 0;
};

// `what` is not none.
record_result<std::unique_ptr<decompressor>> make_decompressor(compression what);

}  // namespace sluice::sql::records
