// Every configuration that a Kafka broker describes for itself and for its topics, with the
// defaults of the line that is followed (kafka_configs.def, made by take_configs.py). Pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::kafka {

enum class config_scope : std::uint8_t { topic, broker };

// As DescribeConfigs numbers them.
enum class config_type : std::int8_t {
    boolean_ = 1,
    string_ = 2,
    int_ = 3,
    short_ = 4,
    long_ = 5,
    double_ = 6,
    list_ = 7,
    class_ = 8,
    password_ = 9,
};
enum class config_source : std::int8_t {
    topic = 1,          // given for this topic
    static_broker = 4,  // the server's own configuration
    default_ = 5,
};

struct config_row {
    config_scope scope;
    std::string_view name;
    config_type type;
    std::optional<std::string_view> default_value;  // nullopt: null
    bool sensitive;
    bool read_only;
    std::string_view synonyms;  // names with commas
};

// By name within each scope.
std::span<config_row const> config_rows(config_scope scope) noexcept;
// nullptr: Kafka has none of that name.
config_row const* find_config(config_scope scope, std::string_view name) noexcept;

}  // namespace sluice::kafka
