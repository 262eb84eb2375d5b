#include <cmath>

#include "protocols/sql/records/evaluate.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

record_fault overflow() {
    return {fault::integer_overflow, "An integer overflows in the SQL expression."};
}
record_fault division_by_zero() {
    return {fault::evaluator_invalid_arguments, "Division by zero."};
}

// What it costs to calculate with a number must not depend on how long a client wrote it.
numeric cut(numeric const& number) {
    if (!number.is_finite() || number.is_zero()) return number;
    auto const scale = decimal_digits_max - 1 - number.leading_exponent();
    return number.scale() <= scale ? number : number.rounded(std::min(scale, numeric::max_display));
}

record_result<value> whole(operation what, std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    bool failed = false;
    switch (what) {
        case operation::add: failed = __builtin_add_overflow(a, b, &out); break;
        case operation::subtract: failed = __builtin_sub_overflow(a, b, &out); break;
        case operation::multiply: failed = __builtin_mul_overflow(a, b, &out); break;
        default:
            if (b == 0) return division_by_zero();
            if (b == -1) {
                failed = what == operation::divide && __builtin_sub_overflow(std::int64_t{0}, a, &out);
                break;
            }
            out = what == operation::divide ? a / b : a % b;
    }
    if (failed) return overflow();
    return out;
}

record_result<value> real(operation what, double a, double b) {
    switch (what) {
        case operation::add: return a + b;
        case operation::subtract: return a - b;
        case operation::multiply: return a * b;
        default: break;
    }
    if (b == 0) return division_by_zero();
    return what == operation::divide ? a / b : std::fmod(a, b);
}

record_result<value> exact(operation what, numeric const& a, numeric const& b) {
    switch (what) {
        case operation::add: return value(cut(a + b));
        case operation::subtract: return value(cut(a - b));
        case operation::multiply: return value(cut(a * b));
        default: break;
    }
    if (b.is_zero()) return division_by_zero();
    auto const made = what == operation::divide ? sql_divide(a, b) : sql_modulo(a, b);
    if (made.has_error()) return record_fault(fault::evaluator_invalid_arguments, made.error().message);
    auto const short_one = made->with_scale(made->minimum_scale());
    return value(cut(short_one));
}

record_result<value> operand(value const& of) {
    auto number = as_number(of);
    if (!number.is_missing()) {
        if (auto const* decimal = number.get<numeric>()) return value(cut(*decimal));
        return number;
    }
    if (of.get<untyped>() != nullptr)
        return record_fault(fault::cast_failed, "A field that is calculated with is no number.");
    return record_fault(fault::evaluator_invalid_arguments,
                        "Only numbers can be calculated with.");
}

}  // namespace

record_result<value> calculate(operation what, value const& a, value const& b) {
    SLUICE_TRY(auto const left, operand(a));
    SLUICE_TRY(auto const right, operand(b));
    auto const* x = left.get<std::int64_t>();
    auto const* y = right.get<std::int64_t>();
    if (x != nullptr && y != nullptr) return whole(what, *x, *y);
    if (left.get<double>() != nullptr || right.get<double>() != nullptr)
        return real(what, to_float(left), to_float(right));
    return exact(what, to_decimal(left), to_decimal(right));
}

record_result<value> negated(value const& of) {
    SLUICE_TRY(auto const number, operand(of));
    if (auto const* integer = number.get<std::int64_t>())
        return whole(operation::subtract, 0, *integer);
    if (auto const* floating = number.get<double>()) return -*floating;
    // The smallest int is written as one more than the largest, negated.
    auto const decimal = to_decimal(number).negated();
    if (decimal.scale() == 0)
        if (auto const integer = decimal.to_int64()) return *integer;
    return value(decimal);
}

record_result<bool> is_like(std::string_view text, std::string_view pattern,
                            std::optional<std::string_view> escape) {
    char32_t escape_character = 0;
    if (escape) {
        if (character_count(*escape) != 1)
            return record_fault(fault::like_invalid_inputs,
                                "The ESCAPE of LIKE must be a single character.");
        auto rest = *escape;
        escape_character = next_character(rest);
    }
    // Literal characters, and the marks of the pattern as values that no character has.
    constexpr char32_t any_one = 0x110000, any_many = 0x110001;
    std::u32string wanted;
    while (!pattern.empty()) {
        auto c = next_character(pattern);
        if (escape && c == escape_character) {
            if (pattern.empty())
                return record_fault(fault::evaluator_like_pattern_invalid_escape_sequence,
                                    "The LIKE pattern ends with its escape character.");
            c = next_character(pattern);
            if (c != '%' && c != '_' && c != escape_character)
                return record_fault(fault::evaluator_like_pattern_invalid_escape_sequence,
                                    "The LIKE pattern has an invalid escape sequence.");
            wanted += c;
            continue;
        }
        wanted += c == '%' ? any_many : c == '_' ? any_one : c;
    }
    constexpr std::size_t steps_max = 64 << 20;  // a pattern of many parts over a long text
    std::size_t steps = 0;
    std::size_t at = 0;
    std::size_t star = std::u32string::npos;
    auto after_star = text;
    while (!text.empty()) {
        if (++steps > steps_max)
            return record_fault(fault::like_invalid_inputs,
                                "The LIKE pattern takes too long to compare.");
        auto rest = text;
        auto const c = next_character(rest);
        if (at < wanted.size() && wanted[at] == any_many) {
            star = at++;
            after_star = text;
        } else if (at < wanted.size() && (wanted[at] == any_one || wanted[at] == c)) {
            ++at;
            text = rest;
        } else if (star != std::u32string::npos) {
            at = star + 1;
            next_character(after_star);
            text = after_star;
        } else {
            return false;
        }
    }
    while (at < wanted.size() && wanted[at] == any_many) ++at;
    return at == wanted.size();
}

}  // namespace sluice::sql::records
