#include "protocols/sql/types/numeric.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "gateway/core/cursor.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint16_t positive_sign = 0x0000, negative_sign = 0x4000, nan_sign = 0xC000,
                        plus_infinity_sign = 0xD000, minus_infinity_sign = 0xF000;
constexpr int powers_of_ten[] = {1, 10, 100, 1000, 10000};

int decimals_of(int digit) { return digit >= 1000 ? 4 : digit >= 100 ? 3 : digit >= 10 ? 2 : 1; }
// Base digits that hold `decimals` digits after the point.
int digits_for(int decimals) { return (decimals + 3) / 4; }

}  // namespace

numeric::numeric(std::int64_t value) {
    negative_ = value < 0;
    auto rest =
        negative_ ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    while (rest != 0) {
        digits_.insert(digits_.begin(), static_cast<std::int16_t>(rest % base));
        rest /= base;
    }
    weight_ = static_cast<int>(digits_.size()) - 1;
    normalise();
}

numeric numeric::of_int128(__int128 value) {
    bool const negative = value < 0;
    auto rest =
        negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    digit_list digits;
    while (rest != 0) {
        digits.insert(digits.begin(), static_cast<std::int16_t>(rest % base));
        rest /= base;
    }
    auto const weight = static_cast<int>(digits.size()) - 1;
    return of_digits(negative, weight, 0, std::move(digits));
}

numeric numeric::special(kind what) {
    numeric value;
    value.kind_ = what;
    return value;
}

numeric numeric::of_double(double value, int significant) {
    if (std::isnan(value)) return special(kind::nan);
    if (std::isinf(value)) return special(value < 0 ? kind::minus_infinity : kind::plus_infinity);
    char text[64];
    auto const end =
        std::to_chars(text, text + sizeof text, value, std::chars_format::general, significant).ptr;
    bool overflow = false;
    return *parse({text, static_cast<std::size_t>(end - text)}, overflow);
}

numeric numeric::of_digits(bool negative, int weight, int scale, digit_list digits) {
    numeric value;
    value.negative_ = negative;
    value.weight_ = weight;
    value.scale_ = scale;
    value.digits_ = std::move(digits);
    value.normalise();
    return value;
}

void numeric::normalise() {
    std::size_t leading = 0;
    while (leading < digits_.size() && digits_[leading] == 0) ++leading;
    if (leading != 0) digits_.erase(digits_.begin(), digits_.begin() + static_cast<long>(leading));
    weight_ -= static_cast<int>(leading);
    while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
    if (digits_.empty()) {
        weight_ = 0;
        negative_ = false;
    }
}

bool numeric::fits() const noexcept {
    return !is_finite() || digits_.empty() || (weight_ <= max_weight && scale_ <= max_scale);
}

// ---- stored and wire form

numeric numeric::decode(std::string_view stored) {
    numeric value;
    byte_reader in(stored);
    auto const count = in.big<std::int16_t>();
    value.weight_ = in.big<std::int16_t>();
    auto const sign = in.big<std::uint16_t>();
    value.scale_ = in.big<std::int16_t>();
    if (sign == nan_sign) return special(kind::nan);
    if (sign == plus_infinity_sign) return special(kind::plus_infinity);
    if (sign == minus_infinity_sign) return special(kind::minus_infinity);
    value.negative_ = sign == negative_sign;
    value.digits_.resize(static_cast<std::size_t>(count));
    for (auto& digit : value.digits_) digit = in.big<std::int16_t>();
    return value;
}

sql_result<numeric> numeric::receive(std::string_view bytes) {
    auto const bad = [](char const* what) { return sql_error("22P03", what); };
    byte_reader in(bytes);
    auto const count = in.big<std::uint16_t>();
    auto const weight = in.big<std::int16_t>();
    auto const sign = in.big<std::uint16_t>();
    auto const scale = in.big<std::uint16_t>();
    if (!in.ok()) return sql_error("08P01", "insufficient data left in message");
    if (sign != positive_sign && sign != negative_sign && sign != nan_sign &&
        sign != plus_infinity_sign && sign != minus_infinity_sign)
        return bad("invalid sign in external \"numeric\" value");
    if (scale > max_scale) return bad("invalid scale in external \"numeric\" value");
    digit_list digits;
    for (unsigned i = 0; i < count && in.ok(); ++i) {
        auto const digit = in.big<std::int16_t>();
        if (digit < 0 || digit >= base) return bad("invalid digit in external \"numeric\" value");
        digits.push_back(digit);
    }
    if (!in.ok()) return sql_error("08P01", "insufficient data left in message");
    if (!in.at_end()) return sql_error("22P03", "incorrect binary data format");
    if (sign == nan_sign) return special(kind::nan);
    if (sign == plus_infinity_sign) return special(kind::plus_infinity);
    if (sign == minus_infinity_sign) return special(kind::minus_infinity);
    return of_digits(sign == negative_sign, weight, scale, std::move(digits)).truncated(scale);
}

std::string numeric::encode() const {
    std::string out;
    out.reserve(8 + 2 * digits_.size());
    byte_writer writer(out);
    if (!is_finite()) {
        auto const sign = kind_ == kind::nan             ? nan_sign
                          : kind_ == kind::plus_infinity ? plus_infinity_sign
                                                         : minus_infinity_sign;
        // PostgreSQL sends its internal flag bit of an infinity in the scale.
        auto const scale = static_cast<std::int16_t>(kind_ == kind::nan ? 0 : 0x20);
        writer.big(std::int16_t{0}).big(std::int16_t{0}).big(sign).big(scale);
        return out;
    }
    writer.big(static_cast<std::int16_t>(digits_.size())).big(static_cast<std::int16_t>(weight_));
    writer.big(negative_ ? negative_sign : positive_sign).big(static_cast<std::int16_t>(scale_));
    for (auto const digit : digits_) writer.big(digit);
    return out;
}

// ---- text

void numeric::print(std::string& out) const {
    if (!is_finite()) {
        out += kind_ == kind::nan ? "NaN" : kind_ == kind::plus_infinity ? "Infinity" : "-Infinity";
        return;
    }
    if (negative_) out.push_back('-');
    auto const digit_at = [&](int place) {  // place = power of 10000
        auto const index = weight_ - place;
        return index >= 0 && index < static_cast<int>(digits_.size())
                   ? digits_[static_cast<std::size_t>(index)]
                   : std::int16_t{0};
    };
    auto const append4 = [&](int digit, int decimals) {
        char const text[] = {
            static_cast<char>('0' + digit / 1000), static_cast<char>('0' + digit / 100 % 10),
            static_cast<char>('0' + digit / 10 % 10), static_cast<char>('0' + digit % 10)};
        out.append(text, static_cast<std::size_t>(decimals));
    };
    if (weight_ < 0 || digits_.empty()) {
        out.push_back('0');
    } else {
        out += std::to_string(digits_[0]);
        for (int place = weight_ - 1; place >= 0; --place) append4(digit_at(place), 4);
    }
    if (scale_ > 0) {
        out.push_back('.');
        int left = scale_;
        for (int place = -1; left > 0; --place, left -= 4)
            append4(digit_at(place), std::min(left, 4));
    }
}

namespace {

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool same_word(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() &&
           std::equal(text.begin(), text.end(), lower.begin(),
                      [](char left, char right) { return (left | 0x20) == right; });
}

// The digits of a plain decimal number and where its point is.
struct decimal_text {
    std::string digits;
    long point = 0;  // digits before the point
    long scale = 0;
};

bool read_decimal(std::string_view text, decimal_text& out, bool& overflow) {
    std::size_t at = 0;
    bool seen_point = false;
    for (; at < text.size(); ++at) {
        char const byte = text[at];
        if (byte >= '0' && byte <= '9') {
            out.digits.push_back(byte);
            if (seen_point)
                ++out.scale;
            else
                ++out.point;
        } else if (byte == '.' && !seen_point) {
            seen_point = true;
        } else {
            break;
        }
    }
    if (out.digits.empty()) return false;
    if (at == text.size()) return true;
    if (text[at] != 'e' && text[at] != 'E') return false;
    auto exponent = text.substr(at + 1);
    bool const plus = !exponent.empty() && exponent[0] == '+';
    if (plus) exponent.remove_prefix(1);
    long power = 0;
    auto const read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
    if (plus && !exponent.empty() && exponent[0] == '-') return false;
    if (read.ec == std::errc::invalid_argument || read.ptr != exponent.data() + exponent.size())
        return false;
    constexpr long limit = std::numeric_limits<int>::max() / 2;
    if (read.ec == std::errc::result_out_of_range || power >= limit || power <= -limit) {
        overflow = true;
        return true;
    }
    out.point += power;
    out.scale = std::max(0L, out.scale - power);
    return true;
}

}  // namespace

std::optional<numeric> numeric::parse(std::string_view text, bool& overflow) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    if (same_word(text, "nan")) return special(kind::nan);
    bool negative = false;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    if (same_word(text, "infinity") || same_word(text, "inf"))
        return special(negative ? kind::minus_infinity : kind::plus_infinity);
    decimal_text decimal;
    if (!read_decimal(text, decimal, overflow)) return std::nullopt;
    if (overflow) return numeric();
    std::size_t leading = decimal.digits.find_first_not_of('0');
    if (leading == std::string::npos) {
        if (decimal.scale > max_scale) overflow = true;
        return of_digits(false, 0, static_cast<int>(std::min<long>(decimal.scale, max_scale)), {});
    }
    if (decimal.point - static_cast<long>(leading) > 4L * (max_weight + 1) ||
        decimal.scale > max_scale) {
        overflow = true;
        return numeric();
    }
    // Pad so that the point stands between base digits.
    long const weight =
        decimal.point > 0 ? (decimal.point + 3) / 4 - 1 : -((-decimal.point) / 4) - 1;
    auto const pad = static_cast<std::size_t>((weight + 1) * 4 - decimal.point);
    digit_list digits;
    int current = 0;
    std::size_t position = pad;
    for (char const byte : decimal.digits) {
        current = current * 10 + (byte - '0');
        if (++position % 4 == 0) {
            digits.push_back(static_cast<std::int16_t>(current));
            current = 0;
        }
    }
    if (position % 4 != 0)
        digits.push_back(static_cast<std::int16_t>(current * powers_of_ten[4 - position % 4]));
    auto value = of_digits(negative, static_cast<int>(weight), static_cast<int>(decimal.scale),
                           std::move(digits));
    return value;
}

// ---- facts and conversions

bool numeric::is_integer() const noexcept {
    return is_finite() && static_cast<int>(digits_.size()) <= weight_ + 1;
}

int numeric::minimum_scale() const noexcept {
    if (digits_.empty()) return 0;
    int decimals = (static_cast<int>(digits_.size()) - weight_ - 1) * digit_decimals;
    if (decimals <= 0) return 0;
    for (int last = digits_.back(); last % 10 == 0; last /= 10) --decimals;
    return decimals;
}

int numeric::leading_exponent() const noexcept {
    return weight_ * digit_decimals + decimals_of(digits_[0]) - 1;
}

std::optional<__int128> numeric::to_int128() const {
    if (!is_finite()) return std::nullopt;
    auto const whole = rounded(0);
    if (whole.digits_.empty()) return __int128{0};
    if (whole.weight_ > 8) return std::nullopt;  // 10^36 fits, 10^40 does not
    __int128 value = 0;
    for (int place = 0; place <= whole.weight_; ++place) {
        value *= base;
        if (place < static_cast<int>(whole.digits_.size()))
            value += whole.digits_[static_cast<std::size_t>(place)];
    }
    return whole.negative_ ? -value : value;
}

std::optional<std::int64_t> numeric::to_int64() const {
    auto const wide = to_int128();
    if (!wide || *wide > std::numeric_limits<std::int64_t>::max() ||
        *wide < std::numeric_limits<std::int64_t>::min())
        return std::nullopt;
    return static_cast<std::int64_t>(*wide);
}

double numeric::to_double() const {
    if (is_nan()) return std::numeric_limits<double>::quiet_NaN();
    if (is_infinite()) return negative() ? -HUGE_VAL : HUGE_VAL;
    auto const printed = text();
    return std::strtod(printed.c_str(), nullptr);
}

numeric numeric::negated() const {
    auto value = *this;
    if (kind_ == kind::plus_infinity)
        value.kind_ = kind::minus_infinity;
    else if (kind_ == kind::minus_infinity)
        value.kind_ = kind::plus_infinity;
    else if (!digits_.empty())
        value.negative_ = !negative_;
    return value;
}
numeric numeric::absolute() const { return negative() ? negated() : *this; }
numeric numeric::with_scale(int scale) const {
    auto value = *this;
    if (is_finite()) value.scale_ = scale;
    return value;
}

// ---- rounding

numeric numeric::cut(int scale, bool round) const {
    if (!is_finite()) return *this;
    numeric value = *this;
    value.scale_ = std::max(scale, 0);
    int const kept = (weight_ + 1) * digit_decimals + scale;  // decimal digits that stay
    if (kept >= static_cast<int>(digits_.size()) * digit_decimals) return value;
    if (kept < 0 || (kept == 0 && !round)) {
        value.digits_.clear();
        value.normalise();
        return value;
    }
    auto const whole = static_cast<std::size_t>(digits_for(kept));
    int const extra = kept % digit_decimals;
    bool up = false;
    value.digits_.resize(whole);
    if (extra == 0) {
        up = digits_[whole] >= base / 2;
    } else {
        int const unit = powers_of_ten[digit_decimals - extra];
        int const cut_off = value.digits_.back() % unit;
        value.digits_.back() = static_cast<std::int16_t>(value.digits_.back() - cut_off);
        up = cut_off >= unit / 2;
        if (up && round) {
            value.digits_.back() = static_cast<std::int16_t>(value.digits_.back() + unit);
            up = value.digits_.back() >= base;
            if (up) value.digits_.back() = static_cast<std::int16_t>(value.digits_.back() - base);
        }
    }
    // `up` is now a carry into the digit before the last kept one (or into the last, extra == 0).
    auto place = extra == 0 ? static_cast<long>(whole) - 1 : static_cast<long>(whole) - 2;
    if (up && round) {
        for (; place >= 0 && ++value.digits_[static_cast<std::size_t>(place)] == base; --place)
            value.digits_[static_cast<std::size_t>(place)] = 0;
        if (place < 0) {
            value.digits_.insert(value.digits_.begin(), 1);
            ++value.weight_;
        }
    }
    value.normalise();
    return value;
}

numeric numeric::rounded(int scale) const { return cut(scale, true); }
numeric numeric::truncated(int scale) const { return cut(scale, false); }
numeric numeric::floor() const {
    auto const whole = truncated(0);
    return negative() && is_finite() && compare(*this, whole) != 0 ? whole - numeric(1) : whole;
}
numeric numeric::ceiling() const {
    auto const whole = truncated(0);
    return !negative() && is_finite() && compare(*this, whole) != 0 ? whole + numeric(1) : whole;
}

}  // namespace sluice::sql
