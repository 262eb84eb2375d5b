// Kafka's primitive types, read and written (protocol guide, "Protocol Primitive Types"; KIP-482 for the
// compact forms and tagged fields). The message codecs generated from ../schema/*.schema use nothing else.
//
// wire_reader latches the first error, checks every length against what remains before it takes or allocates,
// and spends a budget of array elements, so that a small frame cannot claim a large structure.
// wire_writer keeps record data as references to the buffers that own it: a Fetch answer is gathered, not copied.
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/cursor.hpp"

namespace sluice::kafka {

using uuid = std::array<std::uint8_t, 16>;   // all zero: none

inline constexpr std::size_t kafka_string_bytes = 0x7fff;   // the longest string, in either form

// Record batches as they are on the wire. Decoded: one piece that points into the frame. To be encoded: any
// number of pieces, each kept alive by its owner (a cached block or a pinned buffer; null: the caller's).
struct record_data {
    struct piece {
        std::shared_ptr<void const> owner;
        std::string_view bytes;
    };
    std::vector<piece> pieces;

    std::size_t size() const noexcept;
    // Same bytes, however they are cut into pieces.
    bool operator==(record_data const& other) const;
};

class wire_reader {
public:
    // `elements`: how many array elements and tagged fields the whole message may have.
    wire_reader(std::string_view frame, std::size_t elements) noexcept
        : bytes_(frame), elements_left_(elements) {}

    template <class Integer>
    Integer integer() noexcept { return bytes_.big<Integer>(); }
    bool boolean() noexcept { return bytes_.little<std::uint8_t>() != 0; }
    double float64() noexcept;
    uuid uuid_value() noexcept;
    std::uint32_t unsigned_varint() noexcept;   // at most 5 bytes

    // `flexible`: the compact forms. A null where `nullable` is false is an error.
    std::optional<std::string> string(bool flexible, bool nullable);
    std::optional<std::string_view> bytes(bool flexible, bool nullable) noexcept;
    std::optional<record_data> records(bool flexible, bool nullable);
    // Element count, nullopt for a null array; already bounded by the remaining bytes and the budget.
    std::optional<std::size_t> array(bool flexible, bool nullable) noexcept;
    // int8 before a nullable structure: negative = null.
    bool present() noexcept { return integer<std::int8_t>() >= 0; }

    // Tagged fields: for each, next_tag() then either fields of a known tag or skip_tag().
    std::size_t tag_count() noexcept;
    struct tag { std::uint32_t number; std::size_t end; };   // `end`: remaining() when the field is over
    tag next_tag() noexcept;
    void finish_tag(tag const&) noexcept;                    // a known tag must be read to its end
    void skip_tag(tag const&) noexcept;

    std::size_t remaining() const noexcept { return bytes_.rest().size(); }
    bool ok() const noexcept { return bytes_.ok(); }
    void fail() noexcept { bytes_.fail(); }
    // malformed unless everything was read and nothing is left.
    result<void> finish(char const* what) const { return bytes_.finish(what); }

private:
    // Length of a string, bytes or array; -1 for null.
    std::int64_t length(bool flexible, bool short_form) noexcept;

    byte_reader bytes_;
    std::size_t elements_left_;
};

class wire_writer {
public:
    template <class Integer>
    void integer(Integer value) { byte_writer(out_).big(value); }
    void boolean(bool value) { out_.push_back(value ? 1 : 0); }
    void float64(double value);
    void uuid_value(uuid const& value);
    void unsigned_varint(std::uint32_t value) { byte_writer(out_).varint(value); }

    void string(std::string_view value, bool flexible);
    void null_string(bool flexible);
    void bytes(std::string_view value, bool flexible);
    void null_bytes(bool flexible);
    void records(record_data const& value, bool flexible);
    void array(std::size_t count, bool flexible);
    void null_array(bool flexible);
    // The tagged fields of one structure: number, then each as tag number, size, body (an encoded body of its own).
    void tag(std::uint32_t number, std::string_view body);

    // Everything written so far, in order. Views stay valid as long as the writer.
    std::vector<record_data::piece> pieces() const;
    std::size_t size() const noexcept { return out_.size() + external_bytes_; }
    // Only for writers without record data: tagged bodies, tests.
    std::string const& flat() const noexcept { return out_; }

private:
    struct external {
        std::size_t after;              // position in out_
        record_data::piece piece;
    };
    std::string out_;
    std::vector<external> externals_;
    std::size_t external_bytes_ = 0;
};

}  // namespace sluice::kafka
