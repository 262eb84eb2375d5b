#include "backend/store/log_key_map.hpp"

#include <algorithm>

#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t slots_at_first = 1024;

// Beyond, the way to a free slot is long.
constexpr std::size_t fill_of(std::size_t slots) noexcept { return slots - slots / 8; }

}  // namespace

log_key_map::log_key_map(std::size_t bytes_most)
    : slots_most_(std::max<std::size_t>(bytes_most / sizeof(slot), 16)),
      slots_(std::min(slots_at_first, slots_most_)) {}

log_key_map::slot log_key_map::name_of(std::string_view key) {
    auto const sum = sha_.update(key).finish();
    auto const* const bytes = sum.chars().data();
    return {load_little<std::uint64_t>(bytes), load_little<std::uint64_t>(bytes + 8), -1};
}

// Where the key is, or the free slot where it belongs. Some slot is always free.
log_key_map::slot& log_key_map::place_of(std::vector<slot>& slots, slot const& name) noexcept {
    auto at = static_cast<std::size_t>(
        (static_cast<unsigned __int128>(name.high) * slots.size()) >> 64);
    while (slots[at].offset >= 0 &&
           (slots[at].high != name.high || slots[at].low != name.low))
        at = at + 1 == slots.size() ? 0 : at + 1;
    return slots[at];
}

// While it grows both tables are there: together they keep the bound.
bool log_key_map::grow() {
    auto const room = slots_most_ - std::min(slots_most_, slots_.size());
    auto const next = std::min(slots_.size() * 2, room);
    if (next < slots_.size() + slots_.size() / 4) return false;
    std::vector<slot> larger(next);
    for (auto const& one : slots_)
        if (one.offset >= 0) place_of(larger, one) = one;
    slots_.swap(larger);
    return true;
}

bool log_key_map::put(std::string_view key, log_offset offset) {
    auto name = name_of(key);
    auto* at = &place_of(slots_, name);
    if (at->offset < 0) {
        if (used_ >= fill_of(slots_.size())) {
            if (!grow()) return false;
            at = &place_of(slots_, name);
        }
        ++used_;
    }
    name.offset = std::max(at->offset, to_underlying(offset));
    *at = name;
    return true;
}

log_offset log_key_map::find(std::string_view key) {
    return log_offset{place_of(slots_, name_of(key)).offset};
}

}  // namespace sluice::store
