#include "backend/store/model/row_codec.hpp"

#include <bit>
#include <cmath>

#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t row_version = 1;
constexpr std::size_t interval_bytes = 16, uuid_bytes = 16;
constexpr char value_marker = 1, null_marker = 2;

// An interval as stored: microseconds, days, months; little-endian.
struct interval_parts {
    std::int64_t microseconds = 0;
    std::int32_t days = 0, months = 0;
};

constexpr std::int64_t day_microseconds = 86'400'000'000;
constexpr std::int64_t month_days = 30;

interval_parts read_interval(std::string_view raw) {
    return {load_little<std::int64_t>(raw.data()), load_little<std::int32_t>(raw.data() + 8),
            load_little<std::int32_t>(raw.data() + 12)};
}

std::string write_interval(interval_parts parts) {
    std::string raw(interval_bytes, '\0');
    store_little(raw.data(), parts.microseconds);
    store_little(raw.data() + 8, parts.days);
    store_little(raw.data() + 12, parts.months);
    return raw;
}

// Intervals are ordered by their length with days of 24 hours and months of 30 days.
__int128 interval_length(interval_parts parts) {
    auto const days = parts.months * month_days + parts.days;
    return static_cast<__int128>(days) * day_microseconds + parts.microseconds;
}

interval_parts interval_of_length(__int128 length) {
    interval_parts parts;
    auto const month = static_cast<__int128>(month_days) * day_microseconds;
    parts.months = static_cast<std::int32_t>(length / month);
    length %= month;
    parts.days = static_cast<std::int32_t>(length / day_microseconds);
    parts.microseconds = static_cast<std::int64_t>(length % day_microseconds);
    return parts;
}

std::int64_t integer_of(column_value const& value) {
    auto const* integer = std::get_if<std::int64_t>(&value);
    SLUICE_ASSERT(integer != nullptr);
    return *integer;
}
double number_of(column_value const& value) {
    auto const* number = std::get_if<double>(&value);
    SLUICE_ASSERT(number != nullptr);
    return *number;
}
std::string const& bytes_of(column_value const& value) {
    auto const* bytes = std::get_if<std::string>(&value);
    SLUICE_ASSERT(bytes != nullptr);
    return *bytes;
}

void encode_value(byte_writer& out, column_kind kind, column_value const& value) {
    switch (kind) {
        case column_kind::boolean: {
            auto const* boolean = std::get_if<bool>(&value);
            SLUICE_ASSERT(boolean != nullptr);
            out.little(static_cast<std::uint8_t>(*boolean));
            return;
        }
        case column_kind::int16:
            out.little(static_cast<std::int16_t>(integer_of(value)));
            return;
        case column_kind::int32:
            out.little(static_cast<std::int32_t>(integer_of(value)));
            return;
        case column_kind::int64:
            out.little(integer_of(value));
            return;
        case column_kind::float32:
            out.little(std::bit_cast<std::uint32_t>(static_cast<float>(number_of(value))));
            return;
        case column_kind::float64:
            out.little(std::bit_cast<std::uint64_t>(number_of(value)));
            return;
        case column_kind::bytes:
            out.sized(bytes_of(value));
            return;
        case column_kind::interval:
        case column_kind::uuid:
            SLUICE_ASSERT(bytes_of(value).size() == uuid_bytes);
            out.raw(bytes_of(value));
            return;
    }
}

column_view decode_value(byte_reader& in, column_kind kind) {
    switch (kind) {
        case column_kind::boolean: {
            auto const byte = in.little<std::uint8_t>();
            if (byte > 1) in.fail();
            return byte == 1;
        }
        case column_kind::int16:
            return std::int64_t{in.little<std::int16_t>()};
        case column_kind::int32:
            return std::int64_t{in.little<std::int32_t>()};
        case column_kind::int64:
            return in.little<std::int64_t>();
        case column_kind::float32:
            return static_cast<double>(std::bit_cast<float>(in.little<std::uint32_t>()));
        case column_kind::float64:
            return std::bit_cast<double>(in.little<std::uint64_t>());
        case column_kind::bytes:
            return in.sized();
        case column_kind::interval:
            return in.raw(interval_bytes);
        case column_kind::uuid:
            return in.raw(uuid_bytes);
    }
    in.fail();
    return std::monostate{};
}

// ---- keys

template <class Integer>
void append_ordered(std::string& key, Integer value) {
    using bits = std::make_unsigned_t<Integer>;
    constexpr auto sign = static_cast<bits>(bits{1} << (sizeof(bits) * 8 - 1));
    byte_writer(key).big(static_cast<bits>(static_cast<bits>(value) ^ sign));
}
template <class Integer>
std::int64_t read_ordered(byte_reader& in) {
    using bits = std::make_unsigned_t<Integer>;
    constexpr auto sign = static_cast<bits>(bits{1} << (sizeof(bits) * 8 - 1));
    return static_cast<Integer>(static_cast<bits>(in.big<bits>() ^ sign));
}

// Positive numbers get the sign bit set, negative ones are inverted; every NaN is one NaN, the
// greatest, and -0 is 0.
template <class Float, class Bits>
void append_ordered_float(std::string& key, Float value) {
    constexpr auto sign = Bits{1} << (sizeof(Bits) * 8 - 1);
    if (value == 0) value = 0;
    auto bits = std::bit_cast<Bits>(value);
    if (std::isnan(value)) bits = ~sign;
    bits = (bits & sign) != 0 ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | sign);
    byte_writer(key).big(bits);
}
template <class Float, class Bits>
double read_ordered_float(byte_reader& in) {
    constexpr auto sign = Bits{1} << (sizeof(Bits) * 8 - 1);
    auto const bits = in.big<Bits>();
    if (bits == static_cast<Bits>(~Bits{0})) return std::numeric_limits<double>::quiet_NaN();
    auto const plain =
        (bits & sign) != 0 ? static_cast<Bits>(bits & ~sign) : static_cast<Bits>(~bits);
    return static_cast<double>(std::bit_cast<Float>(plain));
}

void append_escaped(std::string& key, std::string_view bytes) {
    for (char const byte : bytes) {
        key.push_back(byte);
        if (byte == '\0') key.push_back('\xff');
    }
    key.append({'\0', '\x01'});
}
std::string read_escaped(byte_reader& in) {
    std::string bytes;
    while (in.ok()) {
        auto const byte = in.little<char>();
        if (byte != '\0') {
            bytes.push_back(byte);
            continue;
        }
        auto const next = in.little<char>();
        if (next == '\x01') return bytes;
        if (next != '\xff') in.fail();
        bytes.push_back('\0');
    }
    return bytes;
}

void append_interval_key(std::string& key, std::string_view raw) {
    auto const length = interval_length(read_interval(raw));
    append_ordered(key, static_cast<std::int64_t>(length >> 64));
    byte_writer(key).big(static_cast<std::uint64_t>(length));
}
std::string read_interval_key(byte_reader& in) {
    auto const high = read_ordered<std::int64_t>(in);
    auto const low = in.big<std::uint64_t>();
    auto const bits =
        (static_cast<unsigned __int128>(static_cast<std::uint64_t>(high)) << 64) | low;
    return write_interval(interval_of_length(static_cast<__int128>(bits)));
}

column_value decode_key_value(byte_reader& in, column_kind kind) {
    switch (kind) {
        case column_kind::boolean:
            return in.little<std::uint8_t>() != 0;
        case column_kind::int16:
            return read_ordered<std::int16_t>(in);
        case column_kind::int32:
            return read_ordered<std::int32_t>(in);
        case column_kind::int64:
            return read_ordered<std::int64_t>(in);
        case column_kind::float32:
            return read_ordered_float<float, std::uint32_t>(in);
        case column_kind::float64:
            return read_ordered_float<double, std::uint64_t>(in);
        case column_kind::bytes:
            return read_escaped(in);
        case column_kind::interval:
            return read_interval_key(in);
        case column_kind::uuid:
            return std::string(in.raw(uuid_bytes));
    }
    in.fail();
    return std::monostate{};
}

}  // namespace

std::string encode_row(std::vector<column_kind> const& kinds,
                       std::vector<column_value> const& values) {
    SLUICE_ASSERT(kinds.size() == values.size());
    std::string row;
    byte_writer out(row);
    out.little(row_version).varint(values.size());
    std::string nulls((values.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::holds_alternative<std::monostate>(values[i]))
            nulls[i / 8] = static_cast<char>(nulls[i / 8] | (1 << (i % 8)));
    out.raw(nulls);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::holds_alternative<std::monostate>(values[i]))
            encode_value(out, kinds[i], values[i]);
    return row;
}

result<void> decode_row(std::string_view row, std::vector<column_kind> const& kinds,
                        std::vector<column_view>& present) {
    byte_reader in(row);
    auto const version = in.little<std::uint8_t>();
    auto const stored = in.varint();
    if (!in.ok() || version != row_version || stored > kinds.size())
        return failure{error::corrupt, "row: not an encoded row of this table"};
    auto const nulls = in.raw((stored + 7) / 8);
    if (!in.ok()) return failure{error::corrupt, "row: ends in its null bitmap"};
    present.assign(stored, std::monostate{});
    for (std::size_t i = 0; i < stored; ++i)
        if (((nulls[i / 8] >> (i % 8)) & 1) == 0) present[i] = decode_value(in, kinds[i]);
    if (!in.ok() || !in.at_end()) return failure{error::corrupt, "row: its values do not fill it"};
    return {};
}

result<std::vector<std::optional<column_view>>> decode_row(
    std::string_view row, std::vector<column_kind> const& kinds,
    std::vector<std::uint32_t> const& columns) {
    std::vector<column_view> present;
    SLUICE_CHECK(decode_row(row, kinds, present));
    std::vector<std::optional<column_view>> picked;
    picked.reserve(columns.size());
    for (auto const column : columns) {
        SLUICE_ASSERT(column < kinds.size());
        if (column < present.size())
            picked.emplace_back(present[column]);
        else
            picked.emplace_back(std::nullopt);
    }
    return picked;
}

void append_key_value(std::string& key, column_kind kind, column_value const& value) {
    if (std::holds_alternative<std::monostate>(value)) {
        key.push_back(null_marker);
        return;
    }
    key.push_back(value_marker);
    switch (kind) {
        case column_kind::boolean:
            key.push_back(std::get<bool>(value) ? '\1' : '\0');
            return;
        case column_kind::int16:
            append_ordered(key, static_cast<std::int16_t>(integer_of(value)));
            return;
        case column_kind::int32:
            append_ordered(key, static_cast<std::int32_t>(integer_of(value)));
            return;
        case column_kind::int64:
            append_ordered(key, integer_of(value));
            return;
        case column_kind::float32:
            append_ordered_float<float, std::uint32_t>(key, static_cast<float>(number_of(value)));
            return;
        case column_kind::float64:
            append_ordered_float<double, std::uint64_t>(key, number_of(value));
            return;
        case column_kind::bytes:
            append_escaped(key, bytes_of(value));
            return;
        case column_kind::interval:
            append_interval_key(key, bytes_of(value));
            return;
        case column_kind::uuid:
            key.append(bytes_of(value));
            return;
    }
}

result<std::vector<column_value>> decode_key(std::string_view key,
                                             std::vector<column_kind> const& kinds) {
    byte_reader in(key);
    std::vector<column_value> values;
    values.reserve(kinds.size());
    for (auto const kind : kinds) {
        auto const marker = in.little<char>();
        if (marker == null_marker)
            values.emplace_back();
        else if (marker == value_marker)
            values.push_back(decode_key_value(in, kind));
        else
            in.fail();
    }
    if (!in.ok() || !in.at_end()) return failure{error::corrupt, "key: not of these columns"};
    return values;
}

}  // namespace sluice::store
