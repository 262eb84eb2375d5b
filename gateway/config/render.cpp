#include "gateway/config/render.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t comment_columns = 100;

// `text` as comment lines, broken at spaces.
void append_comment(std::string& out, std::string_view text) {
    while (!text.empty()) {
        auto line = text.substr(0, comment_columns - 2);
        if (line.size() < text.size()) {
            auto const space = line.rfind(' ');
            if (space != line.npos) line = line.substr(0, space);
        }
        out.append("# ").append(line).append("\n");
        text.remove_prefix(line.size());
        while (text.starts_with(' ')) text.remove_prefix(1);
    }
}

std::string bounds_of(setting_description const& row) {
    std::string out(name_of(row.kind));
    if (!row.minimum.empty()) out.append(", at least ").append(row.minimum);
    if (!row.maximum.empty()) out.append(", at most ").append(row.maximum);
    return out;
}

void append_table_header(std::string& out, setting_description const& row, std::string_view& table) {
    if (row.table() == table) return;
    table = row.table();
    out.append("\n[").append(table).append("]\n");
}

}  // namespace

std::string sample_file() {
    std::string out =
        "# All settings of Sluice at their defaults, printed by `sluice config --sample`.\n"
        "# A flag beats the environment, the environment beats this file. Unknown keys are refused.\n";
    std::string_view table;
    for (auto const& row : all_settings()) {
        append_table_header(out, row, table);
        out += '\n';
        append_comment(out, row.help);
        append_comment(out, bounds_of(row) + "; " + row.environment_name() + ", " + row.flag_name());
        out.append("#").append(row.name()).append(" = ");
        out.append(toml_literal(row.kind, row.default_text)).append("\n");
    }
    return out;
}

std::string effective_file(loaded_settings const& loaded) {
    std::string out;
    std::string_view table;
    auto const rows = all_settings();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        append_table_header(out, rows[i], table);
        auto const text = rows[i].render(loaded.values);
        bool const masked = rows[i].kind == setting_kind::secret && !text.empty();
        out.append(rows[i].name()).append(" = ");
        out.append(toml_literal(rows[i].kind, masked ? "********" : text));
        out.append("  # ").append(name_of(loaded.sources[i])).append("\n");
    }
    return out;
}

}  // namespace sluice::gateway
