#include <gtest/gtest.h>

#include "protocols/sql/execute/session_settings.hpp"

namespace sluice::sql {
namespace {

std::string state_of(sql_result<void> const& done) {
    return done.has_error() ? done.error().sqlstate : "";
}

TEST(Settings, ReportedOnesComeInPostgresqlsOrder) {
    session_settings settings("root");
    auto const told = settings.reported();
    ASSERT_EQ(told.size(), 13U);
    EXPECT_EQ(told.front().name, "application_name");
    EXPECT_EQ(told[2].name, "DateStyle");
    EXPECT_EQ(told[2].value, "ISO, MDY");
    EXPECT_EQ(told.back().name, "TimeZone");
}

TEST(Settings, ClientsAreToldWhetherTheyAreSuperusers) {
    EXPECT_EQ(session_settings("root", true).text("is_superuser"), "on");
    EXPECT_EQ(session_settings("alice").text("is_superuser"), "off");
}

TEST(Settings, AChangeOfAReportedOneIsToldOnce) {
    session_settings settings("root");
    (void)settings.reported();
    EXPECT_EQ(state_of(settings.set("application_name", "tool", false)), "");
    auto const changed = settings.take_changed();
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0].value, "tool");
    EXPECT_TRUE(settings.take_changed().empty());
}

// UTC is a link among the zone files.
TEST(Settings, ZonesByEveryName) {
    session_settings settings("root");
    for (auto const* name : {"UTC", "utc", "Etc/UTC", "US/Eastern", "America/New_York"})
        EXPECT_EQ(state_of(settings.set("TimeZone", name, false)), "") << name;
    EXPECT_EQ(state_of(settings.set("TimeZone", "Mars/Base", false)), "22023");
}

TEST(Settings, UnknownAndFixedOnesAreRefused) {
    session_settings settings("root");
    EXPECT_EQ(state_of(settings.set("no_such_setting", "1", false)), "42704");
    EXPECT_EQ(state_of(settings.set("server_version", "9", false)), "55P02");
    EXPECT_EQ(state_of(settings.set("statement_timeout", "soon", false)), "22023");
    EXPECT_EQ(state_of(settings.set("default_transaction_isolation", "serializable", false)),
              "0A000");
    EXPECT_EQ(state_of(settings.set("standard_conforming_strings", "off", false)), "0A000");
    EXPECT_EQ(state_of(settings.set("standard_conforming_strings", "on", false)), "");
    EXPECT_EQ(state_of(settings.set("client_encoding", "latin1", false)), "0A000");
    EXPECT_EQ(state_of(settings.set("client_encoding", "utf-8", false)), "");
}

// Nobody may believe that statements are logged or connections watched because SET said so.
TEST(Settings, WhatWouldBeIgnoredIsTakenWithItsOwnValueOnly) {
    struct row {
        char const *name, *without_effect, *other;
    };
    for (auto const& each : {row{"log_statement", "none", "all"},
                             row{"log_min_duration_statement", "-1", "250ms"},
                             row{"log_duration", "off", "on"},
                             row{"log_min_messages", "warning", "debug1"},
                             row{"log_min_error_statement", "error", "panic"},
                             row{"tcp_keepalives_idle", "0", "60"},
                             row{"tcp_keepalives_interval", "0", "10"},
                             row{"tcp_keepalives_count", "0", "3"},
                             row{"tcp_user_timeout", "0", "30s"},
                             row{"client_connection_check_interval", "0", "5s"}}) {
        session_settings settings("root");
        EXPECT_EQ(state_of(settings.set(each.name, each.without_effect, false)), "") << each.name;
        EXPECT_EQ(state_of(settings.set(each.name, each.other, false)), "0A000") << each.name;
        EXPECT_EQ(state_of(settings.set_at_startup(each.name, each.other)), "0A000") << each.name;
    }
}

// What pg_dump and ORMs send, with values that only choose how: taken as they are.
TEST(Settings, ValuesThatChooseHowAreTaken) {
    session_settings settings("root");
    for (auto const& [name, value] : {std::pair{"row_security", "off"},
                                      {"synchronize_seqscans", "off"},
                                      {"work_mem", "64MB"},
                                      {"enable_seqscan", "off"},
                                      {"synchronous_commit", "off"},
                                      {"idle_in_transaction_session_timeout", "0"}})
        EXPECT_EQ(state_of(settings.set(name, value, false)), "") << name;
}

TEST(Settings, TimesAreReadAndShownWithUnits) {
    session_settings settings("root");
    EXPECT_EQ(state_of(settings.set("statement_timeout", "5s", false)), "");
    EXPECT_EQ(settings.number("statement_timeout"), 5000);
    EXPECT_EQ(*settings.shown("statement_timeout"), "5s");
    EXPECT_EQ(state_of(settings.set("statement_timeout", "90min", false)), "");
    EXPECT_EQ(*settings.shown("STATEMENT_TIMEOUT"), "90min");
}

TEST(Settings, LocalOnesEndWithTheTransactionAndRollbackRestores) {
    session_settings settings("root");
    auto const before = settings.save();
    EXPECT_EQ(state_of(settings.set("lock_timeout", "10", false)), "");
    EXPECT_EQ(state_of(settings.set("lock_timeout", "20", true)), "");
    EXPECT_EQ(settings.number("lock_timeout"), 20);
    settings.drop_local();
    EXPECT_EQ(settings.number("lock_timeout"), 10);
    settings.restore(before);
    EXPECT_EQ(settings.number("lock_timeout"), 0);
}

TEST(Settings, WhatEveryStatementAsksForFollowsEachChange) {
    session_settings settings("root");
    EXPECT_EQ(settings.often().lock_timeout, 0);
    EXPECT_FALSE(settings.often().repeatable_read);
    auto const before = settings.save();
    EXPECT_EQ(state_of(settings.set("lock_timeout", "5s", true)), "");
    EXPECT_EQ(settings.often().lock_timeout, 5000);
    settings.set_transaction_value("transaction_isolation", "repeatable read");
    settings.set_transaction_value("transaction_read_only", "on");
    EXPECT_TRUE(settings.often().repeatable_read);
    EXPECT_TRUE(settings.often().read_only);
    settings.clear_transaction_values();
    EXPECT_FALSE(settings.often().repeatable_read);
    EXPECT_FALSE(settings.often().read_only);
    settings.restore(before);
    EXPECT_EQ(settings.often().lock_timeout, 0);
    EXPECT_EQ(state_of(settings.set_at_startup("statement_timeout", "7")), "");
    EXPECT_EQ(settings.often().statement_timeout, 7);
}

TEST(Settings, DateStyleKeepsWhatIsNotNamed) {
    EXPECT_EQ(checked_date_style("dmy", "ISO, MDY"), "ISO, DMY");
    EXPECT_EQ(checked_date_style("German", "ISO, MDY"), "German, DMY");
    EXPECT_EQ(checked_date_style("SQL, ymd", "ISO, MDY"), "SQL, YMD");
    EXPECT_EQ(checked_date_style("nonsense", "ISO, MDY"), std::nullopt);
}

TEST(Settings, ResetGoesBackToTheStartupValue) {
    session_settings settings("root");
    ASSERT_FALSE(settings.set_at_startup("application_name", "first").has_error());
    ASSERT_FALSE(settings.set("application_name", "second", false).has_error());
    ASSERT_FALSE(settings.reset("application_name", false).has_error());
    EXPECT_EQ(settings.text("application_name"), "first");
}

}  // namespace
}  // namespace sluice::sql
