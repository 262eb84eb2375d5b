#include <duckdb.hpp>
#include <duckdb/main/extension/extension_loader.hpp>

#include "backend/query/engine_functions.hpp"
#include "backend/query/value_vectors.hpp"

namespace sluice::query {
namespace {

struct slot_info final : duckdb::TableFunctionInfo {
    explicit slot_info(execution_slot& of) : slot(of) {}
    execution_slot& slot;
};

struct scan_data final : duckdb::TableFunctionData {
    scan_data(execution& query, std::shared_ptr<row_source const> from)
        : running(query), source(std::move(from)), types(source->types()) {}
    execution& running;
    std::shared_ptr<row_source const> source;
    std::vector<value_type> types;
};

// A column the engine asks for only to have one (count(*)) has no place in the rows.
constexpr std::size_t no_place = static_cast<std::size_t>(-1);

struct scan_state final : duckdb::GlobalTableFunctionState {
    std::unique_ptr<row_stream> stream;
    std::vector<std::size_t> places;  // of each output column in the rows
    std::vector<std::uint32_t> columns;
    duckdb::idx_t MaxThreads() const override { return 1; }
};

duckdb::unique_ptr<duckdb::FunctionData> bind_scan(duckdb::ClientContext&,
                                                   duckdb::TableFunctionBindInput& input,
                                                   duckdb::vector<duckdb::LogicalType>& types,
                                                   duckdb::vector<duckdb::string>& names) {
    auto& slot = input.info->Cast<slot_info>().slot;
    auto const number = static_cast<std::size_t>(input.inputs[0].GetValue<std::int64_t>());
    if (slot.current == nullptr || number >= slot.current->plan().sources.size())
        throw duckdb::BinderException("no such source");
    auto data = duckdb::make_uniq<scan_data>(*slot.current, slot.current->plan().sources[number]);
    for (std::size_t at = 0; at < data->types.size(); ++at) {
        types.push_back(engine_type(data->types[at]));
        names.push_back("c" + std::to_string(at));
    }
    // A table function must have a column; this one is never named.
    if (types.empty()) {
        types.push_back(duckdb::LogicalType::INTEGER);
        names.push_back("none");
    }
    return data;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> open_scan(
    duckdb::ClientContext&, duckdb::TableFunctionInitInput& input) {
    auto const& data = input.bind_data->Cast<scan_data>();
    auto state = duckdb::make_uniq<scan_state>();
    for (auto const id : input.column_ids) {
        bool const is_there = id < data.types.size();
        state->places.push_back(is_there ? state->columns.size() : no_place);
        if (is_there) state->columns.push_back(static_cast<std::uint32_t>(id));
    }
    auto opened = data.source->open(state->columns);
    if (opened.has_error()) data.running.fail(std::move(opened).error());
    state->stream = std::move(*opened);
    return state;
}

// Writes into the engine's own vectors.
class vector_sink final : public row_sink {
public:
    vector_sink(scan_data const& data, scan_state const& state, duckdb::DataChunk& output)
        : to_(state.columns.size()), types_(state.columns.size()) {
        for (std::size_t column = 0; column < state.places.size(); ++column) {
            auto const place = state.places[column];
            if (place != no_place) to_[place] = &output.data[column];
        }
        for (std::size_t place = 0; place < types_.size(); ++place)
            types_[place] = data.types[state.columns[place]];
    }
    void put(std::size_t place, std::size_t row, store::column_view const& cell) override {
        is_right_ = place < to_.size() && row < STANDARD_VECTOR_SIZE &&
                    set_value(*to_[place], types_[place], row, cell) && is_right_;
    }
    void put(std::size_t place, std::size_t row, value const& cell) override {
        is_right_ = place < to_.size() && row < STANDARD_VECTOR_SIZE &&
                    set_value(*to_[place], types_[place], row, cell) && is_right_;
    }
    bool is_right() const { return is_right_; }

private:
    std::vector<duckdb::Vector*> to_;
    std::vector<value_type> types_;
    bool is_right_ = true;
};

void scan_rows(duckdb::ClientContext&, duckdb::TableFunctionInput& input,
               duckdb::DataChunk& output) {
    auto const& data = input.bind_data->Cast<scan_data>();
    auto& state = input.global_state->Cast<scan_state>();
    if (auto why = data.running.interruption()) data.running.fail(std::move(*why));
    vector_sink sink{data, state, output};
    auto const count = state.stream->next(sink, STANDARD_VECTOR_SIZE);
    if (count.has_error()) data.running.fail(count.error());
    if (!sink.is_right() || *count > STANDARD_VECTOR_SIZE)
        data.running.fail({error::corrupt, "a source gave a value of another kind"});
    for (std::size_t column = 0; column < state.places.size(); ++column) {
        if (state.places[column] != no_place) continue;
        auto& to = output.data[column];
        to.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
        duckdb::ConstantVector::SetNull(to, true);
    }
    output.SetCardinality(*count);
}

duckdb::unique_ptr<duckdb::NodeStatistics> estimate_rows(duckdb::ClientContext&,
                                                         duckdb::FunctionData const* bound) {
    return duckdb::make_uniq<duckdb::NodeStatistics>(
        bound->Cast<scan_data>().source->estimated_rows());
}

// Where no column is read, none is asked for.
duckdb::virtual_column_map_t virtual_columns(duckdb::ClientContext&,
                                             duckdb::optional_ptr<duckdb::FunctionData>) {
    duckdb::virtual_column_map_t columns;
    columns.emplace(duckdb::COLUMN_IDENTIFIER_EMPTY,
                    duckdb::TableColumn{"", duckdb::LogicalType::BOOLEAN});
    return columns;
}

}  // namespace

void register_scan(duckdb::ExtensionLoader& to, execution_slot& slot) {
    duckdb::TableFunction scan{"sluice_scan", {duckdb::LogicalType::BIGINT}, scan_rows, bind_scan,
                               open_scan};
    scan.projection_pushdown = true;
    scan.cardinality = estimate_rows;
    scan.get_virtual_columns = virtual_columns;
    scan.function_info = duckdb::make_shared_ptr<slot_info>(slot);
    to.RegisterFunction(std::move(scan));
}

}  // namespace sluice::query
