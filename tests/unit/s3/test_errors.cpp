#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "protocols/s3/answer.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {
namespace {

constexpr auto last_error = error::corrupt;
constexpr auto last_missing = auth::missing_thing::rule;
constexpr auto last_key_trouble = auth::key_trouble::other_form;
constexpr auto last_signature_error = auth::sigv4_error::bad_uri;

std::string line_of(std::string_view what, s3_failure const& shown) {
    auto const& row = row_of(shown.code);
    std::ostringstream line;
    line << what << " -> " << row.status << " " << row.code << ": "
         << (shown.message.empty() ? row.message : shown.message) << "\n";
    return line.str();
}

// Every row of the table, and what every error of the server and of a signature becomes.
std::string whole_map() {
    std::string out;
    for (std::size_t at = 0; at < error_code_count(); ++at)
        out += line_of("table", s3_failure(static_cast<error_code>(at)));
    for (int code = 0; code <= static_cast<int>(last_error); ++code)
        for (auto about : {subject::bucket, subject::object}) {
            auth::refusal const what{failure(static_cast<error>(code), "text")};
            out += line_of(std::string(name_of(static_cast<error>(code))) +
                               (about == subject::bucket ? " (bucket)" : " (object)"),
                           to_s3(what, about));
        }
    for (int missing = 0; missing <= static_cast<int>(last_missing); ++missing)
        out += line_of("missing " + std::to_string(missing),
                       to_s3(auth::refusal(static_cast<auth::missing_thing>(missing), "text"),
                             subject::object));
    for (int key = 1; key <= static_cast<int>(last_key_trouble); ++key)
        for (auto about : {subject::object, subject::upload})
            out += line_of("key " + std::to_string(key) +
                               (about == subject::object ? " (object)" : " (upload)"),
                           to_s3(auth::refusal(static_cast<auth::key_trouble>(key), "text"), about));
    for (int code = 0; code <= static_cast<int>(last_signature_error); ++code) {
        auto const refused = static_cast<auth::sigv4_error>(code);
        for (bool in_query : {false, true})
            out +=
                line_of(std::string(auth::name_of(refused)) + (in_query ? " (query)" : " (header)"),
                        to_s3(auth::sigv4_refusal(refused, "expected"), in_query));
    }
    return out;
}

// SLUICE_REWRITE_GOLDEN=1 writes the file anew; the difference is then reviewed.
TEST(errors, map_as_the_golden_table_says) {
    std::string const path = SLUICE_GOLDEN_FOLDER "/errors.txt";
    auto const map = whole_map();
    if (std::getenv("SLUICE_REWRITE_GOLDEN") != nullptr) std::ofstream(path) << map;
    std::ifstream file(path);
    std::stringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(map, golden.str());
}

TEST(errors, tell_nothing_of_the_inside) {
    for (auto code : {error::io_failed, error::corrupt, error::outcome_unknown, error::not_found,
                      error::no_space}) {
        auto const shown =
            to_s3(auth::refusal(failure(code, "segment 7 at 0x1000")), subject::object);
        EXPECT_EQ(shown.message.find("segment"), std::string::npos);
    }
}

TEST(errors, become_documents) {
    auto const out =
        error_answer(s3_failure(error_code::no_such_key).detail("Key", "a<b"), "/b/a%3Cb", "ID");
    EXPECT_EQ(out.head.status, 404u);
    EXPECT_EQ(
        out.text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The "
        "specified key "
        "does not "
        "exist.</Message><Key>a&lt;b</Key><Resource>/b/a%3Cb</Resource><RequestId>ID</RequestId>"
        "<HostId>ID</HostId></Error>");
}

}  // namespace
}  // namespace sluice::s3
