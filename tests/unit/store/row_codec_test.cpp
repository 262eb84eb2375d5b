// Encoded rows and keys: golden bytes of gateway/design/0008-tables.md, round trips, and that keys
// compare as values do, over values made from a seed.
#include "backend/store/model/row_codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace sluice::store {
namespace {

using kind = column_kind;

std::string hex(std::string_view bytes) {
    std::string out;
    for (unsigned char const byte : bytes) {
        out.push_back("0123456789abcdef"[byte >> 4]);
        out.push_back("0123456789abcdef"[byte & 15]);
    }
    return out;
}
std::string key_of(kind what, column_value const& value) {
    std::string key;
    append_key_value(key, what, value);
    return key;
}
std::string interval(std::int64_t microseconds, std::int32_t days, std::int32_t months) {
    std::string raw(16, '\0');
    std::memcpy(raw.data(), &microseconds, 8);
    std::memcpy(raw.data() + 8, &days, 4);
    std::memcpy(raw.data() + 12, &months, 4);
    return raw;
}

TEST(RowCodec, RowBytes) {
    auto const row =
        encode_row({kind::int32, kind::bytes, kind::boolean, kind::float64, kind::int16},
                   {std::int64_t{-2}, std::string("ab"), std::monostate{}, 1.5, std::int64_t{7}});
    EXPECT_EQ(hex(row),
              "01"
              "05"
              "04"
              "feffffff"
              "026162"
              "000000000000f83f"
              "0700");
}

TEST(RowCodec, KeyBytes) {
    EXPECT_EQ(hex(key_of(kind::int32, std::int64_t{1})), "0180000001");
    EXPECT_EQ(hex(key_of(kind::int64, std::int64_t{-1})), "017fffffffffffffff");
    EXPECT_EQ(hex(key_of(kind::bytes, std::string("a\0b", 3))), "016100ff620001");
    EXPECT_EQ(hex(key_of(kind::bytes, std::monostate{})), "02");
    EXPECT_EQ(hex(key_of(kind::boolean, true)), "0101");
    EXPECT_EQ(hex(key_of(kind::float64, -0.0)), hex(key_of(kind::float64, 0.0)));
    EXPECT_EQ(hex(key_of(kind::float64, 1.0)), "01bff0000000000000");
    EXPECT_EQ(hex(key_of(kind::interval, interval(0, 30, 0))),
              hex(key_of(kind::interval, interval(0, 0, 1))));
}

TEST(RowCodec, ColumnsAddedLaterAreMissing) {
    auto const row = encode_row({kind::int32}, {std::int64_t{5}});
    auto const read = decode_row(row, {kind::int32, kind::bytes}, {1, 0});
    ASSERT_TRUE(read.has_value());
    EXPECT_FALSE((*read)[0].has_value());
    EXPECT_EQ(std::get<std::int64_t>(*(*read)[1]), 5);
}

TEST(RowCodec, DamagedRowsAreRefused) {
    std::vector<kind> const kinds{kind::int32, kind::bytes};
    auto const row = encode_row(kinds, {std::int64_t{5}, std::string("hello")});
    for (std::size_t length = 0; length < row.size(); ++length)
        EXPECT_FALSE(decode_row(std::string_view(row).substr(0, length), kinds, {0})) << length;
    EXPECT_FALSE(decode_row(row + "x", kinds, {0}));
    auto other = row;
    other[0] = 9;
    EXPECT_FALSE(decode_row(other, kinds, {0}));
    EXPECT_FALSE(decode_row(row, {kind::int32}, {0}));
}

TEST(RowCodec, DamagedKeysAreRefused) {
    EXPECT_FALSE(decode_key("", {kind::int16}));
    EXPECT_FALSE(decode_key(std::string("\x01\x80", 2), {kind::int16}));
    EXPECT_FALSE(decode_key(std::string("\x03", 1), {kind::int16}));
    EXPECT_FALSE(decode_key(std::string("\x01\x00\x07", 3), {kind::bytes}));
    EXPECT_FALSE(decode_key(key_of(kind::boolean, true) + "x", {kind::boolean}));
}

class random_values {
public:
    explicit random_values(unsigned seed) : bits_(seed) {}

    std::int64_t integer(kind what) {
        auto const shift = bits_() % 64;
        auto value = static_cast<std::int64_t>(bits_()) >> shift;
        if (what == kind::int16) value = static_cast<std::int16_t>(value);
        if (what == kind::int32) value = static_cast<std::int32_t>(value);
        return value;
    }
    double number() {
        constexpr double special[] = {0.0,       -0.0, 1.0,    -1.0,  INFINITY,
                                      -INFINITY, NAN,  1e-300, -1e300};
        if (bits_() % 3 == 0) return special[bits_() % std::size(special)];
        return std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits_())),
                          static_cast<int>(bits_() % 200) - 100);
    }
    std::string bytes() {
        std::string out;
        for (auto left = bits_() % 6; left > 0; --left)
            out.push_back(
                static_cast<char>("\0\1\xff"
                                  "ab"[bits_() % 5]));
        return out;
    }
    bool once_in(unsigned times) { return bits_() % times == 0; }

private:
    std::mt19937_64 bits_;
};

int order(double left, double right) {
    if (std::isnan(left) || std::isnan(right)) return std::isnan(left) - std::isnan(right);
    return (left > right) - (left < right);
}
int sign(int value) { return (value > 0) - (value < 0); }

TEST(RowCodec, KeysCompareAsValues) {
    random_values random(7);
    for (int round = 0; round < 20000; ++round) {
        for (auto const what : {kind::int16, kind::int32, kind::int64}) {
            auto const left = random.integer(what), right = random.integer(what);
            EXPECT_EQ(sign(key_of(what, left).compare(key_of(what, right))),
                      (left > right) - (left < right));
        }
        auto const left = random.number(), right = random.number();
        EXPECT_EQ(sign(key_of(kind::float64, left).compare(key_of(kind::float64, right))),
                  order(left, right))
            << left << " " << right;
        auto const small = static_cast<float>(left), other = static_cast<float>(right);
        EXPECT_EQ(
            sign(
                key_of(kind::float32, double{small}).compare(key_of(kind::float32, double{other}))),
            order(small, other));
        auto const one = random.bytes(), two = random.bytes();
        EXPECT_EQ(sign(key_of(kind::bytes, one).compare(key_of(kind::bytes, two))),
                  sign(one.compare(two)));
        // A column is closed before the next one decides.
        auto const tail = random.bytes();
        if (one != two) {
            EXPECT_EQ(sign((key_of(kind::bytes, one) + key_of(kind::bytes, tail))
                               .compare(key_of(kind::bytes, two))),
                      sign(one.compare(two)));
        }
    }
}

TEST(RowCodec, RoundTrips) {
    random_values random(11);
    std::vector<kind> const kinds{kind::boolean, kind::int16, kind::int32,    kind::int64,
                                  kind::float64, kind::bytes, kind::interval, kind::uuid};
    for (int round = 0; round < 2000; ++round) {
        std::vector<column_value> values{random.once_in(2),
                                         random.integer(kind::int16),
                                         random.integer(kind::int32),
                                         random.integer(kind::int64),
                                         std::isnan(0.0) ? 0.0 : 2.25,
                                         random.bytes(),
                                         interval(random.integer(kind::int32), 3, -1),
                                         std::string(16, 'u')};
        for (auto& value : values)
            if (random.once_in(4)) value = std::monostate{};
        auto const row = encode_row(kinds, values);
        auto const read = decode_row(row, kinds, {0, 1, 2, 3, 4, 5, 6, 7});
        ASSERT_TRUE(read.has_value());
        std::string key;
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            append_key_value(key, kinds[i], values[i]);
            auto const& got = *(*read)[i];
            if (auto const* bytes = std::get_if<std::string_view>(&got))
                EXPECT_EQ(std::get<std::string>(values[i]), *bytes);
            else if (auto const* integer = std::get_if<std::int64_t>(&got))
                EXPECT_EQ(std::get<std::int64_t>(values[i]), *integer);
            else
                EXPECT_EQ(got.index(), values[i].index());
        }
        auto const decoded = decode_key(key, kinds);
        ASSERT_TRUE(decoded.has_value());
        for (std::size_t i = 0; i < kinds.size(); ++i)
            if (kinds[i] != kind::interval) EXPECT_EQ((*decoded)[i], values[i]) << i;
    }
}

}  // namespace
}  // namespace sluice::store
