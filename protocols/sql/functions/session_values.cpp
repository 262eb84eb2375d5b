#include "protocols/sql/functions/session_values.hpp"

#include "protocols/sql/types/datetime.hpp"

namespace sluice::sql {

sql_result<datum> session_value_of(std::string_view what, sql_type result,
                                   evaluation_context& context) {
    auto const now = context.io.transaction_time;
    auto const& zone = zone_of(context.io.style);
    auto const local = local_of_utc(now, zone);
    auto const fitted = [&](datum value) {
        return apply_modifier(result, std::move(value), true, context.io);
    };
    if (what == "current_date") return datum(day_part(local));
    if (what == "current_timestamp") return fitted(datum(now));
    if (what == "localtimestamp") return fitted(datum(local));
    if (what == "localtime") return fitted(datum(time_part(local)));
    if (what == "current_time")
        return fitted(datum(timetz_value{time_part(local), -offset_at(zone, now).seconds_east}));
    if (what == "current_user" || what == "current_role" || what == "user")
        return datum(context.current_user);
    if (what == "session_user") return datum(context.session_user);
    if (what == "current_catalog") return datum(context.database);
    if (what == "current_schema") {
        if (context.search_path.empty()) return datum();
        return datum(context.search_path.front());
    }
    return sql_error("0A000", std::string(what) + " is not supported");
}

}  // namespace sluice::sql
