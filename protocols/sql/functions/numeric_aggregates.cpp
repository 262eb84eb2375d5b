// count, sum, avg, min, max, variance, stddev, regressions of numbers, bool_and, bit_and. Exact
// where PostgreSQL is: integers sum in 128 bits, numerics as numerics.
#include <cmath>
#include <limits>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/network_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

template <class State>
std::unique_ptr<aggregate_state> start(function_frame&) {
    return std::make_unique<State>();
}

class counter final : public aggregate_state {
public:
    void step(function_frame&) override { ++count_; }
    datum finish(function_frame&) override { return count_; }

private:
    std::int64_t count_ = 0;
};

class integer_sum final : public aggregate_state {
public:
    void step(function_frame& f) override { sum_ += f.integer(0), any_ = true; }
    datum finish(function_frame& f) override {
        if (!any_) return sql_null{};
        if (f.result.oid == oid::numeric) return numeric::of_int128(sum_).encode();
        if (sum_ > std::numeric_limits<std::int64_t>::max() ||
            sum_ < std::numeric_limits<std::int64_t>::min())
            return f.fail({"22003", "bigint out of range"});
        return static_cast<std::int64_t>(sum_);
    }

private:
    __int128 sum_ = 0;
    bool any_ = false;
};

class integer_average final : public aggregate_state {
public:
    void step(function_frame& f) override { sum_ += f.integer(0), ++count_; }
    datum finish(function_frame&) override {
        if (count_ == 0) return sql_null{};
        return sql_divide(numeric::of_int128(sum_), numeric(count_))->encode();
    }

private:
    __int128 sum_ = 0;
    std::int64_t count_ = 0;
};

class numeric_sum : public aggregate_state {
public:
    void step(function_frame& f) override {
        auto const value = numeric::decode(f.text(0));
        scale_ = std::max(scale_, value.scale());
        sum_ = sum_ + value;
        ++count_;
    }
    datum finish(function_frame& f) override {
        if (count_ == 0) return sql_null{};
        if (!sum_.fits()) return f.fail({"22003", "value overflows numeric format"});
        return sum_.encode();
    }

protected:
    numeric sum_;
    int scale_ = 0;
    std::int64_t count_ = 0;
};
class numeric_average final : public numeric_sum {
public:
    datum finish(function_frame& f) override {
        if (count_ == 0) return sql_null{};
        auto const average = sql_divide(sum_, numeric(count_));
        return average.has_error() ? f.fail(average.error()) : datum(average->encode());
    }
};

class float_sum final : public aggregate_state {
public:
    void step(function_frame& f) override {
        bool const small = f.types[0].oid == oid::float4;
        double const before = sum_;
        sum_ = small
                   ? static_cast<double>(static_cast<float>(sum_) + static_cast<float>(f.number(0)))
                   : sum_ + f.number(0);
        if (std::isinf(sum_) && !std::isinf(before) && !std::isinf(f.number(0)))
            f.fail({"22003", "value out of range: overflow"});
        any_ = true;
    }
    datum finish(function_frame&) override { return any_ ? datum(sum_) : datum(); }

private:
    double sum_ = 0;
    bool any_ = false;
};

// Youngs and Cramer's updating of sums of squares of differences.
class float_moments : public aggregate_state {
public:
    void step(function_frame& f) override {
        double const x = f.number(0);
        n_ += 1;
        double const before = sx_;
        sx_ += x;
        if (n_ > 1) {
            double const t = x * n_ - sx_;
            sxx_ += t * t / (n_ * (n_ - 1));
            if (std::isinf(sx_) || std::isinf(sxx_)) {
                if (!std::isinf(before) && !std::isinf(x))
                    f.fail({"22003", "value out of range: overflow"});
                sxx_ = std::numeric_limits<double>::quiet_NaN();
            }
        } else if (std::isnan(x) || std::isinf(x)) {
            sxx_ = std::numeric_limits<double>::quiet_NaN();
        }
    }

protected:
    double n_ = 0, sx_ = 0, sxx_ = 0;
};
class float_average final : public float_moments {
    datum finish(function_frame&) override { return n_ == 0 ? datum() : datum(sx_ / n_); }
};
template <bool Sample, bool Root>
class float_spread final : public float_moments {
    datum finish(function_frame&) override {
        if (n_ < (Sample ? 2 : 1)) return sql_null{};
        double const variance = sxx_ / (Sample ? n_ - 1 : n_);
        return Root ? std::sqrt(variance) : variance;
    }
};

numeric as_numeric(function_frame& f) {
    if (auto const* text = std::get_if<std::string>(&f[0])) return numeric::decode(*text);
    return numeric(f.integer(0));
}
template <bool Sample, bool Root>
class numeric_spread final : public aggregate_state {
public:
    void step(function_frame& f) override {
        auto const value = as_numeric(f);
        ++count_;
        sum_ = sum_ + value;
        squares_ = squares_ + value * value;
    }
    datum finish(function_frame& f) override {
        if (count_ < (Sample ? 2 : 1)) return sql_null{};
        if (!sum_.is_finite()) return numeric::special(numeric::kind::nan).encode();
        numeric const n(count_);
        auto const difference = n * squares_ - sum_ * sum_;
        if (difference.sign() <= 0) return numeric().encode();
        auto const divisor = Sample ? n * (n - numeric(1)) : n * n;
        auto value = sql_divide(difference, divisor);
        if (Root && !value.has_error()) {
            int const scale = std::max(quotient_scale(difference, divisor), 0);
            auto const exact = divide(difference, divisor, scale, true);
            value = square_root(exact, scale);
        }
        return value.has_error() ? f.fail(value.error()) : datum(value->encode());
    }

private:
    std::int64_t count_ = 0;
    numeric sum_, squares_;
};

template <bool Greatest>
class extreme final : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (is_null(best_)) {
            best_ = f[0];
            return;
        }
        auto const order = compare_values(f.types[0].oid, f[0], best_, f.context.io.types);
        if (Greatest ? order > 0 : order < 0) best_ = f[0];
    }
    datum finish(function_frame&) override { return best_; }

private:
    datum best_;
};

class interval_sum : public aggregate_state {
public:
    void step(function_frame& f) override {
        auto const value = std::get<interval_value>(f[0]);
        months_ += value.months;
        days_ += value.days;
        microseconds_ += value.microseconds;
        ++count_;
    }
    datum finish(function_frame& f) override {
        if (count_ == 0) return sql_null{};
        if (months_ != static_cast<std::int32_t>(months_) ||
            days_ != static_cast<std::int32_t>(days_) ||
            microseconds_ != static_cast<std::int64_t>(microseconds_))
            return f.fail({"22008", "interval out of range"});
        return interval_value{static_cast<std::int64_t>(microseconds_),
                              static_cast<std::int32_t>(days_), static_cast<std::int32_t>(months_)};
    }

private:
    __int128 months_ = 0, days_ = 0, microseconds_ = 0;
    std::int64_t count_ = 0;
};

template <bool All>
class truth final : public aggregate_state {
public:
    void step(function_frame& f) override {
        value_ = any_ ? (All ? value_ && f.boolean(0) : value_ || f.boolean(0)) : f.boolean(0);
        any_ = true;
    }
    datum finish(function_frame&) override { return any_ ? datum(value_) : datum(); }

private:
    bool value_ = false, any_ = false;
};

template <char Operation>
class bits final : public aggregate_state {
public:
    void step(function_frame& f) override {
        auto const value = f.integer(0);
        if (!any_)
            value_ = value;
        else if (Operation == '&')
            value_ &= value;
        else if (Operation == '|')
            value_ |= value;
        else
            value_ ^= value;
        any_ = true;
    }
    datum finish(function_frame&) override { return any_ ? datum(value_) : datum(); }

private:
    std::int64_t value_ = 0;
    bool any_ = false;
};

// corr, covar_*, regr_*: of (Y, X).
class pairs : public aggregate_state {
public:
    void step(function_frame& f) override {
        double const y = f.number(0), x = f.number(1);
        n += 1;
        sx += x;
        sy += y;
        if (n > 1) {
            double const tx = x * n - sx, ty = y * n - sy, scale = 1 / (n * (n - 1));
            sxx += tx * tx * scale;
            syy += ty * ty * scale;
            sxy += tx * ty * scale;
        } else if (!std::isfinite(x) || !std::isfinite(y)) {
            sxx = syy = sxy = std::numeric_limits<double>::quiet_NaN();
        }
    }

protected:
    double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
};
enum class pair_kind : std::uint8_t {
    corr,
    covar_pop,
    covar_samp,
    count,
    avgx,
    avgy,
    sxx,
    syy,
    sxy,
    slope,
    intercept,
    r2
};
template <pair_kind What>
class pair_aggregate final : public pairs {
    datum finish(function_frame&) override {
        if constexpr (What == pair_kind::count) return static_cast<std::int64_t>(n);
        if (n < 1) return sql_null{};
        switch (What) {
            case pair_kind::corr:
                if (sxx == 0 || syy == 0) return sql_null{};
                return sxy / std::sqrt(sxx * syy);
            case pair_kind::covar_pop:
                return sxy / n;
            case pair_kind::covar_samp:
                return n < 2 ? datum() : datum(sxy / (n - 1));
            case pair_kind::avgx:
                return sx / n;
            case pair_kind::avgy:
                return sy / n;
            case pair_kind::sxx:
                return sxx;
            case pair_kind::syy:
                return syy;
            case pair_kind::sxy:
                return sxy;
            case pair_kind::slope:
                return sxx == 0 ? datum() : datum(sxy / sxx);
            case pair_kind::intercept:
                return sxx == 0 ? datum() : datum((sy - sx * sxy / sxx) / n);
            case pair_kind::r2:
                if (sxx == 0) return sql_null{};
                return syy == 0 ? datum(1.0) : datum((sxy * sxy) / (sxx * syy));
            case pair_kind::count:
                break;
        }
        return sql_null{};
    }
};

}  // namespace

void register_numeric_aggregates(function_registry& to) {
    to.aggregate("count", {start<counter>});
    for (auto const type : {oid::int2, oid::int4, oid::int8}) {
        to.aggregate_of("sum", type, {start<integer_sum>});
        to.aggregate_of("avg", type, {start<integer_average>});
        to.aggregate_of("bit_and", type, {start<bits<'&'>>});
        to.aggregate_of("bit_or", type, {start<bits<'|'>>});
        to.aggregate_of("bit_xor", type, {start<bits<'^'>>});
    }
    for (auto const type : {oid::int2, oid::int4, oid::int8, oid::numeric}) {
        for (auto const* name : {"variance", "var_samp"})
            to.aggregate_of(name, type, {start<numeric_spread<true, false>>});
        for (auto const* name : {"stddev", "stddev_samp"})
            to.aggregate_of(name, type, {start<numeric_spread<true, true>>});
        to.aggregate_of("var_pop", type, {start<numeric_spread<false, false>>});
        to.aggregate_of("stddev_pop", type, {start<numeric_spread<false, true>>});
    }
    to.aggregate_of("sum", oid::numeric, {start<numeric_sum>});
    to.aggregate_of("avg", oid::numeric, {start<numeric_average>});
    for (auto const type : {oid::float4, oid::float8}) {
        to.aggregate_of("sum", type, {start<float_sum>});
        to.aggregate_of("avg", type, {start<float_average>});
        for (auto const* name : {"variance", "var_samp"})
            to.aggregate_of(name, type, {start<float_spread<true, false>>});
        for (auto const* name : {"stddev", "stddev_samp"})
            to.aggregate_of(name, type, {start<float_spread<true, true>>});
        to.aggregate_of("var_pop", type, {start<float_spread<false, false>>});
        to.aggregate_of("stddev_pop", type, {start<float_spread<false, true>>});
    }
    to.aggregate_of("sum", oid::interval, {start<interval_sum>});
    for (auto const type :
         {oid::int2, oid::int4, oid::int8, oid::oid, oid::float4, oid::float8, oid::numeric,
          oid::text, oid::bpchar, oid::date, oid::time, oid::timetz, oid::timestamp,
          oid::timestamptz, oid::interval, oid::anyarray, oid::inet, oid::anyenum}) {
        to.aggregate_of("max", type, {start<extreme<true>>});
        to.aggregate_of("min", type, {start<extreme<false>>});
    }
    to.aggregate("bool_and", {start<truth<true>>});
    to.aggregate("every", {start<truth<true>>});
    to.aggregate("bool_or", {start<truth<false>>});
    to.aggregate("corr", {start<pair_aggregate<pair_kind::corr>>});
    to.aggregate("covar_pop", {start<pair_aggregate<pair_kind::covar_pop>>});
    to.aggregate("covar_samp", {start<pair_aggregate<pair_kind::covar_samp>>});
    to.aggregate("regr_count", {start<pair_aggregate<pair_kind::count>>});
    to.aggregate("regr_avgx", {start<pair_aggregate<pair_kind::avgx>>});
    to.aggregate("regr_avgy", {start<pair_aggregate<pair_kind::avgy>>});
    to.aggregate("regr_sxx", {start<pair_aggregate<pair_kind::sxx>>});
    to.aggregate("regr_syy", {start<pair_aggregate<pair_kind::syy>>});
    to.aggregate("regr_sxy", {start<pair_aggregate<pair_kind::sxy>>});
    to.aggregate("regr_slope", {start<pair_aggregate<pair_kind::slope>>});
    to.aggregate("regr_intercept", {start<pair_aggregate<pair_kind::intercept>>});
    to.aggregate("regr_r2", {start<pair_aggregate<pair_kind::r2>>});
}

}  // namespace sluice::sql
