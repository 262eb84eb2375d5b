// SelectObjectContent through the front: what is read, what is refused, and how the answer is framed.
#include <gtest/gtest.h>

#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "protocols/s3/select_service.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

struct message {
    header_list headers;
    std::string payload;
    std::string header(std::string_view name) const {
        for (auto const& [key, value] : headers)
            if (key == name) return value;
        return {};
    }
};

std::string unchunked(std::string_view text) {
    std::string out;
    while (true) {
        auto const line = text.find("\r\n");
        auto const size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
        text.remove_prefix(line + 2);
        if (size == 0) return out;
        out += text.substr(0, size);
        EXPECT_EQ(text.substr(size, 2), "\r\n");
        text.remove_prefix(size + 2);
    }
}

std::vector<message> messages_in(std::string_view bytes) {
    std::vector<message> out;
    while (!bytes.empty()) {
        byte_reader prelude(bytes);
        auto const total = prelude.big<std::uint32_t>();
        auto const headers_size = prelude.big<std::uint32_t>();
        EXPECT_EQ(prelude.big<std::uint32_t>(), crc32(as_bytes(bytes.substr(0, 8))));
        auto const whole = bytes.substr(0, total);
        byte_reader tail(whole.substr(total - 4));
        EXPECT_EQ(tail.big<std::uint32_t>(), crc32(as_bytes(whole.substr(0, total - 4))));
        message one;
        byte_reader headers(whole.substr(12, headers_size));
        while (!headers.at_end()) {
            std::string name(headers.raw(headers.big<std::uint8_t>()));
            EXPECT_EQ(headers.big<std::uint8_t>(), 7);
            one.headers.emplace_back(name, headers.raw(headers.big<std::uint16_t>()));
        }
        one.payload = whole.substr(12 + headers_size, total - headers_size - 16);
        out.push_back(std::move(one));
        bytes.remove_prefix(total);
    }
    return out;
}

std::string document(std::string_view statement, std::string_view input, std::string_view output,
                     std::string_view more = {}) {
    std::string out = "<SelectObjectContentRequest><Expression>";
    out.append(statement).append("</Expression><ExpressionType>SQL</ExpressionType>");
    out.append("<InputSerialization>").append(input).append("</InputSerialization>");
    out.append("<OutputSerialization>").append(output).append("</OutputSerialization>");
    return out.append(more).append("</SelectObjectContentRequest>");
}

constexpr char const* csv = "<CSV><FileHeaderInfo>USE</FileHeaderInfo></CSV>";
constexpr char const* lines = "<JSON><Type>LINES</Type></JSON>";
constexpr char const* json = "<JSON/>";

class select_object : public testing::Test {
protected:
    select_object() : parquet_(query::make_parquet_reader(world.clock)) {
        select_options options;
        options.running_max = 1;
        service_.emplace(options, nullptr, &*parquet_);
        world.selects = &*service_;
        world.put("/bucket", "");
    }

    // The whole answer, taken apart; an error document is a message of that code.
    std::vector<message> select(std::string const& key, std::string const& body,
                                header_list headers = {}) {
        s3_call const call{"POST", "/bucket/" + key + "?select&select-type=2", body,
                           std::move(headers)};
        auto const answer = world.exchange(world.signed_request(call));
        auto const end = answer.find("\r\n\r\n") + 4;
        head_ = answer.substr(0, end);
        if (head_.find("Transfer-Encoding: chunked") != std::string::npos)
            return messages_in(unchunked(std::string_view(answer).substr(end)));
        auto const from = answer.find("<Code>") + 6;
        message refused;
        refused.headers.emplace_back(":refused", answer.substr(from, answer.find("</Code>") - from));
        return {refused};
    }
    std::string rows(std::string const& key, std::string const& body, header_list headers = {}) {
        std::string out;
        bool ended = false;
        for (auto const& each : select(key, body, std::move(headers))) {
            EXPECT_FALSE(ended);
            if (!each.header(":refused").empty()) return "refused: " + each.header(":refused");
            if (each.header(":message-type") == "error")
                return out + "error: " + each.header(":error-code");
            if (each.header(":event-type") == "Records") out += each.payload;
            ended = each.header(":event-type") == "End";
        }
        EXPECT_TRUE(ended);
        return out;
    }

    s3_world world;
    std::unique_ptr<query::file_reader> parquet_;
    std::optional<select_service> service_;
    std::string head_;
};

TEST_F(select_object, answers_an_event_stream) {
    std::string const text = "name,n\na,1\nb,2\n";
    world.put("/bucket/o", text);
    auto const got = select("o", document("SELECT name FROM S3Object WHERE n = 2", csv, "<CSV/>",
                                          "<RequestProgress><Enabled>true</Enabled></RequestProgress>"));
    ASSERT_EQ(got.size(), 4u);
    EXPECT_NE(head_.find("200 OK"), std::string::npos);
    EXPECT_EQ(head_.find("Content-Length"), std::string::npos);
    EXPECT_EQ(got[0].header(":event-type"), "Records");
    EXPECT_EQ(got[0].header(":content-type"), "application/octet-stream");
    EXPECT_EQ(got[0].payload, "b\n");
    EXPECT_EQ(got[1].header(":event-type"), "Progress");
    EXPECT_EQ(got[2].header(":event-type"), "Stats");
    EXPECT_NE(got[2].payload.find("<BytesScanned>15</BytesScanned><BytesProcessed>15"
                                  "</BytesProcessed><BytesReturned>2</BytesReturned>"),
              std::string::npos)
        << got[2].payload;
    EXPECT_EQ(got[3].header(":event-type"), "End");
}

TEST_F(select_object, keeps_the_connection) {
    world.put("/bucket/o", "a\n");
    s3_call const call{"POST", "/bucket/o?select&select-type=2",
                       document("SELECT * FROM S3Object", csv, json), {}};
    auto const answer =
        world.exchange(world.signed_request(call) + world.signed_request({"GET", "/bucket/o"}));
    EXPECT_NE(answer.find("\r\n0\r\n\r\nHTTP/1.1 200 OK"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("a\n"));
}

TEST_F(select_object, tells_of_faults_before_and_in_the_stream) {
    std::string text = "n\n";
    for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + "\n";
    world.put("/bucket/o", text + "x\n");
    EXPECT_EQ(rows("o", document("SELECT * FROM", csv, json)), "refused: ParseUnexpectedToken");
    EXPECT_EQ(rows("o", document("SELECT m FROM S3Object", csv, json)), "refused: MissingHeaders");
    EXPECT_EQ(rows("o", document("SELECT CAST(n AS INT) FROM S3Object LIMIT 1", csv, json)),
              "{\"_1\":0}\n");
    auto const got = rows("o", document("SELECT CAST(n AS INT) AS n FROM S3Object", csv, json));
    EXPECT_TRUE(got.starts_with("{\"n\":0}\n{\"n\":1}\n"));
    EXPECT_TRUE(got.ends_with("error: CastFailed")) << got.substr(got.size() - 100);
    EXPECT_EQ(rows("o", document("SELECT COUNT(*) FROM S3Object", csv, json)),
              "{\"_1\":200001}\n");
}

TEST_F(select_object, is_refused_where_s3_refuses_it) {
    world.put("/bucket/o", "a\n");
    EXPECT_EQ(rows("none", document("SELECT * FROM S3Object", csv, json)), "refused: NoSuchKey");
    EXPECT_EQ(rows("o", ""), "refused: EmptyRequestBody");
    EXPECT_EQ(rows("o", "<SelectObjectContentRequest/>"), "refused: MissingRequiredParameter");
    EXPECT_EQ(rows("o", "<Other/>"), "refused: MalformedXML");
    s3_call const versioned{"POST", "/bucket/o?select&select-type=2&versionId=null",
                            document("SELECT * FROM S3Object", csv, json), {}};
    EXPECT_EQ(world.send(versioned).code(), "InvalidArgument");
    s3_call const unsigned_one{"POST", "/bucket/o?select&select-type=2",
                               document("SELECT * FROM S3Object", csv, json), {}};
    EXPECT_EQ(world.send_unsigned(unsigned_one).code(), "AccessDenied");
    auto const turn = service_->enter(false);
    EXPECT_EQ(rows("o", document("SELECT * FROM S3Object", csv, json)), "refused: Busy");
}

TEST_F(select_object, reads_what_is_encrypted_with_its_key) {
    std::string const key(32, 'k');
    header_list const with_key{{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
                               {"x-amz-server-side-encryption-customer-key", base64_encode(key)},
                               {"x-amz-server-side-encryption-customer-key-MD5", md5_header(key)}};
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "{\"n\":" + std::to_string(i) + "}\n";
    world.put("/bucket/c", text, with_key);
    world.put("/bucket/s", text, {{"x-amz-server-side-encryption", "AES256"}});
    auto const statement = document("SELECT SUM(n) FROM S3Object", lines, json);
    EXPECT_EQ(rows("c", statement, with_key), "{\"_1\":1249975000}\n");
    EXPECT_EQ(rows("c", statement), "refused: InvalidRequest");
    EXPECT_EQ(rows("s", statement), "{\"_1\":1249975000}\n");
}

TEST_F(select_object, cuts_ranges) {
    std::string text = "n,x\n";
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ",y\n";
    world.put("/bucket/o", text);
    std::int64_t total = 0;
    std::size_t const step = text.size() / 7;
    for (std::size_t at = 0; at < text.size(); at += step) {
        auto const range = "<ScanRange><Start>" + std::to_string(at) + "</Start><End>" +
                           std::to_string(at + step - 1) + "</End></ScanRange>";
        auto const got =
            rows("o", document("SELECT COUNT(n) FROM S3Object WHERE x = 'y'", csv, "<CSV/>", range));
        total += std::stoll(got);
    }
    EXPECT_EQ(total, 100'000);
    EXPECT_EQ(rows("o", document("SELECT n FROM S3Object", csv, "<CSV/>",
                                 "<ScanRange><End>8</End></ScanRange>")),
              "99999\n");
    EXPECT_EQ(rows("o", document("SELECT n FROM S3Object", csv, "<CSV/>",
                                 "<ScanRange><Start>9000000</Start></ScanRange>")),
              "refused: InvalidScanRange");
}

TEST_F(select_object, refuses_what_is_no_parquet) {
    for (std::string const& bytes : {std::string("PAR1"), std::string(), std::string(1000, 'P'),
                                     std::string("PAR1") + std::string(100, '\xFF') + "PAR1"}) {
        world.put("/bucket/o", bytes);
        EXPECT_EQ(rows("o", document("SELECT * FROM S3Object", "<Parquet/>", json)),
                  "refused: ParquetParsingError")
            << bytes.size();
    }
}

TEST_F(select_object, is_for_those_who_may_read) {
    world.put("/bucket/o", "a\n");
    world.who = world.add_user("nobody");
    EXPECT_EQ(rows("o", document("SELECT * FROM S3Object", csv, json)), "refused: AccessDenied");
}

}  // namespace
}  // namespace sluice::s3
