#include "gateway/config/load.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

namespace sluice::gateway {
namespace {

// Read by run.sh, the command line and tests, not settings of the server.
constexpr std::array<std::string_view, 3> other_environment_names{"SLUICE_BINARY", "SLUICE_CONFIG",
                                                                  "SLUICE_UPDATE_GOLDEN"};

std::size_t position_of(setting_description const& row) {
    return static_cast<std::size_t>(&row - all_settings().data());
}

result<void> assign(loaded_settings& into, setting_description const& row, std::string_view text,
                    setting_source source, std::string_view where) {
    auto const assigned = row.assign(into.values, text);
    if (assigned.has_error())
        return failure{error::invalid_argument, std::string(where) + ": " + assigned.error().text};
    into.sources[position_of(row)] = source;
    return {};
}

result<void> assign_environment(loaded_settings& into, setting_texts const& environment) {
    for (auto const& [name, text] : environment) {
        if (!name.starts_with("SLUICE_")) continue;
        auto const rows = all_settings();
        auto const row = std::find_if(rows.begin(), rows.end(), [&name = name](auto const& candidate) {
            return candidate.environment_name() == name;
        });
        if (row != rows.end()) {
            SLUICE_CHECK(assign(into, *row, text, setting_source::environment, name));
        } else if (std::find(other_environment_names.begin(), other_environment_names.end(), name) ==
                   other_environment_names.end()) {
            into.unknown_environment_names.push_back(name);
        }
    }
    return {};
}

}  // namespace

std::string_view name_of(setting_source source) noexcept {
    switch (source) {
        case setting_source::default_value: return "default";
        case setting_source::file: return "file";
        case setting_source::environment: return "environment";
        case setting_source::flag: return "flag";
    }
    return "default";
}

result<loaded_settings> load_settings(setting_layers layers) {
    loaded_settings loaded;
    loaded.sources.assign(all_settings().size(), setting_source::default_value);
    if (!layers.file_path.empty()) {
        SLUICE_TRY(auto const texts, read_settings_file(layers.file_path));
        for (auto const& [key, text] : texts) {
            SLUICE_CHECK(assign(loaded, *find_setting(key), text, setting_source::file,
                                layers.file_path + ": " + key));
        }
    }
    SLUICE_CHECK(assign_environment(loaded, layers.environment));
    for (auto const& [key, text] : layers.flags) {
        auto const* row = find_setting(key);
        if (!row) return failure{error::invalid_argument, "no setting is called '" + key + "'"};
        SLUICE_CHECK(assign(loaded, *row, text, setting_source::flag, row->flag_name()));
    }
    SLUICE_CHECK(validate(loaded.values));
    return loaded;
}

setting_texts process_environment() {
    setting_texts out;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view const text = *entry;
        auto const equals = text.find('=');
        if (equals != text.npos) out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

}  // namespace sluice::gateway
