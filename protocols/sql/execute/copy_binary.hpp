// COPY in binary format (PostgreSQL 15 manual, "COPY", Binary Format).
// ```
// file    "PGCOPY\n" ff "\r\n" 00 | flags i32 | extension length i32 | extension | row... | -1 i16
// row     fields i16 | field...            field   bytes i32 (-1: NULL) | value's binary form
// ```
// Big-endian. Sans-io; bytes in any pieces. Thread rule: none; one owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/execute/copy_lines.hpp"

namespace sluice::sql {

class copy_binary_reader {
public:
    explicit copy_binary_reader(std::size_t columns, copy_limits limits = {})
        : columns_(columns), limits_(limits) {}

    void feed(std::string_view bytes);
    // The next whole row, a field without value is NULL; nothing: more bytes are needed, or the
    // end came. `ended`: no more bytes will come. 22P04.
    using fields = std::vector<std::optional<std::string>>;
    sql_result<std::optional<fields>> next(bool ended);
    std::uint64_t line() const noexcept { return line_; }

private:
    enum class state : std::uint8_t { header, rows, trailer };
    sql_result<bool> take_header(bool ended);
    std::string_view rest() const { return std::string_view(pending_).substr(at_); }

    std::size_t columns_;
    copy_limits limits_;
    std::string pending_;
    std::size_t at_ = 0;
    state state_ = state::header;
    std::uint64_t line_ = 0;
};

void append_copy_binary_header(std::string& out);
void append_copy_binary_trailer(std::string& out);

}  // namespace sluice::sql
