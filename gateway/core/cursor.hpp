// Cursors over byte strings, the only place where integers meet bytes. A reader latches the first
// error: after it every read answers zero or empty, and ok() is checked once at the end. Lengths are
// checked against the remaining bytes before anything is taken, so hostile input cannot make it
// allocate. Not thread-safe; a reader never owns the bytes it reads.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "gateway/core/result.hpp"

namespace sluice {

static_assert(std::endian::native == std::endian::little, "stored formats are written natively");

template <class Integer>
constexpr Integer byte_swapped(Integer value) noexcept {
    static_assert(std::is_integral_v<Integer>);
    if constexpr (sizeof(Integer) == 1) return value;
    else if constexpr (sizeof(Integer) == 2) return static_cast<Integer>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
    else if constexpr (sizeof(Integer) == 4) return static_cast<Integer>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
    else return static_cast<Integer>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

// Fixed-position access for slots that are patched after encoding (commit LSN, location, offset).
template <class Integer>
void store_little(char* at, Integer value) noexcept { std::memcpy(at, &value, sizeof value); }
template <class Integer>
void store_big(char* at, Integer value) noexcept { store_little(at, byte_swapped(value)); }
template <class Integer>
Integer load_little(char const* at) noexcept {
    Integer value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class Integer>
Integer load_big(char const* at) noexcept { return byte_swapped(load_little<Integer>(at)); }

// Appends to a string the caller owns.
class byte_writer {
public:
    explicit byte_writer(std::string& out) noexcept : out_(out) {}

    template <class Integer>
    byte_writer& little(Integer value) {
        char raw[sizeof(Integer)];
        store_little(raw, value);
        out_.append(raw, sizeof raw);
        return *this;
    }
    // Big-endian: the encoding of integers inside keys, so that byte order is number order.
    template <class Integer>
    byte_writer& big(Integer value) { return little(byte_swapped(value)); }

    // LEB128, at most 10 bytes.
    byte_writer& varint(std::uint64_t value) {
        while (value >= 0x80) {
            out_.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        out_.push_back(static_cast<char>(value));
        return *this;
    }
    byte_writer& raw(std::string_view bytes) {
        out_.append(bytes);
        return *this;
    }
    // varint length, then the bytes
    byte_writer& sized(std::string_view bytes) { return varint(bytes.size()).raw(bytes); }

    std::size_t position() const noexcept { return out_.size(); }
    std::string& out() noexcept { return out_; }

private:
    std::string& out_;
};

class byte_reader {
public:
    explicit byte_reader(std::string_view bytes) noexcept : rest_(bytes) {}

    template <class Integer>
    Integer little() noexcept {
        if (rest_.size() < sizeof(Integer)) return fail(), Integer{};
        auto value = load_little<Integer>(rest_.data());
        rest_.remove_prefix(sizeof(Integer));
        return value;
    }
    template <class Integer>
    Integer big() noexcept { return byte_swapped(little<Integer>()); }

    std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            auto byte = little<std::uint8_t>();
            if (failed_) return 0;
            if (shift == 63 && byte > 1) return fail(), 0;
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) return value;
        }
        return fail(), 0;
    }
    // A view into the input: valid as long as the input is.
    std::string_view raw(std::size_t length) noexcept {
        if (rest_.size() < length) return fail(), std::string_view{};
        auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }
    std::string_view sized() noexcept { return raw(varint()); }

    std::string_view rest() const noexcept { return rest_; }
    bool at_end() const noexcept { return rest_.empty(); }
    bool ok() const noexcept { return !failed_; }
    void fail() noexcept {
        failed_ = true;
        rest_ = {};
    }
    // Everything was read and nothing was left over.
    result<void> finish(char const* what) const {
        if (failed_) return failure{error::malformed, std::string(what) + ": ends too early"};
        if (!rest_.empty()) return failure{error::malformed, std::string(what) + ": trailing bytes"};
        return {};
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

}  // namespace sluice
