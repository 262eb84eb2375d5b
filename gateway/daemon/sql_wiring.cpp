#include "gateway/daemon/sql_wiring.hpp"

#include "backend/store/record_verbs.hpp"
#include "protocols/sql/catalog/catalog_records.hpp"

namespace sluice::gateway {
namespace {

constexpr char const* default_database = "sluice";
constexpr unsigned query_threads = 4;

// Every catalog record; states of sequences are the sequence store's own.
result<std::vector<store::stored_record>> catalog_records(store::engine& engine,
                                                          blocking_token token) {
    std::vector<store::stored_record> out;
    store::scan_records_request request;
    request.kind = std::string(sql::catalog_record_kind);
    while (true) {
        SLUICE_TRY(auto page, store::scan_records_blocking(engine, request, token));
        for (auto& each : page.records) {
            request.after = each.name.id;
            if (!each.name.id.starts_with(sql::sequence_record_prefix))
                out.push_back(std::move(each));
        }
        if (!page.truncated) return out;
    }
}

lsn head_changed(std::vector<store::stored_record> const& records) {
    for (auto const& each : records)
        if (each.name.id == "head") return each.changed;
    return {};
}

}  // namespace

sql_wiring::sql_wiring(sql::catalog_ptr loaded, lsn changed, auth::guard& guard,
                       wall_clock const& clock, random_source& random)
    : pool_({.name = "sql", .threads = query_threads}),
      catalog_(std::move(loaded), changed),
      sequences_(guard.tables(), locks_),
      services_{guard.tables(), nullptr, nullptr, nullptr, catalog_, locks_,
                sequences_,     pool_,   clock,   random,  {}},
      service_(std::make_unique<sql::native_sql_service>(services_, default_database)) {}

result<std::unique_ptr<sql_wiring>> sql_wiring::open(settings const& chosen, store::engine& engine,
                                                     auth::guard& guard, wall_clock const& clock,
                                                     random_source& random, blocking_token token) {
    SLUICE_TRY(auto records, catalog_records(engine, token));
    SLUICE_TRY(auto loaded, sql::load_catalog(records, nullptr));
    sql::catalog_builder builder(*loaded);
    builder.set_database_name(default_database);
    sql::role root;
    root.oid = sql::bootstrap_role;
    root.name = chosen.root_user;
    root.superuser = root.create_role = root.create_db = root.can_login = true;
    root.replication = root.bypass_rls = true;
    builder.put_role(std::move(root));
    return std::unique_ptr<sql_wiring>(
        new sql_wiring(builder.snapshot(), head_changed(records), guard, clock, random));
}

}  // namespace sluice::gateway
