// What an operation answers: a head, and a body that is a text, an object's bytes or pieces that are
// made while they are sent. Plain value, moved from the handler to the session.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/guard/readable_object.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

// A body of unknown length. An error ends the connection: what could be told in the body was.
class answer_pieces {
public:
    virtual ~answer_pieces() = default;
    // The next piece; an empty one is the end.
    virtual task<result<std::string>> next() = 0;
};

struct answer {
    http::response_head head;
    std::string text;
    std::optional<auth::object_reader> stream;  // instead of `text`
    std::unique_ptr<answer_pieces> pieces;      // instead of both
    std::uint64_t length = 0;                   // of the stream, or what a HEAD answer states
};

answer empty_answer(unsigned status = 200);
answer xml_answer(xml_writer document);
// The Error document; for HEAD requests and 304 the session leaves the body out.
answer error_answer(s3_failure const& what, std::string_view resource, std::string_view request_id);

}  // namespace sluice::s3
