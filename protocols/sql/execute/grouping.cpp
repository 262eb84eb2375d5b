#include "protocols/sql/execute/grouping.hpp"

#include <algorithm>

namespace sluice::sql {

sql_result<aggregate_input> aggregate_input::start(expression const& node, statement_run& run) {
    aggregate_input out;
    out.node_ = &node;
    out.call_ = &std::get<aggregate_call>(node.node);
    std::vector<sql_type> types;
    for (auto const& each : out.call_->arguments) {
        types.push_back(each->type);
        out.types_.push_back(each->type.oid);
    }
    auto started = running_aggregate::start(*out.call_, node.type, types, run.context);
    if (started.has_error()) return std::move(started).error();
    out.state_ = std::make_unique<running_aggregate>(std::move(*started));
    auto order = sort_specs_of(out.call_->order, run.context.io.types);
    if (order.has_error()) return std::move(order).error();
    out.order_ = std::move(*order);
    out.kept_ = std::make_unique<memory_tally>(run);
    return out;
}

sql_result<void> aggregate_input::feed(std::span<datum const> arguments, statement_run& run) {
    auto const before = state_->memory_bytes();
    auto const stepped = state_->step(arguments, run.context);
    if (stepped.has_error()) return stepped;
    auto const after = state_->memory_bytes();
    return after > before ? kept_->add(after - before) : sql_result<void>();
}

sql_result<void> aggregate_input::step(frame const& seen, statement_run& run) {
    if (call_->filter) {
        auto const held = run.holds(*call_->filter, seen);
        if (held.has_error()) return held.error();
        if (!*held) return {};
    }
    pending row;
    std::size_t weight = 0;
    for (auto const& each : call_->arguments) {
        auto value = run.value(*each, seen);
        if (value.has_error()) return std::move(value).error();
        weight += weight_of(*value);
        auto const fits = run.room_for(weight);
        if (fits.has_error()) return fits;
        row.arguments.push_back(std::move(*value));
    }
    if (call_->distinct) {
        row_identity const identity{types_, run.context.io.types};
        auto const checked = identity.check();
        if (checked.has_error()) return checked;
        auto const hash = identity.hash(row.arguments);
        auto const [first, last] = seen_.equal_range(hash);
        for (auto each = first; each != last; ++each)
            if (identity.same(each->second, row.arguments)) return {};
        auto const fits = kept_->add(weight_of(row.arguments));
        if (fits.has_error()) return fits;
        seen_.emplace(hash, row.arguments);
    }
    if (order_.empty()) return feed(row.arguments, run);
    for (auto const& key : call_->order) {
        auto value = run.value(*key.value, seen);
        if (value.has_error()) return std::move(value).error();
        row.keys.push_back(std::move(*value));
    }
    auto const fits = kept_->add(weight_of(row.arguments) + weight_of(row.keys));
    if (fits.has_error()) return fits;
    rows_.push_back(std::move(row));
    return {};
}

sql_result<datum> aggregate_input::finish(statement_run& run, memory_tally& tally) {
    if (!order_.empty()) {
        auto less = [&](pending const& left, pending const& right) {
            return compare_keys(order_, left.keys, right.keys, run.context.io.types) < 0;
        };
        std::stable_sort(rows_.begin(), rows_.end(), less);
        for (auto& row : rows_) {
            auto const weight = weight_of(row.arguments) + weight_of(row.keys);
            auto const fed = feed(row.arguments, run);
            if (fed.has_error()) return fed.error();
            row = {};
            kept_->drop(weight);
        }
        rows_.clear();
    }
    auto value = state_->finish(run.context);
    if (value.has_error()) return value;
    auto const fits = tally.add(weight_of(*value));
    if (fits.has_error()) return fits.error();
    state_.reset();
    seen_.clear();
    kept_->clear();
    return value;
}

namespace {

struct open_group {
    row_boxes rows;
    sql_row keys;
    std::vector<aggregate_input> inputs;
};

class grouper {
public:
    grouper(frame& seen, statement_run& run, memory_tally& tally)
        : seen_(seen), body_(*seen.body), run_(run), tally_(tally) {
        std::function<void(expression const&)> const note = [&](expression const& node) {
            if (std::holds_alternative<aggregate_call>(node.node)) calls_.push_back(&node);
            if (std::holds_alternative<grouping_call>(node.node)) groupings_.push_back(&node);
        };
        for (auto const& each : body_.targets) walk(*each.value, note);
        if (body_.having) walk(*body_.having, note);
        for (auto const& each : body_.order) walk(*each.value, note);
        for (auto const& each : body_.distinct_on) walk(*each, note);
        for (auto const& window : body_.windows) {
            for (auto const& each : window.partition) walk(*each, note);
            for (auto const& each : window.order) walk(*each.value, note);
        }
        std::sort(calls_.begin(), calls_.end());
        calls_.erase(std::unique(calls_.begin(), calls_.end()), calls_.end());
    }

    sql_result<std::vector<row_group>> run(tuple_stream& from) {
        std::vector<row_group> out;
        if (body_.grouping_sets.size() <= 1) {
            static std::vector<expression_ptr> const none;
            auto const& keys = body_.grouping_sets.empty() ? none : body_.grouping_sets.front();
            auto next = [&]() { return from.next(); };
            auto const done = group(keys, next, out);
            if (done.has_error()) return done.error();
            return out;
        }
        std::vector<row_boxes> kept;
        while (true) {
            auto const more = from.next();
            if (more.has_error()) return more.error();
            if (!*more) break;
            auto const fits = tally_.add_rows(seen_.rows);
            if (fits.has_error()) return fits.error();
            kept.push_back(seen_.rows);
        }
        for (auto const& keys : body_.grouping_sets) {
            std::size_t at = 0;
            auto next = [&]() -> sql_result<bool> {
                if (at >= kept.size()) return false;
                seen_.rows = kept[at++];
                return true;
            };
            auto const done = group(keys, next, out);
            if (done.has_error()) return done.error();
        }
        return out;
    }

private:
    template <class Next>
    sql_result<void> group(std::vector<expression_ptr> const& keys, Next& next,
                           std::vector<row_group>& out) {
        std::vector<type_oid> types;
        for (auto const& each : keys) types.push_back(each->type.oid);
        row_identity const identity{types, run_.context.io.types};
        auto const checked = identity.check();
        if (checked.has_error()) return checked;
        std::vector<open_group> groups;
        std::unordered_multimap<std::uint64_t, std::size_t> places;
        while (true) {
            auto const more = next();
            if (more.has_error()) return more.error();
            if (!*more) break;
            auto const place = find(keys, identity, groups, places);
            if (place.has_error()) return place.error();
            for (auto& input : groups[*place].inputs) {
                auto const stepped = input.step(seen_, run_);
                if (stepped.has_error()) return stepped;
            }
        }
        if (groups.empty() && keys.empty()) {
            auto const made = add(groups);
            if (made.has_error()) return made;
            groups.back().rows.assign(seen_.rows.size(), nullptr);
        }
        for (auto& each : groups) {
            auto const closed = close(keys, each, out);
            if (closed.has_error()) return closed;
        }
        return {};
    }

    sql_result<void> add(std::vector<open_group>& groups) {
        open_group made;
        for (auto const* call : calls_) {
            auto input = aggregate_input::start(*call, run_);
            if (input.has_error()) return std::move(input).error();
            made.inputs.push_back(std::move(*input));
        }
        groups.push_back(std::move(made));
        return tally_.add(sizeof(open_group) + sizeof(row_group) + 512 * calls_.size());
    }

    sql_result<std::size_t> find(std::vector<expression_ptr> const& keys,
                                 row_identity const& identity, std::vector<open_group>& groups,
                                 std::unordered_multimap<std::uint64_t, std::size_t>& places) {
        sql_row values;
        for (auto const& each : keys) {
            auto value = run_.value(*each, seen_);
            if (value.has_error()) return std::move(value).error();
            values.push_back(std::move(*value));
        }
        auto const hash = identity.hash(values);
        auto const [first, last] = places.equal_range(hash);
        for (auto each = first; each != last; ++each)
            if (identity.same(groups[each->second].keys, values)) return each->second;
        auto const made = add(groups);
        if (made.has_error()) return made.error();
        auto const fits = tally_.add(weight_of(values));
        if (fits.has_error()) return fits.error();
        auto const kept = tally_.add_rows(seen_.rows);
        if (kept.has_error()) return kept.error();
        groups.back().keys = std::move(values);
        groups.back().rows = seen_.rows;
        places.emplace(hash, groups.size() - 1);
        auto const stopped = run_.check_cancelled();
        if (stopped.has_error()) return stopped.error();
        return groups.size() - 1;
    }

    // Columns that other grouping sets group by and this one does not.
    std::vector<std::uint64_t> absent_columns(std::vector<expression_ptr> const& keys) const {
        auto place_of = [](expression const& node) -> std::optional<std::uint64_t> {
            auto const* column = std::get_if<column_reference>(&node.node);
            if (column == nullptr || column->levels_up != 0) return std::nullopt;
            return std::uint64_t{column->relation} << 32U | column->column;
        };
        std::vector<std::uint64_t> out, here;
        for (auto const& each : keys)
            if (auto const place = place_of(*each)) here.push_back(*place);
        for (auto const& set : body_.grouping_sets)
            for (auto const& each : set)
                if (auto const place = place_of(*each))
                    if (std::find(here.begin(), here.end(), *place) == here.end())
                        out.push_back(*place);
        return out;
    }

    std::int64_t grouping_bits(grouping_call const& call,
                               std::vector<std::uint64_t> const& absent) const {
        std::int64_t bits = 0;
        for (auto const& each : call.arguments) {
            bits <<= 1;
            if (auto const* column = std::get_if<column_reference>(&each->node)) {
                auto const place = std::uint64_t{column->relation} << 32U | column->column;
                if (std::find(absent.begin(), absent.end(), place) != absent.end()) bits |= 1;
            }
        }
        return bits;
    }

    sql_result<void> close(std::vector<expression_ptr> const& keys, open_group& from,
                           std::vector<row_group>& out) {
        row_group made;
        made.rows = std::move(from.rows);
        if (body_.grouping_sets.size() > 1) made.absent = absent_columns(keys);
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            auto value = from.inputs[i].finish(run_, tally_);
            if (value.has_error()) return std::move(value).error();
            made.computed.emplace(calls_[i], std::move(*value));
        }
        for (auto const* node : groupings_)
            made.computed.emplace(
                node, grouping_bits(std::get<grouping_call>(node->node), made.absent));
        if (body_.having) {
            seen_.rows = made.rows;
            seen_.computed = &made.computed;
            seen_.absent = &made.absent;
            auto const held = run_.holds(*body_.having, seen_);
            seen_.computed = nullptr;
            seen_.absent = nullptr;
            if (held.has_error()) return held.error();
            if (!*held) return {};
        }
        out.push_back(std::move(made));
        return {};
    }

    frame& seen_;
    query const& body_;
    statement_run& run_;
    memory_tally& tally_;
    std::vector<expression const*> calls_, groupings_;
};

// Grouping by an expression is read back through its column references; several sets with one that
// is not a plain column would need the value put in its place.
bool sets_of_columns(query const& body) {
    if (body.grouping_sets.size() <= 1) return true;
    for (auto const& set : body.grouping_sets)
        for (auto const& each : set)
            if (!std::holds_alternative<column_reference>(each->node)) return false;
    return true;
}

}  // namespace

sql_result<std::vector<row_group>> make_groups(frame& seen, tuple_stream& from, statement_run& run,
                                               memory_tally& tally) {
    if (!sets_of_columns(*seen.body))
        return sql_error("0A000", "grouping sets over expressions are not served");
    return grouper(seen, run, tally).run(from);
}

}  // namespace sluice::sql
