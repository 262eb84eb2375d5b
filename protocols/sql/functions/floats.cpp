// float4 and float8: arithmetic with PostgreSQL's overflow rules, and elementary functions. NaN
// compares as the greatest value elsewhere; here it passes through.
#include <bit>
#include <cmath>
#include <limits>

#include "protocols/sql/functions/registry.hpp"

namespace sluice::sql {
namespace {

datum overflow(function_frame& f) { return f.fail({"22003", "value out of range: overflow"}); }
datum underflow(function_frame& f) { return f.fail({"22003", "value out of range: underflow"}); }
datum zero_division(function_frame& f) { return f.fail({"22012", "division by zero"}); }

template <class Float>
datum plus(function_frame& f) {
    auto const a = static_cast<Float>(f.number(0)), b = static_cast<Float>(f.number(1));
    Float const sum = a + b;
    if (std::isinf(sum) && !std::isinf(a) && !std::isinf(b)) return overflow(f);
    return static_cast<double>(sum);
}
template <class Float>
datum minus(function_frame& f) {
    auto const a = static_cast<Float>(f.number(0)), b = static_cast<Float>(f.number(1));
    Float const difference = a - b;
    if (std::isinf(difference) && !std::isinf(a) && !std::isinf(b)) return overflow(f);
    return static_cast<double>(difference);
}
template <class Float>
datum times(function_frame& f) {
    auto const a = static_cast<Float>(f.number(0)), b = static_cast<Float>(f.number(1));
    Float const product = a * b;
    if (std::isinf(product) && !std::isinf(a) && !std::isinf(b)) return overflow(f);
    if (product == 0 && a != 0 && b != 0) return underflow(f);
    return static_cast<double>(product);
}
template <class Float>
datum over(function_frame& f) {
    auto const a = static_cast<Float>(f.number(0)), b = static_cast<Float>(f.number(1));
    if (b == 0 && !std::isnan(a)) return zero_division(f);
    Float const quotient = a / b;
    if (std::isinf(quotient) && !std::isinf(a)) return overflow(f);
    if (quotient == 0 && a != 0 && !std::isinf(b)) return underflow(f);
    return static_cast<double>(quotient);
}
datum negate(function_frame& f) { return -f.number(0); }
datum same(function_frame& f) { return f.arguments[0]; }
datum absolute(function_frame& f) { return std::fabs(f.number(0)); }
int order(double a, double b) {
    if (std::isnan(a) || std::isnan(b))
        return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
    return (a > b) - (a < b);
}
datum larger(function_frame& f) {
    return order(f.number(0), f.number(1)) >= 0 ? f.number(0) : f.number(1);
}
datum smaller(function_frame& f) {
    return order(f.number(0), f.number(1)) <= 0 ? f.number(0) : f.number(1);
}

datum float4_of_float8(function_frame& f) {
    auto const small = static_cast<float>(f.number(0));
    if (std::isinf(small) && !std::isinf(f.number(0))) return overflow(f);
    if (small == 0 && f.number(0) != 0) return underflow(f);
    return static_cast<double>(small);
}
template <int Bits>
datum integer_of(function_frame& f) {
    double const value = std::rint(f.number(0));
    double const limit = std::ldexp(1.0, Bits - 1);
    if (std::isnan(value) || value < -limit || value >= limit)
        return f.fail({"22003", Bits == 16   ? "smallint out of range"
                                : Bits == 32 ? "integer out of range"
                                             : "bigint out of range"});
    return static_cast<std::int64_t>(value);
}
datum float8_of_integer(function_frame& f) { return static_cast<double>(f.integer(0)); }
datum float4_of_integer(function_frame& f) {
    return static_cast<double>(static_cast<float>(f.integer(0)));
}

template <double (*Function)(double)>
datum plain(function_frame& f) {
    return Function(f.number(0));
}

datum sign_of(function_frame& f) {
    return f.number(0) > 0 ? 1.0 : f.number(0) < 0 ? -1.0 : f.number(0) == 0 ? 0.0 : f.number(0);
}
datum square_root(function_frame& f) {
    if (f.number(0) < 0) return f.fail({"2201F", "cannot take square root of a negative number"});
    return std::sqrt(f.number(0));
}
datum power(function_frame& f) {
    double const a = f.number(0), b = f.number(1);
    if (std::isnan(a)) return b == 0 ? 1.0 : a;
    if (std::isnan(b)) return a == 1 ? 1.0 : b;
    if (a == 0 && b < 0) return f.fail({"2201F", "zero raised to a negative power is undefined"});
    if (a < 0 && std::floor(b) != b)
        return f.fail(
            {"2201F", "a negative number raised to a non-integer power yields a complex result"});
    double const result = std::pow(a, b);
    if (std::isinf(result) && !std::isinf(a) && !std::isinf(b)) return overflow(f);
    if (result == 0 && a != 0 && !std::isinf(a) && !std::isinf(b)) return underflow(f);
    return result;
}
datum exponential(function_frame& f) {
    double const result = std::exp(f.number(0));
    if (std::isinf(result) && !std::isinf(f.number(0))) return overflow(f);
    if (result == 0 && !std::isinf(f.number(0))) return underflow(f);
    return result;
}
template <double (*Function)(double)>
datum logarithm(function_frame& f) {
    if (f.number(0) == 0) return f.fail({"2201E", "cannot take logarithm of zero"});
    if (f.number(0) < 0) return f.fail({"2201E", "cannot take logarithm of a negative number"});
    return Function(f.number(0));
}
datum out_of_range(function_frame& f) { return f.fail({"22003", "input is out of range"}); }
template <double (*Function)(double)>
datum inverse(function_frame& f) {  // asin, acos
    if (f.number(0) < -1 || f.number(0) > 1) return out_of_range(f);
    return Function(f.number(0));
}
template <double (*Function)(double)>
datum of_angle(function_frame& f) {
    if (std::isinf(f.number(0))) return out_of_range(f);
    return Function(f.number(0));
}
datum cotangent(function_frame& f) {
    if (std::isinf(f.number(0))) return out_of_range(f);
    return 1.0 / std::tan(f.number(0));
}
datum arc_tangent_2(function_frame& f) { return std::atan2(f.number(0), f.number(1)); }
datum hyperbolic_cosine_inverse(function_frame& f) {
    if (f.number(0) < 1) return out_of_range(f);
    return std::acosh(f.number(0));
}
datum hyperbolic_tangent_inverse(function_frame& f) {
    double const value = f.number(0);
    if (value < -1 || value > 1) return out_of_range(f);
    return std::atanh(value);
}
constexpr double pi = 3.14159265358979323846;
datum degrees(function_frame& f) { return f.number(0) / (pi / 180.0); }
datum radians(function_frame& f) { return f.number(0) * (pi / 180.0); }
datum pi_value(function_frame&) { return pi; }

// Trigonometry in degrees: exact at the multiples of 30 and 45 that have exact answers.
double sine_degrees(double degrees) {
    degrees = std::fmod(degrees, 360.0);
    double sign = 1;
    if (degrees < 0) degrees = -degrees, sign = -sign;
    if (degrees > 180) degrees = 360 - degrees, sign = -sign;
    if (degrees > 90) degrees = 180 - degrees;
    if (degrees == 0) return 0 * sign;
    if (degrees == 30) return sign * 0.5;
    if (degrees == 90) return sign;
    double const scale = std::sin(30 * (pi / 180)) / 0.5;
    if (degrees <= 30) return sign * (std::sin(degrees * (pi / 180)) / scale);
    double const one_minus_cos_60 = 1 - std::cos(60 * (pi / 180));
    return sign * (1 - ((1 - std::cos((90 - degrees) * (pi / 180))) / one_minus_cos_60) / 2);
}
datum sine_of_degrees(function_frame& f) {
    if (std::isinf(f.number(0))) return out_of_range(f);
    if (std::isnan(f.number(0))) return f.number(0);
    return sine_degrees(f.number(0));
}
datum cosine_of_degrees(function_frame& f) {
    if (std::isinf(f.number(0))) return out_of_range(f);
    if (std::isnan(f.number(0))) return f.number(0);
    double degrees = std::fabs(std::fmod(f.number(0), 360.0));
    if (degrees > 180) degrees = 360 - degrees;
    return degrees > 90 ? -sine_degrees(degrees - 90) + 0.0 : sine_degrees(90 - degrees);
}
datum width_bucket(function_frame& f) {
    double const value = f.number(0), low = f.number(1), high = f.number(2);
    auto const count = f.integer(3);
    auto const bad = [&](char const* text) { return f.fail({"2201G", text}); };
    if (count <= 0) return bad("count must be greater than zero");
    if (std::isnan(value) || std::isnan(low) || std::isnan(high))
        return bad("operand, lower bound, and upper bound cannot be NaN");
    if (std::isinf(low) || std::isinf(high)) return bad("lower and upper bounds must be finite");
    if (low == high) return bad("lower bound cannot equal upper bound");
    bool const up = low < high;
    if (up ? value < low : value > low) return std::int64_t{0};
    if (up ? value >= high : value <= high) {
        if (count == 2147483647) return f.fail({"22003", "integer out of range"});
        return count + 1;
    }
    auto const place = static_cast<std::int64_t>(((value / 2 - low / 2) / (high / 2 - low / 2)) *
                                                 static_cast<double>(count));
    return std::min(place, count - 1) + 1;
}
datum random_value(function_frame& f) {
    if (!f.context.random_bits) return f.fail({"0A000", "random() is not supported here"});
    return std::ldexp(static_cast<double>(f.context.random_bits() >> 12), -52);
}
double truncate(double value) { return std::trunc(value); }
double round_even(double value) { return std::rint(value); }
double cube_root(double value) { return std::cbrt(value); }

}  // namespace

void register_float_functions(function_registry& to) {
    to.scalars({
        {"float4pl", plus<float>},
        {"float4mi", minus<float>},
        {"float4mul", times<float>},
        {"float4div", over<float>},
        {"float8pl", plus<double>},
        {"float8mi", minus<double>},
        {"float8mul", times<double>},
        {"float8div", over<double>},
        {"float48pl", plus<double>},
        {"float48mi", minus<double>},
        {"float48mul", times<double>},
        {"float48div", over<double>},
        {"float84pl", plus<double>},
        {"float84mi", minus<double>},
        {"float84mul", times<double>},
        {"float84div", over<double>},
        {"float4um", negate},
        {"float8um", negate},
        {"float4up", same},
        {"float8up", same},
        {"float4abs", absolute},
        {"float8abs", absolute},
        {"float4larger", larger},
        {"float8larger", larger},
        {"float4smaller", smaller},
        {"float8smaller", smaller},
        {"ftod", same},
        {"dtof", float4_of_float8},
        {"dtoi2", integer_of<16>},
        {"dtoi4", integer_of<32>},
        {"dtoi8", integer_of<64>},
        {"ftoi2", integer_of<16>},
        {"ftoi4", integer_of<32>},
        {"ftoi8", integer_of<64>},
        {"i2tod", float8_of_integer},
        {"i4tod", float8_of_integer},
        {"i8tod", float8_of_integer},
        {"i2tof", float4_of_integer},
        {"i4tof", float4_of_integer},
        {"i8tof", float4_of_integer},
        {"dround", plain<round_even>},
        {"dtrunc", plain<truncate>},
        {"dceil", plain<std::ceil>},
        {"dfloor", plain<std::floor>},
        {"dsign", sign_of},
        {"dsqrt", square_root},
        {"dcbrt", plain<cube_root>},
        {"dpow", power},
        {"dexp", exponential},
        {"dlog1", logarithm<std::log>},
        {"dlog10", logarithm<std::log10>},
        {"dasin", inverse<std::asin>},
        {"dacos", inverse<std::acos>},
        {"datan", plain<std::atan>},
        {"datan2", arc_tangent_2},
        {"dsin", of_angle<std::sin>},
        {"dcos", of_angle<std::cos>},
        {"dtan", of_angle<std::tan>},
        {"dcot", cotangent},
        {"dsinh", plain<std::sinh>},
        {"dcosh", plain<std::cosh>},
        {"dtanh", plain<std::tanh>},
        {"dasinh", plain<std::asinh>},
        {"dacosh", hyperbolic_cosine_inverse},
        {"datanh", hyperbolic_tangent_inverse},
        {"dsind", sine_of_degrees},
        {"dcosd", cosine_of_degrees},
        {"degrees", degrees},
        {"radians", radians},
        {"dpi", pi_value},
        {"width_bucket_float8", width_bucket},
        {"drandom", random_value},
    });
}

}  // namespace sluice::sql
