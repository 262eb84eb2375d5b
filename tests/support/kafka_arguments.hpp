// What the librdkafka programs of tests and figures share: their words, a client of the settings these give, and
// percentiles.
#pragma once

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace sluice::test {

struct arguments {
    std::string mode;
    std::map<std::string, std::string> values;

    std::string get(std::string const& name, std::string const& otherwise = "") const {
        auto const found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
    bool has(std::string const& name) const { return values.contains(name); }
};

[[noreturn]] inline void give_up(std::string const& why) {
    std::fprintf(stderr, "kafka_client: %s\n", why.c_str());
    std::exit(1);
}

inline arguments parse(int count, char** words) {
    if (count < 2) give_up("which mode?");
    arguments out{words[1], {}};
    for (int at = 2; at < count; ++at) {
        std::string const name = words[at];
        bool const flag = name == "--idempotent" || name == "--until-stdin-ends";
        out.values[name] = flag ? "" : at + 1 < count ? words[++at] : "";
    }
    return out;
}

inline void set(rd_kafka_conf_t* conf, char const* name, std::string const& value) {
    char why[256];
    if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
        give_up(why);
}

inline rd_kafka_conf_t* common(arguments const& given) {
    auto* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", given.get("--broker"));
    if (given.has("--user")) {
        set(conf, "security.protocol", "SASL_PLAINTEXT");
        set(conf, "sasl.mechanism", "PLAIN");
        set(conf, "sasl.username", given.get("--user"));
        set(conf, "sasl.password", given.get("--password"));
    }
    return conf;
}

inline rd_kafka_t* make(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    char why[256];
    auto* client = rd_kafka_new(type, conf, why, sizeof why);
    if (client == nullptr) give_up(why);
    return client;
}

// 0 of nothing.
inline double percentile(std::vector<std::int64_t>& values, double part) {
    if (values.empty()) return 0;
    auto const at = std::min(values.size() - 1,
                             static_cast<std::size_t>(part * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
    return static_cast<double>(values[at]);
}

}  // namespace sluice::test
