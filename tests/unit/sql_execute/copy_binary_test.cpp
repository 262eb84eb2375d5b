#include <gtest/gtest.h>

#include "protocols/sql/execute/copy_binary.hpp"

namespace sluice::sql {
namespace {

using namespace std::string_literals;
using rows = std::vector<std::string>;

std::string file_of(std::string body) {
    std::string out;
    append_copy_binary_header(out);
    return out + body;
}

// Rows as "a|b", NULL as "~", fed one byte at a time.
rows rows_of(std::string const& bytes, std::size_t columns = 2) {
    copy_binary_reader reader(columns, {.line_bytes = 64});
    rows out;
    auto take = [&](bool ended) {
        while (true) {
            auto row = reader.next(ended);
            if (row.has_error()) {
                out.push_back(row.error().sqlstate + (" " + row.error().message));
                return false;
            }
            if (!*row) return true;
            std::string shown;
            for (std::size_t i = 0; i < (*row)->size(); ++i)
                shown += (i == 0 ? "" : "|") + (**row)[i].value_or("~");
            out.push_back(std::move(shown));
        }
    };
    for (auto const c : bytes) {
        reader.feed(std::string_view(&c, 1));
        if (!take(false)) return out;
    }
    take(true);
    return out;
}

std::string const one_row = "\0\2\0\0\0\2ab\xff\xff\xff\xff"s;
std::string const end = "\xff\xff"s;

TEST(CopyBinary, RowsInAnyPieces) {
    EXPECT_EQ(rows_of(file_of(one_row + one_row + end)), (rows{"ab|~", "ab|~"}));
    EXPECT_EQ(rows_of(file_of(one_row)), (rows{"ab|~"}));
    EXPECT_EQ(rows_of(file_of(end)), rows{});
}

TEST(CopyBinary, ExtensionsOfTheHeaderArePassedOver) {
    std::string bytes = "PGCOPY\n\377\r\n\0"s + "\0\0\0\0\0\0\0\3xyz"s;
    EXPECT_EQ(rows_of(bytes + one_row + end), (rows{"ab|~"}));
}

TEST(CopyBinary, WhatIsNoFileIsRefused) {
    EXPECT_EQ(rows_of("id,name\n"), (rows{"22P04 COPY file signature not recognized"}));
    EXPECT_EQ(rows_of(""), (rows{"22P04 COPY file signature not recognized"}));
    EXPECT_EQ(rows_of("PGCOPY\n\377\r\n\0\0\1\0\0"s),
              (rows{"22P04 invalid COPY file header (WITH OIDS)"}));
    EXPECT_EQ(rows_of("PGCOPY\n\377\r\n\0\0\2\0\0"s),
              (rows{"22P04 unrecognized critical flags in COPY file header"}));
    EXPECT_EQ(rows_of(file_of("\0\1\0\0\0\0"s)),
              (rows{"22P04 row field count is 1, expected 2"}));
    EXPECT_EQ(rows_of(file_of("\0\2\xff\xff\xff\xfe"s)), (rows{"22P04 invalid field size"}));
    EXPECT_EQ(rows_of(file_of("\0\2\0\0\0\2a"s)), (rows{"22P04 unexpected EOF in COPY data"}));
    EXPECT_EQ(rows_of(file_of(end + "x")), (rows{"22P04 received copy data after EOF marker"}));
}

TEST(CopyBinary, LongFieldsAreRefusedBeforeTheyCome) {
    auto const out = rows_of(file_of("\0\2\x7f\xff\xff\xff"s));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].substr(0, 5), "54000");
}

}  // namespace
}  // namespace sluice::sql
