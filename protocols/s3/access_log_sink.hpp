// Between a session and the access logs: whether the requests of a bucket are logged, and what of a
// request a line needs, gathered while it is served.
#pragma once

#include <optional>
#include <string>

#include "auth/guard/caller.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/model/access_log.hpp"

namespace sluice::s3 {

// Called on the connections' threads; must not block.
class access_log_sink {
public:
    virtual ~access_log_sink() = default;
    // False: no bucket at all is logged.
    virtual bool is_on() const noexcept = 0;
    virtual bool wants(std::string_view bucket) const noexcept = 0;
    // Without the owner, who is known here.
    virtual void add(access_log_entry entry) noexcept = 0;
    // Some bucket's logging was set, or a bucket went.
    virtual void reconfigured() noexcept = 0;
};

// What is known of one request so far. Plain value, the session's.
class access_log_notes {
public:
    // Nothing when the request's bucket is not logged, or is not known.
    static std::optional<access_log_notes> begin(access_log_sink const& sink,
                                                 http::request_head const& head,
                                                 s3_options const& options, unix_millis now);

    void know(operation_row const& row) noexcept { row_ = &row; }
    void know(auth::caller const& who);

    struct outcome {
        std::string_view address;  // the client's
        std::string_view request_id;
        std::string_view error_code;
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
        std::uint64_t length = 0;  // that the answer's head said
        std::chrono::nanoseconds total{0};
        std::chrono::nanoseconds first_byte{0};  // from the head to the answer
    };
    void write(access_log_sink& sink, http::response_head const& head,
               outcome const& what) const noexcept;

private:
    access_log_notes(http::request_head head, address where, unix_millis now);

    http::request_head head_;
    address where_;
    unix_millis time_;
    operation_row const* row_ = nullptr;
    std::string requester_;
    std::string_view authentication_;
};

// "REST.GET.OBJECT"; `row` null: no operation was recognised. `verb` as in the request line.
std::string log_operation(operation_row const* row, std::string_view verb, resource_level level);

}  // namespace sluice::s3
