#include <gtest/gtest.h>

#include "protocols/sql/execute/copy_lines.hpp"

namespace sluice::sql {
namespace {

// Lines as "a|b", NULL as "~", fed one byte at a time.
std::vector<std::string> lines_of(copy_options options, std::string_view text) {
    copy_line_reader reader(std::move(options));
    std::vector<std::string> out;
    auto take = [&](bool ended) {
        while (true) {
            auto line = reader.next(ended);
            if (line.has_error()) {
                out.push_back(std::string("error ") + line.error().sqlstate);
                return false;
            }
            if (!*line) return true;
            std::string shown;
            for (std::size_t i = 0; i < (*line)->values.size(); ++i)
                shown += (i == 0 ? "" : "|") + (*line)->values[i].value_or("~");
            out.push_back(std::move(shown));
        }
    };
    for (auto const c : text) {
        reader.feed(std::string_view(&c, 1));
        if (!take(false)) return out;
    }
    take(true);
    return out;
}

copy_options csv() {
    copy_options out;
    out.csv = true;
    out.delimiter = ',';
    out.null_text = "";
    return out;
}

using lines = std::vector<std::string>;

TEST(CopyLines, TextFieldsAreUnescaped) {
    EXPECT_EQ(lines_of({}, "1\ta\\tb\n2\t\\N\n"), (lines{"1|a\tb", "2|~"}));
    EXPECT_EQ(lines_of({}, "\\x41\\101\\\\\n"), (lines{"AA\\"}));
    EXPECT_EQ(lines_of({}, "a\r\nb"), (lines{"a", "b"}));
}

TEST(CopyLines, TheFirstLineEndRules) {
    EXPECT_EQ(lines_of({}, "a\rb\rc"), (lines{"a", "b", "c"}));
    EXPECT_EQ(lines_of({}, "a\nb\r\n"), (lines{"a", "error 22P04"}));
    EXPECT_EQ(lines_of({}, "a\r\nb\n"), (lines{"a", "error 22P04"}));
    EXPECT_EQ(lines_of({}, "a\r\nb\rc"), (lines{"a", "error 22P04"}));
    EXPECT_EQ(lines_of(csv(), "\"a\rb\"\n\"c\nd\"\n"), (lines{"a\rb", "c\nd"}));
}

TEST(CopyLines, BytesThatAreNoTextAreRefused) {
    EXPECT_EQ(lines_of({}, "ok\na\xff\n"), (lines{"ok", "error 22021"}));
    EXPECT_EQ(lines_of({}, "\\xe4\n"), (lines{"error 22021"}));
    EXPECT_EQ(lines_of({}, "\\303\\244\n"), (lines{"\xc3\xa4"}));
    EXPECT_EQ(lines_of({}, "\\0\n"), (lines{"error 22021"}));
}

TEST(CopyLines, TheEndMarkStandsAlone) {
    EXPECT_EQ(lines_of({}, "a\\.\nb\n"), (lines{"a"}));
    EXPECT_EQ(lines_of({}, "\\.x\n"), (lines{"error 22P04"}));
    EXPECT_EQ(lines_of({}, "a\n\\."), (lines{"a"}));
    EXPECT_EQ(lines_of(csv(), "\\.x\n\\.\ny\n"), (lines{"\\.x"}));
    EXPECT_EQ(lines_of(csv(), "x\\.\n"), (lines{"x\\."}));
}

TEST(CopyLines, TheEndMarkEnds) {
    EXPECT_EQ(lines_of({}, "1\n\\.\nnot read\n"), (lines{"1"}));
}

TEST(CopyLines, CsvQuotesHoldEndsAndDelimiters) {
    EXPECT_EQ(lines_of(csv(), "1,\"a,b\"\n2,\"line\nend\"\n"), (lines{"1|a,b", "2|line\nend"}));
    EXPECT_EQ(lines_of(csv(), "\"say \"\"hi\"\"\",\n"), (lines{"say \"hi\"|~"}));
    EXPECT_EQ(lines_of(csv(), "\"\",x\n"), (lines{"|x"}));
    EXPECT_EQ(lines_of(csv(), "1,\"open\n"), (lines{"error 22P04"}));
}

TEST(CopyLines, WhatIsWrittenReadsBack) {
    for (auto const& options : {copy_options{}, csv()}) {
        std::string out;
        append_copy_line(options, {"plain", std::nullopt, "a,b\t\"c\"\\\nd", ""}, {}, out);
        EXPECT_EQ(lines_of(options, out), (lines{"plain|~|a,b\t\"c\"\\\nd|"}));
    }
}

TEST(CopyLines, LongLinesAreRefused) {
    copy_line_reader reader({}, {.line_bytes = 8});
    reader.feed("0123456789");
    auto const line = reader.next(false);
    ASSERT_TRUE(line.has_error());
    EXPECT_STREQ(line.error().sqlstate, "54000");
}

// Every byte is looked at once: a line in many pieces takes no longer than in one.
TEST(CopyLines, ALongLineInPieces) {
    copy_line_reader reader(csv());
    std::string const piece(4096, 'x');
    reader.feed("\"");
    for (int i = 0; i < 4000; ++i) {
        reader.feed(piece);
        ASSERT_FALSE(*reader.next(false));
    }
    reader.feed("\"\n");
    auto const line = reader.next(false);
    ASSERT_TRUE(line.has_value() && *line);
    EXPECT_EQ((*line)->values[0]->size(), 4000 * piece.size());
}

TEST(CopyOptions, RefusalsAreNamed) {
    auto state_of = [](std::string name, std::string text) {
        utility::copy what;
        utility::option option;
        option.name = std::move(name);
        option.text = std::move(text);
        option.what = utility::option::kind::string;
        what.options.push_back(std::move(option));
        auto const made = copy_options_of(what);
        return made.has_error() ? std::string(made.error().sqlstate) : std::string();
    };
    EXPECT_EQ(state_of("format", "csv"), "");
    EXPECT_EQ(state_of("format", "binary"), "");
    EXPECT_EQ(state_of("delimiter", "a"), "22023");
    EXPECT_EQ(state_of("null", "\n"), "22023");
    EXPECT_EQ(state_of("header", "perhaps"), "42601");
    EXPECT_EQ(state_of("force_null", "a"), "22023");
    EXPECT_EQ(state_of("format", "xml"), "22023");
    EXPECT_EQ(state_of("delimiter", "ab"), "0A000");
    EXPECT_EQ(state_of("quote", "'"), "0A000");
    EXPECT_EQ(state_of("encoding", "latin1"), "0A000");
    EXPECT_EQ(state_of("nonsense", "1"), "42601");
}

}  // namespace
}  // namespace sluice::sql
