// The step before PostgreSQL's grammar: a statement over records is taken apart into words, and what
// that grammar does not know (S3Object[*].a[0], s._1, "Case", `2010-01-01T`, IS MISSING, x IN
// s.list) is written so that it does. Names, paths and literals become numbered identifiers ("p3",
// "l0", "f1"), so nothing that a client wrote reaches the grammar but its keywords, operators and
// punctuation. Pure function, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/records/value.hpp"

namespace sluice::sql::records {

struct path_step {
    enum class kind : std::uint8_t { name, index, any_index, any_name };
    kind what = kind::name;
    std::string name;
    bool exact = false;  // quoted: case matters
    std::int64_t index = 0;
};
// s.a[0]."B"[*]; the first step is a name. A single name may turn out to be an alias, a type or a
// part of a date.
struct path {
    std::vector<path_step> steps;
    bool is_name() const noexcept { return steps.size() == 1; }
};

struct lexed_statement {
    std::string text;  // for the grammar
    std::vector<path> paths;
    std::vector<value> literals;         // strings, numbers, timestamps
    std::vector<std::string> functions;  // in lower case

    // Where a character of `text` came from: byte in the statement.
    struct origin {
        std::size_t in_text = 0;
        std::size_t in_statement = 0;
        std::size_t length = 0;
    };
    std::vector<origin> origins;
};

struct statement_limits {
    std::size_t statement_bytes = 256 * 1024;  // S3's
    std::size_t depth = 200;                   // of expressions
    std::size_t list_elements = 10'000;
    std::size_t select_items = 10'000;
    std::size_t path_steps = 64;
};

record_result<lexed_statement> lex_statement(std::string_view statement,
                                             statement_limits const& limits);

// " at line 1, column 8"
std::string place_in(std::string_view statement, std::size_t byte);

}  // namespace sluice::sql::records
