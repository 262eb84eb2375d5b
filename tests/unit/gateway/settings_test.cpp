// The declaration table: every row is usable, texts round-trip, bounds hold.
#include "gateway/config/settings.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::gateway {
namespace {

using namespace std::chrono_literals;

TEST(setting_values, sizes_take_units_and_render_shortest) {
    EXPECT_EQ(parse_number(setting_kind::size, "4096").value(), 4096u);
    EXPECT_EQ(parse_number(setting_kind::size, "64 KiB").value(), 65536u);
    EXPECT_EQ(parse_number(setting_kind::size, "2GiB").value(), 2u << 30);
    EXPECT_EQ(render_number(setting_kind::size, 65536), "64 KiB");
    EXPECT_EQ(render_number(setting_kind::size, 1000), "1000 B");
    for (auto const* text : {"", "KiB", "-1", "1.5MiB", "64kb", "1 Mi B", "99999999999999999999", "20000000TiB"})
        EXPECT_TRUE(parse_number(setting_kind::size, text).has_error()) << text;
}

TEST(setting_values, durations_need_a_unit) {
    EXPECT_EQ(parse_number(setting_kind::duration, "10s").value(), 10'000u);
    EXPECT_EQ(parse_number(setting_kind::duration, "500ms").value(), 500u);
    EXPECT_EQ(parse_number(setting_kind::duration, "0").value(), 0u);
    EXPECT_EQ(render_number(setting_kind::duration, 3'600'000), "1 h");
    EXPECT_EQ(render_number(setting_kind::duration, 1500), "1500 ms");
    EXPECT_TRUE(parse_number(setting_kind::duration, "10").has_error());
    EXPECT_TRUE(parse_number(setting_kind::duration, "10us").has_error());
}

TEST(setting_values, ports_and_booleans) {
    EXPECT_EQ(parse_number(setting_kind::port, "0").value(), 0u);
    EXPECT_EQ(parse_number(setting_kind::port, "65535").value(), 65535u);
    EXPECT_TRUE(parse_number(setting_kind::port, "65536").has_error());
    EXPECT_EQ(parse_number(setting_kind::boolean, "1").value(), 1u);
    EXPECT_EQ(parse_number(setting_kind::boolean, "false").value(), 0u);
    EXPECT_TRUE(parse_number(setting_kind::boolean, "yes").has_error());
}

TEST(settings_table, every_row_has_unique_names_help_and_a_default_within_its_bounds) {
    std::set<std::string> environment, flags;
    std::set<std::string_view> keys, closed_tables;
    std::string_view table;
    for (auto const& row : all_settings()) {
        EXPECT_TRUE(keys.insert(row.key).second) << row.key;
        EXPECT_TRUE(environment.insert(row.environment_name()).second) << row.key;
        EXPECT_TRUE(flags.insert(row.flag_name()).second) << row.key;
        EXPECT_FALSE(row.help.empty()) << row.key;
        if (row.table() != table) {
            EXPECT_TRUE(closed_tables.insert(table).second) << row.key << ": its table is not together";
            table = row.table();
        }
        settings fresh;
        ASSERT_TRUE(row.assign(fresh, row.default_text).has_value()) << row.key;
        EXPECT_EQ(row.render(fresh), row.default_text) << row.key << ": write the default in shortest form";
    }
    EXPECT_FALSE(closed_tables.contains(table)) << table;
}

TEST(settings_table, the_contract_names_exist) {
    auto const environment_of = [](std::string_view key) { return find_setting(key)->environment_name(); };
    EXPECT_EQ(environment_of("data"), "SLUICE_DATA");
    EXPECT_EQ(environment_of("s3.port"), "SLUICE_S3_PORT");
    EXPECT_EQ(environment_of("admin.port"), "SLUICE_ADMIN_PORT");
    EXPECT_EQ(environment_of("listen"), "SLUICE_LISTEN");
    EXPECT_EQ(environment_of("root.user"), "SLUICE_ROOT_USER");
    EXPECT_EQ(environment_of("root.password"), "SLUICE_ROOT_PASSWORD");
    EXPECT_EQ(environment_of("key_file"), "SLUICE_KEY_FILE");
    EXPECT_EQ(environment_of("tls.cert"), "SLUICE_TLS_CERT");
    EXPECT_EQ(environment_of("tls.key"), "SLUICE_TLS_KEY");
    EXPECT_EQ(environment_of("insecure"), "SLUICE_INSECURE");
    EXPECT_EQ(settings{}.s3_port, 9000);
    EXPECT_EQ(settings{}.admin_port, 9001);
    EXPECT_EQ(settings{}.listen, "127.0.0.1");
}

TEST(settings_table, bounds_are_inclusive_and_named_in_the_error) {
    settings chosen;
    auto const& row = *find_setting("limits.tls_handshake");
    EXPECT_TRUE(row.assign(chosen, "100ms").has_value());
    EXPECT_EQ(chosen.limit_tls_handshake, 100ms);
    auto const low = row.assign(chosen, "99ms");
    ASSERT_TRUE(low.has_error());
    EXPECT_EQ(low.error().text, "must be at least 100 ms");
    EXPECT_EQ(row.assign(chosen, "6min").error().text, "must be at most 5 min");
    EXPECT_EQ(chosen.limit_tls_handshake, 100ms) << "a refused value changes nothing";
}

TEST(settings_validate, refuses_what_contradicts_itself) {
    auto const refusal = [](auto change) {
        settings chosen;
        change(chosen);
        auto const answer = validate(chosen);
        return answer.has_error() ? answer.error().text : std::string();
    };
    EXPECT_EQ(refusal([](settings&) {}), "");
    EXPECT_EQ(refusal([](settings& s) { s.listen = "localhost"; }), "listen: 'localhost' is not an IP address");
    EXPECT_EQ(refusal([](settings& s) { s.tls_cert = "a.pem"; }), "tls.cert and tls.key: both or neither");
    EXPECT_EQ(refusal([](settings& s) { s.admin_port = s.s3_port; }), "s3.port and admin.port: must differ");
    EXPECT_EQ(refusal([](settings& s) { s.pg_port = s.s3_port; }), "s3.port and pg.port: must differ");
    EXPECT_EQ(refusal([](settings& s) { s.pg_port = s.kafka_port; }), "kafka.port and pg.port: must differ");
    EXPECT_EQ(refusal([](settings& s) { s.pg_port = s.admin_port; }), "pg.port and admin.port: must differ");
    EXPECT_EQ(refusal([](settings& s) { s.kafka_port = s.s3_port; }), "s3.port and kafka.port: must differ");
    EXPECT_EQ(refusal([](settings& s) { s.kafka_port = s.admin_port; }), "kafka.port and admin.port: must differ");
    EXPECT_EQ(refusal([](settings& s) { s.admin_port = s.s3_port = s.pg_port = s.kafka_port = 0; }), "");
    EXPECT_NE(refusal([](settings& s) { s.data.clear(); }), "");
    EXPECT_NE(refusal([](settings& s) { s.root_user.clear(); }), "");
    EXPECT_NE(refusal([](settings& s) { s.log_level = "loud"; }), "");
    EXPECT_NE(refusal([](settings& s) { s.log_format = "xml"; }), "");
    EXPECT_NE(refusal([](settings& s) { s.limit_connections = 1; }), "");
}

}  // namespace
}  // namespace sluice::gateway
