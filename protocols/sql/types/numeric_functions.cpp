#include <algorithm>
#include <cmath>

#include "protocols/sql/types/numeric.hpp"

namespace sluice::sql {
namespace {

constexpr double log10_e = 0.434294481903252, log_10 = 2.302585092994046;
constexpr int guard = 12;             // digits computed beyond those returned
constexpr int largest_result = 2000;  // decimal exponent past which results are refused or zero

using kind = numeric::kind;

sql_error overflow() { return {"22003", "value overflows numeric format"}; }
sql_error division_by_zero() { return {"22012", "division by zero"}; }

int display_scale(int scale, int operand_scale) {
    return std::min(std::max({scale, operand_scale, 0}), numeric::max_display);
}

sql_result<numeric> stored(numeric value) {
    if (!value.fits()) return overflow();
    return value;
}

}  // namespace

// Newton's iteration x <- (x + a/x)/2 from a double, the digits doubling with each step.
numeric square_root(numeric const& value, int scale) {
    if (value.is_zero()) return numeric().with_scale(scale);
    int const work = scale + guard + std::max(0, -value.leading_exponent());
    // Scaled to [1, 10000): weight 0 or 1 of an even power.
    int const shift = value.weight() - (value.weight() & 1);
    auto const small = numeric::of_digits(false, value.weight() - shift, 0, value.digits());
    auto const start = numeric::of_double(std::sqrt(small.with_scale(32).to_double()), 15);
    auto estimate = numeric::of_digits(false, start.weight() + shift / 2, work, start.digits());
    numeric const two(2);
    auto const correct_at_end = work + std::max(0, estimate.leading_exponent()) + 2;
    for (int correct = 14; correct < 2 * correct_at_end; correct *= 2)
        estimate = divide(estimate + divide(value, estimate, work, true), two, work, true);
    return estimate.rounded(scale);
}

numeric exponential(numeric const& exponent, int scale) {
    // e^x = (e^(x/2^n))^(2^n) with x/2^n small enough for a short series.
    auto rest = exponent.absolute();
    double const magnitude = rest.to_double();
    int const whole_digits = static_cast<int>(magnitude * log10_e) + 1;
    int halvings = 0;
    for (double left = magnitude; left > 0.01; left /= 2) ++halvings;
    int const work = scale + guard + whole_digits * (exponent.negative() ? 2 : 1) + halvings;
    numeric power(1);
    for (int i = 0; i < halvings; ++i) power = power * numeric(2);
    rest = divide(rest, power, work, true);
    numeric sum = numeric(1) + rest, term = rest;
    for (std::int64_t n = 2; !term.is_zero(); ++n) {
        term = divide((term * rest).rounded(work), numeric(n), work, true);
        sum = sum + term;
    }
    for (int i = 0; i < halvings; ++i) sum = (sum * sum).rounded(work);
    if (exponent.negative()) sum = divide(numeric(1), sum, work, true);
    return sum.rounded(scale);
}

numeric natural_logarithm(numeric const& value, int scale) {
    // Square roots until x is near 1, then ln(x) = 2 artanh((x-1)/(x+1)); every root doubles back.
    int work = scale + guard;
    auto near = value;
    numeric const high = numeric::of_digits(false, 0, 1, {1, 1000});
    numeric const low = numeric::of_digits(false, -1, 1, {9000});
    if (near.leading_exponent() < 0) work -= 2 * near.leading_exponent();
    numeric factor(2);
    int roots = 0;
    while (compare(near, low) <= 0 || compare(near, high) >= 0) {
        if (roots == 0) work += 24;
        near = square_root(near, work);
        factor = factor * numeric(2);
        ++roots;
    }
    auto const z = divide(near - numeric(1), near + numeric(1), work, true);
    auto const square = (z * z).rounded(work);
    numeric sum = z, term = z;
    for (std::int64_t n = 3; !term.is_zero(); n += 2) {
        term = (term * square).rounded(work);
        sum = sum + divide(term, numeric(n), work, true);
    }
    return (sum * factor).rounded(scale);
}

int estimate_logarithm_exponent(numeric const& value) {
    if (value.sign() <= 0) return 0;
    numeric const low = numeric::of_digits(false, -1, 1, {9000});
    numeric const high = numeric::of_digits(false, 0, 1, {1, 1000});
    if (compare(value, low) >= 0 && compare(value, high) <= 0) {
        auto const distance = value - numeric(1);
        if (distance.is_zero()) return 0;
        return distance.leading_exponent();
    }
    double digits = value.digits()[0];
    int exponent = value.weight() * numeric::digit_decimals;
    if (value.digits().size() > 1) {
        digits = digits * numeric::base + value.digits()[1];
        exponent -= numeric::digit_decimals;
    }
    return static_cast<int>(std::log10(std::fabs(std::log(digits) + exponent * log_10)));
}

// ---- SQL rules

sql_result<numeric> sql_divide(numeric const& left, numeric const& right) {
    if (left.is_nan() || right.is_nan()) return numeric::special(kind::nan);
    if (left.is_infinite()) {
        if (right.is_infinite()) return numeric::special(kind::nan);
        if (right.is_zero()) return division_by_zero();
        return right.negative() ? left.negated() : left;
    }
    if (right.is_infinite()) return numeric();
    if (right.is_zero()) return division_by_zero();
    return stored(divide(left, right, quotient_scale(left, right), true));
}

sql_result<numeric> sql_divide_integer(numeric const& left, numeric const& right) {
    if (!left.is_finite() || !right.is_finite() || right.is_zero()) return sql_divide(left, right);
    return stored(divide(left, right, 0, false));
}

sql_result<numeric> sql_modulo(numeric const& left, numeric const& right) {
    if (left.is_nan() || right.is_nan()) return numeric::special(kind::nan);
    if (left.is_infinite()) {
        if (right.is_zero()) return division_by_zero();
        return numeric::special(kind::nan);
    }
    if (right.is_infinite()) return left;
    if (right.is_zero()) return division_by_zero();
    return stored(remainder(left, right));
}

sql_result<numeric> sql_square_root(numeric const& value) {
    if (value.is_nan()) return value;
    if (value.negative()) return sql_error("2201F", "cannot take square root of a negative number");
    if (value.is_infinite()) return value;
    int const weight = (value.weight() + 1) * numeric::digit_decimals / 2 - 1;
    return square_root(value, display_scale(numeric::min_significant - weight, value.scale()));
}

sql_result<numeric> sql_exponential(numeric const& value) {
    if (value.is_nan()) return value;
    if (value.is_infinite()) return value.negative() ? numeric() : value;
    auto const exponent = std::clamp(value.to_double() * log10_e, -2000.0, 2000.0);
    int const scale =
        display_scale(numeric::min_significant - static_cast<int>(exponent), value.scale());
    if (std::fabs(value.to_double()) >= largest_result * 3) {
        if (value.negative()) return numeric().with_scale(scale);
        return overflow();
    }
    return stored(exponential(value, scale));
}

sql_result<numeric> sql_natural_logarithm(numeric const& value) {
    if (value.is_nan()) return value;
    if (value.negative()) return sql_error("2201E", "cannot take logarithm of a negative number");
    if (value.is_zero()) return sql_error("2201E", "cannot take logarithm of zero");
    if (value.is_infinite()) return value;
    int const scale =
        display_scale(numeric::min_significant - estimate_logarithm_exponent(value), value.scale());
    return stored(natural_logarithm(value, scale));
}

sql_result<numeric> sql_logarithm(numeric const& base, numeric const& value) {
    if (base.is_nan() || value.is_nan()) return numeric::special(kind::nan);
    if (base.negative() || value.negative())
        return sql_error("2201E", "cannot take logarithm of a negative number");
    if (base.is_zero() || value.is_zero())
        return sql_error("2201E", "cannot take logarithm of zero");
    if (base.is_infinite()) return value.is_infinite() ? numeric::special(kind::nan) : numeric();
    if (value.is_infinite()) return value;
    int const base_exponent = estimate_logarithm_exponent(base);
    int const value_exponent = estimate_logarithm_exponent(value);
    int const exponent = value_exponent - base_exponent;
    int const scale =
        display_scale(numeric::min_significant - exponent, std::max(base.scale(), value.scale()));
    int const base_scale = std::max(scale + exponent - base_exponent + 8, 0);
    int const value_scale = std::max(scale + exponent - value_exponent + 8, 0);
    auto const divisor = natural_logarithm(base, base_scale + guard);
    if (divisor.is_zero()) return division_by_zero();
    return stored(divide(natural_logarithm(value, value_scale + guard), divisor, scale, true));
}

namespace {

numeric integer_power(numeric const& base, std::int64_t exponent, int work) {
    auto left = exponent < 0 ? 0 - static_cast<std::uint64_t>(exponent)
                             : static_cast<std::uint64_t>(exponent);
    // `work` significant digits are kept at each step.
    auto const shorten = [&](numeric const& value) {
        if (value.is_zero()) return value;
        return value.rounded(std::min(work - value.leading_exponent(), numeric::max_scale * 8));
    };
    numeric power(1), square = base;
    while (left != 0) {
        if ((left & 1) != 0) power = shorten(power * square);
        left >>= 1;
        if (left != 0) square = shorten(square * square);
    }
    return power;
}

sql_result<numeric> power_of_integer(numeric const& base, std::int64_t exponent) {
    int const scale = display_scale(numeric::min_significant, base.scale());
    if (exponent == 0) return numeric(1).with_scale(scale);
    if (base.is_zero()) {
        if (exponent < 0) return division_by_zero();
        return numeric().with_scale(scale);
    }
    // Decimal exponent of the result.
    double digits = base.digits()[0];
    int weight = base.weight() * numeric::digit_decimals;
    for (std::size_t i = 1; i < base.digits().size() && weight > -2000000 && i < 4; ++i) {
        digits = digits * numeric::base + base.digits()[i];
        weight -= numeric::digit_decimals;
    }
    double const estimate = static_cast<double>(exponent) * (std::log10(digits) + weight);
    if (estimate > (numeric::max_weight + 1) * numeric::digit_decimals) return overflow();
    if (estimate + 1 < -numeric::max_display) return numeric().with_scale(scale);
    int significant = 1 + scale + static_cast<int>(std::max(estimate, -1.0 * scale));
    significant += static_cast<int>(std::log(std::fabs(static_cast<double>(exponent)))) + 8;
    auto power = integer_power(base, exponent, std::max(significant, 8) + guard);
    if (exponent < 0) return stored(divide(numeric(1), power, scale, true));
    return stored(power.rounded(scale));
}

sql_result<numeric> power_of_fraction(numeric base, numeric const& exponent) {
    if (base.is_zero()) return numeric().with_scale(numeric::min_significant);
    bool negate = false;
    if (base.negative()) {  // the exponent is a huge integer
        auto const half = remainder(exponent, numeric(2));
        negate = !half.is_zero();
        base = base.negated();
    }
    int const exponent_of_log = estimate_logarithm_exponent(base);
    auto const rough = natural_logarithm(base, std::clamp(8 - exponent_of_log, 0, 1000)) * exponent;
    double value = rough.to_double();
    if (std::fabs(value) > largest_result * 3.01) {
        if (value > 0) return overflow();
        return numeric().with_scale(numeric::max_display);
    }
    value *= log10_e;
    int const scale = display_scale(numeric::min_significant - static_cast<int>(value),
                                    std::max(base.scale(), exponent.scale()));
    int const digits = std::max(scale + static_cast<int>(value) - exponent_of_log + 8, 0);
    auto const product = natural_logarithm(base, digits + guard) * exponent;
    auto const power = exponential(product, scale);
    return stored(negate ? power.negated() : power);
}

sql_result<numeric> power_with_infinity(numeric const& base, numeric const& exponent) {
    if (compare(base, numeric(1)) == 0) return numeric(1);
    if (exponent.is_zero()) return numeric(1);
    if (base.is_zero()) return numeric();
    if (exponent.is_infinite()) {
        auto const magnitude = compare(base.absolute(), numeric(1));
        if (magnitude == 0) return numeric(1);
        if ((magnitude > 0) != exponent.negative()) return numeric::special(kind::plus_infinity);
        return numeric();
    }
    if (exponent.negative()) return numeric();
    if (!base.negative()) return numeric::special(kind::plus_infinity);
    bool const odd = !remainder(exponent, numeric(2)).is_zero();
    return numeric::special(odd ? kind::minus_infinity : kind::plus_infinity);
}

}  // namespace

sql_result<numeric> sql_power(numeric const& base, numeric const& exponent) {
    if (base.is_nan()) return exponent.is_zero() ? numeric(1) : base;
    if (exponent.is_nan()) return compare(base, numeric(1)) == 0 ? numeric(1) : exponent;
    if (base.is_zero() && exponent.negative())
        return sql_error("2201F", "zero raised to a negative power is undefined");
    if (base.negative() && exponent.is_finite() && !exponent.is_integer())
        return sql_error("2201F",
                         "a negative number raised to a non-integer power yields a complex result");
    if (!base.is_finite() || !exponent.is_finite()) return power_with_infinity(base, exponent);
    if (exponent.is_integer()) {
        auto const integer = exponent.to_int64();
        if (integer && *integer <= 2147483647 && *integer >= -2147483648LL)
            return power_of_integer(base, *integer);
    }
    return power_of_fraction(base, exponent);
}

}  // namespace sluice::sql
