// The port to the reader of Parquet files: a file that is read in ranges in, rows out, cell by cell.
// protocols/* see this; backend/query/parquet_rows implements it, tests may fake it.
//
// Errors: malformed (no such file, or one that contradicts itself), unsupported (a type or codec
// that is not read), too_large (more memory than it may use), cancelled, deadline_exceeded; closed:
// the engine failed inside. What the file fails with comes out unchanged.
//
// Thread rule: one thread at a time, and it may block. The file outlives its rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"

namespace sluice::query {

class ranged_file {
public:
    virtual ~ranged_file() = default;
    virtual std::uint64_t size() const = 0;
    // Fills `into`, which lies inside the file.
    virtual result<void> read(std::uint64_t offset, byte_span into) = 0;
};

// Told of one cell, inside out: a list is begin_list, its cells, end_list; of an object each cell
// follows its key. A map is a list of objects with `key` and `value`.
class cell_sink {
public:
    virtual ~cell_sink() = default;
    virtual void null() = 0;
    virtual void boolean(bool value) = 0;
    virtual void integer(std::int64_t value) = 0;
    virtual void decimal(std::string_view digits) = 0;  // also integers beyond 64 bits
    virtual void floating(double value) = 0;
    virtual void text(std::string_view value) = 0;
    virtual void bytes(std::string_view value) = 0;  // not known to be text
    virtual void date(std::int64_t days) = 0;        // since 1970-01-01
    virtual void moment(std::int64_t seconds, std::uint32_t nanos, unsigned digits) = 0;  // UTC
    virtual void begin_list() = 0;
    virtual void end_list() = 0;
    virtual void begin_object() = 0;
    virtual void key(std::string_view name) = 0;
    virtual void end_object() = 0;
};

enum class row_found : std::uint8_t { row, working, end };

class file_rows {
public:
    virtual ~file_rows() = default;
    // Of the file, in order.
    virtual std::vector<std::string> const& columns() const = 0;
    // Before the first row, once: which columns rows have, in this order.
    virtual result<void> choose(std::vector<std::size_t> const& columns) = 0;
    // The cells of the next row; working: none was found within `patience`, ask again.
    virtual result<row_found> next(cell_sink& to, std::chrono::nanoseconds patience,
                                   blocking_token) = 0;
};

struct file_rows_options {
    std::uint64_t memory_bytes = 256ULL << 20;
};

class file_reader {
public:
    virtual ~file_reader() = default;
    virtual result<std::unique_ptr<file_rows>> open(ranged_file& file, file_rows_options options,
                                                    blocking_token) = 0;
};

// DuckDB's. The clock outlives it.
std::unique_ptr<file_reader> make_parquet_reader(wall_clock const& clock);

}  // namespace sluice::query
