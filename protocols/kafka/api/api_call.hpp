// What the handler of one API works with, and how its answers say who may not do what. Decisions
// and audit are behind the guard's verbs. Lifetime: the session keeps all of it until the handler
// ends.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/guard/refusal.hpp"
#include "protocols/kafka/kafka_session.hpp"
#include "protocols/kafka/sasl/sasl_login.hpp"
#include "protocols/kafka/wire/frame.hpp"
#include "protocols/kafka/wire/primitives.hpp"

namespace sluice::kafka {

struct api_call {
    request_header const& header;
    std::string_view body;
    std::size_t frame_bytes;
    sasl_login& login;
    endpoint const& advertised;
    auth::connection_facts const& facts;
    kafka_services const& services;
    memory_share& answer_memory;
    auth::caller* speaker;  // null before the login

    // Produce calls it when the order of its appends is certain and the frame is not read any more: the
    // session may take the next request.
    std::function<void()> on_ordered{};
    // For the session: no answer at all (Produce with acks=0); close after it, or at once when
    // there is none; the first error that the answer carries.
    bool no_answer = false;
    bool close = false;
    error_code first_error = error_code::none;
    // The first of the server's own troubles behind the answer: what, and where; for its log.
    std::string cause{};

    int version() const noexcept { return header.version; }
    auth::caller& who() const noexcept { return *speaker; }
    kafka_options const& options() const noexcept { return services.options; }
    auth::guarded_logs& logs() const noexcept { return services.logs; }

    // What an answer's bytes point to, until it is sent.
    std::string_view keep(std::string bytes) { return kept.emplace_back(std::move(bytes)); }
    std::deque<std::string> kept;

    // The code as the wire has it; remembers the first error.
    std::int16_t code(error_code error) noexcept {
        if (first_error == error_code::none) first_error = error;
        return wire(error);
    }
    // Before a failure becomes a code.
    void note(failure const& why);
};

// The code for what a verb on a topic answered, noted with the call.
error_code topic_error(api_call& call, failure const& why);
error_code group_error(api_call& call, failure const& why);
error_code cluster_error(api_call& call, failure const& why);
// Texts that may hold a client's words are cut, so that they always fit a string of the wire.
std::string bounded(std::string text);
// For people: the default text, and what the verb said.
std::string text_of(error_code error, failure const& why);

}  // namespace sluice::kafka
