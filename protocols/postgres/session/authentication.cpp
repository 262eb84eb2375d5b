#include "protocols/postgres/session/authentication.hpp"

namespace sluice::postgres {
namespace {

constexpr std::string_view plain_name = "SCRAM-SHA-256";
constexpr std::string_view bound_name = "SCRAM-SHA-256-PLUS";

}  // namespace

void sasl_exchange::offer(std::string& out) const {
    authentication_sasl_message message;
    if (binding_offered_) message.mechanisms.push_back(bound_name);
    message.mechanisms.push_back(plain_name);
    append_message(out, message);
}

sasl_exchange::step sasl_exchange::broken(front_error what,
                                          std::initializer_list<std::string_view> arguments) {
    state_ = state::done;
    step out;
    out.error = make_error(what, arguments);
    return out;
}

sasl_exchange::step sasl_exchange::take(frame const& message) {
    if (message.letter != 'p') {
        auto const number = std::to_string(static_cast<unsigned char>(message.letter));
        return broken(front_error::expected_sasl, {number});
    }
    switch (state_) {
        case state::choosing:
            return take_choice(message.body);
        case state::first:
        case state::talking:
            return pass_on(message.body);
        case state::done:
            break;
    }
    return broken(front_error::malformed_sasl);
}

sasl_exchange::step sasl_exchange::take_choice(std::string_view body) {
    auto const choice = decode<sasl_initial_response_message>(body);
    if (choice.has_error()) return broken(front_error::malformed_sasl);
    bool const bound = choice->mechanism == bound_name;
    if (choice->mechanism != plain_name && !(bound && binding_offered_))
        return broken(front_error::bad_mechanism);
    conversation_ = begin_(bound);
    state_ = state::first;
    if (choice->response) return pass_on(*choice->response);
    // The client wants to be asked first: an empty challenge.
    step out;
    out.what = step::kind::send;
    append_message(out.out, authentication_sasl_continue_message{});
    return out;
}

sasl_exchange::step sasl_exchange::pass_on(std::string_view message) {
    auto const answer = conversation_(message);
    step out;
    switch (answer.what) {
        case auth::scram_server::outcome::send:
            state_ = state::talking;
            out.what = step::kind::send;
            append_message(out.out, authentication_sasl_continue_message{answer.message});
            return out;
        case auth::scram_server::outcome::authenticated:
            state_ = state::done;
            out.what = step::kind::authenticated;
            append_message(out.out, authentication_sasl_final_message{answer.message});
            return out;
        case auth::scram_server::outcome::refused:
            state_ = state::done;
            out.what = step::kind::refused;
            return out;
        case auth::scram_server::outcome::malformed:
            break;
    }
    return broken(front_error::malformed_sasl);
}

}  // namespace sluice::postgres
