// The body of SelectObjectContent: what is asked of an object, and how it is read and answered.
// Every element that S3 has is either understood or refused. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "protocols/s3/wire/s3_error.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/sql/records/decompressor.hpp"
#include "protocols/sql/records/record_reader.hpp"
#include "protocols/sql/records/row_writer.hpp"

namespace sluice::s3 {

struct parquet_input {};

struct select_request {
    std::string expression;
    bool progress = false;
    sql::records::compression packed = sql::records::compression::none;
    std::variant<sql::records::csv_input, sql::records::json_input, parquet_input> input;
    sql::records::row_output output;
    struct scan {
        std::optional<std::uint64_t> start, end;
    };
    std::optional<scan> range;
};

s3_result<select_request> read_select_document(xml_element const& document);

// The bytes of an object of that size in which records must begin. invalid_scan_range.
struct scanned_bytes {
    std::uint64_t first = 0, last = 0;
};
s3_result<scanned_bytes> resolve_scan(select_request::scan const& range, std::uint64_t size);

}  // namespace sluice::s3
