// Keeps one segment's bytes in place while a reader streams from it: a pinned segment is never
// recycled. Take it (journal::pin) while holding the published snapshot that named the location;
// the snapshot may be dropped afterwards.
//
// Thread rule: one thread at a time; may be dropped on any thread. Lifetime: dies before the
// journal. Move-only.
#pragma once

#include <utility>

#include "gateway/core/ids.hpp"

namespace sluice::journal {

class segment_table;

class segment_pin {
public:
    segment_pin() noexcept = default;  // holds nothing
    ~segment_pin() { release(); }
    segment_pin(segment_pin&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)),
          segment_(other.segment_) {}
    segment_pin& operator=(segment_pin&& other) noexcept {
        std::swap(table_, other.table_);
        std::swap(segment_, other.segment_);
        return *this;
    }

    bool holds() const noexcept { return table_ != nullptr; }
    segment_id segment() const noexcept { return segment_; }
    void release() noexcept;

private:
    friend class segment_table;
    segment_pin(segment_table& table, segment_id segment) noexcept
        : table_(&table),
          segment_(segment) {}

    segment_table* table_ = nullptr;
    segment_id segment_{};
};

}  // namespace sluice::journal
