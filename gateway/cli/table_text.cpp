#include "gateway/cli/table_text.hpp"

#include <algorithm>

namespace sluice::gateway {
namespace {

std::string_view value_of(control_fields const& row, std::string_view name) {
    for (auto const& [key, text] : row)
        if (key == name) return text;
    return {};
}

// Trailing spaces are cut: the last column is not padded.
void append_line(std::string& out, std::vector<std::string_view> const& cells,
                 std::vector<std::size_t> const& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line.append(cells[i]);
        line.append(widths[i] + 2 - std::min(widths[i], cells[i].size()), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.append(line).append("\n");
}

}  // namespace

std::string table_text(std::vector<control_fields> const& rows) {
    if (rows.empty()) return {};
    std::vector<std::string_view> names;
    for (auto const& field : rows.front()) names.push_back(field.first);
    std::vector<std::size_t> widths;
    for (auto const name : names) {
        auto width = name.size();
        for (auto const& row : rows) width = std::max(width, value_of(row, name).size());
        widths.push_back(width);
    }
    std::string out;
    append_line(out, names, widths);
    for (auto const& row : rows) {
        std::vector<std::string_view> cells;
        for (auto const name : names) cells.push_back(value_of(row, name));
        append_line(out, cells, widths);
    }
    return out;
}

}  // namespace sluice::gateway
