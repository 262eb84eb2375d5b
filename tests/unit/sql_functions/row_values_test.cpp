// Values as column values and as keys: round trips, and key bytes that compare as the values do.
#include "protocols/sql/types/row_values.hpp"

#include <gtest/gtest.h>

#include <random>

#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_order.hpp"

namespace sluice::sql {
namespace {

int sign(int value) { return (value > 0) - (value < 0); }

numeric number(std::string_view text) {
    bool overflow = false;
    return *numeric::parse(text, overflow);
}

TEST(OrderedNumeric, GoldenBytes) {
    EXPECT_EQ(hex_of(ordered_numeric(number("0.00").encode())), "02");
    EXPECT_EQ(hex_of(ordered_numeric(number("1").encode())), "03800000020000");
    EXPECT_EQ(hex_of(ordered_numeric(number("1.00").encode())), "03800000020000");
    EXPECT_EQ(hex_of(ordered_numeric(number("-1").encode())), "017ffffffdffff");
    EXPECT_EQ(hex_of(ordered_numeric(number("NaN").encode())), "05");
    EXPECT_EQ(hex_of(ordered_numeric(number("Infinity").encode())), "04");
    EXPECT_EQ(hex_of(ordered_numeric(number("-Infinity").encode())), "00");
}

TEST(OrderedNumeric, ComparesAsNumbers) {
    std::mt19937_64 bits(3);
    auto const random_number = [&] {
        if (bits() % 20 == 0)
            return number(
                std::vector<char const*>{"NaN", "Infinity", "-Infinity", "0"}[bits() % 4]);
        std::string text = bits() % 2 == 0 ? "-" : "";
        for (auto left = bits() % 12; left > 0; --left)
            text.push_back(static_cast<char>('0' + bits() % 10));
        text += "0.";
        for (auto left = bits() % 12; left > 0; --left)
            text.push_back(static_cast<char>('0' + bits() % 3));
        text.push_back('0');
        return number(text);
    };
    for (int round = 0; round < 20000; ++round) {
        auto const a = random_number(), b = random_number();
        EXPECT_EQ(sign(ordered_numeric(a.encode()).compare(ordered_numeric(b.encode()))),
                  sign(compare(a, b)))
            << a.text() << " " << b.text();
    }
}

TEST(RowValues, KeysOfEveryKeyTypeCompareAsValues) {
    std::vector<std::pair<type_oid, std::vector<char const*>>> const values{
        {oid::int4, {"-2147483648", "-1", "0", "1", "2147483647"}},
        {oid::oid, {"0", "1", "4294967295"}},
        {oid::text, {"", "a", "a ", "ab", "b", "é"}},
        {oid::bpchar, {"a", "ab", "b"}},
        {oid::boolean, {"f", "t"}},
        {oid::float8, {"-Infinity", "-1.5", "0", "1e-300", "Infinity", "NaN"}},
        {oid::date, {"-infinity", "0044-03-15 BC", "2024-01-01", "infinity"}},
        {oid::timestamptz, {"-infinity", "1999-01-01 00:00+00", "2024-01-01 00:00+00", "infinity"}},
        {oid::interval, {"-1 day", "00:00", "23:00", "1 day", "1 mon"}},
        {oid::timetz, {"01:00+02", "00:00+00", "00:00-01"}},
        {oid::uuid,
         {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
        {oid::bytea, {"", "\\x00", "\\x0000", "\\x01", "\\xff"}},
    };
    for (auto const& [type, texts] : values) {
        ASSERT_TRUE(can_be_key(type));
        for (auto const* left : texts)
            for (auto const* right : texts) {
                auto const a = input_text({type, -1}, left, {}).value();
                auto const b = input_text({type, -1}, right, {}).value();
                std::string key_a, key_b;
                store::append_key_value(key_a, key_kind_of(type), to_key_value(type, a));
                store::append_key_value(key_b, key_kind_of(type), to_key_value(type, b));
                EXPECT_EQ(sign(key_a.compare(key_b)), sign(compare_values(type, a, b)))
                    << left << " " << right;
            }
    }
}

TEST(RowValues, ColumnValuesRoundTrip) {
    std::vector<std::pair<type_oid, char const*>> const values{
        {oid::int2, "7"},
        {oid::numeric, "-12.500"},
        {oid::text, "é"},
        {oid::boolean, "t"},
        {oid::float4, "1.5"},
        {oid::interval, "1 mon 2 days 03:04:05"},
        {oid::timetz, "04:05:06-08"},
        {oid::int4_array, "[0:1]={1,NULL}"},
        {oid::jsonb, "{\"a\": [1, 2.0]}"},
        {oid::bytea, "\\x00ff"},
        {oid::inet, "10.0.0.1"},
        {oid::uuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {oid::date, "infinity"}};
    io_context const io;
    for (auto const& [type, text] : values) {
        auto const value = input_text({type, -1}, text, io).value();
        auto const column = to_column_value(type, value, io);
        auto const row = store::encode_row({column_kind_of(type)}, {column});
        auto const read = store::decode_row(row, {column_kind_of(type)}, {0});
        ASSERT_TRUE(read.has_value());
        auto const again = from_column_view(type, *(*read)[0], io);
        ASSERT_TRUE(again.has_value()) << text;
        std::string out;
        output_text(type, *again, io, out);
        EXPECT_EQ(out, text);
    }
}

}  // namespace
}  // namespace sluice::sql
