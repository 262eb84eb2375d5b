// Exact decimal numbers with PostgreSQL's range: 131072 digits before the point, 16383 after, NaN
// and the infinities. A number is a sequence of base-10000 digits; `scale` is the count of decimal
// digits shown after the point. Its stored form (numeric::encode) is the binary wire form. Values;
// any thread. Precision of each operation: PostgreSQL 15's (checked against it by golden tests).
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

class numeric {
public:
    enum class kind : std::uint8_t { finite, minus_infinity, plus_infinity, nan };
    using digit_list = boost::container::small_vector<std::int16_t, 10>;
    static constexpr int digit_decimals = 4;
    static constexpr int base = 10000;
    static constexpr int max_scale = 16383;   // digits after the point a value can have
    static constexpr int max_weight = 32767;  // of a stored value, in base digits
    static constexpr int max_display = 1000;  // digits after the point an operation makes
    static constexpr int min_significant = 16;

    numeric() = default;          // 0
    numeric(std::int64_t value);  // NOLINT: implicit, integers are numerics
    static numeric of_int128(__int128 value);
    static numeric special(kind what);
    // Shortest decimal text of 15 (float8) or 6 (float4) significant digits, as PostgreSQL casts.
    static numeric of_double(double value, int significant);
    // From base-10000 digits, the first has weight `weight`; not normalised.
    static numeric of_digits(bool negative, int weight, int scale, digit_list digits);

    // Text as numeric_in takes it; nullopt: not a number. Overflow is `overflow`.
    static std::optional<numeric> parse(std::string_view text, bool& overflow);
    static numeric decode(std::string_view stored);  // its own encode()
    // Foreign bytes of the wire: 22P03.
    static sql_result<numeric> receive(std::string_view bytes);

    std::string encode() const;
    void print(std::string& out) const;
    std::string text() const {
        std::string out;
        print(out);
        return out;
    }

    kind what() const noexcept { return kind_; }
    bool is_finite() const noexcept { return kind_ == kind::finite; }
    bool is_nan() const noexcept { return kind_ == kind::nan; }
    bool is_infinite() const noexcept { return !is_finite() && !is_nan(); }
    bool is_zero() const noexcept { return is_finite() && digits_.empty(); }
    bool negative() const noexcept { return negative_ || kind_ == kind::minus_infinity; }
    int sign() const noexcept { return negative() ? -1 : is_zero() ? 0 : 1; }
    int weight() const noexcept { return weight_; }
    int scale() const noexcept { return scale_; }
    digit_list const& digits() const noexcept { return digits_; }
    bool is_integer() const noexcept;
    bool fits() const noexcept;  // can be stored; else 22003 "value overflows numeric format"
    int minimum_scale() const noexcept;
    // Decimal exponent of the leading digit: 0 for 1..9. Not of zero.
    int leading_exponent() const noexcept;

    // Rounded half away from zero; nullopt: out of range or not finite.
    std::optional<std::int64_t> to_int64() const;
    std::optional<__int128> to_int128() const;
    double to_double() const;

    numeric negated() const;
    numeric absolute() const;
    numeric with_scale(int scale) const;  // shows that many digits, value unchanged
    numeric rounded(int scale) const;     // half away from zero; negative: tens, hundreds, ...
    numeric truncated(int scale) const;
    numeric floor() const;
    numeric ceiling() const;

    friend numeric operator+(numeric const&, numeric const&);
    friend numeric operator-(numeric const&, numeric const&);
    friend numeric operator*(numeric const&, numeric const&);
    // NaN is greatest and equals itself.
    friend int compare(numeric const&, numeric const&);

private:
    static int compare_magnitude(numeric const&, numeric const&);
    static numeric add_magnitude(numeric const&, numeric const&);
    static numeric subtract_magnitude(numeric const&, numeric const&);
    void normalise();
    numeric cut(int scale, bool round) const;

    kind kind_ = kind::finite;
    bool negative_ = false;
    int weight_ = 0;
    int scale_ = 0;
    digit_list digits_;
};

// Finite operands, divisor not zero. Quotient with `scale` digits after the point, rounded or cut.
numeric divide(numeric const& dividend, numeric const& divisor, int scale, bool round);
// PostgreSQL's choice of digits for a quotient: at least 16 significant ones.
int quotient_scale(numeric const& dividend, numeric const& divisor);
numeric remainder(numeric const& dividend, numeric const& divisor);

// Elementary functions; operands finite and in the domain; the result is rounded to `scale` digits.
numeric square_root(numeric const&, int scale);
numeric exponential(numeric const&, int scale);
numeric natural_logarithm(numeric const&, int scale);
// Decimal exponent of ln(x), estimated as PostgreSQL does.
int estimate_logarithm_exponent(numeric const&);

// The SQL operators and functions on any values, with PostgreSQL's rules for NaN, infinity, result
// scale and errors (22012, 2201E, 2201F, 22003).
sql_result<numeric> sql_divide(numeric const&, numeric const&);
sql_result<numeric> sql_divide_integer(numeric const&, numeric const&);  // div()
sql_result<numeric> sql_modulo(numeric const&, numeric const&);
sql_result<numeric> sql_square_root(numeric const&);
sql_result<numeric> sql_exponential(numeric const&);
sql_result<numeric> sql_natural_logarithm(numeric const&);
sql_result<numeric> sql_logarithm(numeric const& base, numeric const&);
sql_result<numeric> sql_power(numeric const& base, numeric const& exponent);

}  // namespace sluice::sql
