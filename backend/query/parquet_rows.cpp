#include <duckdb.hpp>
#include <duckdb/common/file_system.hpp>
#include <duckdb/common/virtual_file_system.hpp>
#include <duckdb/main/extension_helper.hpp>
#include <duckdb/main/stream_query_result.hpp>
#include <duckdb/parser/keyword_helper.hpp>

#include <cmath>

#include "backend/query/file_rows.hpp"

namespace sluice::query {
namespace {

constexpr char const* file_name = "/object.parquet";
// The engine says that no task can run although nobody else runs any: a bug, not a state to wait in.
constexpr std::size_t idle_turns_max = 1000;
constexpr std::size_t nesting_max = 64;

class object_handle final : public duckdb::FileHandle {
public:
    object_handle(duckdb::FileSystem& system, duckdb::FileOpenFlags flags)
        : FileHandle(system, file_name, flags) {}
    ~object_handle() override = default;
    void Close() override {}
    duckdb::idx_t position = 0;
};

// The one file that there is.
class object_file_system final : public duckdb::FileSystem {
public:
    object_file_system(ranged_file& file, std::optional<failure>& failed)
        : file_(file), failed_(failed) {}

    duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
        duckdb::string const& path, duckdb::FileOpenFlags flags,
        duckdb::optional_ptr<duckdb::FileOpener>) override {
        if (path != file_name || flags.OpenForWriting())
            throw duckdb::PermissionException("there is no other file");
        return duckdb::make_uniq<object_handle>(*this, flags);
    }
    void Read(duckdb::FileHandle&, void* buffer, std::int64_t bytes,
              duckdb::idx_t location) override {
        read(buffer, bytes, location);
    }
    std::int64_t Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes) override {
        auto& position = static_cast<object_handle&>(handle).position;
        auto const left = position < file_.size() ? file_.size() - position : 0;
        auto const count = std::min<std::int64_t>(bytes, static_cast<std::int64_t>(left));
        read(buffer, count, position);
        position += static_cast<duckdb::idx_t>(count);
        return count;
    }
    std::int64_t GetFileSize(duckdb::FileHandle&) override {
        return static_cast<std::int64_t>(file_.size());
    }
    duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override {
        return duckdb::timestamp_t(0);
    }
    duckdb::string GetVersionTag(duckdb::FileHandle&) override { return {}; }
    duckdb::FileType GetFileType(duckdb::FileHandle&) override {
        return duckdb::FileType::FILE_TYPE_REGULAR;
    }
    void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override {
        static_cast<object_handle&>(handle).position = location;
    }
    void Reset(duckdb::FileHandle& handle) override { Seek(handle, 0); }
    duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override {
        return static_cast<object_handle&>(handle).position;
    }
    bool FileExists(duckdb::string const& path, duckdb::optional_ptr<duckdb::FileOpener>) override {
        return path == file_name;
    }
    bool IsPipe(duckdb::string const&, duckdb::optional_ptr<duckdb::FileOpener>) override {
        return false;
    }
    duckdb::vector<duckdb::OpenFileInfo> Glob(duckdb::string const& path,
                                              duckdb::FileOpener*) override {
        duckdb::vector<duckdb::OpenFileInfo> out;
        if (path == file_name) out.emplace_back(path);
        return out;
    }
    bool CanHandleFile(duckdb::string const& path) override { return path == file_name; }
    bool CanSeek() override { return true; }
    bool OnDiskFile(duckdb::FileHandle&) override { return false; }
    std::string GetName() const override { return "object"; }

private:
    void read(void* buffer, std::int64_t bytes, duckdb::idx_t location) {
        if (bytes < 0 || location > file_.size() ||
            static_cast<std::uint64_t>(bytes) > file_.size() - location)
            throw duckdb::InvalidInputException("the file ends too early");
        if (bytes == 0) return;
        auto const done = file_.read(
            location, {static_cast<std::byte*>(buffer), static_cast<std::size_t>(bytes)});
        if (!done.has_error()) return;
        failed_ = done.error();
        throw duckdb::IOException("the file could not be read");
    }

    ranged_file& file_;
    std::optional<failure>& failed_;
};

void configure(duckdb::DBConfigOptions& to, std::uint64_t memory_bytes) {
    to.maximum_threads = 1;
    to.external_threads = 1;
    to.maximum_memory = memory_bytes;
    to.use_temporary_directory = false;
    to.temporary_directory = "";
    to.load_extensions = false;
    to.autoload_known_extensions = false;
    to.autoinstall_known_extensions = false;
    to.allow_community_extensions = false;
    to.enable_external_access = false;
    to.disable_database_invalidation = true;
    to.lock_configuration = true;
}

void tell_text(duckdb::Value const& of, cell_sink& to) {
    to.text(duckdb::StringValue::Get(of));
}

void tell_moment(std::int64_t units, std::int64_t units_per_second, unsigned digits,
                 cell_sink& to) {
    auto seconds = units / units_per_second;
    auto rest = units % units_per_second;
    if (rest < 0) {
        rest += units_per_second;
        --seconds;
    }
    to.moment(seconds, static_cast<std::uint32_t>(rest * (1'000'000'000 / units_per_second)),
              digits);
}

void tell(duckdb::Value const& of, cell_sink& to, std::size_t depth);

void tell_nested(duckdb::Value const& of, cell_sink& to, std::size_t depth) {
    if (depth > nesting_max) throw duckdb::NotImplementedException("types nested so deeply");
    switch (of.type().id()) {
        case duckdb::LogicalTypeId::STRUCT: {
            auto const& fields = duckdb::StructValue::GetChildren(of);
            auto const& types = duckdb::StructType::GetChildTypes(of.type());
            to.begin_object();
            for (std::size_t i = 0; i < fields.size(); ++i) {
                to.key(types[i].first);
                tell(fields[i], to, depth + 1);
            }
            to.end_object();
            return;
        }
        case duckdb::LogicalTypeId::ARRAY: {
            to.begin_list();
            for (auto const& each : duckdb::ArrayValue::GetChildren(of)) tell(each, to, depth + 1);
            to.end_list();
            return;
        }
        default: {
            to.begin_list();
            for (auto const& each : duckdb::ListValue::GetChildren(of)) tell(each, to, depth + 1);
            to.end_list();
        }
    }
}

void tell(duckdb::Value const& of, cell_sink& to, std::size_t depth) {
    using id = duckdb::LogicalTypeId;
    if (of.IsNull()) return to.null();
    switch (of.type().id()) {
        case id::BOOLEAN: return to.boolean(duckdb::BooleanValue::Get(of));
        case id::TINYINT:
        case id::SMALLINT:
        case id::INTEGER:
        case id::BIGINT:
        case id::UTINYINT:
        case id::USMALLINT:
        case id::UINTEGER: return to.integer(of.GetValue<std::int64_t>());
        case id::UBIGINT:
        case id::HUGEINT:
        case id::UHUGEINT:
        case id::DECIMAL: return to.decimal(of.ToString());
        case id::FLOAT: {
            // The shortest digits of the number itself, not of its double.
            auto const narrow = duckdb::FloatValue::Get(of);
            return to.floating(std::isfinite(narrow) ? std::stod(of.ToString()) : narrow);
        }
        case id::DOUBLE: return to.floating(duckdb::DoubleValue::Get(of));
        case id::VARCHAR:
        case id::ENUM: return tell_text(of, to);
        case id::UUID:
        case id::TIME:
        case id::TIME_TZ: return to.text(of.ToString());
        case id::BLOB: return to.bytes(duckdb::StringValue::Get(of));
        case id::DATE: return to.date(duckdb::DateValue::Get(of).days);
        case id::TIMESTAMP_SEC:
            return tell_moment(duckdb::TimestampSValue::Get(of).value, 1, 0, to);
        case id::TIMESTAMP_MS:
            return tell_moment(duckdb::TimestampMSValue::Get(of).value, 1'000, 3, to);
        case id::TIMESTAMP:
            return tell_moment(duckdb::TimestampValue::Get(of).value, 1'000'000, 6, to);
        case id::TIMESTAMP_TZ:
            return tell_moment(duckdb::TimestampTZValue::Get(of).value, 1'000'000, 6, to);
        case id::TIMESTAMP_NS:
            return tell_moment(duckdb::TimestampNSValue::Get(of).value, 1'000'000'000, 9, to);
        case id::STRUCT:
        case id::LIST:
        case id::MAP:
        case id::ARRAY: return tell_nested(of, to, depth);
        default:
            throw duckdb::NotImplementedException("columns of the type " + of.type().ToString());
    }
}

class parquet_rows final : public file_rows {
public:
    parquet_rows(ranged_file& file, wall_clock const& clock) : file_(file), clock_(clock) {}
    ~parquet_rows() override {
        rows_.reset();
        pending_.reset();
    }

    result<void> open(file_rows_options const& options);
    std::vector<std::string> const& columns() const override { return names_; }
    result<void> choose(std::vector<std::size_t> const& columns) override;
    result<row_found> next(cell_sink& to, std::chrono::nanoseconds patience,
                           blocking_token) override;

private:
    failure why(duckdb::ErrorData const& what) const;
    // False: not yet.
    result<bool> advance(monotonic_time until);

    ranged_file& file_;
    wall_clock const& clock_;
    std::optional<failure> failed_;
    duckdb::unique_ptr<duckdb::DuckDB> database_;
    duckdb::unique_ptr<duckdb::Connection> connection_;
    duckdb::unique_ptr<duckdb::PendingQueryResult> pending_;
    duckdb::unique_ptr<duckdb::QueryResult> rows_;
    duckdb::unique_ptr<duckdb::DataChunk> chunk_;
    duckdb::idx_t row_ = 0;
    std::size_t idle_ = 0;
    std::vector<std::string> names_;
};

failure parquet_rows::why(duckdb::ErrorData const& what) const {
    if (failed_) return *failed_;
    auto const& text = what.RawMessage();
    switch (what.Type()) {
        case duckdb::ExceptionType::OUT_OF_MEMORY:
            return {error::too_large, "reading the file needs more memory than it may use"};
        case duckdb::ExceptionType::NOT_IMPLEMENTED: return {error::unsupported, text};
        case duckdb::ExceptionType::FATAL:
        case duckdb::ExceptionType::NULL_POINTER: return {error::closed, text};
        default: return {error::malformed, text};
    }
}

result<void> parquet_rows::open(file_rows_options const& options) {
    try {
        duckdb::DBConfig config;
        configure(config.options, options.memory_bytes);
        config.file_system = duckdb::make_uniq<duckdb::VirtualFileSystem>(
            duckdb::make_uniq<object_file_system>(file_, failed_));
        config.AddAllowedPath(file_name);
        database_ = duckdb::make_uniq<duckdb::DuckDB>(nullptr, &config);
        duckdb::ExtensionHelper::LoadExtension(*database_, "core_functions");
        duckdb::ExtensionHelper::LoadExtension(*database_, "parquet");
        connection_ = duckdb::make_uniq<duckdb::Connection>(*database_);
        auto const prepared = connection_->Prepare(std::string("SELECT * FROM parquet_scan('") +
                                                   file_name + "')");
        if (prepared->HasError()) return why(prepared->GetErrorObject());
        for (auto const& name : prepared->GetNames()) names_.push_back(name);
        return success();
    } catch (std::exception const& thrown) {
        return why(duckdb::ErrorData{thrown});
    }
}

result<void> parquet_rows::choose(std::vector<std::size_t> const& columns) {
    std::string list;
    for (auto const column : columns) {
        if (!list.empty()) list += ", ";
        list += duckdb::KeywordHelper::WriteQuoted(names_[column], '"');
    }
    if (list.empty()) list = "NULL";
    try {
        pending_ = connection_->context->PendingQuery(
            "SELECT " + list + " FROM parquet_scan('" + file_name + "')", true);
        if (pending_->HasError()) return why(pending_->GetErrorObject());
        return success();
    } catch (std::exception const& thrown) {
        return why(duckdb::ErrorData{thrown});
    }
}

result<bool> parquet_rows::advance(monotonic_time until) {
    auto const idles = [this](bool works) -> result<void> {
        idle_ = works ? 0 : idle_ + 1;
        if (idle_ <= idle_turns_max) return success();
        return failure{error::closed, "the read engine has no task to run"};
    };
    while (pending_) {
        auto const state = pending_->ExecuteTask();
        if (state == duckdb::PendingExecutionResult::EXECUTION_ERROR)
            return why(pending_->GetErrorObject());
        if (duckdb::PendingQueryResult::IsResultReady(state)) {
            rows_ = pending_->Execute();
            pending_.reset();
            if (rows_->HasError()) return why(rows_->GetErrorObject());
            break;
        }
        SLUICE_CHECK(idles(state == duckdb::PendingExecutionResult::RESULT_NOT_READY));
        if (clock_.monotonic() >= until) return false;
    }
    if (rows_->type == duckdb::QueryResultType::STREAM_RESULT) {
        auto& stream = rows_->Cast<duckdb::StreamQueryResult>();
        using state = duckdb::StreamExecutionResult;
        while (true) {
            auto const now = stream.ExecuteTask();
            if (duckdb::StreamQueryResult::IsChunkReady(now) || now == state::EXECUTION_ERROR ||
                now == state::EXECUTION_CANCELLED)
                break;
            SLUICE_CHECK(idles(now == state::CHUNK_NOT_READY));
            if (clock_.monotonic() >= until) return false;
        }
    }
    chunk_ = rows_->Fetch();
    if (rows_->HasError()) return why(rows_->GetErrorObject());
    row_ = 0;
    return true;
}

result<row_found> parquet_rows::next(cell_sink& to, std::chrono::nanoseconds patience,
                                     blocking_token) {
    try {
        if (!chunk_ || row_ == chunk_->size()) {
            SLUICE_TRY(auto const ready, advance(clock_.monotonic() + patience));
            if (!ready) return row_found::working;
            if (!chunk_ || chunk_->size() == 0) return row_found::end;
        }
        for (duckdb::idx_t column = 0; column < chunk_->ColumnCount(); ++column)
            tell(chunk_->GetValue(column, row_), to, 0);
        ++row_;
        return row_found::row;
    } catch (std::exception const& thrown) {
        return why(duckdb::ErrorData{thrown});
    }
}

class parquet_reader final : public file_reader {
public:
    explicit parquet_reader(wall_clock const& clock) : clock_(clock) {}
    result<std::unique_ptr<file_rows>> open(ranged_file& file, file_rows_options options,
                                            blocking_token) override {
        auto made = std::make_unique<parquet_rows>(file, clock_);
        SLUICE_CHECK(made->open(options));
        return std::unique_ptr<file_rows>(std::move(made));
    }

private:
    wall_clock const& clock_;
};

}  // namespace

std::unique_ptr<file_reader> make_parquet_reader(wall_clock const& clock) {
    return std::make_unique<parquet_reader>(clock);
}

}  // namespace sluice::query
