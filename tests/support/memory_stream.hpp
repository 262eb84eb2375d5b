// Two ends of a connection in memory: what one writes the other reads, through bounded buffers, so that
// a writer waits for its reader as on a socket. Both ends live on one executor; everything on its thread.
// For scripts: a chunk size makes every read return at most that many bytes, to cut messages anywhere.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "gateway/core/byte_stream.hpp"

namespace sluice::test {

struct memory_stream_options {
    std::size_t buffer_bytes = 64 * kibibyte;  // per direction
    std::size_t read_chunk_bytes = SIZE_MAX;   // a read returns at most this many
};

struct memory_pipe;

class memory_stream final : public byte_stream {
public:
    // The ends keep what they share alive: either may go first, which the other sees as a closed peer.
    static std::pair<std::unique_ptr<memory_stream>, std::unique_ptr<memory_stream>> make_pair(
        boost::asio::any_io_executor executor, memory_stream_options options = {});
    ~memory_stream() override;

    boost::asio::any_io_executor executor() override;
    std::string const& peer() const noexcept override;
    task<result<std::size_t>> read_some(byte_span into) override;
    task<result<void>> write(std::span<const_byte_span const> pieces) override;
    task<result<void>> shutdown() override;
    void close() noexcept override;
    void cancel() noexcept override;

private:
    memory_stream(std::shared_ptr<memory_pipe> in, std::shared_ptr<memory_pipe> out,
                  memory_stream_options options, std::string peer);

    std::shared_ptr<memory_pipe> in_;   // shared with the other end
    std::shared_ptr<memory_pipe> out_;  // shared with the other end
    memory_stream_options options_;
    std::string peer_;
    bool closed_ = false;
    std::uint64_t cancels_ = 0;  // operations that began before the last one answer cancelled
};

// Everything until the peer ends its direction.
task<result<std::string>> read_to_end(byte_stream& from);

}  // namespace sluice::test
