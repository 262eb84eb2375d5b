// libpqxx against a server named by its connection string: prints each case that held.
#include <cstdlib>
#include <iostream>
#include <pqxx/pqxx>

namespace {

void expect(bool holds, char const* what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << '\n';
    std::exit(1);
}

void basics(pqxx::connection& connection) {
    pqxx::work work(connection);
    work.exec0("create table pqxx_case (a int primary key, b text)");
    expect(work.exec("insert into pqxx_case values (1, 'one'), (2, null)").affected_rows() == 2,
           "rows inserted");
    auto const rows = work.exec("select a, b from pqxx_case order by a");
    expect(rows.size() == 2 && rows[0][1].as<std::string>() == "one", "rows read");
    expect(rows[1]["b"].is_null(), "null");
    // stream_from of libpqxx 6.4 cannot take a null text.
    expect(work.exec("update pqxx_case set b = 'two' where a = 2").affected_rows() == 1, "update");
    work.commit();
}

void prepared(pqxx::connection& connection) {
    connection.prepare("by_key", "select b from pqxx_case where a = $1");
    pqxx::work work(connection);
    for (int i = 0; i < 5; ++i)
        expect(work.exec_prepared1("by_key", 1)[0].as<std::string>() == "one", "prepared");
    expect(work.exec_params1("select $1::int4 + 1", 41)[0].as<int>() == 42, "parameters");
}

void streams(pqxx::connection& connection) {
    pqxx::work work(connection);
    pqxx::stream_to into(work, "pqxx_case");
    for (int i = 10; i < 1010; ++i) into << std::make_tuple(i, "streamed");
    into.complete();
    pqxx::stream_from from(work, "pqxx_case");
    std::tuple<int, std::string> row;
    int seen = 0;
    while (from >> row) ++seen;
    from.complete();
    expect(seen == 1002, "rows streamed");
    work.commit();
}

void errors(pqxx::connection& connection) {
    try {
        pqxx::work work(connection);
        work.exec("insert into pqxx_case values (1, 'again')");
        expect(false, "a duplicate was taken");
    } catch (pqxx::unique_violation const& error) {
        expect(error.sqlstate() == "23505", "state of a duplicate");
    }
}

void cursor(pqxx::connection& connection) {
    pqxx::work work(connection);
    pqxx::icursorstream stream(work, "select a from pqxx_case order by a", "pqxx_cursor", 100);
    pqxx::result page;
    std::size_t seen = 0;
    while (stream >> page) seen += page.size();
    expect(seen == 1002, "rows by cursor");
    work.commit();
}

void clean_up(pqxx::connection& connection) {
    pqxx::work work(connection);
    work.exec0("drop table pqxx_case");
    work.commit();
}

}  // namespace

int main(int, char** words) {
    pqxx::connection connection(words[1]);
    basics(connection);
    std::cout << "basics\n";
    prepared(connection);
    std::cout << "prepared\n";
    streams(connection);
    std::cout << "streams\n";
    errors(connection);
    std::cout << "errors\n";
    cursor(connection);
    std::cout << "cursor\n";
    clean_up(connection);
}
