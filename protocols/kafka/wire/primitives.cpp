#include "protocols/kafka/wire/primitives.hpp"

#include <algorithm>
#include <bit>

#include "gateway/core/assert.hpp"

namespace sluice::kafka {

std::size_t record_data::size() const noexcept {
    std::size_t total = 0;
    for (auto const& one : pieces) total += one.bytes.size();
    return total;
}

bool record_data::operator==(record_data const& other) const {
    if (size() != other.size()) return false;
    std::string mine, others;
    for (auto const& one : pieces) mine.append(one.bytes);
    for (auto const& one : other.pieces) others.append(one.bytes);
    return mine == others;
}

double wire_reader::float64() noexcept { return std::bit_cast<double>(integer<std::uint64_t>()); }

uuid wire_reader::uuid_value() noexcept {
    uuid value{};
    auto raw = bytes_.raw(value.size());
    std::copy(raw.begin(), raw.end(), value.begin());
    return value;
}

std::uint32_t wire_reader::unsigned_varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        auto byte = bytes_.little<std::uint8_t>();
        value |= std::uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) {
            if (value > 0xffffffffu) fail();
            return ok() ? static_cast<std::uint32_t>(value) : 0;
        }
    }
    fail();
    return 0;
}

std::int64_t wire_reader::length(bool flexible, bool short_form) noexcept {
    if (flexible) return static_cast<std::int64_t>(unsigned_varint()) - 1;
    return short_form ? integer<std::int16_t>() : integer<std::int32_t>();
}

std::optional<std::string> wire_reader::string(bool flexible, bool nullable) {
    auto size = length(flexible, true);
    if (!ok()) return std::string{};
    if (size < 0) {
        if (nullable && size == -1) return std::nullopt;
        fail();
        return std::string{};
    }
    if (size > static_cast<std::int64_t>(kafka_string_bytes)) {
        fail();
        return std::string{};
    }
    return std::string(bytes_.raw(static_cast<std::size_t>(size)));
}

std::optional<std::string_view> wire_reader::bytes(bool flexible, bool nullable) noexcept {
    auto size = length(flexible, false);
    if (!ok()) return std::string_view{};
    if (size < 0) {
        if (nullable && size == -1) return std::nullopt;
        fail();
        return std::string_view{};
    }
    return bytes_.raw(static_cast<std::size_t>(size));
}

std::optional<record_data> wire_reader::records(bool flexible, bool nullable) {
    auto raw = bytes(flexible, nullable);
    if (!raw) return std::nullopt;
    record_data data;
    data.pieces.push_back({nullptr, *raw});
    return data;
}

std::optional<std::size_t> wire_reader::array(bool flexible, bool nullable) noexcept {
    auto count = length(flexible, false);
    if (!ok()) return 0;
    if (count < 0) {
        if (nullable && count == -1) return std::nullopt;
        fail();
        return 0;
    }
    auto wanted = static_cast<std::size_t>(count);
    // Every element takes at least one byte.
    if (wanted > remaining() || wanted > elements_left_) {
        fail();
        return 0;
    }
    elements_left_ -= wanted;
    return wanted;
}

std::size_t wire_reader::tag_count() noexcept {
    std::size_t count = unsigned_varint();
    if (count > remaining() || count > elements_left_) {
        fail();
        return 0;
    }
    elements_left_ -= count;
    return count;
}

wire_reader::tag wire_reader::next_tag() noexcept {
    auto number = unsigned_varint();
    auto size = unsigned_varint();
    if (size > remaining()) fail();
    return {number, ok() ? remaining() - size : 0};
}

void wire_reader::finish_tag(tag const& field) noexcept {
    if (remaining() != field.end) fail();
}

void wire_reader::skip_tag(tag const& field) noexcept {
    if (remaining() < field.end) return fail();
    bytes_.raw(remaining() - field.end);
}

void wire_writer::float64(double value) { integer(std::bit_cast<std::uint64_t>(value)); }

void wire_writer::uuid_value(uuid const& value) {
    out_.append(reinterpret_cast<char const*>(value.data()), value.size());
}

void wire_writer::string(std::string_view value, bool flexible) {
    SLUICE_ASSERT(value.size() <= kafka_string_bytes);
    if (flexible) unsigned_varint(static_cast<std::uint32_t>(value.size() + 1));
    else integer(static_cast<std::int16_t>(value.size()));
    out_.append(value);
}

void wire_writer::null_string(bool flexible) {
    if (flexible) unsigned_varint(0);
    else integer(std::int16_t{-1});
}

void wire_writer::bytes(std::string_view value, bool flexible) {
    array(value.size(), flexible);
    out_.append(value);
}

void wire_writer::null_bytes(bool flexible) { null_array(flexible); }

void wire_writer::records(record_data const& value, bool flexible) {
    array(value.size(), flexible);
    for (auto const& piece : value.pieces) {
        externals_.push_back({out_.size(), piece});
        external_bytes_ += piece.bytes.size();
    }
}

void wire_writer::array(std::size_t count, bool flexible) {
    if (flexible) unsigned_varint(static_cast<std::uint32_t>(count + 1));
    else integer(static_cast<std::int32_t>(count));
}

void wire_writer::null_array(bool flexible) {
    if (flexible) unsigned_varint(0);
    else integer(std::int32_t{-1});
}

void wire_writer::tag(std::uint32_t number, std::string_view body) {
    unsigned_varint(number);
    unsigned_varint(static_cast<std::uint32_t>(body.size()));
    out_.append(body);
}

std::vector<record_data::piece> wire_writer::pieces() const {
    std::vector<record_data::piece> all;
    all.reserve(2 * externals_.size() + 1);
    std::size_t from = 0;
    for (auto const& one : externals_) {
        if (one.after > from) all.push_back({nullptr, std::string_view(out_).substr(from, one.after - from)});
        all.push_back(one.piece);
        from = one.after;
    }
    if (from < out_.size()) all.push_back({nullptr, std::string_view(out_).substr(from)});
    return all;
}

}  // namespace sluice::kafka
