// Aggregates that keep their inputs: array_agg, string_agg, json_agg and relatives, percentiles,
// mode. What they keep is weighed as it comes (memory_bytes); a result is bounded by value_limits.
#include <algorithm>
#include <cmath>

#include "protocols/sql/functions/json_of_value.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

template <class State>
std::unique_ptr<aggregate_state> start(function_frame&) {
    return std::make_unique<State>();
}

bool fits(function_frame& f, std::size_t bytes) {
    if (bytes <= f.context.io.limits.value_bytes) return true;
    f.fail({"54000", "result of aggregate exceeds the limit of " +
                         std::to_string(f.context.io.limits.value_bytes) + " bytes"});
    return false;
}

class array_collector final : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (values_.size() >= f.context.io.limits.array_elements) {
            f.fail({"54000", "array size exceeds the maximum allowed (" +
                                 std::to_string(f.context.io.limits.array_elements) + ")"});
            return;
        }
        weight_ += weight_of(f[0]);
        values_.push_back(f[0]);
    }
    datum finish(function_frame& f) override {
        if (values_.empty() || !fits(f, weight_)) return sql_null{};
        return make_array(f.types[0].oid, values_);
    }
    std::size_t memory_bytes() const override { return 64 + weight_; }

private:
    std::vector<datum> values_;
    std::size_t weight_ = 0;
};

// array_agg(anyarray): one dimension more.
class nested_collector final : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (f.null_at(0)) {
            f.fail({"22004", "cannot accumulate null arrays"});
            return;
        }
        auto const& array = **std::get_if<std::shared_ptr<array_value const>>(&f[0]);
        if (array.dimensions.empty()) {
            f.fail({"2202E", "cannot accumulate empty arrays"});
            return;
        }
        weight_ += weight_of(f[0]);
        if (count_ == 0) {
            made_ = array;
        } else {
            bool same = made_.dimensions.size() == array.dimensions.size();
            for (std::size_t i = 0; same && i < array.dimensions.size(); ++i)
                same = made_.dimensions[i].length == array.dimensions[i].length;
            if (!same) {
                f.fail({"2202E", "cannot accumulate arrays of different dimensionality"});
                return;
            }
            made_.elements.insert(made_.elements.end(), array.elements.begin(),
                                  array.elements.end());
        }
        ++count_;
    }
    datum finish(function_frame& f) override {
        if (count_ == 0 || !fits(f, weight_)) return sql_null{};
        auto value = made_;
        value.dimensions.insert(value.dimensions.begin(), {count_, 1});
        return std::make_shared<array_value const>(std::move(value));
    }
    std::size_t memory_bytes() const override { return 64 + weight_; }

private:
    array_value made_;
    std::size_t weight_ = 0;
    std::int32_t count_ = 0;
};

class string_collector final : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (f.null_at(0)) return;
        if (any_ && !f.null_at(1)) text_ += f.text(1);
        any_ = true;
        text_ += f.text(0);
        fits(f, text_.size());
    }
    datum finish(function_frame&) override { return any_ ? datum(text_) : datum(); }
    std::size_t memory_bytes() const override { return 64 + text_.capacity(); }

private:
    std::string text_;
    bool any_ = false;
};

template <bool Binary>
class json_array_collector final : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (!text_.empty()) text_ += ", ";
        if (f.null_at(0))
            text_ += "null";
        else
            append_json(f.types[0].oid, f[0], Binary, f, text_);
        any_ = true;
        fits(f, text_.size());
    }
    datum finish(function_frame&) override { return any_ ? datum("[" + text_ + "]") : datum(); }
    std::size_t memory_bytes() const override { return 64 + text_.capacity(); }

private:
    std::string text_;
    bool any_ = false;
};

template <bool Binary>
class json_object_collector final : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (f.null_at(0)) {
            f.fail({"22004", "field name must not be null"});
            return;
        }
        std::string key, value;
        output_text(f.types[0].oid, f[0], f.context.io, key);
        if (f.null_at(1))
            value = "null";
        else
            append_json(f.types[1].oid, f[1], Binary, f, value);
        bytes_ += key.size() + value.size() + 2 * sizeof(std::string);
        if (fits(f, bytes_)) members_.emplace_back(std::move(key), std::move(value));
    }
    datum finish(function_frame& f) override {
        if (members_.empty()) return sql_null{};
        std::string text = Binary ? "{" : "{ ";
        bool first = true;
        for (auto const& [key, value] : members_) {
            if (!first) text += ", ";
            first = false;
            print_json_string(key, text);
            text += Binary ? ": " : " : ";
            text += value;
        }
        text += Binary ? "}" : " }";
        if (Binary) return f.take(input_text({oid::jsonb, -1}, text, f.context.io));
        return text;
    }
    std::size_t memory_bytes() const override { return 64 + bytes_; }

private:
    std::vector<std::pair<std::string, std::string>> members_;
    std::size_t bytes_ = 0;
};

// ---- ordered-set: the values come in their order

class ordered_values : public aggregate_state {
public:
    void step(function_frame& f) override {
        if (values_.size() >= f.context.io.limits.array_elements) {
            f.fail({"54000", "too many values for an ordered-set aggregate"});
            return;
        }
        weight_ += weight_of(f[0]);
        values_.push_back(f[0]);
    }
    std::size_t memory_bytes() const override { return 64 + weight_; }

protected:
    // The fraction, checked; nullopt with an error or for null.
    std::optional<double> fraction(function_frame& f, datum const& value) {
        if (is_null(value)) return std::nullopt;
        double const p = std::get<double>(value);
        if (p < 0 || p > 1 || std::isnan(p)) {
            std::string text;
            output_text(oid::float8, value, f.context.io, text);
            f.fail({"22003", "percentile value " + text + " is not between 0 and 1"});
            return std::nullopt;
        }
        return p;
    }
    template <class At>
    datum each_fraction(function_frame& f, type_oid element, At at) {
        if (f.size() == 0 || f.null_at(0) || values_.empty()) return sql_null{};
        if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&f[0])) {
            std::vector<datum> results;
            std::size_t weight = 0;
            for (auto const& each : (*array)->elements) {
                auto const p = fraction(f, each);
                results.push_back(p ? at(*p) : datum());
                weight += weight_of(results.back());
                if (!fits(f, weight)) return sql_null{};
            }
            return make_array(element, std::move(results));
        }
        auto const p = fraction(f, f[0]);
        return p ? at(*p) : datum();
    }
    std::vector<datum> values_;

private:
    std::size_t weight_ = 0;
};
class discrete_percentile final : public ordered_values {
    datum finish(function_frame& f) override {
        return each_fraction(f, f.types.back().oid, [&](double p) {
            auto const row =
                std::max<double>(std::ceil(p * static_cast<double>(values_.size())), 1);
            return values_[static_cast<std::size_t>(row) - 1];
        });
    }
};
class continuous_percentile final : public ordered_values {
    datum finish(function_frame& f) override {
        bool const interval =
            !values_.empty() && std::holds_alternative<interval_value>(values_[0]);
        if (interval) return f.fail({"0A000", "percentile_cont(interval) is not supported"});
        return each_fraction(f, oid::float8, [&](double p) -> datum {
            double const place = p * static_cast<double>(values_.size() - 1);
            auto const low = static_cast<std::size_t>(std::floor(place));
            auto const high = static_cast<std::size_t>(std::ceil(place));
            double const a = std::get<double>(values_[low]), b = std::get<double>(values_[high]);
            return low == high ? a : a + (b - a) * (place - static_cast<double>(low));
        });
    }
};
class most_frequent final : public ordered_values {
    datum finish(function_frame& f) override {
        if (values_.empty()) return sql_null{};
        std::size_t best = 0, best_count = 0, first = 0;
        for (std::size_t i = 1; i <= values_.size(); ++i) {
            if (i < values_.size() &&
                values_equal(f.types.back().oid, values_[first], values_[i], f.context.io.types))
                continue;
            if (i - first > best_count) best = first, best_count = i - first;
            first = i;
        }
        return values_[best];
    }
};

}  // namespace

void register_collecting_aggregates(function_registry& to) {
    to.aggregate_of("array_agg", oid::anynonarray, {start<array_collector>, false});
    to.aggregate_of("array_agg", oid::anyarray, {start<nested_collector>, false});
    to.aggregate("string_agg", {start<string_collector>, false});
    to.aggregate("json_agg", {start<json_array_collector<false>>, false});
    to.aggregate("jsonb_agg", {start<json_array_collector<true>>, false});
    to.aggregate("json_object_agg", {start<json_object_collector<false>>, false});
    to.aggregate("jsonb_object_agg", {start<json_object_collector<true>>, false});
    to.aggregate("percentile_disc", {start<discrete_percentile>, true, true});
    to.aggregate("percentile_cont", {start<continuous_percentile>, true, true});
    to.aggregate("mode", {start<most_frequent>, true, true});
}

}  // namespace sluice::sql
