// What psql, psycopg, pgjdbc and PostgreSQL 15 really sent
// (tests/golden/postgres/record_frames.py): every frame is read by our codec and written again as
// the same bytes.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "gateway/core/encoding.hpp"
#include "protocols/postgres/wire/startup_packet.hpp"
#include "tests/unit/postgres/wire_script.hpp"

namespace sluice::postgres {
namespace {

template <class Message>
bool same_again(std::string_view bytes) {
    if (bytes[0] != Message::letter) return false;
    auto const decoded = decode<Message>(bytes.substr(frame_header_bytes));
    if (decoded.has_error()) return false;
    std::string again;
    append_message(again, *decoded);
    return again == bytes;
}

// Some message of that side and letter reads and writes it.
bool known(side from, std::string_view bytes) {
    bool found = false;
#define PG_MESSAGE(sent_by, name, letter, size)               \
    if (side::sent_by == from || side::sent_by == side::both) \
        found = found || same_again<name##_message>(bytes);
#define PG_TAG(value)
#define PG_FIELD(kind, name)
#define PG_END(name)
#include "protocols/postgres/wire/messages.def"
#undef PG_MESSAGE
#undef PG_TAG
#undef PG_FIELD
#undef PG_END
    return found;
}

TEST(recorded_frames, are_read_and_written_again) {
    std::ifstream file(SLUICE_GOLDEN_FOLDER "/frames.txt");
    std::map<std::string, int> seen;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string client, from, kind, hex;
        words >> client >> from >> kind >> hex;
        auto const bytes = hex_decode(hex).value();
        if (kind == "startup") {
            auto const length = read_startup_length(std::string_view(bytes).substr(0, 4), 10'000);
            ASSERT_TRUE(length.has_value()) << line;
            EXPECT_TRUE(decode_startup_packet(std::string_view(bytes).substr(4)).has_value())
                << line;
            ++seen[client + " startup"];
            continue;
        }
        EXPECT_TRUE(known(from == "F" ? side::frontend : side::backend, bytes)) << line;
        if (from == "F") {
            auto const header = read_frame_header(bytes, {});
            ASSERT_TRUE(header.has_value()) << line;
            EXPECT_EQ(header->body_bytes + frame_header_bytes, bytes.size());
        }
        ++seen[from + bytes[0]];
    }
    // The recording has all of an ordinary session.
    for (auto const* what : {"psql startup", "psycopg startup", "pgjdbc startup"})
        EXPECT_GT(seen[what], 0) << what;
    for (char const letter : std::string("QPBDECSXpdcf"))
        EXPECT_GT(seen[std::string("F") + letter], 0) << letter;
    for (char const letter : std::string("RKSZTDCIEN123stnGHdcA"))
        EXPECT_GT(seen[std::string("B") + letter], 0) << letter;
}

}  // namespace
}  // namespace sluice::postgres
