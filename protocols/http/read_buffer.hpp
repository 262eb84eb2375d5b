// The bytes of a connection that arrived and were not taken yet: one contiguous run, small while
// the connection is idle. Views it gives are valid until the next non-const call. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "gateway/core/bytes.hpp"

namespace sluice::http {

class read_buffer {
public:
    explicit read_buffer(std::size_t idle_bytes) : idle_bytes_(idle_bytes) {}

    std::string_view view() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    void consume(std::size_t bytes) noexcept;

    // Room for arriving bytes: at least one, by moving or growing up to `limit` bytes in all; empty
    // when the run is that long already.
    byte_span room(std::size_t limit);
    void arrived(std::size_t bytes) noexcept { end_ += bytes; }

    // Gives memory back when nothing but the idle size is needed.
    void settle();

private:
    void reallocate(std::size_t capacity);

    std::size_t idle_bytes_;
    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace sluice::http
