// One connection's bytes in both directions, whatever carries them: TCP, TLS, a unix socket, memory in
// tests (tests/support/memory_stream.hpp). Sessions know no other transport.
//
// Thread rule: everything on the executor the stream lives on. One read and one write may wait at the same
// time, not two of a kind. Lifetime: outlives its pending operations; buffers are the caller's and stay
// alive and unchanged until the operation returns. A stopped task's operations answer cancelled.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <span>
#include <string>

#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

class byte_stream {
public:
    virtual ~byte_stream() = default;

    virtual boost::asio::any_io_executor executor() = 0;
    // "203.0.113.7:51234", for audit records and logs.
    virtual std::string const& peer() const noexcept = 0;

    // At least one byte, or 0 once the peer ended its direction. `into` is not empty.
    virtual task<result<std::size_t>> read_some(byte_span into) = 0;
    // All bytes of all pieces in order, or a failure after an unknown part of them. At most
    // write_pieces_max pieces. After a failure only close() makes sense.
    virtual task<result<void>> write(std::span<const_byte_span const> pieces) = 0;
    static constexpr std::size_t write_pieces_max = 64;

    // Ends our direction politely (TLS close_notify, TCP FIN); reading goes on.
    virtual task<result<void>> shutdown() = 0;
    // Both directions, at once; pending and later operations answer closed. Idempotent.
    virtual void close() noexcept = 0;
    // Pending operations answer cancelled; the stream stays open.
    virtual void cancel() noexcept = 0;
};

// Fills `into` completely: closed when the peer ends before that.
task<result<void>> read_exactly(byte_stream& from, byte_span into);
task<result<void>> write_all(byte_stream& to, const_byte_span bytes);

}  // namespace sluice
