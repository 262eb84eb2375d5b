#include "gateway/daemon/s3_observer.hpp"

#include <chrono>

#include "gateway/core/log.hpp"

namespace sluice::gateway {

s3_observer::s3_observer(metrics& into)
    : other_(make_series(into, "none")),
      bytes_in_(into.make_counter("sluice_s3_payload_bytes_total", "Payload of S3 requests.", {{"direction", "in"}})),
      bytes_out_(into.make_counter("sluice_s3_payload_bytes_total", "Payload of S3 requests.", {{"direction", "out"}})) {
    for (auto const& row : s3::operation_rows)
        if (row.served == s3::serving::served)
            by_operation_.emplace(row.name, make_series(into, std::string(row.name)));
}

s3_observer::series s3_observer::make_series(metrics& into, std::string const& operation) {
    auto const requests = [&](char const* status) {
        return into.make_counter("sluice_s3_requests_total", "Answered S3 requests.",
                                 {{"operation", operation}, {"status", status}});
    };
    return {{requests("other"), requests("1xx"), requests("2xx"), requests("3xx"), requests("4xx"), requests("5xx")},
            into.make_histogram("sluice_s3_request_seconds", "Time from a request's head to the end of its answer.",
                                {{"operation", operation}})};
}

s3_observer::series const& s3_observer::series_of(std::string_view operation) const noexcept {
    auto const found = by_operation_.find(operation);
    return found == by_operation_.end() ? other_ : found->second;
}

void s3_observer::on_request(s3::finished_request const& request) noexcept {
    auto const& series = series_of(request.operation);
    // What was cut off said 200 before the server's own trouble came.
    auto const status_class = request.cut_off ? 5 : request.status / 100;
    series.requests[status_class < status_classes ? status_class : 0].add();
    auto const seconds = std::chrono::duration<double>(request.took).count();
    series.seconds.observe(seconds);
    if (request.bytes_in) bytes_in_.add(static_cast<double>(request.bytes_in));
    if (request.bytes_out) bytes_out_.add(static_cast<double>(request.bytes_out));
    if (!request.cause.empty() || request.cut_off)
        SLUICE_LOG(log_level::error, "s3 request failed", {"operation", request.operation},
                   {"status", request.status}, {"code", request.error_code}, {"cut_off", request.cut_off},
                   {"failure", request.cause}, {"request_id", request.request_id});
    else if (request.status >= 500 && request.status != 501)
        SLUICE_LOG(log_level::warning, "s3 request failed", {"operation", request.operation},
                   {"status", request.status}, {"code", request.error_code}, {"request_id", request.request_id});
}

}  // namespace sluice::gateway
