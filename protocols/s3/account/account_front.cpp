#include "protocols/s3/account/account_front.hpp"

#include "gateway/core/crypto.hpp"
#include "gateway/core/timer.hpp"
#include "protocols/s3/account/account_actions.hpp"

namespace sluice::s3 {
namespace {

answer document(xml_writer written, unsigned status) {
    answer out;
    out.head.status = status;
    out.text = std::move(written).finish();
    out.length = out.text.size();
    out.head.set("Content-Type", "text/xml");
    return out;
}

void refuse(account_outcome& outcome, account_failure const& why, std::string_view name_space,
            std::string_view request_id) {
    auto const& row = row_of(why.code);
    auto written = xml_writer::in_name_space("ErrorResponse", name_space);
    written.open("Error").element("Type", row.status < 500 ? "Sender" : "Receiver");
    written.element("Code", row.code).element("Message", why.message).close();
    written.element("RequestId", request_id);
    outcome.out = document(std::move(written), row.status);
    outcome.error_code = row.code;
    outcome.cause = why.cause;
}

// The whole body, at most `most` bytes.
task<account_result<std::string>> read_form(http::server_connection& connection,
                                            http::request_head const& head, std::size_t most) {
    account_failure const too_long{account_error::malformed_input,
                                   "The request is longer than " + std::to_string(most) + " bytes.",
                                   {}};
    if (head.framing == http::body_framing::sized && head.content_length > most)
        co_return too_long;
    std::string form;
    if (head.framing == http::body_framing::none) co_return form;
    form.resize(most + 1);
    std::size_t size = 0;
    while (true) {
        auto const room = byte_span(reinterpret_cast<std::byte*>(form.data()) + size,
                                    form.size() - size);
        auto const got = co_await connection.read_body(room);
        if (!got)
            co_return account_failure{account_error::malformed_input, got.error().reason, {}};
        if (*got == 0) break;
        size += *got;
        if (size > most) co_return too_long;
    }
    form.resize(size);
    co_return form;
}

// Which action, once its signature is known to be right.
account_result<account_action const*> action_of(account_request const& request) {
    auto const name = request.find("Action");
    if (!name) return account_failure{account_error::missing_action, "Missing Action", {}};
    auto const version = request.find("Version").value_or("");
    auto const* action = find_account_action(*name);
    if (action == nullptr || action->version != version)
        return account_failure{account_error::invalid_action,
                               "Could not find operation " + std::string(*name) + " for version " +
                                   std::string(version),
                               {}};
    return action;
}

class exchange {
public:
    exchange(account_services services, http::server_connection& connection,
             http::request_head const& head, auth::connection_facts const& facts,
             std::string const& request_id)
        : services_(services),
          connection_(connection),
          head_(head),
          facts_(facts),
          request_id_(request_id) {}

    task<account_result<>> run(account_outcome& outcome);

private:
    auth::sigv4_result<auth::caller> authenticate(std::string_view form,
                                                  std::string_view service) const;

    account_services services_;
    http::server_connection& connection_;
    http::request_head const& head_;
    auth::connection_facts const& facts_;
    std::string const& request_id_;
};

auth::sigv4_result<auth::caller> exchange::authenticate(std::string_view form,
                                                        std::string_view service) const {
    std::vector<auth::http_header_view> headers;
    headers.reserve(head_.headers.size());
    for (auto const& field : head_.headers) headers.push_back({field.name, field.value});
    hasher sha{digest_kind::sha256};
    sha.update(as_bytes(form));
    auto const hash = sha.finish().hex();
    auth::http_request_view const view{head_.verb_text, head_.path, head_.query, headers, hash};
    return services_.guard.authenticate_account(view, facts_, service, hash);
}

task<account_result<>> exchange::run(account_outcome& outcome) {
    auto const& options = services_.options;
    auto const form = co_await read_form(connection_, head_, options.account_request_bytes);
    if (!form) {
        connection_.close_after_answer();
        co_return form.error();
    }
    outcome.bytes_in = form->size();
    auto const request =
        account_request::parse(head_.query, *form, options.query_parameters);
    if (!request) co_return request.error();
    auto const action = action_of(*request);
    if (!action) co_return action.error();
    outcome.action = (*action)->name;
    auto who = (*action)->is_signed ? authenticate(*form, (*action)->service)
                                    : auth::sigv4_result<auth::caller>(auth::guard::stranger());
    if (!who) {
        auto const waited = co_await wait_for(options.refusal_delay);
        if (waited.has_error()) connection_.close_after_answer();
        co_return to_account(who.error());
    }
    who->operation = (*action)->name;
    who->request_id = request_id_;
    who->client_id = head_.find("user-agent").value_or("");
    who->action = std::string((*action)->service) + ":" + std::string((*action)->name);
    if (!who->client_id.empty()) who->context.push_back({"aws:UserAgent", who->client_id});
    if (auto const referer = head_.find("referer"))
        who->context.push_back({"aws:Referer", std::string(*referer)});
    account_call const call{*request, *who, services_.guard, options, facts_};
    auto written = xml_writer::in_name_space((*action)->response, (*action)->name_space);
    bool const answers = !(*action)->result.empty();
    if (answers) written.open((*action)->result);
    auto const done = co_await (*action)->handler(call, written);
    if (!done) {
        // A token that is not believed is as a signature that is not right.
        if (!(*action)->is_signed && row_of(done.error().code).status < 500) {
            auto const waited = co_await wait_for(options.refusal_delay);
            if (waited.has_error()) connection_.close_after_answer();
        }
        co_return done.error();
    }
    if (answers) written.close();
    written.open("ResponseMetadata").element("RequestId", request_id_).close();
    outcome.out = document(std::move(written), 200);
    co_return account_result<>{};
}

}  // namespace

task<account_outcome> serve_account(account_services services, http::server_connection& connection,
                                    http::request_head const& head,
                                    auth::connection_facts const& facts, std::string request_id) {
    account_outcome outcome;
    exchange one(services, connection, head, facts, request_id);
    auto const done = co_await one.run(outcome);
    if (done) co_return outcome;
    auto const* action = find_account_action(outcome.action);
    auto const name_space =
        action != nullptr ? action->name_space : account_actions().front().name_space;
    refuse(outcome, done.error(), name_space, request_id);
    co_return outcome;
}

}  // namespace sluice::s3
