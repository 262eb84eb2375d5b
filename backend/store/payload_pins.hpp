// Payloads that someone reads piece by piece, and payloads that are being taken apart: never both.
// A reader of a large payload holds a pin and looks up each piece in the newest snapshot, so it
// holds no snapshot and no segment for long. Payloads of one extent need none: their readers pin
// the segment.
//
// Thread rule: any thread. Lifetime: outlives its pins.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gateway/core/ids.hpp"

namespace sluice::store {

class payload_pins {
public:
    class pin {
    public:
        pin() noexcept = default;
        pin(pin&& other) noexcept
            : pins_(std::exchange(other.pins_, nullptr)), payload_(other.payload_) {}
        pin& operator=(pin&& other) noexcept {
            std::swap(pins_, other.pins_);
            std::swap(payload_, other.payload_);
            return *this;
        }
        ~pin() {
            if (pins_ != nullptr) pins_->unpin(payload_);
        }
        bool holds() const noexcept { return pins_ != nullptr; }

    private:
        friend class payload_pins;
        pin(payload_pins& pins, payload_id payload) noexcept : pins_(&pins), payload_(payload) {}
        payload_pins* pins_ = nullptr;
        payload_id payload_{};
    };

    // Holds nothing when the payload is being taken apart: look the object up again. After taking a
    // pin, look in a snapshot published later whether the payload is still there; then it stays.
    pin take(payload_id payload) {
        std::scoped_lock guard(mutex_);
        if (dying_.contains(payload)) return {};
        ++pinned_[payload];
        return {*this, payload};
    }

    // False while there are pins. Until end_removal no new pin is given.
    bool begin_removal(payload_id payload) {
        std::scoped_lock guard(mutex_);
        if (pinned_.contains(payload)) return false;
        dying_.insert(payload);
        return true;
    }
    // After the removal was published, or given up.
    void end_removal(payload_id payload) {
        std::scoped_lock guard(mutex_);
        dying_.erase(payload);
    }

private:
    void unpin(payload_id payload) noexcept {
        std::scoped_lock guard(mutex_);
        auto found = pinned_.find(payload);
        if (--found->second == 0) pinned_.erase(found);
    }

    std::mutex mutex_;
    std::unordered_map<payload_id, std::uint32_t> pinned_;
    std::unordered_set<payload_id> dying_;
};

}  // namespace sluice::store
