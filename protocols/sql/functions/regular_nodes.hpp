// The syntax tree of a regular expression and its parser. Nodes refer to each other by index.
#pragma once

#include <cstdint>
#include <vector>

#include "protocols/sql/functions/regular_expression.hpp"

namespace sluice::sql {

struct character_set {
    std::vector<std::pair<char32_t, char32_t>> ranges;
    std::vector<std::pair<char, bool>> classes;  // d s w or a POSIX class's letter; true: negated
    bool negated = false;
    bool any = false;
    bool excludes_newline = false;
    bool has(char32_t c, bool ignore_case) const;
};

enum class node_kind : std::uint8_t { empty, set, concat, alternate, repeat, group, anchor, look };
enum class anchor_kind : std::uint8_t {
    line_begin,
    line_end,
    text_begin,
    text_end,
    word_begin,
    word_end,
    boundary,
    no_boundary
};
enum class preference : std::uint8_t { none, longest, shortest };

struct regular_node {
    node_kind what = node_kind::empty;
    std::uint32_t left = 0, right = 0;  // concat, alternate; repeat, group, look: left
    std::uint32_t set = 0;
    int minimum = 0, maximum = -1;  // repeat; -1: no end
    bool greedy = true;
    std::uint32_t capture = 0;  // group; 0: none
    anchor_kind anchor{};
    bool ahead = true, negative = false;  // look
    bool has_capture = false;
    preference prefers = preference::none;
};

struct regular_tree {
    std::vector<regular_node> nodes;
    std::vector<character_set> sets;
    std::uint32_t root = 0;
    std::size_t captures = 0;
    expression_options options;
};

sql_result<regular_tree> parse_regular(std::u32string_view pattern, expression_options options,
                                       expression_limits const& limits);

// Not kept. 2201B; too complex for `limits` too.
sql_result<std::shared_ptr<regular_expression>> compile_regular(std::string_view pattern,
                                                                expression_options options,
                                                                expression_limits const& limits);

bool is_word_character(char32_t) noexcept;

}  // namespace sluice::sql
