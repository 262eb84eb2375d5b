// The answer of SelectObjectContent while it is made: reads the object, computes on the service's
// threads and packs what comes out into messages, as fast as the client takes them. What goes wrong
// before the first message is the operation's error, later one a message of its own.
//
// Thread rule: the connection's. The service, the clock and the caller's guard outlive it.
#pragma once

#include <memory>

#include "auth/guard/readable_object.hpp"
#include "gateway/core/clock.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/select_service.hpp"
#include "protocols/s3/wire/event_stream.hpp"
#include "protocols/s3/wire/select_document.hpp"
#include "protocols/sql/records/selection.hpp"

namespace sluice::s3 {

s3_failure to_s3(sql::records::record_fault const& what);

class select_answer final : public answer_pieces {
public:
    select_answer(select_service& service, select_service::turn turn, wall_clock const& clock,
                  select_request request, auth::readable_object object);
    ~select_answer() override;

    // Everything up to the first message.
    task<s3_result<>> begin(std::shared_ptr<sql::records::program const> program);
    task<result<std::string>> next() override;

private:
    class object_file;
    enum class phase : std::uint8_t { running, ended };

    task<s3_result<std::unique_ptr<sql::records::record_reader>>> open_reader();
    task<s3_result<std::unique_ptr<sql::records::record_reader>>> open_parquet();
    task<s3_result<std::string>> read_header();
    task<s3_result<>> open_object(std::uint64_t offset, std::uint64_t length);
    task<s3_result<>> refill();
    task<s3_result<sql::records::step_end>> step();
    // Runs until there is something to tell.
    task<s3_result<std::string>> advance();
    sql::records::selection_options selection_options_of() const;
    std::uint64_t scanned() const noexcept;

    select_service& service_;
    select_service::turn turn_;
    wall_clock const& clock_;
    select_request const request_;
    auth::readable_object object_;
    std::shared_ptr<sql::records::program const> program_;
    std::unique_ptr<object_file> file_;  // of Parquet; the selection reads it
    std::unique_ptr<sql::records::selection> selection_;
    std::optional<auth::object_reader> bytes_;
    store::chunk chunk_;
    std::string first_;  // made before anybody asked
    select_counts counts_;
    monotonic_time began_{};
    monotonic_time told_{};       // anything
    monotonic_time progressed_{};
    phase phase_ = phase::running;
};

}  // namespace sluice::s3
