// The read engine beside the native executor: every statement of scripts/analytics.sql is carried
// out by both and must give the same rows (scripts_test.py compares them with PostgreSQL's), and
// which of them did it is what the script says. Also: what ends a statement in the engine.
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "gateway/daemon/sql_wiring.hpp"
#include "protocols/sql/sql_session.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::sql {
namespace {

struct answer {
    std::vector<std::string> rows;  // cells as text, in the order they came
    std::string error;              // SQLSTATE, text and detail
    bool operator==(answer const&) const = default;
};

std::ostream& operator<<(std::ostream& to, answer const& what) {
    to << (what.error.empty() ? "" : "ERROR " + what.error + "\n");
    for (auto const& row : what.rows) to << row << "\n";
    return to;
}

class engine_world {
public:
    explicit engine_world(gateway::settings const& chosen = {})
        : wiring_(gateway::sql_wiring::open(chosen, world_.engine(), world_.door(),
                                            {512 * mebibyte, memory}, system_wall_clock(),
                                            world_.random,
                                            blocking_token::for_this_thread())
                      .value()) {
        session_request what;
        what.database = "sluice";
        session_ = test::run_task(context_, wiring_->service().make_session(world_.root(), what))
                       .value();
    }

    memory_allowance memory{64 * mebibyte};  // of all statements

    answer run(std::string const& text) {
        auto const split = session_->split(text).value();
        auto out = test::run_task(context_, run_one(split.at(0)));
        if (!out.error.empty()) session_->note_error();
        auto const ended = test::run_task(context_, session_->end_of_request());
        if (ended.has_error() && out.error.empty()) out.error = ended.error().message;
        return out;
    }
    answer natively(std::string const& text) {
        use().native_rows = std::numeric_limits<std::uint64_t>::max();
        return run(text);
    }
    answer by_engine(std::string const& text) {
        use().native_rows = 0;
        return run(text);
    }
    std::uint64_t engine_statements() { return use().statements; }

private:
    engine_use& use() { return wiring_->read_engine(); }

    task<answer> run_one(statement_text text) {
        answer out;
        auto const failed = [&](sql_error const& what) {
            out.error = std::string(what.sqlstate) + " " + what.message;
            if (!what.detail.empty()) out.error += "; " + what.detail;
            return out;
        };
        auto prepared = co_await session_->prepare(text, std::vector<type_oid>());
        if (prepared.has_error()) co_return failed(prepared.error());
        auto bound = session_->bind(*prepared, std::vector<datum>());
        if (bound.has_error()) co_return failed(bound.error());
        auto& portal = **bound;
        while (true) {
            auto page = co_await portal.fetch(0);
            if (page.has_error()) co_return failed(page.error());
            for (auto const& row : page->rows) out.rows.push_back(text_of(row, portal.columns()));
            if (page->last) co_return out;
        }
    }

    std::string text_of(std::vector<datum> const& row, std::vector<result_column> const& columns) {
        std::string out;
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += i == 0 ? "" : "|";
            if (is_null(row[i])) out += "NULL";
            else session_->output_text(columns[i].type, row[i], out);
        }
        return out;
    }

    auth::guard_world world_{{}, true};
    boost::asio::io_context context_{1};
    std::unique_ptr<gateway::sql_wiring> wiring_;
    std::unique_ptr<sql_session> session_;
};

struct scripted {
    std::string text;
    bool is_native = false;
    bool reads() const {
        return text.starts_with("SELECT") || text.starts_with("WITH") || text.starts_with("EXECUTE");
    }
};

// One statement a line.
std::vector<scripted> script() {
    std::ifstream in(std::string(SLUICE_SOURCE_FOLDER) +
                     "/tests/integration/sql/scripts/analytics.sql");
    std::vector<scripted> out;
    bool is_native = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("--")) {
            is_native = line == "-- native";
            continue;
        }
        out.push_back({line, is_native});
        is_native = false;
    }
    return out;
}

TEST(read_engine, gives_what_the_native_executor_gives) {
    engine_world world;
    std::size_t compared = 0;
    for (auto const& each : script()) {
        if (!each.reads()) {
            EXPECT_EQ(world.by_engine(each.text).error, "") << each.text;
            continue;
        }
        auto const native = world.natively(each.text);
        auto const before = world.engine_statements();
        auto const engine = world.by_engine(each.text);
        EXPECT_EQ(engine, native) << each.text;
        bool const was_engine = world.engine_statements() != before || !engine.error.empty();
        EXPECT_EQ(was_engine, !each.is_native) << each.text;
        ++compared;
    }
    EXPECT_GT(compared, 100U);
}

class read_engine_ends : public ::testing::Test {
protected:
    static gateway::settings small() {
        gateway::settings chosen;
        chosen.limit_sql_engine_statement = 16U << 20U;
        return chosen;
    }
    void SetUp() override {
        world_.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
        auto const filled =
            world_.run("INSERT INTO t SELECT g, 'value ' || g FROM generate_series(1, 5000) g");
        ASSERT_EQ(filled.error, "");
    }
    engine_world world_{small()};
};

TEST_F(read_engine_ends, with_the_statements_timeout) {
    world_.run("SET statement_timeout = '100ms'");
    auto const before = world_.by_engine(
        "SELECT count(*) FROM t a, t b, t c WHERE a.id + b.id + c.id < 0");
    EXPECT_EQ(before.error, "57014 canceling statement due to statement timeout");
    world_.run("SET statement_timeout = 0");
    EXPECT_EQ(world_.by_engine("SELECT count(*) FROM t").rows,
              std::vector<std::string>{"5000"});
}

TEST_F(read_engine_ends, at_its_memory) {
    auto const much = world_.by_engine(
        "SELECT a.v, array_agg(b.v || repeat('x', 500) ORDER BY b.id) FROM t a, t b GROUP BY a.v");
    EXPECT_EQ(much.error,
              "53200 out of memory; The statement would hold more than limits.sql_engine_statement.");
    EXPECT_EQ(world_.by_engine("SELECT count(*) FROM t").rows,
              std::vector<std::string>{"5000"});
}

// What the statements of others hold counts too.
TEST_F(read_engine_ends, and_native_ones_at_what_all_may_hold) {
    std::string const large = "SELECT length(string_agg(repeat(v, 100), '')) FROM t";
    auto const others = world_.memory.left() - 2 * mebibyte;
    ASSERT_TRUE(world_.memory.take(others));
    EXPECT_EQ(world_.natively(large).error,
              "53200 out of memory; The statements of all sessions hold as much as there may be.");
    EXPECT_EQ(world_.memory.left(), 2 * mebibyte) << "given back";
    world_.memory.give(others);
    EXPECT_EQ(world_.natively(large).error, "");
}

// The error of our own function comes out as it is, with its SQLSTATE.
TEST_F(read_engine_ends, with_an_error_of_a_function) {
    EXPECT_EQ(world_.by_engine("SELECT max(100 / (id - 77)) FROM t").error,
              "22012 division by zero");
    EXPECT_EQ(world_.by_engine("SELECT max(v::int) FROM t").error,
              "22P02 invalid input syntax for type integer: \"value 1\"");
    EXPECT_EQ(world_.by_engine("SELECT max(id * 1000000) FROM t").error,
              "22003 integer out of range");
    EXPECT_EQ(world_.by_engine("SELECT sum(id) FROM t WHERE id = (SELECT id FROM t)").error,
              "21000 more than one row returned by a subquery used as an expression");
}

// Small tables and points never reach it.
TEST_F(read_engine_ends, and_is_not_asked_below_its_size) {
    auto const before = world_.engine_statements();
    world_.by_engine("SELECT v FROM t WHERE id = 7");
    world_.by_engine("SELECT v FROM t WHERE id < 10");
    EXPECT_EQ(world_.engine_statements(), before);
    world_.natively("SELECT count(*) FROM t");
    EXPECT_EQ(world_.engine_statements(), before);
}

}  // namespace
}  // namespace sluice::sql
