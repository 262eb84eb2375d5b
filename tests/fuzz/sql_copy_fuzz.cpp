// COPY data: the first byte chooses the form, the rest is the stream, fed in two pieces. Lines that are
// taken write back to a line that reads as the same fields.
#include "protocols/sql/execute/copy_lines.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

constexpr std::size_t line_bytes = 4096;

sql::copy_options options_by(std::uint8_t choice) {
    sql::copy_options options;
    options.csv = (choice & 1u) != 0;
    if (options.csv) {
        options.delimiter = ',';
        options.null_text.clear();
    }
    if ((choice & 2u) != 0) options.delimiter = '|';
    if ((choice & 4u) != 0) options.quote = '\'';
    if ((choice & 8u) != 0) options.escape = '\\';
    return options;
}

void expect_itself(sql::copy_options const& options,
                   std::vector<std::optional<std::string>> const& values) {
    std::string line;
    sql::append_copy_line(options, values, {}, line);
    sql::copy_line_reader reader(options, {.line_bytes = 16 * line_bytes});
    reader.feed(line);
    auto const again = reader.next(true);
    fuzz::expect(again.has_value() && again->has_value() && (*again)->values == values);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const options = options_by(data[0]);
    auto const stream = fuzz::text_of(data + 1, size - 1);
    sql::copy_line_reader reader(options, {.line_bytes = line_bytes});
    for (bool const ended : {false, true}) {
        reader.feed(ended ? stream.substr(stream.size() / 2) : stream.substr(0, stream.size() / 2));
        for (;;) {
            auto const line = reader.next(ended);
            if (line.has_error()) {
                fuzz::expect(std::string_view(line.error().sqlstate).size() == 5);
                return 0;
            }
            if (!*line) break;
            expect_itself(options, (*line)->values);
        }
    }
    return 0;
}
