// Statements, one a line: whatever parses is analysed to a tree or refused with a SQLSTATE, and the
// same text gives the same answer again.
#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

sql::catalog_ptr const& catalog() {
    static auto const made = [] {
        sql::catalog_builder builder(*sql::catalog_snapshot::initial());
        sql::relation table;
        table.schema = sql::schema_oids::public_;
        table.name = "t";
        for (std::uint32_t const type : {23u, 25u, 1009u, 3802u, 1184u}) {
            sql::column each;
            each.number = static_cast<std::int16_t>(table.columns.size() + 1);
            each.name = std::string(1, static_cast<char>('a' + table.columns.size()));
            each.type.oid = sql::type_oid{type};
            if (type == 23) each.default_text = "1 + 1";
            table.columns.push_back(std::move(each));
        }
        builder.put_relation(std::move(table));
        return builder.snapshot();
    }();
    return made;
}

void check(std::string_view line) {
    sql::statement_text text;
    text.text = line;
    sql::parse_limits limits;
    limits.depth = 100;
    auto const parsed = sql::parse_statement(text, limits);
    if (parsed.has_error() || !*parsed) return;
    sql::io_context io;
    sql::analysis_settings settings;
    settings.path = catalog()->path_of("public", "postgres");
    settings.input = [&io](sql::sql_type type, std::string_view literal) {
        return sql::input_text(type, literal, io);
    };
    auto const made = sql::analyze(*parsed, *catalog(), settings);
    auto const again = sql::analyze(*parsed, *catalog(), settings);
    fuzz::expect(made.has_error() == again.has_error());
    if (made.has_error()) {
        fuzz::expect(std::string_view(made.error().sqlstate).size() == 5);
        fuzz::expect(!made.error().message.empty() && made.error().position >= 0);
        fuzz::expect(made.error().message == again.error().message);
        return;
    }
    fuzz::expect((*made)->columns.size() == (*again)->columns.size());
    for (auto const& each : (*made)->parameters)
        fuzz::expect(catalog()->find_type(each.oid) != nullptr);
    for (auto const& each : (*made)->columns)
        fuzz::expect(catalog()->find_type(each.type.oid) != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto rest = fuzz::text_of(data, size);
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        check(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return 0;
}
