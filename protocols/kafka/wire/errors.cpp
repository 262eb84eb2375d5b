#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

std::string_view name_of(error_code code) noexcept {
    switch (code) {
#define SLUICE_KAFKA_ERROR(name, value, retriable, message) case error_code::name: return #name;
#include "protocols/kafka/wire/errors.def"
#undef SLUICE_KAFKA_ERROR
    }
    return "unknown_server_error";
}

std::string_view message_of(error_code code) noexcept {
    switch (code) {
#define SLUICE_KAFKA_ERROR(name, value, retriable, message) case error_code::name: return message;
#include "protocols/kafka/wire/errors.def"
#undef SLUICE_KAFKA_ERROR
    }
    return {};
}

bool is_retriable(error_code code) noexcept {
    switch (code) {
#define SLUICE_KAFKA_ERROR(name, value, retriable, message) case error_code::name: return retriable;
#include "protocols/kafka/wire/errors.def"
#undef SLUICE_KAFKA_ERROR
    }
    return false;
}

error_code to_kafka_error(error below) noexcept {
    switch (below) {
        case error::invalid_argument: return error_code::invalid_request;
        case error::malformed: return error_code::invalid_request;
        case error::not_found: return error_code::unknown_topic_or_partition;
        case error::already_exists: return error_code::topic_already_exists;
        case error::not_empty: return error_code::non_empty_group;
        case error::precondition_failed: return error_code::invalid_request;
        case error::conflict: return error_code::request_timed_out;
        case error::out_of_range: return error_code::offset_out_of_range;
        case error::too_large: return error_code::message_too_large;
        case error::unsupported: return error_code::unsupported_version;
        case error::unauthenticated: return error_code::sasl_authentication_failed;
        case error::permission_denied: return error_code::topic_authorization_failed;
        case error::overloaded: return error_code::request_timed_out;
        case error::no_space: return error_code::kafka_storage_error;
        case error::read_only: return error_code::kafka_storage_error;
        case error::would_block: return error_code::unknown_server_error;
        case error::deadline_exceeded: return error_code::request_timed_out;
        case error::cancelled: return error_code::not_leader_or_follower;
        case error::closed: return error_code::not_leader_or_follower;
        case error::outcome_unknown: return error_code::kafka_storage_error;
        case error::io_failed: return error_code::kafka_storage_error;
        case error::corrupt: return error_code::corrupt_message;
    }
    return error_code::unknown_server_error;
}

}  // namespace sluice::kafka
