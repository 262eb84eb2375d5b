// Counts S3 requests by operation and status class, with their time and payload. One series per operation of
// the table, made at the start, so that nothing a client sends becomes a label.
// Thread rule: on_request from any thread. Lifetime: the metrics outlive it.
#pragma once

#include <array>
#include <string_view>
#include <unordered_map>

#include "gateway/core/metrics.hpp"
#include "protocols/s3/s3_session.hpp"

namespace sluice::gateway {

class s3_observer final : public s3::request_observer {
public:
    explicit s3_observer(metrics& into);
    void on_request(s3::finished_request const& request) noexcept override;

private:
    static constexpr std::size_t status_classes = 6;  // 0: not 1xx to 5xx
    struct series {
        std::array<counter, status_classes> requests;
        histogram seconds;
    };
    static series make_series(metrics& into, std::string const& operation);
    series const& series_of(std::string_view operation) const noexcept;

    std::unordered_map<std::string_view, series> by_operation_;
    series other_;
    counter bytes_in_, bytes_out_;
};

}  // namespace sluice::gateway
