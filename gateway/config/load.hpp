// Settings from their four layers: a flag beats the environment, the environment beats the file, the
// file beats the default. Unknown keys in the file are refused with their line. Environment variables that
// start with SLUICE_ and name no setting are reported, not refused: container platforms invent such names
// for a service called sluice. Used at start-up, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/settings.hpp"

namespace sluice::gateway {

enum class setting_source : std::uint8_t { default_value, file, environment, flag };
std::string_view name_of(setting_source) noexcept;

// Key and text, as given.
using setting_texts = std::vector<std::pair<std::string, std::string>>;

struct setting_layers {
    std::string file_path;      // empty: no file
    setting_texts environment;  // names and values of the process environment, all of it
    setting_texts flags;        // keys (not flag names) and values
};

struct loaded_settings {
    settings values;
    std::vector<setting_source> sources;                // parallel to all_settings()
    std::vector<std::string> unknown_environment_names;  // SLUICE_* that nothing reads
};

// The keys and values of one TOML file; values of any other type than text, whole number and boolean
// and keys that no setting has are refused. At most 1 MiB.
result<setting_texts> read_settings_file(std::string const& path);
result<setting_texts> parse_settings_text(std::string_view toml, std::string_view name);

result<loaded_settings> load_settings(setting_layers);

// This process's environment.
setting_texts process_environment();

}  // namespace sluice::gateway
