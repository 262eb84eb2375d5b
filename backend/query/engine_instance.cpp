#include "backend/query/engine_instance.hpp"

#include <duckdb.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/main/extension_helper.hpp>
#include <duckdb/main/stream_query_result.hpp>
#include <duckdb/storage/buffer_manager.hpp>

#include "backend/query/value_vectors.hpp"

namespace sluice::query {
namespace {

// The engine says that no task can run although nobody else runs any: a bug, not a state to wait in.
constexpr std::size_t idle_turns_max = 1000;

void configure(duckdb::DBConfigOptions& to, instance_options const& options) {
    to.maximum_threads = 1;
    to.external_threads = 1;
    to.maximum_memory = options.memory_bytes;
    to.use_temporary_directory = !options.spill_folder.empty();
    to.temporary_directory = options.spill_folder;
    if (!options.spill_folder.empty()) to.allowed_directories.insert(options.spill_folder + "/");
    to.load_extensions = false;
    to.autoload_known_extensions = false;
    to.autoinstall_known_extensions = false;
    to.allow_community_extensions = false;
    to.enable_external_access = false;
    to.disable_database_invalidation = true;
    to.lock_configuration = true;
}

failure failure_of(duckdb::ErrorData const& what, bool& is_broken) {
    auto const& text = what.RawMessage();
    switch (what.Type()) {
        case duckdb::ExceptionType::OUT_OF_RANGE:
        case duckdb::ExceptionType::CONVERSION:
            return {error::out_of_range, text};
        case duckdb::ExceptionType::OUT_OF_MEMORY:
            return {error::too_large, "the query needs more memory than it may use"};
        case duckdb::ExceptionType::IO:
            return {error::io_failed, text};
        case duckdb::ExceptionType::INTERRUPT:
            return {error::cancelled, "the query was cancelled"};
        case duckdb::ExceptionType::INTERNAL:
        case duckdb::ExceptionType::FATAL:
        case duckdb::ExceptionType::NULL_POINTER:
            is_broken = true;
            return {error::closed, "the read engine failed: " + text};
        case duckdb::ExceptionType::INVALID_INPUT:
            if (text.find("More than one row returned by a subquery") != std::string::npos)
                return {error::precondition_failed,
                        "more than one row returned by a subquery used as an expression"};
            return {error::unsupported, text};
        default:
            return {error::unsupported, text};
    }
}

}  // namespace

struct engine_instance::parts {
    execution_slot slot;  // outlives the database, whose functions refer to it
    duckdb::unique_ptr<duckdb::DuckDB> database;
    duckdb::unique_ptr<duckdb::Connection> connection;
    duckdb::unique_ptr<duckdb::PendingQueryResult> pending;
    duckdb::unique_ptr<duckdb::QueryResult> rows;
    bool is_broken = false;

    failure why(duckdb::ErrorData const& what) {
        if (slot.current != nullptr) {
            if (auto own = slot.current->failed_with(what.Message())) return std::move(*own);
            if (auto ended = slot.current->interruption()) return std::move(*ended);
        }
        return failure_of(what, is_broken);
    }
    result<void> prepare(std::uint64_t memory_bytes);
    result<void> execute();
    result<duckdb::unique_ptr<duckdb::DataChunk>> next_chunk();
    result<void> check_columns();
};

engine_instance::engine_instance(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}
engine_instance::~engine_instance() = default;

result<std::unique_ptr<engine_instance>> engine_instance::make(instance_options const& options) {
    try {
        auto inside = std::make_unique<parts>();
        duckdb::DBConfig config;
        configure(config.options, options);
        inside->database = duckdb::make_uniq<duckdb::DuckDB>(nullptr, &config);
        if (!options.spill_folder.empty())
            duckdb::BufferManager::GetBufferManager(*inside->database->instance)
                .SetSwapLimit(options.spill_bytes_max);
        duckdb::ExtensionHelper::LoadExtension(*inside->database, "core_functions");
        duckdb::ExtensionLoader loader{*inside->database->instance, "sluice"};
        register_scan(loader, inside->slot);
        register_call(loader, inside->slot);
        register_arithmetic(loader);
        inside->connection = duckdb::make_uniq<duckdb::Connection>(*inside->database);
        return std::unique_ptr<engine_instance>{new engine_instance{std::move(inside)}};
    } catch (std::exception const& thrown) {
        return failure{error::closed, std::string{"the read engine did not start: "} +
                                          duckdb::ErrorData{thrown}.Message()};
    }
}

result<void> engine_instance::parts::prepare(std::uint64_t memory_bytes) {
    duckdb::BufferManager::GetBufferManager(*database->instance).SetMemoryLimit(memory_bytes);
    pending = connection->context->PendingQuery(slot.current->plan().text, true);
    if (pending->HasError()) return why(pending->GetErrorObject());
    return check_columns();
}

// The engine's own idea of the types must be ours: nothing is left to its conversions.
result<void> engine_instance::parts::check_columns() {
    auto const& expected = slot.current->columns();
    if (expected.empty()) return success();
    if (pending->types.size() != expected.size())
        return failure{error::unsupported, "the engine gives other columns"};
    for (std::size_t at = 0; at < expected.size(); ++at)
        if (pending->types[at] != engine_type(expected[at]))
            return failure{error::unsupported, "the engine gives column " + std::to_string(at) +
                                                   " as " + pending->types[at].ToString()};
    return success();
}

// Runs to where rows come out.
result<void> engine_instance::parts::execute() {
    std::size_t idle = 0;
    for (;;) {
        if (auto ended = slot.current->interruption()) return std::move(*ended);
        auto const state = pending->ExecuteTask();
        if (state == duckdb::PendingExecutionResult::EXECUTION_ERROR)
            return why(pending->GetErrorObject());
        if (duckdb::PendingQueryResult::IsResultReady(state)) break;
        bool const works = state == duckdb::PendingExecutionResult::RESULT_NOT_READY;
        idle = works ? 0 : idle + 1;
        if (idle > idle_turns_max)
            return failure{error::closed, "the read engine has no task to run"};
    }
    rows = pending->Execute();
    if (rows->HasError()) return why(rows->GetErrorObject());
    return success();
}

result<duckdb::unique_ptr<duckdb::DataChunk>> engine_instance::parts::next_chunk() {
    using state = duckdb::StreamExecutionResult;
    if (rows->type == duckdb::QueryResultType::STREAM_RESULT) {
        auto& stream = rows->Cast<duckdb::StreamQueryResult>();
        std::size_t idle = 0;
        for (;;) {
            if (auto ended = slot.current->interruption()) return std::move(*ended);
            auto const now = stream.ExecuteTask();
            if (duckdb::StreamQueryResult::IsChunkReady(now) || now == state::EXECUTION_ERROR ||
                now == state::EXECUTION_CANCELLED)
                break;
            idle = now == state::CHUNK_NOT_READY ? 0 : idle + 1;
            if (idle > idle_turns_max)
                return failure{error::closed, "the read engine has no task to run"};
        }
    }
    auto chunk = rows->FetchRaw();
    if (rows->HasError()) return why(rows->GetErrorObject());
    return chunk;
}

result<void> engine_instance::begin(execution& query, std::uint64_t memory_bytes) {
    inside_->slot.current = &query;
    try {
        SLUICE_CHECK(inside_->prepare(memory_bytes));
        return inside_->execute();
    } catch (std::exception const& thrown) {
        return inside_->why(duckdb::ErrorData{thrown});
    }
}

result<bool> engine_instance::fetch(std::vector<std::vector<value>>& rows) {
    try {
        SLUICE_TRY(auto chunk, inside_->next_chunk());
        if (!chunk || chunk->size() == 0) return false;
        auto const& types = inside_->slot.current->columns();
        std::vector<std::vector<value>> fetched(chunk->size(), std::vector<value>(types.size()));
        for (std::size_t column = 0; column < types.size(); ++column) {
            column_reader const reader{chunk->data[column], types[column], chunk->size()};
            for (std::size_t row = 0; row < fetched.size(); ++row)
                reader.get(row, fetched[row][column]);
        }
        for (auto& row : fetched) rows.push_back(std::move(row));
        return true;
    } catch (std::exception const& thrown) {
        return inside_->why(duckdb::ErrorData{thrown});
    }
}

void engine_instance::end() noexcept {
    try {
        inside_->rows.reset();
        inside_->pending.reset();
    } catch (std::exception const&) {
        inside_->is_broken = true;
    }
    inside_->slot.current = nullptr;
}

void engine_instance::interrupt() { inside_->connection->context->Interrupt(); }

bool engine_instance::is_broken() const { return inside_->is_broken; }

}  // namespace sluice::query
