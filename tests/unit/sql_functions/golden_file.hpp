// Lines of tests/golden/sql/*.golden: PostgreSQL's answers, replayed without it.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

inline std::vector<std::string> split(std::string const& text, char separator) {
    std::vector<std::string> parts(1);
    for (char const c : text) {
        if (c == separator)
            parts.emplace_back();
        else
            parts.back().push_back(c);
    }
    return parts;
}

inline std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out.push_back(text[i]);
            continue;
        }
        switch (text[++i]) {
            case 't':
                out.push_back('\t');
                break;
            case 'n':
                out.push_back('\n');
                break;
            case 'r':
                out.push_back('\r');
                break;
            case 'p':
                out.push_back('|');
                break;
            default:
                out.push_back(text[i]);
        }
    }
    return out;
}

inline std::vector<std::vector<std::string>> golden_lines(char const* path) {
    std::ifstream file(path);
    std::vector<std::vector<std::string>> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(split(line, '\t'));
    return lines;
}

inline session_style style_of(std::string const& settings) {
    session_style style;
    std::map<std::string, std::string> values;
    std::istringstream in(settings);
    for (std::string each; std::getline(in, each, ';');) {
        auto const equals = each.find('=');
        auto const name = each.substr(each.find_first_not_of(' '),
                                      each.find(' ', 1) - each.find_first_not_of(' '));
        auto value = each.substr(each.find_first_not_of(" ", equals + 1));
        if (value[0] == '\'') value = value.substr(1, value.size() - 2);
        values[name] = value;
    }
    if (values.contains("TimeZone")) style.zone = find_time_zone(values["TimeZone"]);
    auto const dates = values["DateStyle"];
    if (dates.find("SQL") != std::string::npos) style.dates = date_style::sql;
    if (dates.find("German") != std::string::npos) {
        style.dates = date_style::german;
        style.order = date_order::dmy;
    }
    if (dates.find("Postgres") != std::string::npos) style.dates = date_style::postgres;
    if (dates.find("DMY") != std::string::npos) style.order = date_order::dmy;
    if (dates.find("YMD") != std::string::npos) style.order = date_order::ymd;
    auto const intervals = values["IntervalStyle"];
    if (intervals == "postgres_verbose") style.intervals = interval_style::postgres_verbose;
    if (intervals == "sql_standard") style.intervals = interval_style::sql_standard;
    if (intervals == "iso_8601") style.intervals = interval_style::iso_8601;
    if (values["bytea_output"] == "escape") style.bytea_hex = false;
    if (values.contains("extra_float_digits"))
        style.extra_float_digits = std::stoi(values["extra_float_digits"]);
    return style;
}

inline sql_type type_of(std::string const& text) {
    auto const parts = split(text, ':');
    return {type_oid{static_cast<std::uint32_t>(std::stoul(parts[0]))}, std::stoi(parts[1])};
}

}  // namespace sluice::sql
