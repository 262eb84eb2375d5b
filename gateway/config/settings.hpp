// All settings as one plain value, and the table that describes them (settings.def is the only
// declaration). Wiring copies from here into the options of each module; no module reads settings
// itself. Plain data, no thread rule.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/config/setting_value.hpp"

namespace sluice::gateway {

struct settings {
    settings();  // the defaults

#define SLUICE_SETTING(kind, member, key, default_text, minimum, maximum, help) \
    setting_type_t<setting_kind::kind> member{};
#include "gateway/config/settings.def"
#undef SLUICE_SETTING
};

struct setting_description {
    setting_kind kind;
    std::string_view key;
    std::string_view default_text;
    std::string_view minimum, maximum;  // empty: no bound
    std::string_view help;
    // Parses and checks the bounds; the failure's text lacks the key.
    result<void> (*assign)(settings&, std::string_view text);
    std::string (*render)(settings const&);

    std::string environment_name() const;  // s3.port -> SLUICE_S3_PORT
    std::string flag_name() const;         // s3.port -> --s3-port
    std::string_view table() const;        // s3.port -> s3, data -> empty
    std::string_view name() const;         // s3.port -> port
};

// In the order of the declaration: keys without a table first, each table's keys together.
std::span<setting_description const> all_settings() noexcept;

// nullptr: no such key.
setting_description const* find_setting(std::string_view key) noexcept;

// What no single setting can tell: certificate without key, a listen address that is none, two equal
// ports. invalid_argument names the keys.
result<void> validate(settings const&);

}  // namespace sluice::gateway
