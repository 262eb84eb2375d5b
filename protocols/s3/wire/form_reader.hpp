// A browser's form upload (multipart/form-data, RFC 7578 and RFC 2046 5.1), sans-io:
//
//     [preamble CRLF] --boundary CRLF head CRLF CRLF value  CRLF --boundary CRLF ...
//     CRLF --boundary CRLF head-of-"file" CRLF CRLF bytes   CRLF --boundary-- [epilogue]
//
// Bytes in; fields are kept until the part named "file", whose bytes come out as views. Parts after
// it are read and dropped, but a second file is refused. Everything but the file's bytes is bounded
// by form_limits, in memory and in number. After an error the reader stays there. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/s3/wire/form_headers.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

struct form_limits {
    std::size_t bytes = 20 * 1024;          // names and values before the file, the preamble
    std::size_t fields = 100;               // before the file
    std::size_t part_head_bytes = 4 * 1024;
    std::size_t tail_bytes = 64 * 1024;     // behind the file
};

struct form_field {
    std::string name;     // lower case: names of form fields are compared without case
    std::string spelled;  // as sent
    std::string value;
};

class form_reader {
public:
    // A boundary as form_boundary gives it.
    form_reader(std::string_view boundary, form_limits const& limits);

    struct step {
        std::size_t consumed = 0;
        std::string_view file_bytes;  // of the input or of the reader; until the next call
    };
    // `input` is not empty. A step that consumes nothing gave back what an earlier one held; the
    // next one consumes. malformed_post_request, max_post_pre_data_length_exceeded,
    // incorrect_number_of_files, invalid_argument (no file at all), not_implemented.
    s3_result<step> read(std::string_view input);
    // What a body means that ends here: malformed_post_request unless the form was complete.
    s3_result<> end() const;

    // The file's bytes are next (or were): fields and file name are known.
    bool at_file() const noexcept { return seen_file_; }
    // In the order sent, without those whose names begin with "x-ignore-".
    std::vector<form_field>& fields() noexcept { return fields_; }
    std::optional<std::string> const& file_name() const noexcept { return file_name_; }

private:
    enum class state : std::uint8_t {
        preamble,
        delimiter_end,
        head,
        field,
        file,
        dropped,
        epilogue
    };
    struct piece {
        std::size_t consumed = 0;
        std::string_view content;
        bool ended = false;  // the delimiter followed the content
    };

    s3_result<step> advance(std::string_view input);
    piece up_to_delimiter(std::string_view input);
    s3_result<step> read_content(std::string_view input);
    s3_result<std::size_t> read_delimiter_end(std::string_view input);
    s3_result<std::size_t> read_head(std::string_view input);
    s3_result<> begin_part();
    s3_result<> keep(std::string_view content);
    s3_result<> count(std::size_t bytes);

    form_limits const limits_;
    std::string const delimiter_;  // CRLF, two dashes, boundary: its only CR is the first byte
    state state_ = state::preamble;
    std::size_t matched_;          // of the delimiter, at the end of what was read
    bool after_dash_ = false;      // delimiter_end: of the closing "--"
    bool after_cr_ = false;        // delimiter_end
    std::size_t padding_ = 0;      // delimiter_end: blanks behind the boundary
    std::string head_;
    form_field field_;
    bool ignored_ = false;         // field_ is not kept
    std::vector<form_field> fields_;
    std::optional<std::string> file_name_;
    std::size_t bytes_ = 0;        // as form_limits::bytes counts them
    std::size_t field_count_ = 0;
    std::size_t tail_bytes_ = 0;
    bool seen_file_ = false;
    bool file_ended_ = false;
    std::optional<s3_failure> failed_;
};

}  // namespace sluice::s3
