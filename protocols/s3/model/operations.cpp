#include "protocols/s3/model/operations.hpp"

namespace sluice::s3 {
namespace {

std::string_view next_word(std::string_view& words) noexcept {
    auto const begin = words.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words = {};
    words.remove_prefix(begin);
    auto const word = words.substr(0, words.find(' '));
    words.remove_prefix(word.size());
    return word;
}

bool holds(std::string_view selector, selector_source const& request) {
    auto const kind = selector.front();
    selector.remove_prefix(1);
    if (kind == '#') return request.has_header(selector);
    auto const equals = selector.find('=');
    if (equals == std::string_view::npos) return request.has_query(selector);
    return request.query_equals(selector.substr(0, equals), selector.substr(equals + 1));
}

// The number of selectors, or -1 when one does not hold.
int matched_selectors(std::string_view selectors, selector_source const& request) {
    int matched = 0;
    for (auto word = next_word(selectors); !word.empty(); word = next_word(selectors), ++matched)
        if (!holds(word, request)) return -1;
    return matched;
}

bool matches(std::string_view pattern, std::string_view name) noexcept {
    if (!pattern.ends_with('*')) return pattern == name;
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool lists(std::string_view words, std::string_view name) noexcept {
    for (auto word = next_word(words); !word.empty(); word = next_word(words))
        if (matches(word, name)) return true;
    return false;
}

bool selects_by(std::string_view selectors, char kind, std::string_view name) noexcept {
    for (auto word = next_word(selectors); !word.empty(); word = next_word(selectors))
        if (word.front() == kind && word.substr(1, word.find('=') - 1) == name) return true;
    return false;
}

}  // namespace

operation_row const* find_operation(http::method method, resource_level level,
                                    selector_source const& request) {
    operation_row const* best = nullptr;
    int best_count = -1;
    for (auto const& row : operation_rows) {
        if (row.method != method || row.level != level || row.served == serving::alias) continue;
        auto const count = matched_selectors(row.selectors, request);
        if (count <= best_count) continue;
        best = &row;
        best_count = count;
    }
    return best;
}

bool row_takes_query(operation_row const& row, std::string_view name) noexcept {
    return selects_by(row.selectors, '?', name) ||
           (!name.starts_with("x-amz-") && lists(row.parameters, name));
}

bool row_takes_header(operation_row const& row, std::string_view lower_case_name) noexcept {
    return selects_by(row.selectors, '#', lower_case_name) ||
           lists(row.parameters, lower_case_name);
}

}  // namespace sluice::s3
