#include "protocols/sql/functions/function_table.hpp"

#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

class listed_rows final : public row_set {
public:
    explicit listed_rows(std::vector<datum> rows)
        : rows_(std::move(rows)), weight_(weight_of(rows_)) {}
    bool next(datum& value) override {
        if (at_ == rows_.size()) return false;
        value = std::move(rows_[at_++]);
        return true;
    }
    std::size_t memory_bytes() const override { return weight_; }

private:
    std::vector<datum> rows_;
    std::size_t weight_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<row_set> rows_at_hand(std::vector<datum> rows) {
    return std::make_unique<listed_rows>(std::move(rows));
}

sql_result<std::unique_ptr<row_set>> start_set(object_oid function,
                                               std::span<datum const> arguments,
                                               std::span<sql_type const> types, sql_type result,
                                               evaluation_context& context, bool variadic) {
    class no_rows final : public row_set {
        bool next(datum&) override { return false; }
    };
    auto const& served = find_function(function);
    if (served.facts == nullptr || (served.set == nullptr && !served.in_catalog))
        return not_served(function);
    auto const needed =
        served.facts->arguments.size() - (served.facts->variadic == type_oid{} ? 0 : 1);
    if (arguments.size() < needed)
        return sql_error("XX000", "too few arguments in a function call");
    if (served.facts->strict)
        for (auto const& each : arguments)
            if (is_null(each)) return std::unique_ptr<row_set>(std::make_unique<no_rows>());
    if (served.set == nullptr) {
        if (context.catalog == nullptr) return not_served(function);
        auto rows = context.catalog->rows(function, served.facts->name, arguments, context);
        if (rows.has_error()) return std::move(rows).error();
        return rows_at_hand(std::move(*rows));
    }
    function_frame frame{arguments, types, result, context, variadic, function, nullptr};
    auto set = served.set(frame);
    if (frame.error) return std::move(*frame.error);
    return set;
}

sql_result<running_aggregate> running_aggregate::start(object_oid function, sql_type result,
                                                       std::vector<sql_type> types,
                                                       evaluation_context& context) {
    auto const& served = find_function(function);
    if (served.aggregate == nullptr) return not_served(function);
    running_aggregate made;
    made.function_ = function;
    made.how_ = served.aggregate;
    made.result_ = result;
    made.types_ = std::move(types);
    function_frame frame{{}, made.types_, result, context, false, function, nullptr};
    made.state_ = made.how_->start(frame);
    if (frame.error) return std::move(*frame.error);
    return made;
}

sql_result<running_aggregate> running_aggregate::start(aggregate_call const& call, sql_type result,
                                                       std::vector<sql_type> types,
                                                       evaluation_context& context) {
    return start(call.function, result, std::move(types), context);
}

sql_result<void> running_aggregate::step(std::span<datum const> arguments,
                                         evaluation_context& context) {
    if (how_->skips_nulls)
        for (auto const& each : arguments)
            if (is_null(each)) return {};
    function_frame frame{arguments, types_, result_, context, false, function_, nullptr};
    state_->step(frame);
    if (frame.error) return std::move(*frame.error);
    return {};
}

sql_result<datum> running_aggregate::finish(evaluation_context& context,
                                            std::span<datum const> direct_arguments) {
    function_frame frame{direct_arguments, types_, result_, context, false, function_, nullptr};
    auto value = state_->finish(frame);
    if (frame.error) return std::move(*frame.error);
    return value;
}

}  // namespace sluice::sql
