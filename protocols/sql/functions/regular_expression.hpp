// PostgreSQL's advanced regular expressions (manual 9.7.3): leftmost match, then longest or
// shortest by the expression's own preference, subexpressions divided by theirs. Matching simulates
// an automaton: no backtracking, time bounded by a step budget. Back references are refused
// (0A000). An object belongs to one thread; find_expression keeps the recently used ones of the
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

struct expression_options {
    bool ignore_case = false;
    bool literal = false;
    bool basic = false;            // BRE: refused
    bool newline_stops = false;    // . and [^ do not match a newline
    bool newline_anchors = false;  // ^ and $ match at newlines
    bool expanded = false;
    bool operator==(expression_options const&) const = default;
};

struct expression_limits {
    std::size_t states = 100'000;
    std::size_t nesting = 500;
    std::uint64_t steps = 400'000'000;  // of one search
};

struct match_span {
    std::ptrdiff_t begin = -1, end = -1;  // characters; -1: took no part
};

class regular_expression {
public:
    virtual ~regular_expression() = default;
    virtual std::size_t group_count() const = 0;
    // groups[0] is the match; the rest only where `want_groups`. False: no match. 54000: too
    // complex.
    virtual sql_result<bool> search(std::u32string_view text, std::size_t from, bool want_groups,
                                    std::vector<match_span>& groups) = 0;
};

sql_result<std::shared_ptr<regular_expression>> find_expression(std::string_view pattern,
                                                                expression_options options);

std::u32string characters_of(std::string_view utf8);
std::string utf8_of(std::u32string_view characters);

}  // namespace sluice::sql
