#include "gateway/daemon/kafka_observer.hpp"

#include <chrono>
#include <string>

#include "gateway/core/log.hpp"
#include "protocols/kafka/api/handlers.hpp"

namespace sluice::gateway {

kafka_observer::kafka_observer(metrics& into)
    : bytes_in_(into.make_counter("sluice_kafka_bytes_total", "Frames of Kafka connections.",
                                  {{"direction", "in"}})),
      bytes_out_(into.make_counter("sluice_kafka_bytes_total", "Frames of Kafka connections.",
                                   {{"direction", "out"}})) {
    for (auto const& row : kafka::api_rows) {
        std::string const api(kafka::title_of(row));
        auto const requests = [&](char const* outcome) {
            return into.make_counter("sluice_kafka_requests_total", "Answered Kafka requests.",
                                     {{"api", api}, {"outcome", outcome}});
        };
        by_api_.emplace(kafka::title_of(row),
                        series{requests("ok"), requests("error"),
                               into.make_histogram("sluice_kafka_request_seconds",
                                                   "Time from a request's frame to the end of its "
                                                   "answer, with what a long poll waits.",
                                                   {{"api", api}})});
    }
}

void kafka_observer::on_request(kafka::finished_request const& request) noexcept {
    if (!request.cause.empty())
        SLUICE_LOG(log_level::error, "kafka request failed", {"api", request.api},
                   {"code", kafka::name_of(request.error)}, {"failure", request.cause});
    auto const found = by_api_.find(request.api);
    if (found == by_api_.end()) return;
    auto const& series = found->second;
    (request.error == kafka::error_code::none ? series.fine : series.failed).add();
    series.seconds.observe(std::chrono::duration<double>(request.took).count());
    bytes_in_.add(static_cast<double>(request.bytes_in));
    bytes_out_.add(static_cast<double>(request.bytes_out));
}

}  // namespace sluice::gateway
