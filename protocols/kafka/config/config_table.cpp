#include "protocols/kafka/config/config_table.hpp"

#include <algorithm>
#include <array>

namespace sluice::kafka {
namespace {

constexpr std::optional<std::string_view> text(std::string_view value) { return value; }
constexpr std::optional<std::string_view> null{};

constexpr std::array rows{
#define SLUICE_KAFKA_CONFIG(scope, name, type, value, sensitive, read_only, synonyms) \
    config_row{config_scope::scope, name, config_type::type, value, sensitive, read_only, synonyms},
#include "protocols/kafka/config/kafka_configs.def"
#undef SLUICE_KAFKA_CONFIG
};
constexpr auto first_broker = static_cast<std::size_t>(
    std::find_if(rows.begin(), rows.end(),
                 [](auto const& row) { return row.scope == config_scope::broker; }) -
    rows.begin());

}  // namespace

std::span<config_row const> config_rows(config_scope scope) noexcept {
    std::span<config_row const> const all(rows);
    return scope == config_scope::topic ? all.first(first_broker) : all.subspan(first_broker);
}

config_row const* find_config(config_scope scope, std::string_view name) noexcept {
    for (auto const& row : config_rows(scope))
        if (row.name == name) return &row;
    return nullptr;
}

}  // namespace sluice::kafka
