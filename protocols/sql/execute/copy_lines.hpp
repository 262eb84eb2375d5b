// Lines of COPY in text and csv (PostgreSQL 15 manual, "COPY", File Formats): bytes in any pieces
// in, rows of fields out, and the other way round. Sans-io; every byte is looked at once.
//
// Line ends are what the first one is (newline, carriage return or both); another kind is an error,
// as in PostgreSQL. Thread rule: none; one owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/execute/copy_options.hpp"

namespace sluice::sql {

struct copy_limits {
    std::size_t line_bytes = 64U << 20U;  // 54000 past it
};

class copy_line_reader {
public:
    explicit copy_line_reader(copy_options options, copy_limits limits = {})
        : options_(std::move(options)), limits_(limits) {}

    void feed(std::string_view bytes);
    // A field without value is NULL. `quoted` tells fields that csv had in quotes.
    struct fields {
        std::vector<std::optional<std::string>> values;
        std::vector<bool> quoted;
    };
    // The next whole line as fields; no fields: more bytes are needed, or the end came.
    // `ended`: no more bytes will come. An error is the line's when text() is not empty.
    sql_result<std::optional<fields>> next(bool ended);
    std::uint64_t line() const noexcept { return line_; }
    std::string const& text() const noexcept { return text_; }  // of that line
    bool finished() const noexcept { return finished_; }        // after "\."

private:
    enum class line_end : std::uint8_t { unknown, newline, carriage_return, both };
    enum class found : std::uint8_t { more, line, mark };
    sql_result<found> look(bool ended);
    void look_at_quote(char c);
    sql_result<std::optional<found>> look_at_end(bool last);
    sql_result<std::optional<found>> look_at_mark(bool ended);
    void end_line(std::size_t end_bytes);
    sql_error wrong_end(char const* what, char const* escape) const;
    sql_result<fields> split_text(std::string_view line) const;
    sql_result<fields> split_csv(std::string_view line) const;

    copy_options options_;
    copy_limits limits_;
    std::string pending_;
    std::size_t at_ = 0;    // the line that is looked for begins here
    std::size_t look_ = 0;  // looked at up to here
    std::size_t end_ = 0, next_ = 0;
    bool in_quotes_ = false, escaped_ = false;
    line_end ends_ = line_end::unknown;
    std::uint64_t line_ = 0;
    std::string text_;
    bool finished_ = false;
};

// Appends one row's line, with its end.
void append_copy_line(copy_options const& options,
                      std::vector<std::optional<std::string>> const& values,
                      std::vector<bool> const& force_quote, std::string& out);

}  // namespace sluice::sql
