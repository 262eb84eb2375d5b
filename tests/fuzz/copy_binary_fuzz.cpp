// COPY in binary: the low bits of the first byte say how many columns, the rest is the stream. It gives
// the same rows and the same error in whatever pieces it comes, and rows that are taken read back.
#include "protocols/sql/execute/copy_binary.hpp"

#include "gateway/core/cursor.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

constexpr std::size_t line_bytes = 4096;

struct outcome {
    std::vector<sql::copy_binary_reader::fields> rows;
    std::string sqlstate, message;
    bool operator==(outcome const&) const = default;
};

// True: go on feeding.
bool drain(sql::copy_binary_reader& reader, bool ended, outcome& into) {
    for (;;) {
        auto row = reader.next(ended);
        if (row.has_error()) {
            into.sqlstate = std::string_view(row.error().sqlstate);
            into.message = row.error().message;
            return false;
        }
        if (!*row) return true;
        into.rows.push_back(std::move(**row));
    }
}

outcome read(std::string_view stream, std::size_t columns, std::size_t piece_bytes) {
    sql::copy_binary_reader reader(columns, {.line_bytes = line_bytes});
    outcome read;
    while (!stream.empty()) {
        auto const piece = stream.substr(0, piece_bytes);
        stream.remove_prefix(piece.size());
        reader.feed(piece);
        if (!drain(reader, false, read)) return read;
    }
    drain(reader, true, read);
    return read;
}

template <class Int>
void append(std::string& out, Int value) {
    char bytes[sizeof(Int)];
    store_big(bytes, value);
    out.append(bytes, sizeof bytes);
}

std::string stream_of(std::vector<sql::copy_binary_reader::fields> const& rows) {
    std::string out;
    sql::append_copy_binary_header(out);
    for (auto const& row : rows) {
        append(out, static_cast<std::int16_t>(row.size()));
        for (auto const& field : row) {
            append(out, field ? static_cast<std::int32_t>(field->size()) : -1);
            if (field) out += *field;
        }
    }
    sql::append_copy_binary_trailer(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t const columns = data[0] & 7U;
    auto const stream = fuzz::text_of(data + 1, size - 1);
    auto const whole = read(stream, columns, stream.size() + 1);
    fuzz::expect(whole.sqlstate.empty() || whole.sqlstate.size() == 5);
    for (auto const& row : whole.rows) {
        std::size_t bytes = 0;
        for (auto const& field : row) bytes += field ? field->size() : 0;
        fuzz::expect(row.size() == columns && bytes <= line_bytes);
    }
    fuzz::expect(read(stream, columns, 1) == whole);
    fuzz::expect(read(stream, columns, 7) == whole);
    auto const again = read(stream_of(whole.rows), columns, 100);
    fuzz::expect(again.sqlstate.empty() && again.rows == whole.rows);
    return 0;
}
