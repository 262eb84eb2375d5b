#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "protocols/s3/ops/handlers.hpp"
#include "tests/support/readme_table.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

std::string routed(std::string const& line, std::string const& headers = {}) {
    auto const request = test::request_from(line, headers);
    auto const* row = find_operation(request.head().verb, request.where().level, request);
    return row == nullptr ? "none" : std::string(row->name);
}

TEST(operations, are_those_of_the_service_model) {
    std::ifstream golden(SLUICE_GOLDEN_FOLDER "/operations.txt");
    ASSERT_TRUE(golden);
    std::set<std::string> expected, listed;
    for (std::string line; std::getline(golden, line);) expected.insert(line);
    for (auto const& row : operation_rows)
        if (row.id != operation::post_object)
            EXPECT_TRUE(listed.insert(std::string(row.name)).second) << row.name;
    EXPECT_EQ(listed, expected);
    EXPECT_EQ(expected.size(), 116u);
}

TEST(operations, have_a_handler_exactly_when_served) {
    std::size_t served = 0;
    for (auto const& row : operation_rows) {
        EXPECT_EQ(handler_of(row.id) != nullptr, row.served == serving::served) << row.name;
        EXPECT_EQ(&row_of(row.id), &row);
        served += row.served == serving::served;
    }
    EXPECT_EQ(served, 88u);
}

TEST(operations, are_told_apart_by_their_selectors) {
    EXPECT_EQ(routed("GET /"), "ListBuckets");
    EXPECT_EQ(routed("GET /?max-buckets=5"), "ListBuckets");
    EXPECT_EQ(routed("GET /b"), "ListObjects");
    EXPECT_EQ(routed("GET /b/?list-type=2"), "ListObjectsV2");
    EXPECT_EQ(routed("GET /b?list-type=3"), "ListObjects");
    EXPECT_EQ(routed("GET /b?location"), "GetBucketLocation");
    EXPECT_EQ(routed("GET /b?uploads"), "ListMultipartUploads");
    EXPECT_EQ(routed("GET /b?acl"), "GetBucketAcl");
    EXPECT_EQ(routed("GET /b?analytics"), "ListBucketAnalyticsConfigurations");
    EXPECT_EQ(routed("GET /b?analytics&id=1"), "GetBucketAnalyticsConfiguration");
    EXPECT_EQ(routed("GET /b?lifecycle"), "GetBucketLifecycleConfiguration");
    EXPECT_EQ(routed("PUT /b"), "CreateBucket");
    EXPECT_EQ(routed("PUT /b?policy"), "PutBucketPolicy");
    EXPECT_EQ(routed("DELETE /b"), "DeleteBucket");
    EXPECT_EQ(routed("HEAD /b"), "HeadBucket");
    EXPECT_EQ(routed("POST /b?delete"), "DeleteObjects");
    EXPECT_EQ(routed("POST /b"), "PostObject");
    EXPECT_EQ(routed("PUT /b/k"), "PutObject");
    EXPECT_EQ(routed("PUT /b/k", "x-amz-copy-source: /a/b\r\n"), "CopyObject");
    EXPECT_EQ(routed("PUT /b/k?partNumber=1&uploadId=2"), "UploadPart");
    EXPECT_EQ(routed("PUT /b/k?partNumber=1&uploadId=2", "x-amz-copy-source: /a/b\r\n"),
              "UploadPartCopy");
    EXPECT_EQ(routed("GET /b/k?uploadId=2"), "ListParts");
    EXPECT_EQ(routed("POST /b/k?uploads"), "CreateMultipartUpload");
    EXPECT_EQ(routed("POST /b/k?uploadId=2"), "CompleteMultipartUpload");
    EXPECT_EQ(routed("DELETE /b/k?uploadId=2"), "AbortMultipartUpload");
    EXPECT_EQ(routed("DELETE /b/k"), "DeleteObject");
    EXPECT_EQ(routed("GET /b/k?tagging"), "GetObjectTagging");
    EXPECT_EQ(routed("POST /b/k?select&select-type=2"), "SelectObjectContent");
    EXPECT_EQ(routed("POST /"), "none");
    EXPECT_EQ(routed("POST /b/k"), "none");
    EXPECT_EQ(routed("PATCH /b/k"), "none");
}

TEST(operations, can_all_be_reached) {
    for (auto const& row : operation_rows) {
        if (row.served == serving::alias) continue;
        std::string query, headers;
        for (std::string_view rest = row.selectors; !rest.empty();) {
            auto const word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(std::min(rest.size(), word.size() + 1));
            if (word.front() == '#') headers.append(word.substr(1)).append(": v\r\n");
            else query.append(query.empty() ? "?" : "&").append(word.substr(1));
        }
        std::string const path = row.level == resource_level::service  ? "/"
                                 : row.level == resource_level::bucket ? "/b"
                                                                       : "/b/k";
        EXPECT_EQ(routed(std::string(http::name_of(row.method)) + " " + path + query, headers),
                  row.name);
    }
}

// The README's table says what operations.def says. SLUICE_REWRITE_GOLDEN=1 writes it anew.
constexpr std::string_view table_begins = "<!-- s3 operations: written by test_operations.cpp -->\n";
constexpr std::string_view table_ends = "<!-- end of s3 operations -->\n";

std::string readme_table() {
    std::string out = "| operation | here |\n|---|---|\n";
    for (auto const& row : operation_rows) {
        out.append("| ").append(row.name).append(" | ");
        switch (row.served) {
            case serving::served: out.append("served"); break;
            case serving::refused: out.append("refused by name: `NotImplemented`"); break;
            case serving::alias: out.append("older name, same request"); break;
        }
        out.append(" |\n");
    }
    return out;
}

TEST(operations, are_the_readmes) {
    sluice::test::hold_readme_to(SLUICE_README, table_begins, table_ends, readme_table());
}

}  // namespace
}  // namespace sluice::s3
