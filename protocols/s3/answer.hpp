// What an operation answers: a head, and a body that is a text or an object's bytes. Plain value,
// moved from the handler to the session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auth/guard/readable_object.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

struct answer {
    http::response_head head;
    std::string text;
    std::optional<auth::object_reader> stream;  // instead of `text`
    std::uint64_t length = 0;                   // of the stream, or what a HEAD answer states
};

answer empty_answer(unsigned status = 200);
answer xml_answer(xml_writer document);
// The Error document; for HEAD requests and 304 the session leaves the body out.
answer error_answer(s3_failure const& what, std::string_view resource, std::string_view request_id);

}  // namespace sluice::s3
