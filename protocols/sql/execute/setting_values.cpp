#include "protocols/sql/execute/setting_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "protocols/sql/types/time_zone.hpp"

namespace sluice::sql {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text) {
    auto const first = text.find_first_not_of(" \t\n\r\f\v");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n\r\f\v") - first + 1);
}

constexpr std::array served_names{
    "application_name", "client_encoding", "client_min_messages", "DateStyle",
    "default_transaction_deferrable", "default_transaction_isolation",
    "default_transaction_read_only", "extra_float_digits", "bytea_output", "IntervalStyle",
    "TimeZone", "search_path", "standard_conforming_strings", "statement_timeout", "lock_timeout",
    "transaction_isolation", "transaction_read_only", "transaction_deferrable"};

// Categories and names whose every value is true here: they choose plans and memory, or say what
// there is nothing of.
constexpr std::array tuning_categories{"Query Tuning", "Resource Usage"};
constexpr std::array tuning_names{
    "synchronous_commit", "jit", "row_security", "synchronize_seqscans", "escape_string_warning",
    "check_function_bodies", "commit_delay", "commit_siblings", "gin_pending_list_limit",
    "vacuum_freeze_min_age", "vacuum_freeze_table_age", "default_toast_compression"};

struct unit {
    std::string_view name;
    double factor;  // of the base unit (ms or B)
};
constexpr std::array time_units{unit{"us", 0.001}, unit{"ms", 1},         unit{"s", 1000},
                                unit{"min", 60000}, unit{"h", 3600000}, unit{"d", 86400000}};
constexpr std::array memory_units{unit{"B", 1}, unit{"kB", 1024}, unit{"8kB", 8192},
                                  unit{"MB", 1048576}, unit{"16MB", 16777216},
                                  unit{"GB", 1073741824}, unit{"TB", 1099511627776.0}};

template <std::size_t n>
double factor_of(std::array<unit, n> const& units, std::string_view name) {
    for (auto const& each : units)
        if (each.name == name) return each.factor;
    return 0;
}

// What one of `row.unit` is of the other unit; 0: the units do not fit.
double scale(setting_row const& row, std::string_view from) {
    auto const base = factor_of(time_units, row.unit);
    if (base != 0) return factor_of(time_units, from) / base;
    auto const memory = factor_of(memory_units, row.unit);
    if (memory != 0 && from != "8kB" && from != "16MB") return factor_of(memory_units, from) / memory;
    return 0;
}

sql_error invalid_value(setting_row const& row, std::string_view given) {
    return sql_error("22023", "invalid value for parameter \"" + std::string(row.name) + "\": \"" +
                                  std::string(given) + "\"");
}

std::optional<bool> parse_boolean(std::string_view given) {
    auto const text = lower(trimmed(given));
    auto starts = [&](std::string_view whole, std::size_t least) {
        return text.size() >= least && whole.substr(0, text.size()) == text;
    };
    if (starts("true", 1) || starts("yes", 1) || text == "on" || text == "1") return true;
    if (starts("false", 1) || starts("no", 1) || starts("off", 2) || text == "0") return false;
    return std::nullopt;
}

std::string number_text(double value) {
    char raw[40];
    auto const written = std::snprintf(raw, sizeof raw, "%g", value);
    return std::string(raw, static_cast<std::size_t>(written));
}

sql_result<std::string> checked_number(setting_row const& row, std::string_view given) {
    auto const text = trimmed(given);
    double value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || !std::isfinite(value)) return invalid_value(row, given);
    auto const rest = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
    if (!rest.empty()) {
        auto const factor = row.unit.empty() ? 0 : scale(row, rest);
        if (factor == 0) {
            auto refusal = invalid_value(row, given);
            if (!row.unit.empty())
                refusal.hint = factor_of(time_units, row.unit) != 0
                                   ? "Valid units for this parameter are \"us\", \"ms\", \"s\", "
                                     "\"min\", \"h\", and \"d\"."
                                   : "Valid units for this parameter are \"B\", \"kB\", \"MB\", "
                                     "\"GB\", and \"TB\".";
            return refusal;
        }
        value *= factor;
    }
    bool const integral = row.kind == "integer";
    if (integral) value = std::nearbyint(value);
    double least = 0, most = 0;
    std::from_chars(row.minimum.data(), row.minimum.data() + row.minimum.size(), least);
    std::from_chars(row.maximum.data(), row.maximum.data() + row.maximum.size(), most);
    if (value < least || value > most) {
        auto const with_unit = row.unit.empty() ? std::string() : " " + std::string(row.unit);
        return sql_error("22023", number_text(value) + with_unit +
                                      " is outside the valid range for parameter \"" +
                                      std::string(row.name) + "\" (" + std::string(row.minimum) +
                                      " .. " + std::string(row.maximum) + ")");
    }
    if (integral) return std::to_string(static_cast<std::int64_t>(value));
    return number_text(value);
}

std::vector<std::string> choices_of(setting_row const& row) {
    std::vector<std::string> out;
    auto text = row.choices;
    if (text.size() >= 2 && text.front() == '{') text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
        auto const comma = text.find(',');
        auto one = text.substr(0, comma);
        if (one.size() >= 2 && one.front() == '"') one = one.substr(1, one.size() - 2);
        out.emplace_back(one);
        if (comma == std::string_view::npos) break;
        text = text.substr(comma + 1);
    }
    return out;
}

sql_result<std::string> checked_choice(setting_row const& row, std::string_view given) {
    auto const wanted = lower(given);
    auto const choices = choices_of(row);
    for (auto const& choice : choices)
        if (lower(choice) == wanted) return choice;
    // Boolean spellings of enums that have on and off.
    if (auto const truth = parse_boolean(given))
        for (auto const& choice : choices)
            if (choice == (*truth ? "on" : "off")) return choice;
    auto refusal = invalid_value(row, given);
    refusal.hint = "Available values: ";
    for (std::size_t i = 0; i < choices.size(); ++i)
        refusal.hint += (i == 0 ? "" : ", ") + choices[i];
    refusal.hint += ".";
    return refusal;
}

sql_result<std::string> checked_text(setting_row const& row, std::string_view given,
                                     std::string_view now) {
    if (row.name == "DateStyle") {
        auto style = checked_date_style(given, now);
        if (!style) return invalid_value(row, given);
        return std::move(*style);
    }
    if (row.name == "TimeZone") {
        auto const zone = find_time_zone(given);
        if (!zone) return invalid_value(row, given);
        return zone->name();
    }
    if (row.name == "client_encoding") {
        auto name = lower(given);
        std::erase_if(name, [](char c) { return c == '-' || c == '_' || c == ' '; });
        if (name == "utf8" || name == "unicode") return std::string("UTF8");
        return sql_error("0A000", "client_encoding \"" + std::string(given) + "\" is not served")
            .with_hint("Sluice speaks UTF8 only.");
    }
    if (row.name == "application_name") {
        std::string out(given.substr(0, 63));
        for (auto& c : out)
            if (c < 32 || c > 126) c = '?';
        return out;
    }
    return std::string(given);
}

}  // namespace

setting_effect effect_of(setting_row const& row) noexcept {
    for (std::string_view const name : served_names)
        if (row.name == name) return setting_effect::served;
    for (std::string_view const name : tuning_names)
        if (row.name == name) return setting_effect::tuning;
    for (std::string_view const category : tuning_categories)
        if (row.category.substr(0, category.size()) == category) return setting_effect::tuning;
    return setting_effect::fixed;
}

std::vector<std::string_view> const& reported_setting_names() {
    static std::vector<std::string_view> const names{
        "application_name", "client_encoding", "DateStyle", "default_transaction_read_only",
        "in_hot_standby", "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding",
        "server_version", "session_authorization", "standard_conforming_strings", "TimeZone"};
    return names;
}

bool is_reported(std::string_view name) noexcept {
    auto const& names = reported_setting_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

sql_result<std::string> checked_setting(setting_row const& row, std::string_view given,
                                        std::string_view now) {
    auto const name = std::string(row.name);
    if (row.context == "internal")
        return sql_error("55P02", "parameter \"" + name + "\" cannot be changed");
    if (row.context == "postmaster")
        return sql_error("55P02",
                         "parameter \"" + name + "\" cannot be changed without restarting the server");
    if (row.context == "sighup")
        return sql_error("55P02", "parameter \"" + name + "\" cannot be changed now");
    sql_result<std::string> kept = std::string();
    if (row.kind == "bool") {
        auto const truth = parse_boolean(given);
        if (!truth)
            return sql_error("22023", "parameter \"" + name + "\" requires a Boolean value");
        kept = std::string(*truth ? "on" : "off");
    } else if (row.kind == "integer" || row.kind == "real") {
        kept = checked_number(row, given);
    } else if (row.kind == "enum") {
        kept = checked_choice(row, given);
    } else {
        kept = checked_text(row, given, now);
    }
    if (kept.has_error()) return kept;
    bool const changes = *kept != now;
    if (changes && (effect_of(row) == setting_effect::fixed || name == "standard_conforming_strings"))
        return sql_error("0A000", "parameter \"" + name + "\" cannot be set to \"" + *kept +
                                      "\": it has no effect in Sluice");
    if (name.ends_with("transaction_isolation") && *kept == "serializable")
        return sql_error("0A000", "isolation level SERIALIZABLE is not served")
            .with_hint("Use REPEATABLE READ.");
    return kept;
}

std::string shown_setting(setting_row const& row, std::string_view kept) {
    if (row.unit.empty() || row.kind != "integer") return std::string(kept);
    std::int64_t value = 0;
    std::from_chars(kept.data(), kept.data() + kept.size(), value);
    if (value <= 0) return std::string(kept);
    bool const is_time = factor_of(time_units, row.unit) != 0;
    auto const base = is_time ? factor_of(time_units, row.unit) : factor_of(memory_units, row.unit);
    auto const total = static_cast<double>(value) * base;
    auto best = [&](auto const& units) {
        for (auto each = units.rbegin(); each != units.rend(); ++each) {
            if (each->name == "8kB" || each->name == "16MB") continue;
            auto const count = total / each->factor;
            if (count >= 1 && count == std::floor(count))
                return std::to_string(static_cast<std::int64_t>(count)) + std::string(each->name);
        }
        return std::string(kept);
    };
    return is_time ? best(time_units) : best(memory_units);
}

std::string boot_setting(setting_row const& row) {
    if (row.name == "client_encoding" || row.name == "server_encoding") return "UTF8";
    if (row.name == "TimeZone") return "UTC";
    if (row.name == "application_name") return "";
    if (row.name == "search_path" || row.name == "DateStyle") return std::string(row.boot);
    if (row.name == "lc_collate" || row.name == "lc_ctype" || row.name.starts_with("lc_"))
        return "C.UTF-8";
    if (row.name == "server_version") return "15.0";
    if (row.name == "server_version_num") return "150000";
    if (row.context == "internal") return std::string(row.setting);
    if (row.name.ends_with("transaction_isolation")) return "read committed";
    return std::string(row.boot);
}

std::optional<std::string> checked_date_style(std::string_view given, std::string_view now) {
    auto const comma = now.find(',');
    std::string style(now.substr(0, comma));
    std::string order(comma == std::string_view::npos ? "MDY" : trimmed(now.substr(comma + 1)));
    auto rest = given;
    while (true) {
        auto const at = rest.find(',');
        auto const word = lower(trimmed(rest.substr(0, at)));
        if (word == "iso") style = "ISO";
        else if (word == "sql") style = "SQL";
        else if (word.starts_with("postgres")) style = "Postgres";
        else if (word == "german") {
            style = "German";
            if (given.find(',') == std::string_view::npos) order = "DMY";
        } else if (word == "ymd") order = "YMD";
        else if (word == "dmy" || word.starts_with("euro")) order = "DMY";
        else if (word == "mdy" || word == "us" || word.starts_with("noneuro")) order = "MDY";
        else if (word == "default") style = "ISO", order = "MDY";
        else return std::nullopt;
        if (at == std::string_view::npos) break;
        rest = rest.substr(at + 1);
    }
    return style + ", " + order;
}

session_style style_of(style_settings const& from) {
    session_style out;
    auto const& dates = from.date_style;
    out.dates = dates.starts_with("SQL")        ? date_style::sql
                : dates.starts_with("Postgres") ? date_style::postgres
                : dates.starts_with("German")   ? date_style::german
                                                : date_style::iso;
    out.order = dates.ends_with("DMY")   ? date_order::dmy
                : dates.ends_with("YMD") ? date_order::ymd
                                         : date_order::mdy;
    auto const& intervals = from.interval_style;
    out.intervals = intervals == "postgres_verbose" ? interval_style::postgres_verbose
                    : intervals == "sql_standard"   ? interval_style::sql_standard
                    : intervals == "iso_8601"       ? interval_style::iso_8601
                                                    : interval_style::postgres;
    out.bytea_hex = from.bytea_output != "escape";
    auto const& digits = from.extra_float_digits;
    std::from_chars(digits.data(), digits.data() + digits.size(), out.extra_float_digits);
    out.zone = find_time_zone(from.time_zone);
    return out;
}

sql_error unknown_setting(std::string_view name) {
    return sql_error("42704",
                     "unrecognized configuration parameter \"" + std::string(name) + "\"");
}

}  // namespace sluice::sql
