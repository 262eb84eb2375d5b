#include "protocols/s3/ops/select_answer.hpp"

#include <cstring>

#include "gateway/core/block_on.hpp"
#include "protocols/sql/records/file_records.hpp"

namespace sluice::s3 {
namespace {

namespace records = sql::records;

error_code code_of(records::fault what) {
    switch (what) {
#define RECORD_FAULT(id) \
    case records::fault::id: return error_code::id;
#include "protocols/sql/records/faults.def"
#undef RECORD_FAULT
    }
    return error_code::internal_error;
}

}  // namespace

s3_failure to_s3(records::record_fault const& what) {
    return {code_of(what.code), what.text};
}

// Ranges of the object for a thread that may block: they are read on the connection's executor,
// which waits for nothing meanwhile.
class select_answer::object_file final : public query::ranged_file {
public:
    object_file(auth::readable_object const& object, boost::asio::any_io_executor executor)
        : object_(object), executor_(std::move(executor)) {}

    std::uint64_t size() const override { return object_.stat().size; }
    result<void> read(std::uint64_t offset, byte_span into) override {
        bytes_read_ += into.size();
        // Only threads of the service's pool come here.
        auto const done =
            block_on(executor_, fill(offset, into), blocking_token::for_this_thread());
        if (done.has_error()) failed_ = done.error();
        return done;
    }
    std::uint64_t bytes_read() const noexcept { return bytes_read_; }
    // What the object's bytes failed with: no fault of the file.
    std::optional<failure> const& failed() const noexcept { return failed_; }

private:
    task<result<void>> fill(std::uint64_t offset, byte_span into) {
        store::byte_range const range{offset, into.size()};
        SLUICE_CO_TRY(auto reader, co_await object_.read(range));
        std::size_t done = 0;
        while (done < into.size()) {
            SLUICE_CO_TRY(auto const chunk, co_await reader.next());
            auto const bytes = chunk.bytes();
            if (bytes.empty() || bytes.size() > into.size() - done)
                co_return failure{error::corrupt, "an object is not as long as it says"};
            std::memcpy(into.data() + done, bytes.data(), bytes.size());
            done += bytes.size();
        }
        co_return success();
    }

    auth::readable_object const& object_;
    boost::asio::any_io_executor executor_;
    std::uint64_t bytes_read_ = 0;
    std::optional<failure> failed_;
};

select_answer::select_answer(select_service& service, select_service::turn turn,
                             wall_clock const& clock, select_request request,
                             auth::readable_object object)
    : service_(service), turn_(std::move(turn)), clock_(clock), request_(std::move(request)),
      object_(std::move(object)) {}
select_answer::~select_answer() = default;

records::selection_options select_answer::selection_options_of() const {
    records::selection_options out;
    out.packed = request_.packed;
    out.output = request_.output;
    out.row_bytes = service_.options().reader.record_bytes;
    out.now = clock_.now();
    return out;
}

std::uint64_t select_answer::scanned() const noexcept {
    return file_ ? file_->bytes_read() : counts_.scanned;
}

task<s3_result<>> select_answer::open_object(std::uint64_t offset, std::uint64_t length) {
    if (length == 0) co_return s3_result<>{};
    store::byte_range const range{offset, length};
    auto reader = co_await object_.read(range);
    if (reader.has_error()) co_return to_s3(reader.error(), subject::object);
    bytes_ = *std::move(reader);
    co_return s3_result<>{};
}

// The first record of the object, for a range that begins behind it.
task<s3_result<std::string>> select_answer::read_header() {
    auto const* csv = std::get_if<records::csv_input>(&request_.input);
    std::string out;
    auto const limit = std::min<std::uint64_t>(object_.stat().size,
                                               service_.options().reader.record_bytes);
    auto const opened = co_await open_object(0, limit);
    if (!opened) co_return opened.error();
    while (bytes_ && out.find(csv->record_delimiter) == std::string::npos) {
        auto const chunk = co_await bytes_->next();
        if (chunk.has_error()) co_return to_s3(chunk.error(), subject::object);
        if (chunk->empty()) break;
        out += chunk->bytes();
        counts_.scanned += chunk->bytes().size();
    }
    bytes_.reset();
    auto const end = out.find(csv->record_delimiter);
    if (end == std::string::npos && limit < object_.stat().size)
        co_return error_code::over_max_record_size;
    out.resize(std::min(end, out.size()));
    co_return out;
}

task<s3_result<std::unique_ptr<records::record_reader>>> select_answer::open_parquet() {
    if (service_.parquet() == nullptr) co_return error_code::busy;
    auto const executor = co_await boost::asio::this_coro::executor;
    file_ = std::make_unique<object_file>(object_, executor);
    using made_type = records::record_result<std::unique_ptr<records::record_reader>>;
    auto const open = [this](blocking_token token) -> result<made_type> {
        query::file_rows_options options;
        options.memory_bytes = service_.options().parquet_memory_bytes;
        auto rows = service_.parquet()->open(*file_, options, token);
        if (rows.has_error()) return made_type(records::to_fault(rows.error()));
        return records::make_file_records(*program_, *std::move(rows), service_.options().reader);
    };
    auto made = co_await service_.pool().run(open);
    if (made.has_error()) co_return error_code::busy;
    if (file_->failed()) co_return to_s3(*file_->failed(), subject::object);
    if (made->has_error()) co_return to_s3(made->error());
    co_return std::move(**made);
}

task<s3_result<std::unique_ptr<records::record_reader>>> select_answer::open_reader() {
    if (std::holds_alternative<parquet_input>(request_.input)) co_return co_await open_parquet();
    auto const size = object_.stat().size;
    auto const* csv = std::get_if<records::csv_input>(&request_.input);
    auto const& limits = service_.options().reader;
    records::record_range range;
    std::string header;
    auto bytes = scanned_bytes{0, size == 0 ? 0 : size - 1};
    if (request_.range) {
        auto const resolved = resolve_scan(*request_.range, size);
        if (!resolved) co_return resolved.error();
        bytes = *resolved;
        range.first = bytes.first;
        range.last = bytes.last;
        // As much before the range as tells whether a record begins with it.
        auto const delimiter = csv != nullptr ? csv->record_delimiter.size() : std::size_t{1};
        range.fed_from = bytes.first - std::min<std::uint64_t>(bytes.first, delimiter);
        if (csv != nullptr && bytes.first > 0 &&
            csv->first_line == records::csv_input::header::use) {
            auto read = co_await read_header();
            if (!read) co_return read.error();
            header = *std::move(read);
        }
    }
    // The last record may end anywhere behind the range: the reader stops asking.
    auto const opened = co_await open_object(range.fed_from, size - range.fed_from);
    if (!opened) co_return opened.error();
    auto made = csv != nullptr
                    ? records::make_csv_reader(*program_, *csv, limits, range, header)
                    : records::make_json_reader(*program_,
                                                std::get<records::json_input>(request_.input),
                                                limits, range, service_.memory());
    if (made.has_error()) co_return to_s3(made.error());
    co_return *std::move(made);
}

task<s3_result<>> select_answer::begin(std::shared_ptr<records::program const> program) {
    program_ = std::move(program);
    began_ = told_ = progressed_ = clock_.monotonic();
    auto reader = co_await open_reader();
    if (!reader) co_return reader.error();
    auto made = records::selection::make(program_, *std::move(reader), selection_options_of(),
                                         clock_);
    if (made.has_error()) co_return to_s3(made.error());
    selection_ = *std::move(made);
    auto first = co_await advance();
    if (!first) co_return first.error();
    first_ = *std::move(first);
    co_return s3_result<>{};
}

task<s3_result<>> select_answer::refill() {
    if (!bytes_) {
        selection_->finish_input();
        co_return s3_result<>{};
    }
    auto chunk = co_await bytes_->next();
    if (chunk.has_error()) co_return to_s3(chunk.error(), subject::object);
    if (chunk->empty()) {
        bytes_.reset();
        selection_->finish_input();
        co_return s3_result<>{};
    }
    chunk_ = *std::move(chunk);
    counts_.scanned += chunk_.bytes().size();
    selection_->feed(chunk_.bytes());
    co_return s3_result<>{};
}

task<s3_result<records::step_end>> select_answer::step() {
    using stepped_type = records::record_result<records::step_end>;
    auto const work = [this](blocking_token token) -> result<stepped_type> {
        return selection_->step(token);
    };
    auto const stepped = co_await service_.pool().run(work);
    if (stepped.has_error()) co_return error_code::busy;
    if (file_ && file_->failed()) co_return to_s3(*file_->failed(), subject::object);
    if (stepped->has_error()) co_return to_s3(stepped->error());
    co_return **stepped;
}

task<s3_result<std::string>> select_answer::advance() {
    std::string out;
    while (out.empty()) {
        auto const now = clock_.monotonic();
        if (now - began_ > service_.options().time_max)
            co_return s3_failure(error_code::busy, "The statement took too long.");
        auto const ended = co_await step();
        if (!ended) co_return ended.error();
        auto const made = selection_->take_output();
        counts_.returned += made.size();
        counts_.processed = file_ ? scanned() : selection_->processed_bytes();
        append_records(made, out);
        if (*ended == records::step_end::needs_input) {
            auto const refilled = co_await refill();
            if (!refilled) co_return refilled.error();
        }
        auto counts = counts_;
        counts.scanned = scanned();
        bool const finished = *ended == records::step_end::finished;
        if (request_.progress &&
            (finished || now - progressed_ >= service_.options().progress)) {
            append_progress(counts, out);
            progressed_ = now;
        }
        if (finished) {
            append_stats(counts, out);
            append_end(out);
            phase_ = phase::ended;
        } else if (out.empty() && now - told_ >= service_.options().keep_alive) {
            append_continuation(out);
        }
        if (!out.empty()) told_ = now;
    }
    co_return out;
}

task<result<std::string>> select_answer::next() {
    if (!first_.empty()) co_return std::exchange(first_, {});
    if (phase_ == phase::ended) co_return std::string();
    auto piece = co_await advance();
    if (piece) co_return *std::move(piece);
    auto const& what = piece.error();
    auto const& row = row_of(what.code);
    std::string out;
    append_error(row.code, what.message.empty() ? row.message : std::string_view(what.message), out);
    phase_ = phase::ended;
    co_return out;
}

}  // namespace sluice::s3
