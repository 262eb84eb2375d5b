// Between our values and the engine's columns. Called by its callbacks and by whoever reads its
// results, on the thread that runs the query. May throw what the engine throws (out of memory).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "backend/query/plan.hpp"

namespace duckdb {
class Vector;
struct LogicalType;
}  // namespace duckdb

namespace sluice::query {

duckdb::LogicalType engine_type(value_type type);

// False: the value is not of that type, out of its range, or text that is not UTF-8.
bool set_value(duckdb::Vector& to, value_type type, std::size_t row, value const& from);
bool set_value(duckdb::Vector& to, value_type type, std::size_t row,
               store::column_view const& from);

// Reads the first `count` values of one vector, in whatever form the engine keeps it. The vector
// outlives the reader.
class column_reader {
public:
    column_reader(duckdb::Vector& from, value_type type, std::size_t count);
    column_reader(column_reader&&) noexcept;
    ~column_reader();
    void get(std::size_t row, value& to) const;
    bool is_null(std::size_t row) const;
    // The elements of a list.
    class elements final : public value_cursor {
    public:
        elements(column_reader const& of, std::size_t first, std::size_t count)
            : of_(of), next_(first), end_(first + count) {}
        bool next(value& to) override {
            if (next_ == end_) return false;
            of_.get(next_++, to);
            return true;
        }

    private:
        column_reader const& of_;
        std::size_t next_, end_;
    };
    elements list(std::size_t row) const;  // of NULL: none

private:
    struct parts;
    std::unique_ptr<parts> inside_;
};

}  // namespace sluice::query
