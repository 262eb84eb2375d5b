// Reads stored bytes and never wrong ones: the frame's header and every 64 KiB piece touched are
// checked at each read. Large aligned reads go straight into the caller's buffer; the rest through
// a scratch buffer of the thread. A large piece that was written or read lately comes by way of the
// operating system's memory, which keeps what it can spare room for; any other leaves nothing there.
// Thread rule: any thread that may block. The caller holds the snapshot that named the location, or
// a pin.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "backend/journal/segment_registry.hpp"
#include "backend/journal/store_context.hpp"

namespace sluice::journal {

// Headers of frames read lately: saves the second device read of ranges out of large bodies.
class header_cache {
public:
    struct key {
        location at;
        std::uint64_t incarnation = 0;
        bool operator==(key const&) const = default;
    };
    std::optional<frame_header> find(key const&);
    void put(key const&, frame_header const&);

private:
    struct slot {
        key where;
        frame_header header;
        bool used = false;
    };
    struct shard {
        std::mutex mutex;
        std::array<slot, 64> slots;
    };
    std::array<shard, 16> shards_;
    shard& shard_of(key const&, std::size_t& slot) noexcept;
};

class reader {
public:
    reader(store_context const& context, segment_registry& segments)
        : context_(context),
          segments_(segments) {}

    result<void> read_body(location from, std::uint64_t owner, std::uint64_t owner_offset,
                           std::size_t body_offset, byte_span into, blocking_token) const;
    // A whole transaction chunk's body.
    result<std::string> read_chunk(location, blocking_token) const;

private:
    struct source {
        location at;
        segment_registry::place place;
        std::shared_ptr<flash::file> file;  // shared with the file cache
    };
    result<source> open(location, blocking_token) const;
    // Reads at least the header; `ahead` more bytes behind it come along into the scratch buffer.
    result<frame_header> read_header(source const&, std::size_t ahead, blocking_token) const;
    bool copy_from_scratch(source const&, frame_header const&, std::size_t body_offset,
                           byte_span into) const;
    result<void> read_checked(source const&, frame_header const&, std::size_t body_offset,
                              byte_span into, blocking_token) const;
    result<void> read_whole_chunks(source const&, frame_header const&, std::size_t body_offset,
                                   byte_span into, blocking_token) const;
    // From the operating system's memory, when this piece was written or read lately. False: the device has to be asked.
    bool read_kept(source const&, frame_header const&, std::size_t body_offset, byte_span into,
                   blocking_token) const;
    failure damaged(location, std::string const& what) const;

    store_context const& context_;
    segment_registry& segments_;
    mutable header_cache headers_;
};

}  // namespace sluice::journal
