// Functions and operators of numeric.
#include "protocols/sql/types/numeric.hpp"

#include <cmath>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/scalar_text.hpp"

namespace sluice::sql {
namespace {

numeric number(function_frame& f, std::size_t i) { return numeric::decode(f.text(i)); }
datum give(function_frame& f, numeric const& value) {
    if (!value.fits()) return f.fail({"22003", "value overflows numeric format"});
    return value.encode();
}
datum give(function_frame& f, sql_result<numeric> value) {
    if (value.has_error()) return f.fail(std::move(value).error());
    return give(f, *value);
}

datum plus(function_frame& f) { return give(f, number(f, 0) + number(f, 1)); }
datum minus(function_frame& f) { return give(f, number(f, 0) - number(f, 1)); }
datum times(function_frame& f) { return give(f, number(f, 0) * number(f, 1)); }
datum over(function_frame& f) { return give(f, sql_divide(number(f, 0), number(f, 1))); }
datum whole_over(function_frame& f) {
    return give(f, sql_divide_integer(number(f, 0), number(f, 1)));
}
datum modulo(function_frame& f) { return give(f, sql_modulo(number(f, 0), number(f, 1))); }
datum negate(function_frame& f) { return give(f, number(f, 0).negated()); }
datum same(function_frame& f) { return f.arguments[0]; }
datum absolute(function_frame& f) { return give(f, number(f, 0).absolute()); }
datum square_root(function_frame& f) { return give(f, sql_square_root(number(f, 0))); }
datum exponential(function_frame& f) { return give(f, sql_exponential(number(f, 0))); }
datum natural_log(function_frame& f) { return give(f, sql_natural_logarithm(number(f, 0))); }
datum log_base(function_frame& f) { return give(f, sql_logarithm(number(f, 0), number(f, 1))); }
datum log_ten(function_frame& f) { return give(f, sql_logarithm(numeric(10), number(f, 0))); }
datum power(function_frame& f) { return give(f, sql_power(number(f, 0), number(f, 1))); }

int wanted_scale(std::int64_t scale) {
    return static_cast<int>(std::clamp<std::int64_t>(scale, -2000, 2000));
}
datum round_to(function_frame& f) {
    return give(f, number(f, 0).rounded(wanted_scale(f.integer(1))));
}
datum truncate_to(function_frame& f) {
    return give(f, number(f, 0).truncated(wanted_scale(f.integer(1))));
}
datum round_whole(function_frame& f) { return give(f, number(f, 0).rounded(0)); }
datum truncate_whole(function_frame& f) { return give(f, number(f, 0).truncated(0)); }
datum ceiling(function_frame& f) { return give(f, number(f, 0).ceiling()); }
datum floor_of(function_frame& f) { return give(f, number(f, 0).floor()); }
datum sign_of(function_frame& f) {
    auto const value = number(f, 0);
    return give(f, value.is_nan() ? value : numeric(value.sign()));
}
datum increment(function_frame& f) { return give(f, number(f, 0) + numeric(1)); }
datum larger(function_frame& f) {
    return compare(number(f, 0), number(f, 1)) > 0 ? f.arguments[0] : f.arguments[1];
}
datum smaller(function_frame& f) {
    return compare(number(f, 0), number(f, 1)) < 0 ? f.arguments[0] : f.arguments[1];
}
datum scale_of(function_frame& f) {
    auto const value = number(f, 0);
    if (!value.is_finite()) return sql_null{};
    return std::int64_t{value.scale()};
}
datum least_scale(function_frame& f) {
    auto const value = number(f, 0);
    if (!value.is_finite()) return sql_null{};
    return std::int64_t{value.minimum_scale()};
}
datum trim_scale(function_frame& f) {
    auto const value = number(f, 0);
    return give(f, value.is_finite() ? value.with_scale(value.minimum_scale()) : value);
}

numeric common_divisor(numeric a, numeric b) {
    int const scale = std::max(a.scale(), b.scale());
    a = a.absolute();
    b = b.absolute();
    while (!b.is_zero()) {
        auto rest = remainder(a, b);
        a = b;
        b = rest;
    }
    return a.with_scale(scale);
}
datum greatest_divisor(function_frame& f) {
    auto const a = number(f, 0), b = number(f, 1);
    if (!a.is_finite() || !b.is_finite()) return give(f, numeric::special(numeric::kind::nan));
    return give(f, common_divisor(a, b));
}
datum least_multiple(function_frame& f) {
    auto const a = number(f, 0), b = number(f, 1);
    if (!a.is_finite() || !b.is_finite()) return give(f, numeric::special(numeric::kind::nan));
    int const scale = std::max(a.scale(), b.scale());
    if (a.is_zero() || b.is_zero()) return give(f, numeric().with_scale(scale));
    auto const value = divide(a, common_divisor(a, b), 0, false) * b;
    return give(f, value.absolute().with_scale(scale));
}
datum factorial(function_frame& f) {
    auto const n = f.integer(0);
    if (n < 0) return f.fail({"22003", "factorial of a negative number is undefined"});
    if (n > 32177) return f.fail({"22003", "value overflows numeric format"});
    numeric product(1);
    for (std::int64_t i = 2; i <= n; ++i) {
        product = product * numeric(i);
        if (i % 64 == 0 && f.context.cancelled && f.context.cancelled())
            return f.fail({"57014", "canceling statement due to user request"});
    }
    return give(f, product);
}

template <int Bits>
datum to_integer(function_frame& f) {
    auto const value = number(f, 0);
    char const* type = Bits == 16 ? "smallint" : Bits == 32 ? "integer" : "bigint";
    if (!value.is_finite())
        return f.fail({"0A000", std::string("cannot convert ") +
                                    (value.is_nan() ? "NaN" : "infinity") + " to " + type});
    auto const integer = value.to_int64();
    auto const most = Bits == 64 ? 0 : (std::int64_t{1} << (Bits - 1)) - 1;
    if (!integer || (Bits != 64 && (*integer > most || *integer < -most - 1)))
        return f.fail({"22003", std::string(type) + " out of range"});
    return *integer;
}
datum of_integer(function_frame& f) { return numeric(f.integer(0)).encode(); }
datum of_float8(function_frame& f) { return numeric::of_double(f.number(0), 15).encode(); }
datum of_float4(function_frame& f) { return numeric::of_double(f.number(0), 6).encode(); }
datum to_float8(function_frame& f) {
    auto const value = number(f, 0);
    auto const result = value.to_double();
    if (value.is_finite() && std::isinf(result))
        return f.fail(
            {"22003", "\"" + value.text() + "\" is out of range for type double precision"});
    return result;
}
datum to_float4(function_frame& f) {
    auto const text = number(f, 0).text();
    return f.take([&]() -> sql_result<datum> {
        SLUICE_TRY(auto const value, parse_float4(text));
        return datum(value);
    }());
}
datum with_modifier(function_frame& f) {
    return f.take(apply_modifier({type_oid{1700}, static_cast<std::int32_t>(f.integer(1))},
                                 f.arguments[0], true, f.context.io));
}

datum width_bucket(function_frame& f) {
    auto const value = number(f, 0), low = number(f, 1), high = number(f, 2);
    auto const count = f.integer(3);
    auto const bad = [&](char const* text) { return f.fail({"2201G", text}); };
    if (count <= 0) return bad("count must be greater than zero");
    if (value.is_nan() || low.is_nan() || high.is_nan())
        return bad("operand, lower bound, and upper bound cannot be NaN");
    if (low.is_infinite() || high.is_infinite())
        return bad("lower and upper bounds must be finite");
    auto const order = compare(low, high);
    if (order == 0) return bad("lower bound cannot equal upper bound");
    bool const up = order < 0;
    if (up ? compare(value, low) < 0 : compare(value, low) > 0) return std::int64_t{0};
    if (up ? compare(value, high) >= 0 : compare(value, high) <= 0) {
        if (count == 2147483647) return f.fail({"22003", "integer out of range"});
        return count + 1;
    }
    auto const place = divide((value - low) * numeric(count), high - low, 0, false).to_int64();
    return *place + 1;
}

}  // namespace

void register_numeric_functions(function_registry& to) {
    to.scalars({
        {"numeric_add", plus},
        {"numeric_sub", minus},
        {"numeric_mul", times},
        {"numeric_div", over},
        {"numeric_div_trunc", whole_over},
        {"numeric_mod", modulo},
        {"numeric_uminus", negate},
        {"numeric_uplus", same},
        {"numeric_abs", absolute},
        {"numeric_sqrt", square_root},
        {"numeric_exp", exponential},
        {"numeric_ln", natural_log},
        {"numeric_log", log_base},
        {"numeric_power", power},
        {"numeric_round", round_to},
        {"numeric_trunc", truncate_to},
        {"numeric_ceil", ceiling},
        {"numeric_floor", floor_of},
        {"numeric_sign", sign_of},
        {"numeric_inc", increment},
        {"numeric_larger", larger},
        {"numeric_smaller", smaller},
        {"numeric_scale", scale_of},
        {"numeric_min_scale", least_scale},
        {"numeric_trim_scale", trim_scale},
        {"numeric_gcd", greatest_divisor},
        {"numeric_lcm", least_multiple},
        {"numeric_fac", factorial},
        {"numeric_int2", to_integer<16>},
        {"numeric_int4", to_integer<32>},
        {"numeric_int8", to_integer<64>},
        {"int2_numeric", of_integer},
        {"int4_numeric", of_integer},
        {"int8_numeric", of_integer},
        {"float8_numeric", of_float8},
        {"float4_numeric", of_float4},
        {"numeric_float8", to_float8},
        {"numeric_float4", to_float4},
        {"numeric", with_modifier},
        {"width_bucket_numeric", width_bucket},
    });
    // SQL-language forms: round(numeric), trunc(numeric), log(numeric), log10(numeric).
    to.scalar(1708, round_whole);
    to.scalar(1710, truncate_whole);
    to.scalar(1741, log_ten);
    to.scalar(1481, log_ten);
}

}  // namespace sluice::sql
