// Runs the expressions of a program on one record at a time. A run keeps the aggregates; a scope
// knows the record. One thread at a time.
#pragma once

#include <span>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "protocols/sql/records/program.hpp"

namespace sluice::sql::records {

// The record that is looked at now.
class record_scope {
public:
    virtual ~record_scope() = default;
    // What the program's path of that number leads to; missing: nowhere.
    virtual record_result<value> at(std::size_t path) const = 0;
    // Every field, with its name.
    virtual void everything(value_fields& out) const = 0;
};

class evaluator {
public:
    // `now`: what UTCNOW() answers all along.
    evaluator(program const& of, unix_millis now);

    // Whether WHERE takes the record.
    record_result<bool> accepts(record_scope const& record) const;
    // The row that the record gives.
    record_result<void> select(record_scope const& record, value_fields& out) const;

    // With aggregates: counts the record in, and the one row at the end.
    record_result<void> accumulate(record_scope const& record);
    record_result<void> finish(value_fields& out) const;

    record_result<value> evaluate(expression const& of, record_scope const& record) const;

private:
    struct running {
        std::int64_t count = 0;
        value total;  // sum, minimum or maximum; missing: nothing came yet
    };

    record_result<value> logic(expression const& of, record_scope const& record) const;
    record_result<value> in(expression const& of, record_scope const& record) const;
    record_result<value> choice(expression const& of, record_scope const& record) const;
    record_result<value> branch(expression const& of, record_scope const& record) const;
    record_result<value> strict(expression const& of, record_scope const& record) const;
    value total_of(std::size_t number) const;

    program const& program_;
    value now_;
    std::vector<running> running_;
};

// Where steps lead from a value; wildcards make a list.
record_result<value> follow(value const& from, std::span<path_step const> steps);
// The rows that a FROM path makes of one value: wildcards make several.
record_result<value_list> spread(value from, std::span<path_step const> steps,
                                 std::size_t rows_max);

// ---- operators and functions on values that are there ------------------------------------------
record_result<value> calculate(operation what, value const& a, value const& b);
record_result<value> negated(value const& of);
record_result<bool> is_like(std::string_view text, std::string_view pattern,
                            std::optional<std::string_view> escape);
record_result<value> cast_to(cast_type to, value const& of);
record_result<value> call(expression const& of, std::span<value const> arguments);

}  // namespace sluice::sql::records
