#include "protocols/sql/execute/engine_run.hpp"

#include "protocols/sql/execute/statement_execution.hpp"
#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"

namespace sluice::sql {

level_frames::level_frames(engine::query_level const& at) {
    std::vector<query const*> bodies;
    for (auto const* level = &at; level != nullptr; level = level->outer)
        bodies.push_back(level->body);
    for (auto each = bodies.rbegin(); each != bodies.rend(); ++each) {
        auto const* outer = frames_.empty() ? nullptr : &frames_.back();
        prepare_frame(frames_.emplace_back(), **each, outer);
    }
}

namespace {

// One expression with the places that its arguments are put into before each evaluation.
class evaluation {
public:
    evaluation(expression_ptr of, engine::query_level const& at, std::vector<engine::leaf> leaves,
               engine_run& with)
        : of_(std::move(of)), with_(with), frames_(at) {
        auto& seen = frames_.front();
        // A set operation's rows are relation 0, which has no entry.
        if (at.body->combine != set_operation::none) seen.rows.resize(1);
        std::vector<std::shared_ptr<row_box>> boxes(seen.rows.size());
        for (auto const& each : leaves) {
            types_.push_back(each.type);
            auto const* column = std::get_if<column_reference>(&each.of);
            if (column == nullptr) {
                places_.push_back(&computed_[std::get<expression const*>(each.of)]);
                continue;
            }
            auto& box = boxes[column->relation];
            if (!box) {
                box = std::make_shared<row_box>();
                box->values.resize(at.body->combine == set_operation::none
                                       ? at.body->range_table[column->relation].columns.size()
                                       : at.body->targets.size());
                seen.rows[column->relation] = box;
            }
            places_.push_back(&box->values[column->column]);
        }
        if (!computed_.empty()) seen.computed = &computed_;
    }

    result<relational::value> call(std::vector<relational::value> const& arguments) {
        auto const& io = with_.io();
        for (std::size_t i = 0; i < places_.size(); ++i) {
            auto value = from_engine(types_[i], arguments[i], io);
            if (value.has_error()) return with_.failed(std::move(value).error());
            *places_[i] = std::move(*value);
        }
        auto answer = with_.run().value(*of_, frames_.front());
        if (answer.has_error()) return with_.failed(std::move(answer).error());
        return to_engine(of_->type.oid, *answer, io);
    }

private:
    expression_ptr of_;
    engine_run& with_;
    level_frames frames_;
    std::vector<type_oid> types_;
    std::vector<datum*> places_;
    std::unordered_map<expression const*, datum> computed_;
};

class cells_of_reader final : public relational::row_stream {
public:
    cells_of_reader(std::unique_ptr<cell_stream> from, engine_run& with)
        : from_(std::move(from)), with_(with) {}
    result<std::size_t> next(relational::row_sink& to, std::size_t most) override {
        auto count = from_->next(to, most);
        if (count.has_error()) return with_.failed(std::move(count).error());
        return *count;
    }

private:
    std::unique_ptr<cell_stream> from_;
    engine_run& with_;
};

// Whole rows of a reader or of the native executor, cell by cell.
class cells_of_rows final : public relational::row_stream {
public:
    using puller = std::function<sql_result<row_box_ptr>()>;
    cells_of_rows(puller next_row, std::vector<std::uint32_t> columns, std::vector<type_oid> types,
                  engine_run& with)
        : next_row_(std::move(next_row)), columns_(std::move(columns)), types_(std::move(types)),
          with_(with) {}

    result<std::size_t> next(relational::row_sink& to, std::size_t most) override {
        auto const stopped = with_.run().check_cancelled();
        if (stopped.has_error()) return with_.failed(stopped.error());
        std::size_t row = 0;
        for (; row < most; ++row) {
            auto const box = next_row_();
            if (box.has_error()) return with_.failed(box.error());
            if (!*box) break;
            for (std::size_t place = 0; place < columns_.size(); ++place)
                to.put(place, row,
                       to_engine(types_[place], (*box)->values[columns_[place]], with_.io()));
        }
        return row;
    }

private:
    puller next_row_;
    std::vector<std::uint32_t> columns_;
    std::vector<type_oid> types_;
    engine_run& with_;
};

// What sources of both kinds are told.
class entry_source : public relational::row_source {
public:
    entry_source(engine::query_level const& at, std::uint32_t relation,
                 std::vector<std::uint32_t> columns, std::uint64_t estimated, engine_run& with)
        : relation_(relation), columns_(std::move(columns)), estimated_(estimated), with_(with) {
        for (auto const* level = &at; level != nullptr; level = level->outer)
            bodies_.push_back(level->body);
        for (auto const column : columns_) types_.push_back(entry().columns[column].type.oid);
    }
    std::vector<relational::value_type> types() const override {
        std::vector<relational::value_type> out;
        for (auto const type : types_) out.push_back(engine_type_of(type));
        return out;
    }
    std::uint64_t estimated_rows() const override { return estimated_; }

protected:
    range_entry const& entry() const { return bodies_.front()->range_table[relation_]; }
    std::shared_ptr<level_frames> frames() const {
        std::vector<engine::query_level> levels(bodies_.size());
        for (std::size_t i = 0; i < bodies_.size(); ++i)
            levels[i] = {bodies_[i], i + 1 < bodies_.size() ? &levels[i + 1] : nullptr};
        return std::make_shared<level_frames>(levels.front());
    }
    // Columns of the entry, and their types, for columns of the source.
    std::vector<std::uint32_t> picked(std::vector<std::uint32_t> const& places) const {
        std::vector<std::uint32_t> out;
        for (auto const place : places) out.push_back(columns_[place]);
        return out;
    }
    std::unique_ptr<relational::row_stream> stream_of(cells_of_rows::puller next_row,
                                                 std::vector<std::uint32_t> const& places) const {
        std::vector<type_oid> types;
        for (auto const place : places) types.push_back(types_[place]);
        return std::make_unique<cells_of_rows>(std::move(next_row), picked(places),
                                               std::move(types), with_);
    }

    std::uint32_t relation_;
    std::vector<std::uint32_t> columns_;
    std::vector<type_oid> types_;
    std::uint64_t estimated_;
    engine_run& with_;
    std::vector<query const*> bodies_;  // innermost first
};

class table_source final : public entry_source {
public:
    table_source(engine::query_level const& at, std::uint32_t relation,
                 std::vector<std::uint32_t> columns, std::vector<expression_ptr> conditions,
                 std::uint64_t estimated, engine_run& with)
        : entry_source(at, relation, std::move(columns), estimated, with),
          conditions_(std::move(conditions)) {}

    result<std::unique_ptr<relational::row_stream>> open(
        std::vector<std::uint32_t> const& places) const override {
        auto const around = frames();
        auto& run = with_.run();
        auto cells = run.reader.open_cells(entry(), relation_, picked(places), conditions_,
                                           around->front(), run);
        if (cells.has_error()) return with_.failed(std::move(cells).error());
        if (*cells)
            return std::unique_ptr<relational::row_stream>(
                std::make_unique<cells_of_reader>(std::move(*cells), with_));
        auto rows = run.reader.open(entry(), relation_, conditions_, around->front(), run);
        if (rows.has_error()) return with_.failed(std::move(rows).error());
        std::shared_ptr<box_stream> const kept = std::move(*rows);  // the puller's
        return stream_of([kept, around] { return kept->next(); }, places);
    }

private:
    std::vector<expression_ptr> conditions_;
};

class native_source final : public entry_source {
public:
    using entry_source::entry_source;
    result<std::unique_ptr<relational::row_stream>> open(
        std::vector<std::uint32_t> const& places) const override {
        auto const around = frames();
        auto opened = open_entry(relation_, {}, around->front(), with_.run());
        if (opened.has_error()) return with_.failed(std::move(opened).error());
        std::shared_ptr<tuple_stream> const rows = std::move(*opened);  // the puller's
        auto const relation = relation_;
        auto next_row = [rows, around, relation]() -> sql_result<row_box_ptr> {
            auto const more = rows->next();
            if (more.has_error()) return more.error();
            return *more ? around->front().rows[relation] : row_box_ptr();
        };
        return stream_of(std::move(next_row), places);
    }
};

constexpr std::uint64_t unknown_rows = 1'000;  // estimated where nobody knows

bool reads_outside(expression const& of) {
    bool found = false;
    walk(of, [&](expression const& node) {
        if (auto const* column = std::get_if<column_reference>(&node.node))
            found = found || column->levels_up != 0;
    });
    return found;
}

}  // namespace

std::shared_ptr<relational::own_function const> engine_run::evaluator(
    expression_ptr of, engine::query_level const& at, std::vector<engine::leaf> leaves) {
    auto made = std::make_shared<relational::own_function>();
    made->name = "evaluate";
    for (auto const& each : leaves) made->arguments.push_back(engine_type_of(each.type));
    made->returns = engine_type_of(of->type.oid);
    made->nulls_to_null = false;
    auto const what = std::make_shared<evaluation>(std::move(of), at, std::move(leaves), *this);
    made->call = [what](std::vector<relational::value> const& arguments) {
        return what->call(arguments);
    };
    return made;
}

std::shared_ptr<relational::own_function const> engine_run::aggregator(expression const& node,
                                                                  relational::value_type element) {
    auto made = std::make_shared<relational::own_function>();
    auto const& call = std::get<aggregate_call>(node.node);
    std::vector<sql_type> types;
    sql_row first(1);
    for (auto const& each : call.arguments) types.push_back(each->type);
    for (std::size_t i = 1; i < call.arguments.size(); ++i) {
        auto value = constant(*call.arguments[i]);
        if (!value) return nullptr;
        first.push_back(std::move(*value));
    }
    made->name = "aggregate";
    element.is_list = true;
    made->arguments = {element};
    made->returns = engine_type_of(node.type.oid);
    made->fold = [this, &node, types, first](relational::value_cursor& list) -> result<relational::value> {
        auto const& what = std::get<aggregate_call>(node.node);
        auto state = running_aggregate::start(what, node.type, types, run_.context);
        if (state.has_error()) return failed(std::move(state).error());
        auto arguments = first;
        relational::value each;
        while (list.next(each)) {
            auto value = from_engine(types[0].oid, each, io());
            if (value.has_error()) return failed(std::move(value).error());
            arguments[0] = std::move(*value);
            auto const stepped = state->step(arguments, run_.context);
            if (stepped.has_error()) return failed(stepped.error());
            auto const room = run_.room_for(state->memory_bytes());
            if (room.has_error()) return failed(room.error());
        }
        auto answer = state->finish(run_.context);
        if (answer.has_error()) return failed(std::move(answer).error());
        return to_engine(node.type.oid, *answer, io());
    };
    return made;
}

std::optional<datum> engine_run::constant(expression const& of) {
    frame const nothing;
    auto value = run_.value(of, nothing);
    if (value.has_error()) return std::nullopt;
    return std::move(*value);
}

failure engine_run::failed(sql_error what) {
    if (!error_) error_ = std::move(what);
    return {error::invalid_argument, "an expression failed"};
}

std::shared_ptr<relational::row_source const> engine_run::table_rows(
    engine::query_level const& at, std::uint32_t relation, std::vector<std::uint32_t> columns,
    std::vector<expression_ptr> conditions) {
    std::erase_if(conditions, [](expression_ptr const& each) {
        return has_subquery(*each) || reads_outside(*each);
    });
    level_frames around(at);
    auto const rows = run_.reader.estimated_rows(at.body->range_table[relation], relation,
                                                 conditions, around.front(), run_);
    return std::make_shared<table_source>(at, relation, std::move(columns), std::move(conditions),
                                          rows == 0 ? unknown_rows : rows, *this);
}

std::shared_ptr<relational::row_source const> engine_run::entry_rows(
    engine::query_level const& at, std::uint32_t relation, std::vector<std::uint32_t> columns) {
    return std::make_shared<native_source>(at, relation, std::move(columns), unknown_rows, *this);
}

std::vector<expression_ptr> bounds_of(query const& body, std::uint32_t relation) {
    std::vector<expression_ptr> out;
    conjuncts_of(body.where, out);
    std::erase_if(out, [&](expression_ptr const& each) {
        return relations_of(*each) != relation_bit(relation) || has_subquery(*each) ||
               reads_outside(*each);
    });
    return out;
}

}  // namespace sluice::sql
