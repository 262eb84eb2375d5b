#include "backend/store/payload_walk.hpp"

#include <algorithm>

#include "backend/store/frame_pool.hpp"
#include "backend/store/payload_cache.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Composed payloads name payloads with frames; a chain longer than this is not ours.
constexpr int depth_max = 4;

std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) noexcept {
    return value - value % unit;
}

struct found_extent {
    std::uint64_t offset = 0;
    extent_record record;
};

// The extent that holds byte `offset`.
result<found_extent> find_extent(index_view const& view, payload_id payload, std::uint64_t offset) {
    if (offset == 0) {   // the common case is a point read
        auto const key = keys::extent(payload, 0);
        SLUICE_TRY(auto stored, view.get(kv::family::payload, key));
        if (!stored) return failure{error::corrupt, keys::describe(key) + " is missing"};
        SLUICE_TRY(auto record, decode_extent(*stored));
        return found_extent{0, std::move(record)};
    }
    auto cursor = view.scan(kv::family::payload, keys::extents(payload));
    auto const wanted = keys::extent(payload, offset);
    cursor->seek(wanted);
    if (cursor->valid() ? cursor->key() != wanted : true) {
        SLUICE_CHECK(cursor->status());
        if (cursor->valid()) cursor->previous();
        else cursor->seek_last();
    }
    SLUICE_CHECK(cursor->status());
    if (!cursor->valid()) return failure{error::corrupt, keys::describe(wanted) + " is missing"};
    SLUICE_TRY(auto key, keys::parse_extent(cursor->key()));
    SLUICE_TRY(auto record, decode_extent(cursor->value()));
    if (offset - key.offset >= record.length())
        return failure{error::corrupt, keys::describe(wanted) + " is missing"};
    return found_extent{key.offset, std::move(record)};
}

}  // namespace

std::shared_ptr<opened_payload const> open_record_bytes(std::string bytes) {
    // shared by the opened object and its readers
    auto opened = std::make_shared<opened_payload>();
    // shared with chunks given out
    auto kept = std::make_shared<std::string const>(std::move(bytes));
    std::string_view const view = *kept;
    opened->length = view.size();
    opened->held.emplace(std::move(kept), view);
    return opened;
}

result<std::shared_ptr<opened_payload const>> open_payload(engine& store, index_view const& view,
                                                           payload_id id, std::uint64_t length) {
    // shared by the opened object and its readers
    auto opened = std::make_shared<opened_payload>();
    opened->id = id;
    opened->length = length;
    if (length <= store.limits().cache_entry_bytes) {
        auto cached = store.cache().find({id, 0});
        if (cached.bytes().size() == length) {
            store.metrics().cache_hits.fetch_add(1, std::memory_order_relaxed);
            opened->held = std::move(cached);
            return std::shared_ptr<opened_payload const>(std::move(opened));
        }
    }
    SLUICE_TRY(auto first, find_extent(view, id, 0));
    if (first.record.kind == payload_kind::frames && first.record.length() == length) {
        opened->only = first.record.frames;
        opened->segment = store.journal().pin(opened->only->first.segment);
        return std::shared_ptr<opened_payload const>(std::move(opened));
    }
    opened->pinned = store.pins().take(id);
    if (!opened->pinned.holds()) return failure{error::conflict, "the payload is being removed"};
    auto const newer = store.journal().published();
    SLUICE_TRY(auto head, store.index().get(*newer->index, kv::family::payload,
                                            keys::payload_head(id), view.tier));
    if (!head) return failure{error::conflict, "the payload was removed"};
    return std::shared_ptr<opened_payload const>(std::move(opened));
}

payload_walk::payload_walk(engine& store, std::shared_ptr<opened_payload const> payload,
                           byte_range range)
    : store_(store),
      payload_(std::move(payload)),
      offset_(range.offset),
      remaining_(range.length),
      asked_(range.length) {
    if (payload_->only) place_ = place{payload_->id, 0, 0, *payload_->only, {}};
}

// Pieces go through the cache window by window; larger reads take whole frames past it.
bool payload_walk::small_pieces() const noexcept {
    return asked_ <= store_.limits().cache_entry_bytes;
}

// Cuts what the reader wants next out of `whole`, which starts at `whole_offset` of the payload.
chunk payload_walk::advance(chunk whole, std::uint64_t whole_offset) {
    auto const skip = offset_ - whole_offset;
    auto const count = std::min<std::uint64_t>(whole.bytes().size() - skip, remaining_);
    offset_ += count;
    remaining_ -= count;
    store_.metrics().payload_bytes_out.fetch_add(count, std::memory_order_relaxed);
    return whole.part(skip, count);
}

chunk payload_walk::next_in_memory() {
    if (remaining_ == 0) return {};
    if (payload_->held) return advance(*payload_->held, 0);
    if (payload_->length > store_.limits().cache_entry_bytes && !small_pieces()) return {};
    auto const whole = payload_->length <= store_.limits().cache_entry_bytes;
    auto const start = whole ? 0 : align_down(offset_, window_bytes);
    auto cached = store_.cache().find({payload_->id, start});
    if (offset_ - start >= cached.bytes().size()) return {};  // also a window that a short part cut
    store_.metrics().cache_hits.fetch_add(1, std::memory_order_relaxed);
    return advance(std::move(cached), start);
}

result<chunk> payload_walk::next(blocking_token token) {
    if (auto ready = next_in_memory(); !ready.empty() || remaining_ == 0) return ready;
    SLUICE_CHECK(find_place(token));
    // A frame of the present run, or what of it is worth caching.
    auto const within = offset_ - place_->start;
    auto const frame = round_down(within, place_->frames.frame_bytes);
    auto const frame_end = std::min(frame + place_->frames.frame_bytes, place_->frames.length);
    auto start = place_->start + frame;
    auto end = place_->start + frame_end;
    auto const limit = store_.limits().cache_entry_bytes;
    bool const whole = payload_->length <= limit && start == 0 && end == payload_->length;
    bool const window = !whole && payload_->length > limit && small_pieces();
    if (window) {
        start = std::max(start, align_down(offset_, window_bytes));
        end = std::min(end, align_down(offset_, window_bytes) + window_bytes);
    } else if (!whole) {
        start = std::max(start, align_down(offset_, 4096));
        end = std::min(end, offset_ + remaining_);
        if (store_.frames().for_reading().is_scarce()) end = std::min(end, start + scarce_bytes);
    }
    SLUICE_TRY(auto bytes, read_frame(start, end - start, token));
    store_.metrics().cache_misses.fetch_add(1, std::memory_order_relaxed);
    bool const whole_window = window && start % window_bytes == 0;
    if (whole || whole_window) store_.cache().put({payload_->id, start}, bytes);
    return advance(std::move(bytes), start);
}

result<void> payload_walk::find_place(blocking_token token) {
    if (place_ && offset_ >= place_->start && offset_ - place_->start < place_->frames.length)
        return success();
    place_.reset();
    return find_in(view_blocking(store_, token), payload_->id, offset_, 0, 0);
}

// `base`: where `payload` starts within the walked one.
result<void> payload_walk::find_in(index_view const& view, payload_id payload, std::uint64_t offset,
                                   std::uint64_t base, int depth) {
    if (depth == depth_max) return failure{error::corrupt, "payloads name each other too deeply"};
    SLUICE_TRY(auto found, find_extent(view, payload, offset));
    if (found.record.kind == payload_kind::composed) {
        auto const& part = found.record.part;
        return find_in(view, part.payload, offset - found.offset + part.payload_offset,
                       base + found.offset - part.payload_offset, depth + 1);
    }
    place_.emplace();
    place_->payload = payload;
    place_->start = base + found.offset;
    place_->owner_start = found.offset;
    place_->frames = found.record.frames;
    place_->segment = store_.journal().pin(found.record.frames.first.segment);
    return success();
}

// [offset, offset + length) of the walked payload, which lies in one frame.
result<chunk> payload_walk::read_frame(std::uint64_t offset, std::uint64_t length,
                                       blocking_token token) {
    auto const within = offset - place_->start;
    auto const frame = round_down(within, place_->frames.frame_bytes);
    // Shared with the chunk's holders and the cache.
    auto buffer = store_.frames().for_reading().take(length);
    auto const into = buffer->span(0, length);
    SLUICE_CHECK(
        store_.journal().read_body(place_->frames.frame_at(within), to_underlying(place_->payload),
                                   place_->owner_start + frame, within - frame, into, token));
    return chunk(std::move(buffer), as_chars(into));
}

}  // namespace sluice::store
