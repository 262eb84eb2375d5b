#include <algorithm>
#include <vector>

#include "protocols/sql/types/numeric.hpp"

namespace sluice::sql {

int numeric::compare_magnitude(numeric const& left, numeric const& right) {
    if (left.digits_.empty() || right.digits_.empty())
        return static_cast<int>(right.digits_.empty()) - static_cast<int>(left.digits_.empty());
    if (left.weight_ != right.weight_) return left.weight_ < right.weight_ ? -1 : 1;
    auto const shared = std::min(left.digits_.size(), right.digits_.size());
    for (std::size_t i = 0; i < shared; ++i)
        if (left.digits_[i] != right.digits_[i]) return left.digits_[i] < right.digits_[i] ? -1 : 1;
    return (left.digits_.size() > right.digits_.size()) -
           (left.digits_.size() < right.digits_.size());
}

int compare(numeric const& left, numeric const& right) {
    if (!left.is_finite() || !right.is_finite()) {
        auto const rank = [](numeric const& value) {
            switch (value.kind_) {
                case numeric::kind::minus_infinity:
                    return -1;
                case numeric::kind::finite:
                    return 0;
                case numeric::kind::plus_infinity:
                    return 1;
                case numeric::kind::nan:
                    return 2;
            }
            return 0;
        };
        return rank(left) - rank(right);
    }
    if (left.negative_ != right.negative_) return left.negative_ ? -1 : 1;
    auto const magnitude = numeric::compare_magnitude(left, right);
    return left.negative_ ? -magnitude : magnitude;
}

namespace {
// The digit of power `place` of 10000.
int digit_at(numeric const& value, int place) {
    auto const index = value.weight() - place;
    if (index < 0 || index >= static_cast<int>(value.digits().size())) return 0;
    return value.digits()[static_cast<std::size_t>(index)];
}
int lowest_place(numeric const& value) {
    return value.weight() - static_cast<int>(value.digits().size()) + 1;
}
}  // namespace

numeric numeric::add_magnitude(numeric const& left, numeric const& right) {
    if (right.digits_.empty()) return left;
    if (left.digits_.empty()) return right;
    int const low = std::min(lowest_place(left), lowest_place(right));
    int const high = std::max(left.weight_, right.weight_) + 1;
    digit_list digits(static_cast<std::size_t>(high - low + 1));
    int carry = 0;
    for (int place = low; place <= high; ++place) {
        int sum = digit_at(left, place) + digit_at(right, place) + carry;
        carry = sum >= base ? 1 : 0;
        if (carry != 0) sum -= base;
        digits[static_cast<std::size_t>(high - place)] = static_cast<std::int16_t>(sum);
    }
    return of_digits(false, high, 0, std::move(digits));
}

// left >= right
numeric numeric::subtract_magnitude(numeric const& left, numeric const& right) {
    if (right.digits_.empty()) return left;
    int const low = std::min(lowest_place(left), lowest_place(right));
    int const high = left.weight_;
    digit_list digits(static_cast<std::size_t>(high - low + 1));
    int borrow = 0;
    for (int place = low; place <= high; ++place) {
        int difference = digit_at(left, place) - digit_at(right, place) - borrow;
        borrow = difference < 0 ? 1 : 0;
        if (borrow != 0) difference += base;
        digits[static_cast<std::size_t>(high - place)] = static_cast<std::int16_t>(difference);
    }
    return of_digits(false, high, 0, std::move(digits));
}

numeric operator+(numeric const& left, numeric const& right) {
    using kind = numeric::kind;
    if (!left.is_finite() || !right.is_finite()) {
        if (left.is_nan() || right.is_nan()) return numeric::special(kind::nan);
        if (left.is_finite()) return right;
        if (right.is_finite() || left.kind_ == right.kind_) return left;
        return numeric::special(kind::nan);
    }
    numeric sum;
    if (left.negative_ == right.negative_) {
        sum = numeric::add_magnitude(left, right);
        sum.negative_ = left.negative_ && !sum.digits_.empty();
    } else {
        auto const order = numeric::compare_magnitude(left, right);
        auto const& larger = order >= 0 ? left : right;
        sum = numeric::subtract_magnitude(larger, order >= 0 ? right : left);
        sum.negative_ = larger.negative_ && !sum.digits_.empty();
    }
    sum.scale_ = std::max(left.scale_, right.scale_);
    return sum;
}
numeric operator-(numeric const& left, numeric const& right) { return left + right.negated(); }

numeric operator*(numeric const& left, numeric const& right) {
    using kind = numeric::kind;
    if (!left.is_finite() || !right.is_finite()) {
        if (left.is_nan() || right.is_nan()) return numeric::special(kind::nan);
        auto const sign = left.sign() * right.sign();
        if (sign == 0) return numeric::special(kind::nan);
        return numeric::special(sign < 0 ? kind::minus_infinity : kind::plus_infinity);
    }
    int const scale = left.scale_ + right.scale_;
    if (left.digits_.empty() || right.digits_.empty())
        return numeric().with_scale(std::min(scale, numeric::max_scale));
    std::vector<std::uint64_t> sums(left.digits_.size() + right.digits_.size(), 0);
    for (std::size_t i = 0; i < left.digits_.size(); ++i) {
        auto const factor = static_cast<std::uint64_t>(left.digits_[i]);
        if (factor == 0) continue;
        for (std::size_t j = 0; j < right.digits_.size(); ++j)
            sums[i + j + 1] += factor * static_cast<std::uint64_t>(right.digits_[j]);
    }
    numeric::digit_list digits(sums.size());
    std::uint64_t carry = 0;
    for (std::size_t i = sums.size(); i-- > 0;) {
        auto const sum = sums[i] + carry;
        digits[i] = static_cast<std::int16_t>(sum % numeric::base);
        carry = sum / numeric::base;
    }
    auto product = numeric::of_digits(left.negative_ != right.negative_,
                                      left.weight_ + right.weight_ + 1, scale, std::move(digits));
    return scale > numeric::max_scale ? product.rounded(numeric::max_scale) : product;
}

// ---- division

namespace {

using digit_vector = std::vector<std::int32_t>;

void divide_by_small(digit_vector& dividend, std::int32_t divisor) {
    std::int64_t rest = 0;
    for (auto& digit : dividend) {
        auto const value = rest * numeric::base + digit;
        digit = static_cast<std::int32_t>(value / divisor);
        rest = value % divisor;
    }
}

// Knuth's algorithm D: the quotient of dividend (with a leading zero digit) by a divisor of at
// least two digits, one quotient digit for each step.
digit_vector long_division(digit_vector dividend, digit_vector divisor) {
    constexpr std::int32_t base = numeric::base;
    auto const n = divisor.size();
    auto const steps = dividend.size() - n;
    std::int32_t const factor = base / (divisor[0] + 1);
    auto const scale_up = [&](digit_vector& digits) {
        std::int32_t carry = 0;
        for (auto i = digits.size(); i-- > 0;) {
            auto const value = digits[i] * factor + carry;
            digits[i] = value % base;
            carry = value / base;
        }
    };
    scale_up(dividend);
    scale_up(divisor);
    digit_vector quotient(steps);
    for (std::size_t j = 0; j < steps; ++j) {
        std::int64_t const top = std::int64_t{dividend[j]} * base + dividend[j + 1];
        std::int64_t guess = std::min<std::int64_t>(top / divisor[0], base - 1);
        std::int64_t rest = top - guess * divisor[0];
        while (rest < base && guess * divisor[1] > rest * base + dividend[j + 2]) {
            --guess;
            rest += divisor[0];
        }
        std::int64_t borrow = 0;
        for (auto i = n; i-- > 0;) {
            std::int64_t value = dividend[j + i + 1] - guess * divisor[i] - borrow;
            borrow = 0;
            if (value < 0) {
                borrow = (-value + base - 1) / base;
                value += borrow * base;
            }
            dividend[j + i + 1] = static_cast<std::int32_t>(value);
        }
        dividend[j] = static_cast<std::int32_t>(dividend[j] - borrow);
        if (dividend[j] < 0) {  // the guess was one too many
            --guess;
            std::int32_t carry = 0;
            for (auto i = n; i-- > 0;) {
                auto const value = dividend[j + i + 1] + divisor[i] + carry;
                carry = value >= base ? 1 : 0;
                dividend[j + i + 1] = value - carry * base;
            }
            dividend[j] += carry;
        }
        quotient[j] = static_cast<std::int32_t>(guess);
    }
    return quotient;
}

}  // namespace

numeric divide(numeric const& dividend, numeric const& divisor, int scale, bool round) {
    if (dividend.is_zero()) return numeric().with_scale(std::max(scale, 0));
    // One base digit more than asked for decides the rounding; what follows it never does, because
    // rounding looks at one digit only.
    int const weight = dividend.weight() - divisor.weight();
    int const wanted = weight + 1 + (scale + 3) / 4 + 1;
    if (wanted <= 0) return numeric().with_scale(std::max(scale, 0));
    auto const n = divisor.digits().size();
    auto const steps = static_cast<std::size_t>(wanted) + 1;
    digit_vector above(std::max(steps + n, steps + 2), 0);  // a leading zero, then the dividend
    for (std::size_t i = 0; i < dividend.digits().size() && i + 1 < above.size(); ++i)
        above[i + 1] = dividend.digits()[i];
    digit_vector quotient;
    if (n == 1) {
        above.resize(steps + 1);
        divide_by_small(above, divisor.digits()[0]);
        quotient.assign(above.begin() + 1, above.end());
    } else {
        digit_vector below(divisor.digits().begin(), divisor.digits().end());
        above.resize(steps + n);
        quotient = long_division(std::move(above), std::move(below));
    }
    numeric::digit_list digits(quotient.begin(), quotient.end());
    auto const value = numeric::of_digits(dividend.negative() != divisor.negative(), weight,
                                          numeric::max_scale, std::move(digits));
    return round ? value.rounded(scale) : value.truncated(scale);
}

int quotient_scale(numeric const& dividend, numeric const& divisor) {
    int const first = dividend.digits().empty() ? 0 : dividend.digits()[0];
    int const first_divisor = divisor.digits().empty() ? 0 : divisor.digits()[0];
    int weight = dividend.weight() - divisor.weight();
    if (first <= first_divisor) --weight;
    int scale = numeric::min_significant - weight * numeric::digit_decimals;
    scale = std::max({scale, dividend.scale(), divisor.scale(), 0});
    return std::min(scale, numeric::max_display);
}

numeric remainder(numeric const& dividend, numeric const& divisor) {
    auto const whole = divide(dividend, divisor, 0, false);
    auto const rest = dividend - whole * divisor;
    return rest.with_scale(std::max(dividend.scale(), divisor.scale()));
}

}  // namespace sluice::sql
