// The closed set of errors that cross module boundaries. A value exists only if a caller would act
// differently on it; everything a person needs to know goes into failure::text, which nobody parses.
// Each wire protocol maps these to its own codes in exactly one exhaustive switch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

enum class error : std::uint8_t {
    invalid_argument,     // the request contradicts itself or the API's rules
    malformed,            // bytes that do not parse
    not_found,            // the named thing does not exist
    already_exists,       // the name is taken
    not_empty,            // a container still holds something
    precondition_failed,  // a condition of the caller does not hold
    conflict,             // lost to a concurrent change or chosen as deadlock victim; may be retried
    out_of_range,         // a position outside what exists
    too_large,            // a named limit is exceeded
    unsupported,          // understood and not served
    unauthenticated,      // no or wrong credentials
    permission_denied,    // known principal without the right
    overloaded,           // a queue or quota is full; retry later
    no_space,             // the device is full for this class of work
    read_only,            // the store no longer accepts writes
    would_block,          // not answerable from cache; ask again with a blocking_token
    deadline_exceeded,    // gave up waiting; nothing was changed
    cancelled,            // the caller or a shutdown withdrew the request; nothing was changed
    closed,               // the peer or the object is gone
    outcome_unknown,      // the write may or may not be durable; only a restart tells
    io_failed,            // the device or the operating system refused
    corrupt,              // stored bytes fail their check; never served
};

// The name of the enumerator, for logs and metrics.
std::string_view name_of(error code) noexcept;

struct failure {
    error code;
    std::string text;

    failure() : code(error::invalid_argument) {}  // only for result<T>::error(), which names it
    failure(error code) : code(code) {}  // NOLINT: implicit, so that `return error::not_found;` works
    failure(error code, std::string text) : code(code), text(std::move(text)) {}

    // "not_found: bucket 'a' does not exist"
    std::string describe() const;
};

}  // namespace sluice
