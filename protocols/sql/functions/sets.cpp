// generate_series, unnest, generate_subscripts, string_to_table and relatives.
#include "protocols/sql/functions/interval_math.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

class integer_series final : public row_set {
public:
    integer_series(std::int64_t first, std::int64_t last, std::int64_t step)
        : at_(first), last_(last), step_(step) {}
    bool next(datum& value) override {
        if (step_ > 0 ? at_ > last_ : at_ < last_) return false;
        value = static_cast<std::int64_t>(at_);
        at_ += step_;
        return true;
    }

private:
    __int128 at_;
    std::int64_t last_, step_;
};
std::unique_ptr<row_set> integers(function_frame& f) {
    auto const step = f.size() > 2 ? f.integer(2) : 1;
    if (step == 0) return f.fail({"22023", "step size cannot equal zero"}), nullptr;
    return std::make_unique<integer_series>(f.integer(0), f.integer(1), step);
}

class numeric_series final : public row_set {
public:
    numeric_series(numeric first, numeric last, numeric step)
        : at_(std::move(first)), last_(std::move(last)), step_(std::move(step)) {}
    bool next(datum& value) override {
        auto const order = compare(at_, last_);
        if (step_.negative() ? order < 0 : order > 0) return false;
        value = at_.encode();
        at_ = at_ + step_;
        return true;
    }

private:
    numeric at_, last_, step_;
};
std::unique_ptr<row_set> numerics(function_frame& f) {
    auto const first = numeric::decode(f.text(0)), last = numeric::decode(f.text(1));
    auto const step = f.size() > 2 ? numeric::decode(f.text(2)) : numeric(1);
    auto const check = [&](numeric const& value, char const* what) {
        if (value.is_finite()) return true;
        f.fail({"22023",
                std::string(what) + (value.is_nan() ? " cannot be NaN" : " cannot be infinity")});
        return false;
    };
    if (!check(first, "start value") || !check(last, "stop value") || !check(step, "step size"))
        return nullptr;
    if (step.is_zero()) return f.fail({"22023", "step size cannot equal zero"}), nullptr;
    return std::make_unique<numeric_series>(first, last, step);
}

class moment_series final : public row_set {
public:
    moment_series(std::int64_t first, std::int64_t last, interval_value step, bool down,
                  time_zone const* zone)
        : at_(first), last_(last), step_(step), down_(down), zone_(zone) {}
    bool next(datum& value) override {
        if (ended_ || (down_ ? at_ < last_ : at_ > last_)) return false;
        value = at_;
        if (!is_finite_timestamp(at_)) {
            ended_ = true;
            return true;
        }
        auto const moved = add_interval(at_, step_, zone_);
        if (moved)
            at_ = *moved;
        else
            error_ = sql_error("22008", "timestamp out of range"), ended_ = true;
        return true;
    }
    sql_error const* failed() const override { return error_ ? &*error_ : nullptr; }

private:
    std::int64_t at_, last_;
    interval_value step_;
    bool down_, ended_ = false;
    time_zone const* zone_;
    std::optional<sql_error> error_;
};
std::unique_ptr<row_set> moments(function_frame& f) {
    auto const step = std::get<interval_value>(f[2]);
    auto const length =
        (static_cast<__int128>(step.months) * 30 + step.days) * day_us + step.microseconds;
    if (length == 0) return f.fail({"22023", "step size cannot equal zero"}), nullptr;
    bool const zoned = f.types[0].oid == oid::timestamptz;
    return std::make_unique<moment_series>(f.integer(0), f.integer(1), step, length < 0,
                                           zoned ? &zone_of(f.context.io.style) : nullptr);
}

class array_rows final : public row_set {
public:
    explicit array_rows(std::shared_ptr<array_value const> array) : array_(std::move(array)) {}
    bool next(datum& value) override {
        if (at_ == array_->elements.size()) return false;
        value = array_->elements[at_++];
        return true;
    }
    std::size_t memory_bytes() const override { return outside_weight(array_); }

private:
    std::shared_ptr<array_value const> array_;
    std::size_t at_ = 0;
};
std::unique_ptr<row_set> unnest(function_frame& f) {
    return std::make_unique<array_rows>(std::get<std::shared_ptr<array_value const>>(f[0]));
}
std::unique_ptr<row_set> subscripts(function_frame& f) {
    auto const& array = *std::get<std::shared_ptr<array_value const>>(f[0]);
    auto const n = f.integer(1);
    if (n < 1 || static_cast<std::size_t>(n) > array.dimensions.size())
        return std::make_unique<integer_series>(1, 0, 1);
    auto const& d = array.dimensions[static_cast<std::size_t>(n - 1)];
    auto const last = std::int64_t{d.lower_bound} + d.length - 1;
    if (f.size() > 2 && f.boolean(2))
        return std::make_unique<integer_series>(last, d.lower_bound, -1);
    return std::make_unique<integer_series>(d.lower_bound, last, 1);
}
std::unique_ptr<row_set> text_rows(function_frame& f) {
    auto array = std::make_shared<array_value>();
    if (!f.null_at(0)) split_text(f, array->elements);
    if (f.error) return nullptr;
    return std::make_unique<array_rows>(std::move(array));
}

// There are no partitions: no relation has ancestors.
std::unique_ptr<row_set> no_ancestors(function_frame&) {
    return std::make_unique<integer_series>(1, 0, 1);
}

}  // namespace

void register_set_functions(function_registry& to) {
    to.sets({
        {"generate_series_int4", integers},
        {"generate_series_step_int4", integers},
        {"generate_series_int8", integers},
        {"generate_series_step_int8", integers},
        {"generate_series_numeric", numerics},
        {"generate_series_step_numeric", numerics},
        {"generate_series_timestamp", moments},
        {"generate_series_timestamptz", moments},
        {"array_unnest", unnest},
        {"generate_subscripts", subscripts},
        {"generate_subscripts_nodir", subscripts},
        {"pg_partition_ancestors", no_ancestors},
        {"text_to_table", text_rows},
        {"text_to_table_null", text_rows},
    });
}

}  // namespace sluice::sql
