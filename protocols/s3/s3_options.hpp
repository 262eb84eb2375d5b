// Settings and bounds of the S3 front. Plain values, fixed when it starts.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "auth/policy/account.hpp"
#include "gateway/core/bytes.hpp"
#include "protocols/http/options.hpp"

namespace sluice::s3 {

struct s3_options {
    http::http_options http;
    std::string region = "us-east-1";
    std::vector<std::string> domains;         // "s3.example.org": buckets are also its sub-domains
    std::vector<std::string> website_domains;  // "web.example.org": its sub-domains are websites
    std::size_t account_request_bytes = 64 * 1024;  // of an STS or IAM request
    std::string account_id{auth::account_id};  // what x-amz-expected-bucket-owner must name
    std::string server_name = "Sluice";
    bool encrypts_new_buckets = false;  // with the server's key, as S3 does

    std::size_t query_parameters = 64;               // limits.s3_query_parameters
    std::size_t user_metadata_bytes = 2 * kibibyte;  // names and values together
    std::size_t document_bytes = 4 * mebibyte;       // an XML body
    std::size_t document_elements = 100'000;
    std::size_t small_document_bytes = 64 * kibibyte;          // the XML body of CreateBucket
    std::size_t form_bytes = 20 * kibibyte;      // names and values before a posted file, together
    std::size_t form_fields = 100;               // before a posted file
    std::size_t form_part_head_bytes = 4 * kibibyte;  // headers of one part of a form
    std::size_t form_tail_bytes = 64 * kibibyte;      // what follows a posted file, unheeded
    std::uint64_t object_bytes = 5 * std::uint64_t{gibibyte};  // one PutObject or part
    std::uint32_t list_page = 1000;
    std::uint32_t bucket_page = 10'000;  // buckets in one ListBuckets answer
    std::uint32_t delete_page = 1000;
    std::uint32_t upload_parts = 10'000;
    std::uint64_t minimum_part_bytes = 5 * std::uint64_t{mebibyte};
    std::size_t read_bytes =
        256 * kibibyte;  // of a body, before others on the thread get their turn
    // An answer to wrong credentials waits so long, so that guessing costs the guesser.
    std::chrono::milliseconds refusal_delay{20};
    // How long a day of lifecycle rules is; any other than a day is for tests.
    std::chrono::milliseconds lifecycle_day = std::chrono::hours(24);
};

}  // namespace sluice::s3
