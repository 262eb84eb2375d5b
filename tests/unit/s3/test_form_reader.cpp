#include <gtest/gtest.h>

#include "protocols/s3/wire/form_reader.hpp"

namespace sluice::s3 {
namespace {

std::string part(std::string const& head, std::string const& value) {
    return "--B\r\n" + head + "\r\n\r\n" + value + "\r\n";
}
std::string field(std::string const& name, std::string const& value) {
    return part("Content-Disposition: form-data; name=\"" + name + "\"", value);
}
std::string file(std::string const& bytes, std::string const& more = "; filename=\"a.txt\"") {
    return part("Content-Disposition: form-data; name=\"file\"" + more, bytes);
}

struct outcome {
    std::vector<std::pair<std::string, std::string>> fields;
    std::string bytes;
    std::string file_name = "none";
    std::string refused;
    bool operator==(outcome const&) const = default;
};
std::ostream& operator<<(std::ostream& out, outcome const& one) {
    for (auto const& [name, value] : one.fields) out << name << "=" << value << ";";
    return out << " '" << one.bytes << "' " << one.file_name << " " << one.refused;
}

// Fed in pieces: the first of `first` bytes, the rest of `piece` bytes.
outcome read(std::string_view body, std::size_t first = SIZE_MAX, std::size_t piece = SIZE_MAX,
             form_limits const& limits = {}) {
    form_reader reader("B", limits);
    outcome out;
    std::size_t idle = 0;
    for (auto size = first; !body.empty();) {
        auto shown = body.substr(0, size);
        body.remove_prefix(shown.size());
        while (!shown.empty()) {
            auto const step = reader.read(shown);
            if (!step) {
                out.refused = row_of(step.error().code).code;
                EXPECT_FALSE(reader.read("x")) << "it stays refused";
                EXPECT_FALSE(reader.end());
                return out;
            }
            idle = step->consumed == 0 ? idle + 1 : 0;
            EXPECT_LE(idle, 1u);
            EXPECT_LE(step->consumed, shown.size());
            out.bytes.append(step->file_bytes);
            shown.remove_prefix(step->consumed);
        }
        size = piece;
    }
    for (auto const& one : reader.fields()) out.fields.emplace_back(one.spelled, one.value);
    if (reader.file_name()) out.file_name = *reader.file_name();
    if (auto const ended = reader.end(); !ended) out.refused = row_of(ended.error().code).code;
    return out;
}

std::string refused(std::string_view body, form_limits const& limits = {}) {
    auto const whole = read(body, SIZE_MAX, SIZE_MAX, limits).refused;
    EXPECT_EQ(read(body, 1, 1, limits).refused, whole) << body;
    return whole;
}

TEST(form_reader, means_the_same_however_it_is_split) {
    std::string const bytes = "\r\n--A\r\r\n-\r\n--\r\n--C--B\n--B\r\r\n";
    auto const body = "preamble\r\n" + field("key", "a\r\nb") + field("Empty", "") +
                      field("x-ignore-a", "dropped") + file(bytes) + field("submit", "Upload") +
                      "--B--\r\nepilogue\r\n--B\r\n";
    outcome const expected{{{"key", "a\r\nb"}, {"Empty", ""}}, bytes, "a.txt", ""};
    EXPECT_EQ(read(body), expected);
    for (std::size_t first = 1; first < body.size(); ++first)
        EXPECT_EQ(read(body, first), expected) << first;
    for (std::size_t piece = 1; piece < 40; ++piece)
        EXPECT_EQ(read(body, piece, piece), expected) << piece;
}

TEST(form_reader, that_is_cut_anywhere_is_incomplete) {
    auto const body = field("key", "k") + file("bytes") + "--B--";
    EXPECT_EQ(read(body).refused, "");
    for (std::size_t size = 0; size < body.size(); ++size)
        EXPECT_EQ(read(body.substr(0, size)).refused, "MalformedPOSTRequest") << size;
}

TEST(form_reader, reads_heads_as_clients_write_them) {
    auto const named = [](std::string const& head) {
        auto const got = read(part(head, "v") + file("x") + "--B--\r\n");
        return got.fields.size() == 1 ? got.fields[0].first : got.refused;
    };
    EXPECT_EQ(named("content-disposition:form-data;name=plain"), "plain");
    EXPECT_EQ(named("Content-Type: text/plain\r\nContent-Disposition: FORM-DATA ; NAME=\"a b\""),
              "a b");
    EXPECT_EQ(named("Content-Disposition: form-data; name=\"say \\\"hi\\\"; x\""), "say \"hi\"; x");
    EXPECT_EQ(named("Content-Disposition: form-data; name=\"k\"; filename=\"k\""), "k");
    EXPECT_EQ(named("Content-Transfer-Encoding: 8bit\r\nContent-Disposition: form-data; name=k"),
              "k");
    auto const file_named = [](std::string const& more) {
        return read(file("x", more) + "--B--").file_name;
    };
    EXPECT_EQ(file_named(""), "none");
    EXPECT_EQ(file_named("; filename=\"\""), "");
    EXPECT_EQ(file_named("; filename=\"C:\\dir\\f.txt\""), "C:\\dir\\f.txt");
    EXPECT_EQ(file_named("; filename=\"a\"; filename*=utf-8''%C3%BC"), "ü");
    EXPECT_EQ(read("--B \t\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--B--").bytes,
              "x");
}

TEST(form_reader, refuses_what_is_no_form) {
    for (auto const* head :
         {"", "Content-Type: text/plain", "Content-Disposition: attachment; name=a",
          "Content-Disposition: form-data", "Content-Disposition: form-data; name=\"\"",
          "Content-Disposition: form-data; name=\"a", "Content-Disposition: form-data; name=\"a\"b",
          "Content-Disposition: form-data; name=a; name=b", "Content-Disposition: form-data; name",
          "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
          "Content-Disposition: form-data;\r\n name=a", "no colon", ": empty", "a b: c",
          "Content-Disposition: form-data; name=a\r\nX: \x01",
          "Content-Disposition: form-data; name=file; filename*=latin1''a"})
        EXPECT_EQ(refused(part(head, "v") + file("x") + "--B--"), "MalformedPOSTRequest") << head;
    EXPECT_EQ(refused("--BX\r\n"), "MalformedPOSTRequest");
    EXPECT_EQ(refused("--B-x"), "MalformedPOSTRequest");
    EXPECT_EQ(refused("--B\rx"), "MalformedPOSTRequest");
    EXPECT_EQ(refused("--B" + std::string(100, ' ')), "MalformedPOSTRequest");
    EXPECT_EQ(refused(""), "MalformedPOSTRequest");
    EXPECT_EQ(refused(field("key", "k") + "--B--"), "InvalidArgument");
    EXPECT_EQ(refused(file("a") + file("b") + "--B--"), "IncorrectNumberOfFilesInPostRequest");
    EXPECT_EQ(refused(part("Content-Disposition: form-data; name=a\r\n"
                           "Content-Transfer-Encoding: base64", "v")),
              "NotImplemented");
}

TEST(form_reader, is_bounded_everywhere) {
    form_limits limits;
    limits.bytes = 20;
    limits.fields = 3;
    limits.part_head_bytes = 64;
    limits.tail_bytes = 64;
    std::string const end = file("x") + "--B--";
    EXPECT_EQ(refused(field("key", std::string(17, 'v')) + end, limits), "");
    EXPECT_EQ(refused(field("key", std::string(18, 'v')) + end, limits),
              "MaxPostPreDataLengthExceeded");
    EXPECT_EQ(refused(field("x-ignore-", std::string(18, 'v')) + end, limits),
              "MaxPostPreDataLengthExceeded");
    EXPECT_EQ(refused(std::string(30, 'p') + "\r\n" + end, limits), "MaxPostPreDataLengthExceeded");
    EXPECT_EQ(refused(field("a", "") + field("b", "") + field("c", "") + end, limits), "");
    EXPECT_EQ(
        refused(field("a", "") + field("b", "") + field("c", "") + field("x-ignore-d", "") + end,
                limits),
        "MaxPostPreDataLengthExceeded");
    EXPECT_EQ(refused("--B\r\nX: " + std::string(100, 'x'), limits), "MalformedPOSTRequest");
    EXPECT_EQ(read(file(std::string(100'000, 'x')) + "--B--", 7, 7, limits).bytes.size(), 100'000u);
    EXPECT_EQ(refused(end + std::string(60, ' '), limits), "");
    EXPECT_EQ(refused(end + std::string(70, ' '), limits), "MalformedPOSTRequest");
}

TEST(form_boundaries, come_with_the_content_type) {
    auto const boundary = [](std::string_view type) {
        auto const got = form_boundary(type);
        return got ? *got : std::string(row_of(got.error().code).code);
    };
    EXPECT_EQ(boundary("multipart/form-data; boundary=B"), "B");
    EXPECT_EQ(boundary("Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\""), "a b:c");
    EXPECT_EQ(boundary("multipart/form-data; boundary=" + std::string(70, 'b')),
              std::string(70, 'b'));
    for (auto const* other : {"", "text/html", "multipart/mixed; boundary=B",
                              "application/x-www-form-urlencoded", "multipart/form-datum"})
        EXPECT_EQ(boundary(other), "PreconditionFailed") << other;
    for (auto const& broken :
         {std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
          std::string("multipart/form-data; boundary=\"a"),
          std::string("multipart/form-data; boundary=\"a \""),
          std::string("multipart/form-data; boundary=a; boundary=b"),
          "multipart/form-data; boundary=" + std::string(71, 'b')})
        EXPECT_EQ(boundary(broken), "MalformedPOSTRequest") << broken;
}

}  // namespace
}  // namespace sluice::s3
