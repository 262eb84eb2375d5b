// Regular expressions: the first byte chooses the options, the first line is the pattern, the rest the
// text. Small limits: what is too complex is refused with a SQLSTATE. A match lies within the text, its
// groups within the match, and searching again finds it again.
#include "protocols/sql/functions/regular_nodes.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

sql::expression_options options_by(std::uint8_t choice) {
    sql::expression_options options;
    options.ignore_case = (choice & 1U) != 0;
    options.literal = (choice & 2U) != 0;
    options.newline_stops = (choice & 4U) != 0;
    options.newline_anchors = (choice & 8U) != 0;
    options.expanded = (choice & 16U) != 0;
    return options;
}

void check_tree(sql::regular_tree const& tree) {
    auto const nodes = tree.nodes.size();
    fuzz::expect(tree.root < nodes);
    for (auto const& node : tree.nodes) {
        fuzz::expect(node.left < nodes && node.right < nodes);
        fuzz::expect(node.what != sql::node_kind::set || node.set < tree.sets.size());
        fuzz::expect(node.capture <= tree.captures && node.minimum >= 0);
        fuzz::expect(node.maximum < 0 || node.maximum >= node.minimum);
    }
}

void expect_sqlstate(sql::sql_error const& error) {
    fuzz::expect(std::string_view(error.sqlstate).size() == 5 && !error.message.empty());
}

void check_span(sql::match_span const& span, sql::match_span const& within) {
    if (span.begin < 0) return;
    fuzz::expect(span.begin <= span.end && span.begin >= within.begin && span.end <= within.end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const options = options_by(data[0]);
    auto const input = fuzz::text_of(data + 1, size - 1);
    auto const pattern = input.substr(0, input.find('\n'));
    auto const subject = input.substr(std::min(input.size(), pattern.size() + 1));
    sql::expression_limits limits;
    limits.states = 2'000;
    limits.nesting = 50;
    limits.steps = 200'000;
    auto const tree = sql::parse_regular(sql::characters_of(pattern), options, limits);
    if (tree.has_error()) {
        expect_sqlstate(tree.error());
        return 0;
    }
    check_tree(*tree);
    auto const compiled = sql::compile_regular(pattern, options, limits);
    if (compiled.has_error()) {
        expect_sqlstate(compiled.error());
        return 0;
    }
    auto const& made = *compiled;
    auto const text = sql::characters_of(subject);
    std::vector<sql::match_span> groups, again;
    auto const found = made->search(text, 0, true, groups);
    if (found.has_error()) {
        expect_sqlstate(found.error());
        return 0;
    }
    if (!*found) return 0;
    sql::match_span const all{0, static_cast<std::ptrdiff_t>(text.size())};
    fuzz::expect(groups.size() == made->group_count() + 1);
    for (auto const& group : groups) check_span(group, all);
    auto const once_more = made->search(text, 0, false, again);
    if (once_more.has_value())
        fuzz::expect(*once_more && again.at(0).begin == groups[0].begin &&
                     again.at(0).end == groups[0].end);
    return 0;
}
