#include "protocols/sql/records/evaluate.hpp"

#include <array>

namespace sluice::sql::records {
namespace {

// For what has no record: LIMIT, and the row of aggregates.
class no_record final : public record_scope {
public:
    record_result<value> at(std::size_t) const override { return value(); }
    void everything(value_fields&) const override {}
};

value truth(ordering found, operation what) {
    if (found == ordering::unknown) return value::null();
    switch (what) {
        case operation::equal: return found == ordering::equal;
        case operation::not_equal: return found != ordering::equal;
        default: break;
    }
    // Values of different kinds are not equal, and have no order.
    if (found == ordering::unlike) return value::null();
    switch (what) {
        case operation::less: return found == ordering::less;
        case operation::less_or_equal: return found != ordering::greater;
        case operation::greater: return found == ordering::greater;
        default: return found != ordering::less;
    }
}

record_fault not_boolean() {
    return {fault::evaluator_invalid_arguments, "A condition is neither true nor false."};
}

}  // namespace

evaluator::evaluator(program const& of, unix_millis now)
    : program_(of), running_(of.aggregates.size()) {
    timestamp moment;
    auto const millis = to_underlying(now);
    moment.seconds = millis / 1000;
    moment.nanos = static_cast<std::uint32_t>(millis % 1000) * 1'000'000;
    moment.fraction_digits = 3;
    now_ = moment;
}

record_result<bool> evaluator::accepts(record_scope const& record) const {
    if (!program_.where) return true;
    SLUICE_TRY(auto const answer, evaluate(*program_.where, record));
    if (answer.is_absent()) return false;
    if (answer.get<bool>() == nullptr) return not_boolean();
    return answer.is_true();
}

record_result<void> evaluator::select(record_scope const& record, value_fields& out) const {
    for (auto const& item : program_.items) {
        if (!item.of) {
            record.everything(out);
            continue;
        }
        SLUICE_TRY(auto made, evaluate(*item.of, record));
        out.emplace_back(item.name, std::move(made));
    }
    return {};
}

record_result<void> evaluator::accumulate(record_scope const& record) {
    for (std::size_t i = 0; i < running_.size(); ++i) {
        auto const& each = program_.aggregates[i];
        auto& state = running_[i];
        if (!each.argument) {
            ++state.count;
            continue;
        }
        SLUICE_TRY(auto const given, evaluate(*each.argument, record));
        if (given.is_absent()) continue;
        ++state.count;
        if (each.what == aggregate::kind::count) continue;
        auto number = as_number(given);
        if (number.is_missing() && given.get<untyped>() != nullptr)
            return record_fault(fault::cast_failed, "A field that is aggregated is no number.");
        if (number.is_missing())
            return record_fault(fault::incorrect_sql_function_argument_type,
                                "SUM, AVG, MIN and MAX are of numbers.");
        if (state.total.is_missing()) {
            state.total = std::move(number);
        } else if (each.what == aggregate::kind::minimum) {
            if (compare(number, state.total) == ordering::less) state.total = std::move(number);
        } else if (each.what == aggregate::kind::maximum) {
            if (compare(number, state.total) == ordering::greater) state.total = std::move(number);
        } else {
            SLUICE_TRY(state.total, calculate(operation::add, state.total, number));
        }
    }
    return {};
}

value evaluator::total_of(std::size_t number) const {
    auto const& state = running_[number];
    auto const what = program_.aggregates[number].what;
    if (what == aggregate::kind::count) return state.count;
    if (state.total.is_missing()) return value::null();
    if (what != aggregate::kind::average) return state.total;
    auto const total = state.total.get<double>() != nullptr ? state.total
                                                            : value(to_decimal(state.total));
    auto made = calculate(operation::divide, total, value(state.count));
    return made.has_error() ? value::null() : *std::move(made);
}

record_result<void> evaluator::finish(value_fields& out) const {
    no_record const nothing;
    for (auto const& item : program_.items) {
        SLUICE_TRY(auto made, evaluate(*item.of, nothing));
        out.emplace_back(item.name, std::move(made));
    }
    return {};
}

record_result<value> evaluator::evaluate(expression const& of, record_scope const& record) const {
    switch (of.what) {
        case operation::literal: return of.constant;
        case operation::path: return record.at(of.number);
        case operation::aggregate: return total_of(of.number);
        case operation::utcnow: return now_;
        case operation::list: {
            value_list items;
            for (auto const& each : of.operands) {
                SLUICE_TRY(auto made, evaluate(*each, record));
                items.push_back(std::move(made));
            }
            return value::list(std::move(items));
        }
        case operation::negation:
        case operation::conjunction:
        case operation::disjunction: return logic(of, record);
        case operation::in: return in(of, record);
        case operation::is_null:
        case operation::is_missing:
        case operation::searched_case:
        case operation::simple_case:
        case operation::between:
        case operation::coalesce:
        case operation::null_if: return choice(of, record);
        case operation::equal:
        case operation::not_equal:
        case operation::less:
        case operation::less_or_equal:
        case operation::greater:
        case operation::greater_or_equal: {
            SLUICE_TRY(auto const left, evaluate(*of.operands[0], record));
            SLUICE_TRY(auto const right, evaluate(*of.operands[1], record));
            return truth(compare(left, right), of.what);
        }
        default: return strict(of, record);
    }
}

// Three values: what is not there is unknown.
record_result<value> evaluator::logic(expression const& of, record_scope const& record) const {
    bool const ends_with = of.what == operation::disjunction;
    bool unknown = false;
    for (auto const& each : of.operands) {
        SLUICE_TRY(auto const one, evaluate(*each, record));
        if (one.is_absent()) {
            unknown = true;
            continue;
        }
        if (one.get<bool>() == nullptr) return not_boolean();
        if (of.what == operation::negation) return !one.is_true();
        if (one.is_true() == ends_with) return ends_with;
    }
    if (unknown) return value::null();
    return !ends_with;
}

record_result<value> evaluator::in(expression const& of, record_scope const& record) const {
    SLUICE_TRY(auto const what, evaluate(*of.operands[0], record));
    bool unknown = what.is_absent();
    for (std::size_t i = 1; i < of.operands.size(); ++i) {
        SLUICE_TRY(auto const candidate, evaluate(*of.operands[i], record));
        auto const found = compare(what, candidate);
        if (found == ordering::equal) return true;
        unknown = unknown || found == ordering::unknown;
        // x IN s.list looks into the list.
        auto const* list = of.operands[i]->what == operation::path ? candidate.as_list() : nullptr;
        if (list == nullptr) continue;
        for (auto const& each : *list)
            if (compare(what, each) == ordering::equal) return true;
    }
    if (unknown) return value::null();
    return false;
}

record_result<value> evaluator::choice(expression const& of, record_scope const& record) const {
    auto const operand = [&](std::size_t i) { return evaluate(*of.operands[i], record); };
    switch (of.what) {
        case operation::is_null: {
            SLUICE_TRY(auto const one, operand(0));
            return one.is_absent();
        }
        case operation::is_missing: {
            SLUICE_TRY(auto const one, operand(0));
            return one.is_missing();
        }
        case operation::null_if: {
            SLUICE_TRY(auto left, operand(0));
            SLUICE_TRY(auto const right, operand(1));
            if (compare(left, right) == ordering::equal) return value::null();
            return left;
        }
        case operation::coalesce:
            for (std::size_t i = 0; i < of.operands.size(); ++i) {
                SLUICE_TRY(auto one, operand(i));
                if (!one.is_absent()) return one;
            }
            return value::null();
        case operation::between: {
            SLUICE_TRY(auto const what, operand(0));
            SLUICE_TRY(auto const low, operand(1));
            auto const from = truth(compare(what, low), operation::greater_or_equal);
            if (from.get<bool>() != nullptr && !from.is_true()) return false;
            SLUICE_TRY(auto const high, operand(2));
            auto const to = truth(compare(what, high), operation::less_or_equal);
            if (to.get<bool>() != nullptr && !to.is_true()) return false;
            return from.is_absent() || to.is_absent() ? value::null() : value(true);
        }
        default: return branch(of, record);
    }
}

record_result<value> evaluator::branch(expression const& of, record_scope const& record) const {
    value what;
    bool const is_simple = of.what == operation::simple_case;
    if (is_simple) {
        SLUICE_TRY(what, evaluate(*of.operands[0], record));
    }
    for (std::size_t i = is_simple ? 1 : 0; i + 1 < of.operands.size(); i += 2) {
        SLUICE_TRY(auto const condition, evaluate(*of.operands[i], record));
        bool const taken =
            is_simple ? compare(what, condition) == ordering::equal : condition.is_true();
        if (taken) return evaluate(*of.operands[i + 1], record);
    }
    return evaluate(*of.operands.back(), record);
}

// What answers nothing where an operand is not there.
record_result<value> evaluator::strict(expression const& of, record_scope const& record) const {
    constexpr std::size_t operands_max = 3;
    std::array<value, operands_max> room;
    auto const count = of.operands.size();
    bool missing = false, null = false;
    for (std::size_t i = 0; i < count; ++i) {
        SLUICE_TRY(room[i], evaluate(*of.operands[i], record));
        missing = missing || room[i].is_missing();
        null = null || room[i].is_absent();
    }
    if (of.what == operation::cast && missing) return value();
    if (null) return value::null();
    std::span<value const> const arguments(room.data(), count);
    switch (of.what) {
        case operation::minus: return negated(arguments[0]);
        case operation::add:
        case operation::subtract:
        case operation::multiply:
        case operation::divide:
        case operation::remainder: return calculate(of.what, arguments[0], arguments[1]);
        case operation::cast: return cast_to(of.to, arguments[0]);
        default: return call(of, arguments);
    }
}

}  // namespace sluice::sql::records
