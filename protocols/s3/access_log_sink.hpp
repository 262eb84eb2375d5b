// Between a session and the access logs: whether the requests of a bucket are logged, and what of a
// request a line needs, gathered while it is served.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

// Whoever writes journals of buckets out; told at once, as an access_log_sink is.
class journal_trigger {
public:
    virtual ~journal_trigger() = default;
    virtual void reconfigured() noexcept = 0;
};

// What the connection is encrypted with; empty: it is not.
struct transport_names {
    std::string version;  // "TLSv1.3"
    std::string cipher;
};

// What is known of one request so far. Plain value, the session's.
class access_log_notes {
public:
    // Nothing when the request's bucket is not logged, or is not known. A website's is known by its
    // host.
    static std::optional<access_log_notes> begin(access_log_sink const& sink,
                                                 http::request_head const& head,
                                                 s3_options const& options, unix_millis now);

    void know(operation_row const& row) noexcept { row_ = &row; }
    void know(auth::caller const& who);
    // Who a form proved, and which object it is about.
    void know_form(auth::caller const& who, std::string_view key);
    // What a website answered with.
    void know_website(std::string key) { where_.key = std::move(key); }
    // One key of a DeleteObjects, which has a line of its own. `error_code` as error_row's.
    void add_deletion(std::string key, std::string version, unsigned status,
                      std::string_view error_code);

    struct outcome {
        std::string_view address;  // the client's
        std::string_view request_id;
        std::string_view error_code;
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
        std::uint64_t length = 0;  // that the answer's head said
        std::chrono::nanoseconds total{0};
        // From the request's last byte to the answer; nothing: it was not read to its end.
        std::optional<std::chrono::nanoseconds> turn_around{};
        transport_names const* transport = nullptr;
    };
    void write(access_log_sink& sink, http::response_head const& head,
               outcome const& what) const noexcept;

private:
    struct deletion {
        std::string key;
        std::string version;
        unsigned status = 0;
        std::string_view error_code;
    };
    access_log_notes(http::request_head head, address where, unix_millis now);
    std::string named_version() const;
    std::optional<std::uint64_t> object_size(http::response_head const& head,
                                             outcome const& what) const;

    http::request_head head_;
    address where_;
    unix_millis time_;
    operation_row const* row_ = nullptr;
    std::string requester_;
    std::string_view authentication_;
    bool is_website_ = false;
    std::vector<deletion> deletions_;  // as many as a DeleteObjects may name
};

// "REST.GET.OBJECT"; `row` null: no operation was recognised. `verb` as in the request line.
std::string log_operation(operation_row const* row, std::string_view verb, resource_level level);

}  // namespace sluice::s3
