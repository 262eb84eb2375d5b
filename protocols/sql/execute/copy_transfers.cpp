#include "protocols/sql/execute/copy_transfers.hpp"

#include <algorithm>

#include "protocols/sql/execute/operation_names.hpp"

namespace sluice::sql {
namespace {

sql_error no_column(relation const& table, std::string const& name) {
    return {"42703",
            "column \"" + name + "\" of relation \"" + table.name + "\" does not exist"};
}

}  // namespace

utility::copy const& copy_statement_of(planned_statement const& plan) {
    return std::get<utility::copy>(std::get<utility_ptr>(plan.body)->body);
}

copy_format::kind copy_kind_of(copy_options const& options) {
    if (options.binary) return copy_format::kind::binary;
    return options.csv ? copy_format::kind::csv : copy_format::kind::text;
}

sql_result<std::vector<std::int16_t>> copied_columns(relation const& table,
                                                     std::vector<std::string> const& names,
                                                     bool writing) {
    std::vector<std::int16_t> out;
    if (names.empty()) {
        for (auto const& each : table.columns)
            if (!each.dropped && !(writing && each.generated)) out.push_back(each.number);
        return out;
    }
    for (auto const& name : names) {
        auto const* found = table.find_column(name);
        if (found == nullptr || found->dropped)
            return no_column(table, name);
        if (found->generated)
            return sql_error("42P10", "column \"" + name + "\" is a generated column")
                .with_detail("Generated columns cannot be used in COPY.");
        if (std::find(out.begin(), out.end(), found->number) != out.end())
            return sql_error("42701", "column \"" + name + "\" specified more than once");
        out.push_back(found->number);
    }
    return out;
}

sql_result<std::vector<bool>> copied_flags(relation const& table,
                                           std::vector<std::int16_t> const& columns,
                                           std::vector<std::string> const& names,
                                           char const* option) {
    std::vector<bool> out(columns.size(), false);
    for (auto const& name : names) {
        auto const* column = table.find_column(name);
        if (column == nullptr || column->dropped) return no_column(table, name);
        auto const found = std::find(columns.begin(), columns.end(), column->number);
        if (found == columns.end())
            return sql_error("42P10", std::string(option) + " column \"" + name +
                                          "\" not referenced by COPY");
        out[static_cast<std::size_t>(found - columns.begin())] = true;
    }
    return out;
}

task<sql_result<std::unique_ptr<copy_transfer>>> make_copy_transfer(session_core& core,
                                                                    planned_ptr plan) {
    core.context.who.operation = operation_name(*plan);
    auto options = copy_options_of(copy_statement_of(*plan));
    if (options.has_error()) co_return std::move(options).error();
    if (!copy_statement_of(*plan).from) {
        auto out = co_await open_copy_out(core, *plan, std::move(*options));
        co_return out;
    }
    auto opened = co_await open_copy_in(core, std::move(plan), std::move(*options));
    co_return opened;
}

}  // namespace sluice::sql
