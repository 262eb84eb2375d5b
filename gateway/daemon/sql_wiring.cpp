#include "gateway/daemon/sql_wiring.hpp"

#include "backend/query/engine.hpp"
#include "backend/store/record_verbs.hpp"
#include "protocols/sql/catalog/catalog_records.hpp"

namespace sluice::gateway {
namespace {

constexpr char const* default_database = "sluice";

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

blocking_pool_options pool_options_of(settings const& from) {
    blocking_pool_options out;
    out.name = "sql";
    out.threads = static_cast<unsigned>(from.limit_sql_threads);
    out.queued_max = from.limit_sql_queued;
    return out;
}

sql::sql_limits sql_limits_of(settings const& from, memory_allowance& memory) {
    sql::sql_limits out;
    out.run.shared = &memory;
    out.run.memory_bytes = from.limit_sql_memory;
    out.run.recursion = from.limit_sql_recursion;
    out.cursors = from.limit_sql_cursors;
    out.savepoints = from.limit_sql_savepoints;
    out.relation_lock_wait = from.limit_sql_relation_lock_wait;
    out.parse.text_bytes = from.limit_sql_text;
    out.parse.statements = from.limit_sql_statements;
    out.parse.list_elements = from.limit_sql_list;
    out.parse.depth = from.limit_sql_depth;
    out.copy.line_bytes = from.limit_sql_copy_line;
    out.foreign_relations = from.limit_sql_foreign_relations;
    out.object_bytes = from.limit_sql_object;
    out.message_bytes = static_cast<std::int64_t>(from.kafka_message);
    out.batch_bytes = from.limit_kafka_decompressed_batch;
    return out;
}

lsn head_changed(std::vector<store::stored_record> const& records) {
    for (auto const& each : records)
        if (each.name.id == "head") return each.changed;
    return {};
}

// A query that finds no room runs natively: none waits.
query::engine_options read_engine_options(settings const& chosen, sql_memory const& memory) {
    query::class_options each;
    each.memory_bytes = memory.engine_bytes;
    each.query_memory_bytes = std::min(chosen.limit_sql_engine_statement, each.memory_bytes);
    each.running_max = chosen.limit_sql_engine_statements;
    each.waiting_max = 0;
    query::engine_options options;
    options.interactive = options.batch = each;
    return options;
}

}  // namespace

sql_wiring::sql_wiring(settings const& chosen, sql::catalog_ptr loaded, lsn changed,
                       std::unique_ptr<query::read_engine> read_engine, auth::guard& guard,
                       memory_allowance& memory, wall_clock const& clock, random_source& random)
    : read_engine_(std::move(read_engine)),
      pool_(pool_options_of(chosen)),
      catalog_(std::move(loaded), changed, guard.tables()),
      sequences_(guard.tables(), locks_),
      services_{guard.tables(), guard.logs(), guard.buckets(), catalog_, locks_,
                sequences_,     pool_,        clock,           random,   sql_limits_of(chosen, memory), &use_},
      service_(std::make_unique<sql::native_sql_service>(services_, default_database)) {
    use_.engine = read_engine_.get();
}

result<std::unique_ptr<sql_wiring>> sql_wiring::open(settings const& chosen, store::engine& engine,
                                                     auth::guard& guard, sql_memory memory,
                                                     wall_clock const& clock, random_source& random,
                                                     blocking_token token) {
    SLUICE_TRY(auto records, catalog_records(engine, token));
    SLUICE_TRY(auto loaded, sql::load_catalog(records));
    sql::catalog_builder builder(*loaded);
    builder.set_database_name(default_database);
    SLUICE_TRY(auto read_engine, query::make_engine(read_engine_options(chosen, memory), clock));
    std::unique_ptr<sql_wiring> made(new sql_wiring(chosen, builder.snapshot(),
                                                     head_changed(records), std::move(read_engine),
                                                     guard, memory.requests, clock, random));
    made->use_.native_rows = chosen.limit_sql_native_rows;
    return made;
}

}  // namespace sluice::gateway
