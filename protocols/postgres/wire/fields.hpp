// The kinds of fields that messages are made of: for each, its value in memory, its one reader and
// its one writer. Values point into the message they were read from (or into what the caller keeps
// until it is written): they are not kept beyond that.
//
// Readers latch the first error (core's byte_reader); a count is checked against the bytes that its
// elements need at least before anything is allocated. No kind allocates more than a small multiple
// of the bytes it was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/cursor.hpp"

namespace sluice::postgres {

// A column of RowDescription.
struct column_description {
    std::string_view name;
    std::uint32_t table = 0;     // 0: not a column of a table
    std::int16_t attribute = 0;  // its number there
    std::uint32_t type = 0;
    std::int16_t type_length = 0;     // pg_type.typlen
    std::int32_t type_modifier = -1;  // pg_attribute.atttypmod
    std::int16_t format = 0;
    bool operator==(column_description const&) const = default;
};

// A field of ErrorResponse and NoticeResponse.
struct error_field {
    char code = 0;
    std::string_view text;
    bool operator==(error_field const&) const = default;
};

template <class Integer>
struct as_integer {
    using type = Integer;
    static constexpr std::size_t least_bytes = sizeof(Integer);
    static type read(byte_reader& in) noexcept { return in.big<Integer>(); }
    static void write(byte_writer& out, type value) { out.big(value); }
};
struct as_byte : as_integer<char> {};
struct as_int16 : as_integer<std::int16_t> {};
struct as_int32 : as_integer<std::int32_t> {};
struct as_uint32 : as_integer<std::uint32_t> {};

// Ends with a zero byte. Written up to its first zero byte, if it has one.
struct as_text {
    using type = std::string_view;
    static constexpr std::size_t least_bytes = 1;
    static type read(byte_reader& in) noexcept;
    static void write(byte_writer& out, type value);
};

// int32 length, then the bytes; -1: null.
struct as_value {
    using type = std::optional<std::string_view>;
    static constexpr std::size_t least_bytes = 4;
    static type read(byte_reader& in) noexcept;
    static void write(byte_writer& out, type const& value);
};

// All that is left of the message.
struct as_rest {
    using type = std::string_view;
    static type read(byte_reader& in) noexcept { return in.raw(in.rest().size()); }
    static void write(byte_writer& out, type value) { out.raw(value); }
};

template <class Count, class Element>
struct as_list {
    using type = std::vector<typename Element::type>;
    static constexpr std::size_t least_bytes = sizeof(Count);
    static type read(byte_reader& in) {
        type out;
        std::size_t const count = in.big<Count>();
        if (!in.ok()) return out;
        if (count > in.rest().size() / Element::least_bytes) return in.fail(), out;
        out.reserve(count);
        for (std::size_t i = 0; i < count && in.ok(); ++i) out.push_back(Element::read(in));
        return out;
    }
    static void write(byte_writer& out, type const& values) {
        out.big(static_cast<Count>(values.size()));
        for (auto const& each : values) Element::write(out, each);
    }
};
template <class Element>
struct as_list16 : as_list<std::uint16_t, Element> {};
template <class Element>
struct as_list32 : as_list<std::uint32_t, Element> {};

// Texts up to an empty one.
struct as_text_sequence {
    using type = std::vector<std::string_view>;
    static type read(byte_reader& in);
    static void write(byte_writer& out, type const& values);
};

struct as_column {
    using type = column_description;
    static constexpr std::size_t least_bytes = 19;
    static type read(byte_reader& in) noexcept;
    static void write(byte_writer& out, type const& value);
};

struct as_error_fields {
    using type = std::vector<error_field>;
    static type read(byte_reader& in);
    static void write(byte_writer& out, type const& values);
};

}  // namespace sluice::postgres
