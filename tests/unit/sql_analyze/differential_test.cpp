// The analyzer beside PostgreSQL: for every statement of tests/golden/sql the same parameter types
// and result columns, or the same error. What differs is listed with a reason in
// differences_*.txt; a difference that is not listed fails, and so does one that is gone.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "tests/unit/sql_analyze/schema_builder.hpp"

namespace sluice::sql {
namespace {

namespace json = boost::json;

std::string contents(std::string const& name) {
    std::ifstream in(std::string(SLUICE_SQL_GOLDEN) + "/" + name, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string expected_text(json::object const& answer) {
    std::ostringstream out;
    if (auto const* raised = answer.if_contains("error")) {
        auto const& fields = raised->as_object();
        auto const text = [&](char const* key) {
            auto const* found = fields.if_contains(key);
            return found != nullptr ? std::string(found->as_string()) : std::string();
        };
        out << "error " << text("state") << " " << text("message") << " at "
            << fields.at("position").as_int64() << " hint: " << text("hint");
        return out.str();
    }
    out << "parameters";
    for (auto const& each : answer.at("parameters").as_array())
        out << " [" << each.as_string().c_str() << "]";
    out << " columns";
    for (auto const& each : answer.at("columns").as_array())
        out << " [" << each.as_array()[0].as_string().c_str() << ": "
            << each.as_array()[1].as_string().c_str() << "]";
    return out.str();
}

std::string error_text(sql_error const& raised) {
    std::ostringstream out;
    out << "error " << raised.sqlstate << " " << raised.message << " at " << raised.position
        << " hint: " << raised.hint;
    return out.str();
}

std::string actual_text(std::string const& sql, catalog_snapshot const& catalog,
                        analysis_settings const& settings) {
    auto const parsed = parse_statement({sql, 0});
    if (parsed.has_error()) return error_text(parsed.error());
    if (!*parsed) return "parameters columns";
    auto const made = analyze(*parsed, catalog, settings);
    if (made.has_error()) return error_text(made.error());
    std::ostringstream out;
    out << "parameters";
    for (auto const& each : (*made)->parameters)
        out << " [" << catalog.format_type(each, settings.path) << "]";
    out << " columns";
    for (auto const& each : (*made)->columns)
        out << " [" << each.name << ": " << catalog.format_type(each.type, settings.path) << "]";
    return out.str();
}

// "reason: statement" lines; the statement with its line ends as \n.
std::map<std::string, std::string> known_differences(std::string const& name) {
    std::map<std::string, std::string> out;
    std::istringstream in(contents(name));
    for (std::string line; std::getline(in, line);) {
        auto const cut = line.find(" | ");
        if (line.empty() || line[0] == '#' || cut == std::string::npos) continue;
        out.emplace(line.substr(cut + 3), line.substr(0, cut));
    }
    return out;
}

std::string one_line(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else
            out += c;
    }
    return out;
}

void replay(std::string const& answers, std::string const& differences) {
    auto const catalog = catalog_of_script(contents("client_schema.sql"));
    analysis_settings settings;
    settings.path = catalog->path_of("\"$user\", public", "postgres");
    io_context io;
    settings.input = [&io](sql_type type, std::string_view text) {
        return input_text(type, text, io);
    };
    auto const known = known_differences(differences);
    std::set<std::string> met;
    auto const document = json::parse(contents(answers));
    std::size_t count = 0, equal = 0;
    std::ostringstream listing;
    for (auto const& each : document.at("statements").as_array()) {
        auto const& answer = each.as_object();
        std::string const sql(answer.at("sql").as_string());
        ++count;
        auto const expected = expected_text(answer);
        auto const actual = actual_text(sql, *catalog, settings);
        auto const key = one_line(sql);
        if (actual == expected) {
            ++equal;
            if (known.contains(key)) ADD_FAILURE() << "no longer different: " << sql;
            continue;
        }
        met.insert(key);
        listing << key << "\n";
        if (!known.contains(key))
            ADD_FAILURE() << sql << "\n  PostgreSQL: " << expected << "\n  Sluice:     " << actual;
    }
    for (auto const& [sql, reason] : known)
        if (!met.contains(sql)) ADD_FAILURE() << "listed, but not met: " << sql;
    std::cout << answers << ": " << equal << " of " << count << " statements equal\n";
}

TEST(differential, hand_written_statements) { replay("hand_answers.json", "differences_hand.txt"); }
TEST(differential, client_statements) { replay("client_answers.json", "differences_client.txt"); }

}  // namespace
}  // namespace sluice::sql
