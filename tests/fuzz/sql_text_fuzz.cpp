// SQL text: whatever the grammar takes converts to a tree within the limits, and what is refused is
// refused with a SQLSTATE; statements cut out of a query string parse alone.
#include "protocols/sql/parse/parser.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    sql::parse_limits limits;
    limits.depth = 100;
    limits.list_elements = 1'000;
    auto const parts = sql::split_statements(text, limits);
    if (parts.has_error()) {
        fuzz::expect(std::string_view(parts.error().sqlstate).size() == 5);
        fuzz::expect(!parts.error().message.empty());
        fuzz::expect(parts.error().position >= 0);
        return 0;
    }
    for (auto const& part : *parts) {
        fuzz::expect(!part.text.empty() && part.offset >= 0);
        auto const made = sql::parse_statement(part, limits);
        if (made.has_value()) {
            fuzz::expect(*made != nullptr && (*made)->text == part.text);
        } else {
            // The grammar took it as part of the whole: what is left is our own refusal.
            std::string_view const state = made.error().sqlstate;
            fuzz::expect(state == "0A000" || state == "54001" || state == "54000" ||
                         state == "42P02" || state == "42601");
        }
    }
    return 0;
}
