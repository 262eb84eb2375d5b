#include "protocols/s3/s3_session.hpp"

#include "auth/policy/iam_keys.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/http/date.hpp"
#include "protocols/http/server_connection.hpp"
#include "protocols/s3/account/account_front.hpp"
#include "protocols/s3/account/account_request.hpp"
#include "protocols/s3/cross_origin.hpp"
#include "protocols/s3/error_details.hpp"
#include "protocols/s3/iam_request.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/model/parameter_rules.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/signature_details.hpp"
#include "protocols/s3/website_front.hpp"
#include "protocols/s3/wire/names.hpp"

namespace sluice::s3 {
namespace {

// SHA-256 of nothing.
constexpr std::string_view empty_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// response-content-type and its like: only who signs a link says what its answer looks like.
bool overrides_answer(s3_request const& request) {
    for (auto const& field : request.query())
        if (field.first.starts_with("response-")) return true;
    return false;
}

class session {
public:
    session(byte_stream& stream, auth::connection_facts const& facts, s3_services const& services,
            transport_names transport)
        : connection_(stream, services.options.http),
          facts_(facts),
          services_(services),
          transport_(std::move(transport)) {}

    task<void> run();

private:
    // What is known of the current request so far, for its answer and its observer.
    struct progress {
        std::string request_id;
        std::string resource;
        std::string_view operation;
        std::string_view error;
        std::string cause;
        std::optional<access_log_notes> logged;  // where the bucket's requests are
        header_fields cross_origin;  // for a browser, on whatever the answer is
        bool cut_off = false;
        bool is_about_logs = false;  // changes which buckets are logged
        monotonic_time began;
        std::optional<monotonic_time> read;  // when the request's last byte came
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
    };

    task<bool> serve(http::request_head head);
    task<bool> serve_query(http::request_head head, progress& about);
    bool is_for_account(http::request_head const& head) const;
    task<s3_result<answer>> handle(http::request_head head, progress& about);
    task<s3_result<answer>> handle_signed(s3_request const& request,
                                          auth::guard::s3_request authenticated,
                                          operation_row const* row, progress& about);
    task<bool> is_absent(s3_request const& request, operation_row const* row);
    task<s3_result<answer>> refuse_signature(auth::sigv4_refusal refusal,
                                             auth::http_request_view const& request);
    s3_result<> check_request(operation_row const& row, s3_request const& request) const;
    task<bool> send(answer out, progress& about);
    task<bool> send_stream(answer& out, progress& about);
    task<void> send_pieces(answer& out, progress& about);
    task<void> answer_rejection(http::rejection const& what);
    task<s3_result<>> shut_out(s3_request const& request, auth::caller& stranger);
    task<void> judge_origin(http::request_head head, progress& about);
    void set_common_headers(http::response_head& head, progress const& about) const;
    std::string new_request_id();

    http::server_connection connection_;
    auth::connection_facts const& facts_;
    s3_services const& services_;
    transport_names const transport_;
};

std::string session::new_request_id() {
    std::string raw(8, '\0');
    services_.random.fill({reinterpret_cast<std::byte*>(raw.data()), raw.size()});
    return hex_encode(raw);
}

void session::set_common_headers(http::response_head& head, progress const& about) const {
    for (auto const& [name, value] : about.cross_origin) head.set(name, value);
    head.set("x-amz-request-id", about.request_id);
    head.set("x-amz-id-2", about.request_id);
    head.set("Date", http::http_date(services_.clock.now()));
    head.set("Server", services_.options.server_name);
}

task<void> session::run() {
    while (true) {
        auto request = co_await connection_.next_request();
        if (!request) {
            co_await answer_rejection(request.error());
            break;
        }
        if (!*request) break;
        bool const goes_on = co_await serve(*std::move(*request));
        if (!goes_on) break;
    }
    co_await connection_.finish();
}

// Bytes that are no request: HTTP's own status, and S3's document for whoever reads it.
task<void> session::answer_rejection(http::rejection const& what) {
    auto const code = what.status == 408   ? error_code::request_timeout
                      : what.status == 431 ? error_code::request_header_section_too_large
                      : what.status == 501 ? error_code::not_implemented
                                           : error_code::bad_request;
    progress about;
    about.request_id = new_request_id();
    about.began = services_.clock.monotonic();
    auto out = error_answer({code, what.reason}, "", about.request_id);
    if (code == error_code::bad_request) out.head.status = what.status;
    about.error = row_of(code).code;
    connection_.close_after_answer();
    co_await send(std::move(out), about);
}

task<bool> session::serve(http::request_head head) {
    progress about;
    about.request_id = new_request_id();
    about.resource = head.path;
    about.began = services_.clock.monotonic();
    if (head.framing == http::body_framing::none) about.read = about.began;
    if (is_for_account(head)) co_return co_await serve_query(std::move(head), about);
    if (services_.access_log != nullptr)
        about.logged = access_log_notes::begin(*services_.access_log, head, services_.options,
                                               services_.clock.now());
    if (head.verb != http::method::options && head.find("origin"))
        co_await judge_origin(head, about);
    auto outcome = co_await handle(std::move(head), about);
    if (outcome) co_return co_await send(*std::move(outcome), about);
    about.error = row_of(outcome.error().code).code;
    if (!outcome.error().cause.empty()) about.cause = outcome.error().cause;
    auto refused = error_answer(outcome.error(), about.resource, about.request_id);
    co_return co_await send(std::move(refused), about);
}

// STS and IAM: no bucket, and the query protocol.
bool session::is_for_account(http::request_head const& head) const {
    if (!speaks_query_protocol(head) ||
        website_bucket(head.host, services_.options.website_domains))
        return false;
    auto const where = resolve_address(head.host, head.path, services_.options.domains);
    return where.has_value() && where->level == resource_level::service;
}

task<bool> session::serve_query(http::request_head head, progress& about) {
    account_services const services{services_.guard, services_.options};
    auto outcome =
        co_await serve_account(services, connection_, head, facts_, about.request_id);
    about.operation = outcome.action;
    about.error = outcome.error_code;
    about.cause = std::move(outcome.cause);
    about.bytes_in = outcome.bytes_in;
    co_return co_await send(std::move(outcome.out), about);
}

// By the rules as they are when the request comes, whoever sends it. Without an answer to that the
// request goes on as if no browser had sent it.
task<void> session::judge_origin(http::request_head head, progress& about) {
    auto judged = co_await cross_origin_fields(services_.guard.buckets(), services_.options, head);
    if (judged) about.cross_origin = *std::move(judged);
    else about.cause = judged.error().cause;
}

task<s3_result<answer>> session::refuse_signature(auth::sigv4_refusal refusal,
                                                  auth::http_request_view const& request) {
    auto const waited = co_await wait_for(services_.options.refusal_delay);
    if (waited.has_error()) connection_.close_after_answer();
    auto const query = request.raw_query;
    bool const in_query = query.find("X-Amz-Algorithm=") != query.npos ||
                          query.find("X-Amz-Credential=") != query.npos ||
                          query.find("X-Amz-Signature=") != query.npos;
    auto shown = to_s3(refusal, in_query);
    tell_signature_details(shown, refusal.code, request, services_.clock.now());
    // SDKs that guessed the region wrong look for the right one here.
    if (refusal.code == auth::sigv4_error::wrong_scope)
        shown.detail("Region", services_.options.region);
    co_return shown;
}

s3_result<> session::check_request(operation_row const& row, s3_request const& request) const {
    if (row.served == serving::refused)
        return s3_failure(error_code::not_implemented,
                          std::string(row.name) + " is not implemented")
            .detail("Operation", row.name);
    if (auto fine = check_parameters(row, request, services_.options); !fine) return fine;
    if (row.level == resource_level::object)
        if (auto fine = check_key(request.key()); !fine) return fine;
    bool const is_upload = row.id == operation::put_object || row.id == operation::upload_part;
    if (is_upload && request.head().framing == http::body_framing::none &&
        !request.head().find("content-length"))
        return error_code::missing_content_length;
    if (!takes_body(row.id) && request.head().framing != http::body_framing::none)
        return s3_failure(error_code::unexpected_content, std::string(row.name) + " takes no body");
    return {};
}

// Marks the buckets whose public policies give strangers nothing (RestrictPublicBuckets).
task<s3_result<>> session::shut_out(s3_request const& request, auth::caller& stranger) {
    for (auto const& bucket : buckets_of(request)) {
        auto const stored = co_await services_.guard.buckets().settings_of(bucket);
        if (stored.has_error()) {
            if (stored.error().code == error::not_found) continue;
            co_return to_s3(stored.error(), subject::bucket);
        }
        auto const settings = decode_bucket_settings(*stored);
        if (settings.has_error()) co_return to_s3(settings.error(), subject::bucket);
        if (settings->public_access && settings->public_access->restrict_public_buckets)
            stranger.context.push_back({std::string(auth::restricted_key), bucket});
    }
    co_return s3_result<>{};
}

task<s3_result<answer>> session::handle(http::request_head head, progress& about) {
    // Carries no signature, and is about no object.
    if (head.verb == http::method::options)
        co_return co_await answer_preflight(services_.guard.buckets(), services_.options, head);
    if (auto bucket = website_bucket(head.host, services_.options.website_domains)) {
        website_services with{services_.guard, services_.clock, services_.options, connection_,
                              facts_};
        about.operation = "Website";
        auto page = co_await answer_website(with, head, *std::move(bucket), about.request_id);
        about.error = page.error;
        about.cause = std::move(page.cause);
        if (about.logged) about.logged->know_website(std::move(page.key));
        co_return std::move(page.out);
    }
    std::vector<auth::http_header_view> headers;
    headers.reserve(head.headers.size());
    for (auto const& field : head.headers) headers.push_back({field.name, field.value});
    auth::http_request_view const view{head.verb_text, head.path, head.query, headers};
    auto authenticated = services_.guard.authenticate_s3(view, facts_);
    if (!authenticated) co_return co_await refuse_signature(authenticated.error(), view);

    if (about.logged) about.logged->know(authenticated->who);

    auto const request = s3_request::from(std::move(head), services_.options);
    if (!request) co_return request.error();
    auto const* row = find_operation(request->head().verb, request->where().level, *request);
    auto outcome = co_await handle_signed(*request, std::move(*authenticated), row, about);
    if (outcome) co_return outcome;
    auto shown = std::move(outcome).error();
    if (shown.code == error_code::access_denied) {
        bool const absent = co_await is_absent(*request, row);
        if (absent) shown = error_code::no_such_bucket;
    }
    tell_details(shown, *request, row);
    co_return shown;
}

// S3 tells everybody which buckets there are, by what it answers who may not do what he asks.
task<bool> session::is_absent(s3_request const& request, operation_row const* row) {
    if (request.bucket().empty() || row == nullptr || row->id == operation::create_bucket)
        co_return false;
    auto const stored = co_await services_.guard.buckets().settings_of(request.bucket());
    co_return stored.has_error() && stored.error().code == error::not_found;
}

task<s3_result<answer>> session::handle_signed(s3_request const& request,
                                               auth::guard::s3_request authenticated,
                                               operation_row const* row, progress& about) {
    if (row == nullptr) co_return error_code::method_not_allowed;
    about.operation = row->name;
    about.is_about_logs = row->id == operation::put_bucket_logging ||
                          row->id == operation::delete_bucket;
    if (about.logged) about.logged->know(*row);
    if (auto const fine = check_request(*row, request); !fine) co_return fine.error();
    auto& who = authenticated.who;
    who.operation = row->name;
    who.request_id = about.request_id;
    who.client_id = request.head().find("user-agent").value_or("");
    name_actions(*row, request, who);
    request_conditions const conditions(request, *row, who, services_.options.region,
                                        services_.clock.now());
    who.more_context = &conditions;
    if (who.is_anonymous()) {
        if (overrides_answer(request))
            co_return s3_failure(error_code::invalid_request,
                                 "Request specific response headers cannot be used for anonymous "
                                 "GET requests.");
        auto const marked = co_await shut_out(request, who);
        if (!marked) co_return marked.error();
    }

    auto const checksums_of_body = row->id != operation::complete_multipart_upload;
    auto plan = request_body::plan_for(request, authenticated, checksums_of_body);
    if (!plan) co_return plan.error();
    if (!takes_body(row->id) && plan->signing == auth::payload_signing::literal_hash &&
        plan->payload_hash != empty_hash)
        co_return error_code::x_amz_content_sha256_mismatch;
    about.bytes_in = plan->length;
    request_body body(connection_, *std::move(plan), &services_.clock);
    auto& guard = services_.guard;
    operation_call call{request, who, body, guard.buckets(), guard.objects(), guard.uploads(),
                        guard.logs(), services_.options, guard, services_.clock,
                        services_.selects};
    if (about.logged) call.logged = &*about.logged;
    auto outcome = co_await handler_of(row->id)(call);
    if (body.ended_at()) about.read = body.ended_at();
    if (!call.cause.empty()) about.cause = std::move(call.cause);
    // The guard itself counted a form's.
    if (outcome.has_error() && row->id != operation::post_object &&
        (outcome.error().code == error_code::signature_does_not_match ||
         outcome.error().code == error_code::x_amz_content_sha256_mismatch))
        guard.count_failed_authentication(facts_, "body does not fit its signature");
    co_return outcome;
}

task<bool> session::send(answer out, progress& about) {
    std::optional<std::chrono::nanoseconds> turn_around;
    if (about.read) turn_around = services_.clock.monotonic() - *about.read;
    set_common_headers(out.head, about);
    if (out.stream) {
        co_await send_stream(out, about);
    } else if (out.pieces) {
        co_await send_pieces(out, about);
    } else {
        connection_.begin_answer(out.head, out.length);
        if (!out.text.empty() && !http::bodyless_status(out.head.status))
            co_await connection_.write_body(as_bytes(out.text));
        about.bytes_out = out.text.size();
    }
    auto const alive = co_await connection_.end_answer();
    auto const took = services_.clock.monotonic() - about.began;
    if (about.logged)
        about.logged->write(*services_.access_log, out.head,
                            {facts_.client_address, about.request_id, about.error, about.bytes_in,
                             about.bytes_out, out.length, took, turn_around, &transport_});
    if (about.is_about_logs && services_.access_log != nullptr)
        services_.access_log->reconfigured();
    if (about.is_about_logs && services_.journals != nullptr) services_.journals->reconfigured();
    if (services_.observer != nullptr) {
        services_.observer->on_request({about.operation, out.head.status, about.error,
                                        about.bytes_in, about.bytes_out, took, about.request_id,
                                        about.cause, about.cut_off});
    }
    co_return alive;
}

// The first chunk is read before the head goes out, so that bytes that fail their check at once are
// still an error; later ones can only end the connection.
task<bool> session::send_stream(answer& out, progress& about) {
    auto chunk = co_await out.stream->next();
    if (!chunk) {
        auto const why = to_s3(chunk.error(), subject::object);
        auto failed = error_answer(why, about.resource, about.request_id);
        set_common_headers(failed.head, about);
        about.error = row_of(why.code).code;
        about.cause = why.cause;
        out.head.status = failed.head.status;
        connection_.begin_answer(failed.head, failed.length);
        co_await connection_.write_body(as_bytes(failed.text));
        co_return false;
    }
    connection_.begin_answer(out.head, out.length);
    while (chunk && !chunk->empty()) {
        about.bytes_out += chunk->bytes().size();
        auto const written = co_await connection_.write_body(as_bytes(chunk->bytes()));
        if (written.has_error()) co_return false;
        chunk = co_await out.stream->next();
    }
    if (chunk) co_return true;
    auto const why = to_s3(chunk.error(), subject::object);
    about.error = row_of(why.code).code;
    about.cause = chunk.error().describe();
    about.cut_off = true;
    co_return false;
}

// A connection that ends before the last piece is all that can be told of a failure here.
task<void> session::send_pieces(answer& out, progress& about) {
    connection_.begin_chunked_answer(out.head);
    while (true) {
        auto const piece = co_await out.pieces->next();
        if (piece.has_error()) {
            about.error = row_of(to_s3(piece.error(), subject::object).code).code;
            about.cause = piece.error().describe();
            about.cut_off = true;
            connection_.abandon_answer();
            co_return;
        }
        if (piece->empty()) break;
        about.bytes_out += piece->size();
        auto const written = co_await connection_.write_body(as_bytes(*piece));
        if (written.has_error()) co_return;
    }
    out.length = about.bytes_out;
}

}  // namespace

task<void> serve_s3(byte_stream& stream, auth::connection_facts const& facts,
                    s3_services const& services, transport_names transport) {
    session one(stream, facts, services, std::move(transport));
    co_await one.run();
}

}  // namespace sluice::s3
