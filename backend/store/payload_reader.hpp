// Gives out a range of a payload in order, in chunks of up to 1 MiB, one of them read ahead: memory
// is bounded whatever the object's size. The bytes stay what they were when the reader was opened,
// also when the object is overwritten or deleted meanwhile. Bytes that fail their check are never
// given out: corrupt, naming the place.
//
// Small payloads and small ranges come from the payload cache without leaving the thread.
//
// Thread rule: one coroutine at a time. The engine outlives it; it may be dropped at any time.
#pragma once

#include <memory>

#include "backend/store/model/byte_range.hpp"
#include "backend/store/model/chunk.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {

class payload_reader {
public:
    class implementation;

    payload_reader();                    // of nothing: at its end
    explicit payload_reader(std::unique_ptr<implementation>);
    payload_reader(payload_reader&&) noexcept;
    payload_reader& operator=(payload_reader&&) noexcept;
    ~payload_reader();

    std::uint64_t remaining() const noexcept;
    // An empty chunk: the end. io_failed, corrupt.
    task<result<chunk>> next();

private:
    std::unique_ptr<implementation> implementation_;
};

}  // namespace sluice::store
