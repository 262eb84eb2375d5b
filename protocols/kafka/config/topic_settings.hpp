// Which configurations a topic may be given: those with an effect here within their bounds, all
// others at Kafka's default only, so that nothing is accepted and then ignored. And what a topic's
// and the server's configuration say when they are described. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/model/topic_info.hpp"
#include "gateway/core/result.hpp"
#include "protocols/kafka/config/config_table.hpp"
#include "protocols/kafka/kafka_options.hpp"

namespace sluice::kafka {

struct topic_settings {
    std::map<std::string, std::string> given;
    store::topic_retention retention;
};
using given_configs = std::map<std::string, std::optional<std::string>>;

// invalid_argument: the text names the configuration and says why.
result<topic_settings> check_topic_settings(given_configs const& given,
                                            kafka_options const& options);

struct described_config {
    config_row const* row = nullptr;
    std::optional<std::string> value;
    config_source source = config_source::default_;
    struct synonym {
        std::string name;
        std::optional<std::string> value;
        config_source source;
    };
    std::vector<synonym> synonyms;  // the one in force first
};
std::vector<described_config> describe_topic_configs(store::topic_info const& topic,
                                                     kafka_options const& options);
// `listener`: "SASL_PLAINTEXT://host:port".
std::vector<described_config> describe_broker_configs(kafka_options const& options,
                                                      std::string const& listener);

// Of any consumer group: the server's, which hold for all (KIP-848, the times of members).
std::vector<described_config> describe_group_configs(kafka_options const& options);

}  // namespace sluice::kafka
