#include "protocols/sql/execute/utility_steps.hpp"

#include <cstdio>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {

sql_result<void> set_transaction_modes(session_core& core, utility::set_setting const& what);

namespace {

std::string text_of(utility::option const& value) {
    using kind = utility::option::kind;
    switch (value.what) {
        case kind::integer: return std::to_string(value.number);
        case kind::boolean: return value.number != 0 ? "on" : "off";
        default: return value.text;
    }
}

bool same_name(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

// "<+02:30>-02:30", as PostgreSQL names a zone of a fixed offset.
std::string zone_name(std::int64_t seconds) {
    auto const away = seconds < 0 ? -seconds : seconds;
    char text[16];
    auto shown = [&](char sign) {
        auto const hours = static_cast<int>(away / 3600), minutes = static_cast<int>(away / 60 % 60),
                   rest = static_cast<int>(away % 60);
        if (rest != 0)
            std::snprintf(text, sizeof text, "%c%02d:%02d:%02d", sign, hours, minutes, rest);
        else if (minutes != 0) std::snprintf(text, sizeof text, "%c%02d:%02d", sign, hours, minutes);
        else std::snprintf(text, sizeof text, "%c%02d", sign, hours);
        return std::string(text);
    };
    return "<" + shown(seconds < 0 ? '-' : '+') + ">" + shown(seconds < 0 ? '+' : '-');
}

// SET TIME ZONE INTERVAL: a zone that is so far east of Greenwich.
sql_result<std::string> zone_of_interval(session_context& context, utility::option const& given) {
    auto const& io = context.base_context().io;
    auto const modifier = static_cast<std::int32_t>(given.number);
    auto const read = input_text({oid::interval, modifier}, given.text, io);
    if (read.has_error()) return read.error();
    auto const value = std::get<interval_value>(*read);
    std::string shown;
    output_text(oid::interval, *read, io, shown);
    auto refused = [&shown](std::string why) {
        return sql_error("22023", "invalid value for parameter \"TimeZone\": \"INTERVAL '" + shown +
                                      "'\"")
            .with_detail(std::move(why));
    };
    if (value.months != 0) return refused("Cannot specify months in time zone interval.");
    if (value.days != 0) return refused("Cannot specify days in time zone interval.");
    auto const seconds = value.microseconds / 1'000'000;
    constexpr std::int64_t most = std::int64_t{168} * 3600;
    if (seconds > most || seconds < -most) return refused("UTC timezone offset is out of range.");
    return zone_name(seconds);
}

sql_result<std::string> whole_value(session_context& context, utility::set_setting const& what) {
    bool const quotes = same_name(what.name, "search_path") ||
                        same_name(what.name, "session_preload_libraries") ||
                        same_name(what.name, "temp_tablespaces");
    std::string out;
    for (std::size_t i = 0; i < what.values.size(); ++i) {
        if (!what.values[i].name.empty()) return zone_of_interval(context, what.values[i]);
        auto const text = text_of(what.values[i]);
        if (i > 0) out += ", ";
        out += quotes ? quote_identifier(text) : text;
    }
    if (what.values.size() > 1 && !quotes && !same_name(what.name, "datestyle"))
        return sql_error("22023", "SET " + what.name + " takes only one argument");
    return out;
}

}  // namespace

sql_result<utility_result> run_set(session_core& core, utility::set_setting const& what) {
    using kind = utility::set_setting::kind;
    auto& context = core.context;
    if (what.local && context.block != block_state::block)
        context.notice("WARNING",
                       sql_error("25P01", "SET LOCAL can only be used in transaction blocks"));
    switch (what.what) {
        case kind::value: {
            auto given = whole_value(context, what);
            if (given.has_error()) return std::move(given).error();
            if (same_name(what.name, "transaction_isolation") ||
                same_name(what.name, "transaction_read_only")) {
                utility::set_setting modes;
                modes.what = kind::transaction;
                utility::option mode;
                mode.name = what.name;
                mode.what = utility::option::kind::string;
                mode.text = *given;
                modes.values.push_back(std::move(mode));
                auto const set = set_transaction_modes(core, modes);
                if (set.has_error()) return set.error();
                return tagged("SET");
            }
            auto const set = context.settings.set(what.name, *given, what.local);
            if (set.has_error()) return set.error();
            return tagged("SET");
        }
        case kind::standard: {
            auto const reset = context.settings.reset(what.name, what.local);
            if (reset.has_error()) return reset.error();
            return tagged("SET");
        }
        case kind::reset: {
            auto const reset = context.settings.reset(what.name, false);
            if (reset.has_error()) return reset.error();
            return tagged("RESET");
        }
        case kind::reset_all: context.settings.reset_all(); return tagged("RESET");
        case kind::transaction:
        case kind::session_characteristics: {
            auto const set = set_transaction_modes(core, what);
            if (set.has_error()) return set.error();
            return tagged("SET");
        }
        case kind::current: return not_served("SET ... FROM CURRENT");
        case kind::snapshot: return not_served("SET TRANSACTION SNAPSHOT");
    }
    return not_served("this form of SET");
}

sql_result<utility_result> run_show(session_core& core, utility::show const& what) {
    auto const& settings = core.context.settings;
    auto out = tagged("SHOW");
    if (what.name != "all") {
        auto shown = settings.shown(what.name);
        if (shown.has_error()) return std::move(shown).error();
        out.rows.push_back({datum(std::move(*shown))});
        return out;
    }
    for (auto const& name : settings.names()) {
        auto shown = settings.shown(name);
        if (shown.has_error()) continue;
        out.rows.push_back({datum(name), datum(std::move(*shown)), datum(std::string())});
    }
    return out;
}

utility_task run_discard(session_core& core, utility::discard const& what) {
    auto& context = core.context;
    switch (what.what) {
        case utility::discard::kind::plans: co_return tagged("DISCARD PLANS");
        case utility::discard::kind::sequences:
            context.current_values.clear();
            context.last_sequence.reset();
            co_return tagged("DISCARD SEQUENCES");
        case utility::discard::kind::temporary: co_return tagged("DISCARD TEMP");
        case utility::discard::kind::all: break;
    }
    if (context.block == block_state::block)
        co_return sql_error("25001", "DISCARD ALL cannot run inside a transaction block");
    core.close_all_cursors();
    context.prepared.clear();
    context.current_values.clear();
    context.last_sequence.reset();
    context.settings.reset_all();
    co_return tagged("DISCARD ALL");
}

}  // namespace sluice::sql
