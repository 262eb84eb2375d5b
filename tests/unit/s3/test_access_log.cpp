// Lines and names of access logs, and the documents that ask for them.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/http/date.hpp"
#include "protocols/s3/access_log_sink.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/wire/logging_document.hpp"

namespace sluice::s3 {
namespace {

unix_millis at(std::string_view iso) { return http::parse_iso_date(iso).value(); }

// Fields as a reader of S3's logs splits them: at spaces, but not in quotes or brackets.
std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> out(1);
    bool quoted = false, bracketed = false;
    for (auto const c : line.substr(0, line.find('\n'))) {
        if (c == '"') quoted = !quoted;
        if (c == '[') bracketed = true;
        if (c == ']') bracketed = false;
        if (c == ' ' && !quoted && !bracketed) out.emplace_back();
        else out.back().push_back(c);
    }
    return out;
}

TEST(access_log, has_lines_of_s3s_form) {
    access_log_entry entry;
    entry.owner = "owner";
    entry.bucket = "b";
    entry.time = at("2026-02-06T00:00:38.123Z");
    entry.address = "192.0.2.3";
    entry.requester = "someone";
    entry.request_id = "ID";
    entry.operation = "REST.GET.OBJECT";
    entry.key = "a b/c\xc3\xa9";
    entry.request_line = "GET /b/a%20b/c HTTP/1.1";
    entry.status = 206;
    entry.bytes_sent = 10;
    entry.has_object = true;
    entry.object_bytes = 100;
    entry.total = std::chrono::milliseconds(7);
    entry.turn_around = std::chrono::milliseconds(0);
    entry.user_agent = "curl/8 \"x\"";
    entry.version = "0000000000000001";
    entry.host_id = "ID";
    entry.signature = "SigV4";
    entry.authentication = "AuthHeader";
    entry.host = "localhost:9000";
    auto const line = access_log_line(entry);
    EXPECT_EQ(line,
              "owner b [06/Feb/2026:00:00:38 +0000] 192.0.2.3 someone ID REST.GET.OBJECT "
              "a%20b/c%C3%A9 \"GET /b/a%20b/c HTTP/1.1\" 206 - 10 100 7 0 \"-\" "
              "\"curl/8 %22x%22\" 0000000000000001 ID SigV4 - AuthHeader localhost:9000 - - -\n");
    EXPECT_EQ(fields_of(line).size(), 26u);
}

TEST(access_log, says_how_the_connection_was_encrypted) {
    access_log_entry entry;
    entry.signature = "SigV4";
    entry.cipher = "TLS_AES_256_GCM_SHA384";
    entry.authentication = "AuthHeader";
    entry.host = "localhost";
    entry.tls_version = "TLSv1.3";
    auto const fields = fields_of(access_log_line(entry));
    ASSERT_EQ(fields.size(), 26u);
    EXPECT_EQ(fields[19], "SigV4");
    EXPECT_EQ(fields[20], "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(fields[21], "AuthHeader");
    EXPECT_EQ(fields[22], "localhost");
    EXPECT_EQ(fields[23], "TLSv1.3");
}

TEST(access_log, has_lines_for_changes) {
    journal_entry entry{"owner", "b", at("2026-02-06T00:00:38.123Z"), "REST.PUT.OBJECT", "a b/\n"};
    entry.size = 0;
    entry.version = "v1";
    entry.etag = "e";
    EXPECT_EQ(journal_line(entry),
              "owner b [06/Feb/2026:00:00:38 +0000] REST.PUT.OBJECT a%20b/%0A 0 v1 e\n");
    EXPECT_EQ(journal_line({"owner", "b", at("2026-02-06T00:00:38Z"), "REST.DELETE.OBJECT", "k"}),
              "owner b [06/Feb/2026:00:00:38 +0000] REST.DELETE.OBJECT k - - -\n");
}

TEST(access_log, keeps_changes_as_they_were) {
    journal_record record{principal_id{7}, {"logs", "p/", log_key_format::by_event_time}, "line\n"};
    record.target.type = log_type::journal;
    record.target.key_prefix = "in/";
    record.target.key_suffix = "";
    record.target.roll_seconds = 300;
    auto const bytes = encode(record);
    auto const again = decode_journal_record(bytes).value();
    EXPECT_EQ(again.owner, record.owner);
    EXPECT_EQ(again.target, record.target);
    EXPECT_EQ(again.line, record.line);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_TRUE(decode_journal_record(std::string_view(bytes).substr(0, cut)).has_error());
    auto later = bytes;
    later[0] = 2;
    EXPECT_EQ(decode_journal_record(later).error().code, error::unsupported);
    EXPECT_TRUE(decode_journal_record(bytes + "x").has_error());
}

TEST(access_log, journals_may_be_of_some_keys) {
    access_log_target target;
    EXPECT_TRUE(target.covers(""));
    target.key_prefix = "a/";
    EXPECT_TRUE(target.covers("a/b"));
    EXPECT_FALSE(target.covers("b"));
    target.key_suffix = ".txt";
    EXPECT_FALSE(target.covers("a/b"));
    EXPECT_TRUE(target.covers("a/b.txt"));
}

TEST(access_log, names_changes_as_ceph_does) {
    using enum store::object_happening;
    EXPECT_EQ(journal_operation("PutObject", put), "REST.PUT.OBJECT");
    EXPECT_EQ(journal_operation("CopyObject", put), "REST.PUT.OBJECT");
    EXPECT_EQ(journal_operation("CompleteMultipartUpload", put), "REST.POST.UPLOAD");
    EXPECT_EQ(journal_operation("PostObject", put), "REST.POST.OBJECT");
    EXPECT_EQ(journal_operation("RenameObject", removed), "REST.DELETE.OBJECT");
    EXPECT_EQ(journal_operation("DeleteObject", marker_put), "REST.DELETE.OBJECT");
    EXPECT_EQ(journal_operation("DeleteObjects", removed), "REST.POST.DELETE_MULTI_OBJECT");
    EXPECT_EQ(journal_operation("LifecycleExpiration", removed), "S3.EXPIRE.OBJECT");
    EXPECT_EQ(journal_operation("LifecycleExpiration", marker_put), "S3.CREATE.DELETEMARKER");
    EXPECT_EQ(journal_operation("PutObjectTagging", changed), "REST.PUT.OBJECT_TAGGING");
    EXPECT_EQ(journal_operation("PutObjectLegalHold", changed), "REST.PUT.LEGAL_HOLD");
    EXPECT_EQ(journal_operation("RestoreObject", changed), "");
}

TEST(access_log, has_dashes_for_what_is_not_known) {
    auto const line = access_log_line({});
    auto const fields = fields_of(line);
    ASSERT_EQ(fields.size(), 26u) << line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i == 2 || i == 13) continue;  // times
        EXPECT_TRUE(fields[i] == "-" || fields[i] == "\"-\"") << i << " " << fields[i];
    }
}

TEST(access_log, clients_cannot_break_lines) {
    access_log_entry entry;
    entry.user_agent = "a\" \"b\nnext line\r\x01";
    std::string const referer(100'000, 'x');
    entry.referer = referer;
    entry.request_line = "GET /\"\n HTTP/1.1";
    entry.host = "h \"\n";
    entry.key = "k\n \"";
    auto const line = access_log_line(entry);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_EQ(fields_of(line).size(), 26u) << line;
    EXPECT_LT(line.size(), 8000u);
}

TEST(access_log, names_its_objects) {
    log_object const object{"source", "000000000000", "us-east-1", at("2026-02-05T23:59:59.000Z"),
                            at("2026-02-06T00:01:02.000Z"), "ABC"};
    auto const key = [&](log_key_format format) {
        return log_object_key({"logs", "p/", format}, object);
    };
    EXPECT_EQ(key(log_key_format::unsaid), "p/2026-02-06-00-01-02-ABC");
    EXPECT_EQ(key(log_key_format::simple), "p/2026-02-06-00-01-02-ABC");
    EXPECT_EQ(key(log_key_format::by_delivery_time),
              "p/000000000000/us-east-1/source/2026/02/06/2026-02-06-00-01-02-ABC");
    EXPECT_EQ(key(log_key_format::by_event_time),
              "p/000000000000/us-east-1/source/2026/02/05/2026-02-05-00-00-00-ABC");
}

TEST(access_log, names_operations_as_s3_does) {
    auto const name = [](operation id, std::string_view verb) {
        auto const& row = row_of(id);
        return log_operation(&row, verb, row.level);
    };
    EXPECT_EQ(name(operation::get_object, "GET"), "REST.GET.OBJECT");
    EXPECT_EQ(name(operation::list_objects_v2, "GET"), "REST.GET.BUCKET");
    EXPECT_EQ(name(operation::list_objects, "GET"), "REST.GET.BUCKET");
    EXPECT_EQ(name(operation::get_bucket_versioning, "GET"), "REST.GET.VERSIONING");
    EXPECT_EQ(name(operation::get_bucket_logging, "GET"), "REST.GET.LOGGING_STATUS");
    EXPECT_EQ(name(operation::copy_object, "PUT"), "REST.COPY.OBJECT");
    EXPECT_EQ(name(operation::upload_part_copy, "PUT"), "REST.COPY.PART");
    EXPECT_EQ(name(operation::upload_part, "PUT"), "REST.PUT.PART");
    EXPECT_EQ(name(operation::create_multipart_upload, "POST"), "REST.POST.UPLOADS");
    EXPECT_EQ(name(operation::complete_multipart_upload, "POST"), "REST.POST.UPLOAD");
    EXPECT_EQ(name(operation::delete_objects, "POST"), "REST.POST.MULTI_OBJECT_DELETE");
    EXPECT_EQ(name(operation::get_object_legal_hold, "GET"), "REST.GET.LEGAL_HOLD");
    EXPECT_EQ(log_operation(nullptr, "GET", resource_level::object), "REST.GET.OBJECT");
}

s3_result<std::optional<access_log_target>> parsed(std::string const& inner) {
    auto const root = parse_xml("<BucketLoggingStatus>" + inner + "</BucketLoggingStatus>",
                                "BucketLoggingStatus");
    if (!root) return root.error();
    return access_log_in(*root);
}
std::string enabled(std::string const& more, std::string const& prefix = "p/") {
    return "<LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>" + prefix +
           "</TargetPrefix>" + more + "</LoggingEnabled>";
}
std::string format(std::string const& inner) {
    return enabled("<TargetObjectKeyFormat>" + inner + "</TargetObjectKeyFormat>");
}
std::string const journal = "<LoggingType>Journal</LoggingType>";
std::string rule(std::string const& name, std::string const& value) {
    return "<FilterRule><Name>" + name + "</Name><Value>" + value + "</Value></FilterRule>";
}
std::string code_of(std::string const& inner) {
    auto const outcome = parsed(inner);
    return outcome ? "" : std::string(row_of(outcome.error().code).code);
}

TEST(logging_document, is_written_as_it_was_read) {
    std::string const event = "<PartitionDateSource>EventTime</PartitionDateSource>";
    for (auto const& text : {enabled(""), enabled("", ""), format("<SimplePrefix></SimplePrefix>"),
                             format("<PartitionedPrefix>" + event + "</PartitionedPrefix>"),
                             enabled("<LoggingType>Standard</LoggingType>"),
                             enabled("<ObjectRollTime>60</ObjectRollTime>"),
                             enabled(journal + "<ObjectRollTime>1</ObjectRollTime>"),
                             enabled(journal + "<Filter><S3Key>" + rule("prefix", "a") +
                                     rule("suffix", "") + "</S3Key></Filter>")}) {
        auto const target = parsed(text);
        ASSERT_TRUE(target) << text;
        xml_writer out("BucketLoggingStatus");
        write_access_log(out, **target);
        auto const again = std::move(out).finish();
        EXPECT_NE(again.find(text), again.npos) << again;
    }
    EXPECT_EQ((*parsed(format("<PartitionedPrefix/>")))->format, log_key_format::by_delivery_time);
    EXPECT_FALSE(*parsed("")) << "logging is off";
}

TEST(logging_document, is_refused_when_it_is_wrong) {
    EXPECT_EQ(code_of("<Other/>"), "MalformedXML");
    EXPECT_EQ(code_of(enabled("") + enabled("")), "MalformedXML");
    EXPECT_EQ(code_of("<LoggingEnabled/>"), "MalformedXML");
    EXPECT_EQ(code_of("<LoggingEnabled><TargetBucket>b</TargetBucket></LoggingEnabled>"),
              "MalformedXML");
    EXPECT_EQ(code_of(enabled("<TargetBucket>other</TargetBucket>")), "MalformedXML");
    EXPECT_EQ(code_of(enabled("<Other/>")), "MalformedXML");
    EXPECT_EQ(code_of(format("")), "MalformedXML");
    EXPECT_EQ(code_of(format("<PartitionedPrefix><PartitionDateSource>Now</PartitionDateSource>"
                             "</PartitionedPrefix>")),
              "MalformedXML");
    EXPECT_EQ(code_of(enabled("<TargetGrants><Grant/></TargetGrants>")), "NotImplemented");
    EXPECT_EQ(code_of(enabled("<TargetGrants/>")), "");
    EXPECT_EQ(code_of(enabled("", std::string(801, 'p'))), "InvalidRequest");
}

TEST(logging_document, refuses_what_of_cephs_it_does_not_do) {
    auto const filter = [](std::string const& rules) {
        return enabled(journal + "<Filter><S3Key>" + rules + "</S3Key></Filter>");
    };
    EXPECT_EQ(code_of(enabled("<LoggingType>Other</LoggingType>")), "MalformedXML");
    EXPECT_EQ(code_of(enabled(journal + journal)), "MalformedXML");
    EXPECT_EQ(code_of(enabled(journal + "<RecordsBatchSize>0</RecordsBatchSize>")),
              "NotImplemented");
    EXPECT_EQ(code_of(enabled("<ObjectRollTime>0</ObjectRollTime>")), "InvalidArgument");
    EXPECT_EQ(code_of(enabled("<ObjectRollTime>86401</ObjectRollTime>")), "InvalidArgument");
    EXPECT_EQ(code_of(enabled("<ObjectRollTime>1 s</ObjectRollTime>")), "MalformedXML");
    EXPECT_EQ(code_of(enabled("<ObjectRollTime>-1</ObjectRollTime>")), "MalformedXML");
    EXPECT_EQ(code_of(filter(rule("regex", "a.*"))), "NotImplemented");
    EXPECT_EQ(code_of(filter(rule("other", "a"))), "MalformedXML");
    EXPECT_EQ(code_of(filter(rule("prefix", "a") + rule("prefix", "b"))), "MalformedXML");
    EXPECT_EQ(code_of(filter(rule("prefix", std::string(1025, 'p')))), "InvalidArgument");
    EXPECT_EQ(code_of(filter("<Other/>")), "MalformedXML");
    EXPECT_EQ(code_of(enabled("<Filter><S3Key>" + rule("prefix", "a") + "</S3Key></Filter>")),
              "InvalidRequest")
        << "requests have no filter";
}

}  // namespace
}  // namespace sluice::s3
