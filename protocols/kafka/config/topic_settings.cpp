#include "protocols/kafka/config/topic_settings.hpp"

#include <charconv>
#include <limits>

#include "backend/store/model/topic_batches.hpp"
#include "backend/store/model/topic_cleaning.hpp"

namespace sluice::kafka {
namespace {

// Numbers that have an effect. What is not listed here takes its default and nothing else.
struct number_rule {
    std::string_view name;
    std::int64_t least, most;
};
constexpr auto unbounded = std::numeric_limits<std::int64_t>::max();
constexpr number_rule numbers[] = {
    {"retention.ms", -1, unbounded},
    {"retention.bytes", -1, unbounded},
    {"max.message.bytes", 0, 2'147'483'647},
    {"message.timestamp.before.max.ms", 0, unbounded},
    {"message.timestamp.after.max.ms", 0, unbounded},
    {"delete.retention.ms", 0, unbounded},
    {"min.compaction.lag.ms", 0, unbounded},
    {"max.compaction.lag.ms", 1, unbounded},
    // How much may stand in the segment that retention and compaction leave alone: at most so much does,
    // because there is none.
    {"segment.bytes", 14, 2'147'483'647},
    {"segment.index.bytes", 4, 2'147'483'647},
    {"segment.jitter.ms", 0, unbounded},
    {"segment.ms", 1, unbounded},
};

number_rule const* find_number(std::string_view name) {
    for (auto const& rule : numbers)
        if (rule.name == name) return &rule;
    return nullptr;
}

std::optional<std::int64_t> as_number(std::string_view text) {
    std::int64_t value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

failure invalid(std::string const& name, std::string const& value, std::string const& why) {
    return failure{error::invalid_argument,
                   "Invalid value " + value + " for configuration " + name + ": " + why};
}

// Those that are no whole numbers. nullopt: another configuration.
std::optional<result<void>> check_other(std::string const& name, std::string const& value) {
    if (name == "cleanup.policy") {
        if (store::parse_cleanup_policy(value)) return result<void>{};
        return result<void>{invalid(name, value, "String must be one of: compact, delete")};
    }
    if (name == "min.cleanable.dirty.ratio") {
        if (store::parse_ratio(value)) return result<void>{};
        return result<void>{invalid(name, value, "a number from 0 to 1")};
    }
    if (name == "compression.type") {
        if (store::parse_compression_type(value)) return result<void>{};
        return result<void>{invalid(name, value, "String must be one of: uncompressed, zstd, lz4, "
                                                 "snappy, gzip, producer")};
    }
    if (name == "message.timestamp.type") {
        if (store::parse_timestamp_type(value)) return result<void>{};
        return result<void>{
            invalid(name, value, "String must be one of: CreateTime, LogAppendTime")};
    }
    return std::nullopt;
}

result<void> check_one(std::string const& name, std::string const& value,
                       kafka_options const& options) {
    auto const* row = find_config(config_scope::topic, name);
    if (row == nullptr)
        return failure{error::invalid_argument, "Unknown topic config name: " + name};
    if (auto const checked = check_other(name, value)) return *checked;
    auto const* rule = find_number(name);
    if (rule == nullptr) {
        if (row->default_value == value) return {};
        return failure{error::invalid_argument,
                       name + " can only be '" + std::string(row->default_value.value_or("")) +
                           "' on this server: other values have no effect yet"};
    }
    auto const number = as_number(value);
    if (!number)
        return invalid(name, value, "no number");
    if (*number < rule->least || *number > rule->most)
        return invalid(name, value, "at least " + std::to_string(rule->least));
    if (name == "max.message.bytes" && *number > static_cast<std::int64_t>(options.batch_bytes))
        return invalid(name, value,
                       "at most " + std::to_string(options.batch_bytes) +
                           " on this server (limits.store_append)");
    return {};
}

// The server's value of what a topic inherits; nullopt: Kafka's default holds.
std::optional<std::string> inherited(std::string_view name, kafka_options const& options) {
    if (name == "retention.ms") return std::to_string(options.retention_ms);
    if (name == "retention.bytes") return std::to_string(options.retention_bytes);
    if (name == "max.message.bytes") return std::to_string(options.message_bytes);
    return std::nullopt;
}

std::map<std::string, std::string, std::less<>> broker_values(kafka_options const& options,
                                                              std::string const& listener) {
    auto const minutes =
        std::chrono::duration_cast<std::chrono::minutes>(options.offsets_retention);
    auto const protocol = listener.substr(0, listener.find(':'));
    auto const node = std::to_string(this_node);
    auto const number = [](auto value) { return std::to_string(value); };
    return {
        {"advertised.listeners", listener},
        {"auto.create.topics.enable", options.auto_create_topics ? "true" : "false"},
        {"broker.id", node},
        {"connection.failed.authentication.delay.ms", number(options.refusal_delay.count())},
        {"connections.max.idle.ms", number(options.idle_deadline.count())},
        {"connections.max.reauth.ms", number(options.longest_login.count())},
        {"default.replication.factor", "1"},
        {"fetch.max.bytes", number(options.fetch_bytes)},
        {"group.consumer.heartbeat.interval.ms",
         number(options.consumers.heartbeat_interval.count())},
        {"group.consumer.max.size", number(options.consumers.max_size)},
        {"group.consumer.session.timeout.ms", number(options.consumers.session_timeout.count())},
        {"group.initial.rebalance.delay.ms",
         number(options.groups.initial_rebalance_delay.count())},
        {"group.max.session.timeout.ms", number(options.groups.max_session_timeout.count())},
        {"group.max.size", number(options.groups.max_size)},
        {"group.min.session.timeout.ms", number(options.groups.min_session_timeout.count())},
        {"listeners", listener},
        {"log.retention.bytes", number(options.retention_bytes)},
        {"log.retention.ms", number(options.retention_ms)},
        {"message.max.bytes", number(options.message_bytes)},
        {"node.id", node},
        {"num.partitions", number(options.default_partitions)},
        {"offset.metadata.max.bytes", number(options.offset_metadata_bytes)},
        {"offsets.retention.minutes", number(minutes.count())},
        {"offsets.topic.replication.factor", "1"},
        {"process.roles", "broker,controller"},
        {"sasl.enabled.mechanisms", "OAUTHBEARER,PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"},
        {"security.inter.broker.protocol", protocol},
        {"socket.request.max.bytes", number(options.frame_bytes)},
    };
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

result<topic_settings> check_topic_settings(given_configs const& given,
                                            kafka_options const& options) {
    topic_settings out;
    out.retention = {options.retention_ms, options.retention_bytes};
    for (auto const& [name, value] : given) {
        if (!value)
            return failure{error::invalid_argument,
                           "Null value not supported for topic configs: " + name};
        SLUICE_CHECK(check_one(name, *value, options));
        out.given.emplace(name, *value);
        if (name == "retention.ms") out.retention.milliseconds = *as_number(*value);
        if (name == "retention.bytes") out.retention.bytes = *as_number(*value);
    }
    auto const cleaning = store::cleaning_of(out.given);
    if (cleaning.lag_least_ms > cleaning.lag_most_ms)
        return failure{error::invalid_argument,
                       "conflict topic config setting min.compaction.lag.ms (" +
                           std::to_string(cleaning.lag_least_ms) + ") > max.compaction.lag.ms (" +
                           std::to_string(cleaning.lag_most_ms) + ")"};
    return out;
}

std::vector<described_config> describe_topic_configs(store::topic_info const& topic,
                                                     kafka_options const& options) {
    std::vector<described_config> out;
    for (auto const& row : config_rows(config_scope::topic)) {
        described_config one;
        one.row = &row;
        auto const from_server = inherited(row.name, options);
        std::string const name(row.name);
        auto const given = topic.settings.find(name);
        auto add = [&](std::string of, std::optional<std::string> value, config_source source) {
            if (one.synonyms.empty()) {
                one.value = value;
                one.source = source;
            }
            one.synonyms.push_back({std::move(of), std::move(value), source});
        };
        if (given != topic.settings.end()) add(name, given->second, config_source::topic);
        std::string const synonym(row.synonyms.substr(0, row.synonyms.find(',')));
        bool const differs = from_server && *from_server != row.default_value;
        if (differs) add(synonym, from_server, config_source::static_broker);
        add(synonym.empty() ? name : synonym, owned(row.default_value), config_source::default_);
        if (synonym.empty()) one.synonyms.pop_back();
        out.push_back(std::move(one));
    }
    return out;
}

std::vector<described_config> describe_broker_configs(kafka_options const& options,
                                                      std::string const& listener) {
    auto const values = broker_values(options, listener);
    std::vector<described_config> out;
    for (auto const& row : config_rows(config_scope::broker)) {
        described_config one;
        one.row = &row;
        one.value = owned(row.default_value);
        auto const own = values.find(row.name);
        if (own != values.end() && own->second != row.default_value) {
            one.value = own->second;
            one.source = config_source::static_broker;
            one.synonyms.push_back({std::string(row.name), one.value, one.source});
        }
        if (row.default_value)
            one.synonyms.push_back(
                {std::string(row.name), owned(row.default_value), config_source::default_});
        out.push_back(std::move(one));
    }
    return out;
}

std::vector<described_config> describe_group_configs(kafka_options const& options) {
    static constexpr config_row rows[] = {
        {config_scope::broker, "consumer.heartbeat.interval.ms", config_type::int_, "5000", false,
         true, "group.consumer.heartbeat.interval.ms"},
        {config_scope::broker, "consumer.session.timeout.ms", config_type::int_, "45000", false,
         true, "group.consumer.session.timeout.ms"}};
    std::chrono::milliseconds const values[] = {options.consumers.heartbeat_interval,
                                                options.consumers.session_timeout};
    std::vector<described_config> out;
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        described_config one;
        one.row = &rows[i];
        one.value = std::to_string(values[i].count());
        std::string const synonym(rows[i].synonyms);
        if (one.value != rows[i].default_value) {
            one.source = config_source::static_broker;
            one.synonyms.push_back({synonym, one.value, one.source});
        }
        one.synonyms.push_back({synonym, owned(rows[i].default_value), config_source::default_});
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace sluice::kafka
