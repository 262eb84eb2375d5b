#include "protocols/kafka/api/api_call.hpp"

#include "gateway/core/failure_news.hpp"

namespace sluice::kafka {

void api_call::note(failure const& why) {
    if (cause.empty() && is_inner_failure(why.code)) cause = why.describe();
}

error_code topic_error(api_call& call, failure const& why) {
    call.note(why);
    return to_kafka_error(why.code);
}

error_code group_error(api_call& call, failure const& why) {
    call.note(why);
    switch (why.code) {
        case error::permission_denied:
            return error_code::group_authorization_failed;
        case error::not_found:
            return error_code::group_id_not_found;
        case error::closed:
        case error::cancelled:
            return error_code::not_coordinator;
        case error::overloaded:
        case error::deadline_exceeded:
        case error::no_space:
        case error::read_only:
        case error::io_failed:
        case error::outcome_unknown:
            return error_code::coordinator_not_available;
        default:
            return to_kafka_error(why.code);
    }
}

error_code cluster_error(api_call& call, failure const& why) {
    call.note(why);
    return why.code == error::permission_denied ? error_code::cluster_authorization_failed
                                                : to_kafka_error(why.code);
}

std::string bounded(std::string text) {
    constexpr std::size_t longest = 1000;
    if (text.size() > longest) text.resize(longest);
    return text;
}

std::string text_of(error_code error, failure const& why) {
    std::string out(message_of(error));
    if (!why.text.empty()) out += ": " + why.text;
    return bounded(std::move(out));
}

}  // namespace sluice::kafka
