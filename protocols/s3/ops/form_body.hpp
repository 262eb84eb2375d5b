// A form upload off its connection: the fields first, then the file's bytes, piece by piece through
// one buffer. Thread rule: one coroutine. The request's body outlives it.
#pragma once

#include <memory>
#include <string>

#include "protocols/s3/request_body.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/wire/form_reader.hpp"

namespace sluice::s3 {

class form_body {
public:
    form_body(request_body& body, std::string_view boundary, s3_options const& options);

    // Up to the file's bytes.
    task<s3_result<>> read_fields();
    // The file's next bytes, until the next call; empty once the whole form was read and is right.
    task<s3_result<std::string_view>> next();

    form_reader& form() noexcept { return reader_; }

private:
    // False: the body has ended.
    task<s3_result<bool>> fill();

    request_body& body_;
    form_reader reader_;
    std::unique_ptr<std::byte[]> buffer_;
    std::string_view unread_;  // of the buffer
};

}  // namespace sluice::s3
