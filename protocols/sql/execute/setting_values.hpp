// What a configuration parameter may be set to and how it is shown: the rows of pg_settings give
// kind, unit, range and choices; this file says which of them have an effect here. PostgreSQL 15
// manual, chapter 20 ("Setting Parameters", units) and the texts of guc.c's errors.
//
// A parameter is served (it changes what we do), tuning (it may change plans and speed only, so any
// valid value is true), or fixed: only the value it has is accepted, another is refused 0A000.
// Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/catalog/builtin_rows.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

enum class setting_effect : std::uint8_t { served, tuning, fixed };

setting_effect effect_of(setting_row const&) noexcept;
// In the order of the start-up messages of PostgreSQL 15.
std::vector<std::string_view> const& reported_setting_names();
bool is_reported(std::string_view name) noexcept;

// The value as it is kept (22023 and the like), or the refusal. `now`: the value it has.
sql_result<std::string> checked_setting(setting_row const& row, std::string_view given,
                                        std::string_view now);
// As SHOW prints a kept value: "5s" for 5000 with unit ms.
std::string shown_setting(setting_row const& row, std::string_view kept);
// Where PostgreSQL's default is not ours.
std::string boot_setting(setting_row const& row);

// DateStyle's two parts; nullopt: not a DateStyle. Parts that are not named stay as in `now`.
std::optional<std::string> checked_date_style(std::string_view given, std::string_view now);

// The style that the settings' kept values mean.
struct style_settings {
    std::string_view date_style, interval_style, bytea_output, extra_float_digits, time_zone;
};
session_style style_of(style_settings const&);

sql_error unknown_setting(std::string_view name);

}  // namespace sluice::sql
