// Arithmetic, bits and numbers of int2, int4, int8. Every result is checked against its type.
#include <limits>
#include <numeric>

#include "protocols/sql/functions/registry.hpp"

namespace sluice::sql {
namespace {

template <int Bits>
constexpr std::int64_t most = Bits == 64 ? std::numeric_limits<std::int64_t>::max()
                                         : (std::int64_t{1} << (Bits - 1)) - 1;
constexpr char const* name_of(int bits) {
    return bits == 16   ? "smallint out of range"
           : bits == 32 ? "integer out of range"
                        : "bigint out of range";
}

template <int Bits>
datum fit(function_frame& f, __int128 value) {
    if (value > most<Bits> || value < -static_cast<__int128>(most<Bits>) - 1)
        return f.fail({"22003", name_of(Bits)});
    return static_cast<std::int64_t>(value);
}
datum zero_division(function_frame& f) { return f.fail({"22012", "division by zero"}); }

template <int Bits>
datum plus(function_frame& f) {
    return fit<Bits>(f, static_cast<__int128>(f.integer(0)) + f.integer(1));
}
template <int Bits>
datum minus(function_frame& f) {
    return fit<Bits>(f, static_cast<__int128>(f.integer(0)) - f.integer(1));
}
template <int Bits>
datum times(function_frame& f) {
    return fit<Bits>(f, static_cast<__int128>(f.integer(0)) * f.integer(1));
}
template <int Bits>
datum over(function_frame& f) {
    if (f.integer(1) == 0) return zero_division(f);
    return fit<Bits>(f, static_cast<__int128>(f.integer(0)) / f.integer(1));
}
datum modulo(function_frame& f) {
    if (f.integer(1) == 0) return zero_division(f);
    if (f.integer(1) == -1) return std::int64_t{0};
    return f.integer(0) % f.integer(1);
}
template <int Bits>
datum negate(function_frame& f) {
    return fit<Bits>(f, -static_cast<__int128>(f.integer(0)));
}
template <int Bits>
datum absolute(function_frame& f) {
    auto const value = static_cast<__int128>(f.integer(0));
    return fit<Bits>(f, value < 0 ? -value : value);
}
datum same(function_frame& f) { return f.arguments[0]; }
template <int Bits>
datum narrow(function_frame& f) {
    return fit<Bits>(f, f.integer(0));
}

datum bit_and(function_frame& f) { return f.integer(0) & f.integer(1); }
datum bit_or(function_frame& f) { return f.integer(0) | f.integer(1); }
datum bit_xor(function_frame& f) { return f.integer(0) ^ f.integer(1); }
datum bit_not(function_frame& f) { return ~f.integer(0); }
// The machine's shift: the count is taken modulo the width (32 for smallint).
template <int Bits>
datum shift_left(function_frame& f) {
    auto const count = static_cast<unsigned>(f.integer(1)) & (Bits == 64 ? 63U : 31U);
    auto const bits = static_cast<std::uint64_t>(f.integer(0)) << count;
    if constexpr (Bits == 16) return std::int64_t{static_cast<std::int16_t>(bits)};
    if constexpr (Bits == 32) return std::int64_t{static_cast<std::int32_t>(bits)};
    return static_cast<std::int64_t>(bits);
}
template <int Bits>
datum shift_right(function_frame& f) {
    return f.integer(0) >> (static_cast<unsigned>(f.integer(1)) & (Bits == 64 ? 63U : 31U));
}
datum larger(function_frame& f) { return std::max(f.integer(0), f.integer(1)); }
datum smaller(function_frame& f) { return std::min(f.integer(0), f.integer(1)); }

unsigned __int128 magnitude(std::int64_t value) {
    auto const wide = static_cast<__int128>(value);
    return static_cast<unsigned __int128>(wide < 0 ? -wide : wide);
}
unsigned __int128 common_divisor(unsigned __int128 a, unsigned __int128 b) {
    while (b != 0) {
        auto const rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}
template <int Bits>
datum greatest_divisor(function_frame& f) {
    return fit<Bits>(
        f, static_cast<__int128>(common_divisor(magnitude(f.integer(0)), magnitude(f.integer(1)))));
}
template <int Bits>
datum least_multiple(function_frame& f) {
    auto const a = magnitude(f.integer(0)), b = magnitude(f.integer(1));
    if (a == 0 || b == 0) return std::int64_t{0};
    return fit<Bits>(f, static_cast<__int128>(a / common_divisor(a, b) * b));
}
datum oid_of_int8(function_frame& f) {
    if (f.integer(0) < 0 || f.integer(0) > 4294967295LL)
        return f.fail({"22003", "OID out of range"});
    return f.integer(0);
}
datum bool_of_int(function_frame& f) { return f.integer(0) != 0; }
datum int_of_bool(function_frame& f) { return std::int64_t{f.boolean(0)}; }

template <int Bits>
datum in_range(function_frame& f) {  // value, base, offset, sub, less
    auto const offset = f.integer(2);
    if (offset < 0)
        return f.fail({"22013", "invalid preceding or following size in window function"});
    auto const sum = f.boolean(3) ? static_cast<__int128>(f.integer(1)) - offset
                                  : static_cast<__int128>(f.integer(1)) + offset;
    return f.boolean(4) ? f.integer(0) <= sum : f.integer(0) >= sum;
}

}  // namespace

void register_integer_functions(function_registry& to) {
    to.scalars({
        {"int2pl", plus<16>},
        {"int4pl", plus<32>},
        {"int8pl", plus<64>},
        {"int24pl", plus<32>},
        {"int42pl", plus<32>},
        {"int28pl", plus<64>},
        {"int82pl", plus<64>},
        {"int48pl", plus<64>},
        {"int84pl", plus<64>},
        {"int2mi", minus<16>},
        {"int4mi", minus<32>},
        {"int8mi", minus<64>},
        {"int24mi", minus<32>},
        {"int42mi", minus<32>},
        {"int28mi", minus<64>},
        {"int82mi", minus<64>},
        {"int48mi", minus<64>},
        {"int84mi", minus<64>},
        {"int2mul", times<16>},
        {"int4mul", times<32>},
        {"int8mul", times<64>},
        {"int24mul", times<32>},
        {"int42mul", times<32>},
        {"int28mul", times<64>},
        {"int82mul", times<64>},
        {"int48mul", times<64>},
        {"int84mul", times<64>},
        {"int2div", over<16>},
        {"int4div", over<32>},
        {"int8div", over<64>},
        {"int24div", over<32>},
        {"int42div", over<32>},
        {"int28div", over<64>},
        {"int82div", over<64>},
        {"int48div", over<64>},
        {"int84div", over<64>},
        {"int2mod", modulo},
        {"int4mod", modulo},
        {"int8mod", modulo},
        {"int2um", negate<16>},
        {"int4um", negate<32>},
        {"int8um", negate<64>},
        {"int2up", same},
        {"int4up", same},
        {"int8up", same},
        {"int2abs", absolute<16>},
        {"int4abs", absolute<32>},
        {"int8abs", absolute<64>},
        {"int2and", bit_and},
        {"int4and", bit_and},
        {"int8and", bit_and},
        {"int2or", bit_or},
        {"int4or", bit_or},
        {"int8or", bit_or},
        {"int2xor", bit_xor},
        {"int4xor", bit_xor},
        {"int8xor", bit_xor},
        {"int2not", bit_not},
        {"int4not", bit_not},
        {"int8not", bit_not},
        {"int2shl", shift_left<16>},
        {"int4shl", shift_left<32>},
        {"int8shl", shift_left<64>},
        {"int2shr", shift_right<16>},
        {"int4shr", shift_right<32>},
        {"int8shr", shift_right<64>},
        {"int2larger", larger},
        {"int4larger", larger},
        {"int8larger", larger},
        {"oidlarger", larger},
        {"int2smaller", smaller},
        {"int4smaller", smaller},
        {"int8smaller", smaller},
        {"oidsmaller", smaller},
        {"int4gcd", greatest_divisor<32>},
        {"int8gcd", greatest_divisor<64>},
        {"int4lcm", least_multiple<32>},
        {"int8lcm", least_multiple<64>},
        {"int4inc",
         [](function_frame& f) { return fit<32>(f, static_cast<__int128>(f.integer(0)) + 1); }},
        {"i2toi4", same},
        {"i4toi2", narrow<16>},
        {"int48", same},
        {"int84", narrow<32>},
        {"int28", same},
        {"int82", narrow<16>},
        {"i8tooid", oid_of_int8},
        {"oidtoi8", same},
        {"int4_bool", bool_of_int},
        {"bool_int4", int_of_bool},
        {"in_range_int4_int4", in_range<32>},
        {"in_range_int8_int8", in_range<64>},
        {"in_range_int4_int8", in_range<64>},
        {"in_range_int4_int2", in_range<32>},
    });
}

}  // namespace sluice::sql
