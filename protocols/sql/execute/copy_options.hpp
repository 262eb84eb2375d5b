// The options of COPY and the cutting of its lines: text and csv of PostgreSQL 15 ("COPY", File
// Formats). copy_line_reader is sans-io: bytes in any pieces in, rows of fields out.
// Thread rule: none; one owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/statements.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

struct copy_options {
    bool csv = false;
    char delimiter = '\t';
    std::string null_text = "\\N";
    bool header = false, header_match = false;
    char quote = '"', escape = '"';
    bool force_quote_all = false;
    std::vector<std::string> force_quote, force_not_null, force_null;
};
sql_result<copy_options> copy_options_of(utility::copy const& what);

struct copy_limits {
    std::size_t line_bytes = 64U << 20U;  // limits.copy_line: 54000 past it
};

class copy_line_reader {
public:
    explicit copy_line_reader(copy_options options, copy_limits limits = {})
        : options_(std::move(options)), limits_(limits) {}

    void feed(std::string_view bytes) { pending_.append(bytes); }
    // The next whole line as fields; nullopt of the outer: more bytes are needed, or the end came.
    // A field without value is NULL. `quoted` tells fields that csv had in quotes.
    struct fields {
        std::vector<std::optional<std::string>> values;
        std::vector<bool> quoted;
    };
    // `ended`: no more bytes will come.
    sql_result<std::optional<fields>> next(bool ended);
    std::uint64_t line() const noexcept { return line_; }
    std::string const& text() const noexcept { return text_; }  // of that line
    bool finished() const noexcept { return finished_; }  // after "\."

private:
    std::size_t end_of_line(bool ended, bool& incomplete);
    sql_result<fields> split_text(std::string_view line) const;
    sql_result<fields> split_csv(std::string_view line) const;

    copy_options options_;
    copy_limits limits_;
    std::string pending_;
    std::size_t at_ = 0;
    std::uint64_t line_ = 0;
    std::string text_;
    bool finished_ = false;
};

// Appends one row's line, with its end.
void append_copy_line(copy_options const& options,
                      std::vector<std::optional<std::string>> const& values,
                      std::vector<bool> const& force_quote, std::string& out);

}  // namespace sluice::sql
