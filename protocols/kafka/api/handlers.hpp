// One handler per API, one file per handler; the table follows from the schemas
// (wire/api_rows.hpp), so that an API without codec or handler does not link.
#pragma once

#include <string>

#include "gateway/core/task.hpp"
#include "protocols/kafka/api/api_call.hpp"

namespace sluice::kafka {

#define SLUICE_KAFKA_API(key, name, ...) \
    struct name##_request;               \
    struct name##_response;
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API

namespace api {
#define SLUICE_KAFKA_API(key, name, ...) \
    task<name##_response> name(api_call& call, name##_request const& request);
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API
}  // namespace api

// Decodes the body, runs the handler, encodes its answer. malformed: the body is none of its
// version.
using handler = task<result<wire_writer>> (*)(api_call&);
// Never nullptr for a row of api_rows.
handler handler_of(api_row const& row) noexcept;

// "ListOffsets" for list_offsets: the protocol's spelling.
std::string_view title_of(api_row const& row) noexcept;

// ApiVersions in a version that is not served is answered as version 0 (KIP-511).
wire_writer unsupported_api_versions();

}  // namespace sluice::kafka
