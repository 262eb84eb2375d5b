// to_char of numbers and to_number, by template: 9 0 . , D G S PR MI PL SG FM TH V EEEE RN L.
#include <cmath>
#include <optional>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

enum class slot : std::uint8_t {
    nine,
    zero,
    point,
    comma,
    sign,
    plus,
    minus,
    sign_anywhere,
    currency,
    ordinal,
    ordinal_lower,
    literal
};
struct number_slot {
    slot what = slot::literal;
    std::string text;
};

struct number_format {
    std::vector<number_slot> slots;
    int before = 0, after = 0;  // digits each side of the point
    int first_zero = -1;        // digit place of the first 0
    int last_zero = -1;
    int multiply = 0;  // V
    bool has_point = false, fill = true, brackets = false, exponent = false, roman = false,
         roman_lower = false, has_v = false;
    bool sign_first = false, sign_last = false, has_minus = false, has_plus = false;
};

sql_error bad(char const* what) { return {"42601", what}; }

class format_parser {
public:
    explicit format_parser(std::string_view text) : rest_(text) {}

    sql_result<number_format> run() {
        while (!rest_.empty() && !error_) one();
        if (error_) return std::move(*error_);
        return std::move(format_);
    }

private:
    bool take(std::string_view word) {
        if (!same_ignoring_case(rest_.substr(0, word.size()), word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    void fail(char const* what) { error_ = bad(what); }
    void add(slot what, std::string text = {}) { format_.slots.push_back({what, std::move(text)}); }

    void digit(bool zero) {
        if (format_.brackets) return fail("\"9\" must be ahead of \"PR\"");
        if (format_.has_v) {
            ++format_.multiply;
        } else if (format_.has_point) {
            ++format_.after;
        } else {
            ++format_.before;
        }
        auto const place = format_.before + format_.after + format_.multiply - 1;
        if (zero && format_.first_zero < 0) format_.first_zero = place;
        if (zero) format_.last_zero = place;
        add(zero ? slot::zero : slot::nine);
    }
    void point() {
        if (format_.has_point) return fail("multiple decimal points");
        if (format_.has_v) return fail("cannot use \"V\" and decimal point together");
        format_.has_point = true;
        add(slot::point);
    }
    void one() {
        auto& f = format_;
        if (rest_[0] == '"') return quoted();
        if (f.exponent) return fail("\"EEEE\" must be the last pattern used");
        if (take("9")) return digit(false);
        if (take("0")) return digit(true);
        if (take(".") || take("D")) return point();
        if (take(",") || take("G")) return add(slot::comma);
        if (take("FM")) return void(f.fill = false);
        if (take("PR")) {
            if (f.sign_first || f.sign_last || f.has_plus || f.has_minus)
                return fail("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
            return void(f.brackets = true);
        }
        if (take("SG")) return f.has_minus = true, add(slot::sign_anywhere);
        if (take("S")) {
            if (f.sign_first || f.sign_last) return fail("cannot use \"S\" twice");
            if (f.has_plus || f.has_minus || f.brackets)
                return fail("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
            if (f.before == 0 && !f.has_point)
                f.sign_first = true;
            else
                f.sign_last = true;
            return add(slot::sign);
        }
        if (take("MI")) return f.has_minus = true, add(slot::minus);
        if (take("PL")) return f.has_plus = true, add(slot::plus);
        if (take("EEEE")) return void(f.exponent = true);
        if (rest_.substr(0, 2) == "rn") f.roman_lower = true;
        if (take("RN")) return void(f.roman = true);
        if (rest_.substr(0, 2) == "th") return rest_.remove_prefix(2), add(slot::ordinal_lower);
        if (take("TH")) return add(slot::ordinal);
        if (take("V")) {
            if (f.has_point) return fail("cannot use \"V\" and decimal point together");
            return void(f.has_v = true);
        }
        if (take("L")) return add(slot::currency);
        auto const size =
            std::min(character_bytes(static_cast<unsigned char>(rest_[0])), rest_.size());
        add(slot::literal, std::string(rest_.substr(0, size)));
        rest_.remove_prefix(size);
    }
    void quoted() {
        rest_.remove_prefix(1);
        std::string text;
        while (!rest_.empty() && rest_[0] != '"') {
            if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
            text.push_back(rest_[0]);
            rest_.remove_prefix(1);
        }
        if (!rest_.empty()) rest_.remove_prefix(1);
        add(slot::literal, text);
    }

    std::string_view rest_;
    number_format format_;
    std::optional<sql_error> error_;
};

std::string ordinal_of(std::string_view digits, bool lower) {
    char const last = digits.empty() ? '0' : digits.back();
    bool const teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
    std::string suffix = teen || last == '0' || last > '3' ? "TH"
                         : last == '1'                     ? "ST"
                         : last == '2'                     ? "ND"
                                                           : "RD";
    return lower ? ascii_lower(suffix) : suffix;
}

// Lays the digits of a number out over the slots.
class number_printer {
public:
    number_printer(number_format const& format, bool negative, std::string whole,
                   std::string fraction)
        : f_(format),
          negative_(negative),
          whole_(std::move(whole)),
          fraction_(std::move(fraction)) {
        if (static_cast<int>(whole_.size()) > f_.before + f_.multiply) {
            overflow_ = true;
            whole_.assign(static_cast<std::size_t>(f_.before + f_.multiply), '#');
            fraction_.assign(fraction_.size(), '#');
        }
        relevant_ = fraction_.size();
        if (!f_.fill) {
            while (relevant_ > 0 && fraction_[relevant_ - 1] == '0' &&
                   f_.before + static_cast<int>(relevant_) - 1 > f_.last_zero)
                --relevant_;
        }
        // 0.5 by "9.9" has no digit before the point.
        if (!overflow_ && whole_ == "0" && f_.after > 0 && f_.first_zero < 0 &&
            (f_.fill || relevant_ > 0)) whole_.clear();
        blanks_ = f_.before + f_.multiply - static_cast<int>(whole_.size());
    }

    std::string run() {
        for (auto const& each : f_.slots) print(each);
        if (!sign_done_) put_sign();
        if (f_.brackets) {
            if (negative_)
                out_.push_back('>');
            else if (f_.fill)
                out_.push_back(' ');
        }
        return std::move(out_);
    }

private:
    bool own_sign() const { return f_.sign_first || f_.sign_last || f_.has_minus; }
    void put_sign() {
        if (sign_done_) return;
        sign_done_ = true;
        if (f_.sign_first) {
            out_.push_back(negative_ ? '-' : '+');
        } else if (f_.brackets) {
            if (negative_)
                out_.push_back('<');
            else if (f_.fill)
                out_.push_back(' ');
        } else if (!own_sign()) {
            if (negative_)
                out_.push_back('-');
            else if (f_.fill)
                out_.push_back(' ');
        }
    }
    bool started() const {
        return place_ >= blanks_ || (f_.first_zero >= 0 && place_ >= f_.first_zero);
    }

    void print(number_slot const& each) {
        switch (each.what) {
            case slot::nine:
            case slot::zero:
                digit();
                return;
            case slot::point:
                put_sign();
                after_point_ = true;
                out_.push_back('.');
                return;
            case slot::comma:
                if (started() && sign_done_)
                    out_.push_back(',');
                else if (f_.fill)
                    out_.push_back(' ');
                return;
            case slot::sign:
                if (f_.sign_last) out_.push_back(negative_ ? '-' : '+');
                return;
            case slot::minus:
                if (negative_)
                    out_.push_back('-');
                else if (f_.fill)
                    out_.push_back(' ');
                return;
            case slot::plus:
                if (!negative_)
                    out_.push_back('+');
                else if (f_.fill)
                    out_.push_back(' ');
                return;
            case slot::sign_anywhere:
                out_.push_back(negative_ ? '-' : '+');
                return;
            case slot::currency:
                out_.push_back(' ');
                return;
            case slot::ordinal:
            case slot::ordinal_lower:
                if (!negative_ && !overflow_ && fraction_.empty())
                    out_ += ordinal_of(whole_, each.what == slot::ordinal_lower);
                return;
            case slot::literal:
                out_ += each.text;
                return;
        }
    }
    void digit() {
        if (after_point_) {
            auto const at = static_cast<std::size_t>(place_ - f_.before - f_.multiply);
            if (at < relevant_) out_.push_back(fraction_[at]);
            ++place_;
            return;
        }
        if (!sign_done_ && (started() || (place_ + 1 == f_.before + f_.multiply && f_.after == 0 &&
                                          whole_.empty())))
            put_sign();
        if (place_ >= blanks_)
            out_.push_back(whole_[static_cast<std::size_t>(place_ - blanks_)]);
        else if (f_.first_zero >= 0 && place_ >= f_.first_zero)
            out_.push_back('0');
        else if (f_.fill)
            out_.push_back(' ');
        ++place_;
    }

    number_format const& f_;
    bool negative_, overflow_ = false, sign_done_ = false, after_point_ = false;
    std::string whole_, fraction_, out_;
    int blanks_ = 0, place_ = 0;
    std::size_t relevant_ = 0;
};

std::string roman(std::int64_t value, bool fill, bool lower) {
    if (value < 1 || value > 3999) return std::string(15, '#');
    constexpr std::pair<int, char const*> numerals[] = {
        {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
        {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
    std::string out;
    for (auto const& [weight, letters] : numerals)
        for (; value >= weight; value -= weight) out += letters;
    if (lower) out = ascii_lower(out);
    if (fill && out.size() < 15) out.insert(0, 15 - out.size(), ' ');
    return out;
}

std::string exponent_text(numeric const& value, int digits) {
    if (value.is_zero()) {
        std::string text = " 0";
        if (digits > 0) text += "." + std::string(static_cast<std::size_t>(digits), '0');
        return text + "e+00";
    }
    auto const exponent = value.leading_exponent();
    auto const scaled = [&](int power) {
        numeric ten(1);
        for (int i = 0; i < std::abs(power); ++i) ten = ten * numeric(10);
        return power >= 0 ? divide(value, ten, digits, true) : (value * ten).rounded(digits);
    };
    auto const mantissa = scaled(exponent);
    auto text = mantissa.text();
    if (!value.negative()) text.insert(0, " ");
    auto const power = std::to_string(std::abs(exponent));
    return text + "e" + (exponent < 0 ? "-" : "+") + (power.size() < 2 ? "0" : "") + power;
}

datum print_number(function_frame& f, numeric value) {
    if (f.text(1).empty()) return std::string();
    auto const format = format_parser(f.text(1)).run();
    if (format.has_error()) return f.fail(format.error());
    if (format->roman) {
        auto const whole = value.to_int64();
        return roman(whole ? *whole : 0, format->fill, format->roman_lower);
    }
    if (!value.is_finite()) return f.fail({"0A000", "to_char of NaN or infinity is not supported"});
    if (format->exponent) return exponent_text(value, format->after);
    for (int i = 0; i < format->multiply; ++i) value = value * numeric(10);
    auto const rounded = value.rounded(format->after);
    auto text = rounded.absolute().text();
    auto const point = text.find('.');
    return number_printer(*format, rounded.negative(), text.substr(0, point),
                          point == std::string::npos ? "" : text.substr(point + 1))
        .run();
}
datum numeric_text(function_frame& f) { return print_number(f, numeric::decode(f.text(0))); }
datum integer_text(function_frame& f) { return print_number(f, numeric(f.integer(0))); }
template <int Digits>
datum float_text(function_frame& f) {
    return print_number(f, numeric::of_double(f.number(0), Digits));
}

datum to_number(function_frame& f) {
    if (f.text(1).empty()) return sql_null{};
    auto const format = format_parser(f.text(1)).run();
    if (format.has_error()) return f.fail(format.error());
    // Digits, the point and the sign are taken in order; everything else is a separator.
    std::string digits;
    bool negative = false, point = false;
    int before = 0, after = 0;
    for (char const c : f.text(0)) {
        if (c == '-' || c == '<') {
            negative = true;
        } else if (c >= '0' && c <= '9') {
            if (point ? after >= format->after : before >= format->before + format->multiply)
                continue;
            (point ? after : before) += 1;
            digits.push_back(c);
        } else if (c == '.' && format->has_point && !point) {
            point = true;
            digits.push_back('.');
        }
    }
    bool overflow = false;
    auto value = numeric::parse(digits.empty() ? "" : digits, overflow);
    if (!value)
        return f.fail(invalid_text(
            "numeric", f.text(0).find_first_not_of(' ') == std::string::npos ? " " : digits));
    for (int i = 0; i < format->multiply; ++i)
        value = divide(*value, numeric(10), value->scale() + 1, true);
    return (negative ? value->negated() : *value).encode();
}

}  // namespace

void register_number_formats(function_registry& to) {
    to.scalars({{"numeric_to_char", numeric_text},
                {"int4_to_char", integer_text},
                {"int8_to_char", integer_text},
                {"float4_to_char", float_text<6>},
                {"float8_to_char", float_text<15>},
                {"numeric_to_number", to_number}});
}

}  // namespace sluice::sql
