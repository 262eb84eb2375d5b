// Counts Kafka requests by API and outcome, with their time and bytes. One series per API of the
// table, made at the start, so that nothing a client sends becomes a label.
// Thread rule: on_request from any thread. Lifetime: the metrics outlive it.
#pragma once

#include <string_view>
#include <unordered_map>

#include "gateway/core/metrics.hpp"
#include "protocols/kafka/kafka_session.hpp"

namespace sluice::gateway {

class kafka_observer final : public kafka::request_observer {
public:
    explicit kafka_observer(metrics& into);
    void on_request(kafka::finished_request const& request) noexcept override;

private:
    struct series {
        counter fine, failed;
        histogram seconds;
    };

    std::unordered_map<std::string_view, series> by_api_;
    counter bytes_in_, bytes_out_;
};

}  // namespace sluice::gateway
