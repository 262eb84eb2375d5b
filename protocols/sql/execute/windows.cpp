#include "protocols/sql/execute/windows.hpp"

#include <algorithm>
#include <map>

#include "protocols/sql/types/value_order.hpp"

namespace sluice::sql {
namespace {

using bound_kind = window_definition::bound::kind;

// One partition in window order, and the frame of its current row.
class partition final : public window_view {
public:
    partition(frame& seen, std::vector<row_group>& rows, window_definition const& window,
              std::vector<sort_spec> const& order, std::vector<sql_row> const& keys,
              std::vector<std::size_t> members, statement_run& run)
        : seen_(seen), rows_(rows), window_(window), order_(order), keys_(keys),
          members_(std::move(members)), run_(run) {
        auto const count = members_.size();
        group_.resize(count);
        for (std::size_t i = 0, start = 0; i < count; ++i) {
            if (i > 0 && !peers(i - 1, i)) start = i;
            group_[i] = start;
        }
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(members_.size()); }
    std::int64_t current() const override { return current_; }
    std::int64_t peer_group_start(std::int64_t row) const override {
        return static_cast<std::int64_t>(group_[static_cast<std::size_t>(row)]);
    }
    std::int64_t peer_group_end(std::int64_t row) const override {
        auto at = static_cast<std::size_t>(row) + 1;
        while (at < members_.size() && group_[at] == group_[static_cast<std::size_t>(row)]) ++at;
        return static_cast<std::int64_t>(at);
    }
    std::int64_t frame_rows() const override {
        return static_cast<std::int64_t>(in_frame_.size());
    }
    std::int64_t frame_row(std::int64_t n) const override {
        return in_frame_[static_cast<std::size_t>(n)];
    }
    sql_result<datum> argument(std::size_t index, std::int64_t row) override {
        enter(row);
        return run_.value(*call_->arguments[index], seen_);
    }

    void enter(std::int64_t row) {
        auto& group = rows_[members_[static_cast<std::size_t>(row)]];
        seen_.rows = group.rows;
        seen_.computed = &group.computed;
        seen_.absent = &group.absent;
    }
    row_group& group_of(std::int64_t row) {
        return rows_[members_[static_cast<std::size_t>(row)]];
    }
    void use(window_call const& call) { call_ = &call; }

    sql_result<void> go_to(std::int64_t row) {
        current_ = row;
        in_frame_.clear();
        auto const first = edge(window_.start, true);
        if (first.has_error()) return first.error();
        auto const last = edge(window_.end, false);
        if (last.has_error()) return last.error();
        for (auto i = std::max<std::int64_t>(*first, 0); i < std::min(*last, size()); ++i)
            if (!excluded(i)) in_frame_.push_back(i);
        return {};
    }

private:
    bool peers(std::size_t left, std::size_t right) const {
        return compare_keys(order_, keys_[members_[left]], keys_[members_[right]],
                            run_.context.io.types) == 0;
    }
    bool excluded(std::int64_t row) const {
        using exclusion = window_definition::exclusion;
        bool const same_group =
            group_[static_cast<std::size_t>(row)] == group_[static_cast<std::size_t>(current_)];
        switch (window_.exclude) {
            case exclusion::none: return false;
            case exclusion::current_row: return row == current_;
            case exclusion::group: return same_group;
            case exclusion::ties: return same_group && row != current_;
        }
        return false;
    }

    sql_result<std::int64_t> offset_of(window_definition::bound const& bound, bool start) {
        auto value = run_.value(*bound.offset, seen_);
        if (value.has_error()) return std::move(value).error();
        auto const name = std::string(start ? "starting" : "ending");
        if (is_null(*value)) return sql_error("22004", "frame " + name + " offset must not be null");
        auto const offset = std::get<std::int64_t>(*value);
        if (offset < 0)
            return sql_error("22013", "frame " + name + " offset must not be negative");
        return std::min<std::int64_t>(offset, size());
    }

    // First row of the frame, or one past its last.
    sql_result<std::int64_t> edge(window_definition::bound const& bound, bool start) {
        using unit = window_definition::unit;
        switch (bound.what) {
            case bound_kind::unbounded_preceding: return 0;
            case bound_kind::unbounded_following: return size();
            case bound_kind::current_row:
                if (window_.frame_unit == unit::rows) return start ? current_ : current_ + 1;
                return start ? peer_group_start(current_) : peer_group_end(current_);
            case bound_kind::preceding:
            case bound_kind::following: break;
        }
        if (window_.frame_unit == unit::range) return range_edge(bound, start);
        enter(current_);
        auto const offset = offset_of(bound, start);
        if (offset.has_error()) return offset.error();
        bool const back = bound.what == bound_kind::preceding;
        if (window_.frame_unit == unit::rows) {
            auto const at = back ? current_ - *offset : current_ + *offset;
            return start ? at : at + 1;
        }
        return group_edge(back ? -*offset : *offset, start);
    }

    std::int64_t group_edge(std::int64_t steps, bool start) const {
        auto row = current_;
        for (; steps < 0; ++steps) {
            auto const first = peer_group_start(row);
            if (first == 0) return 0;
            row = first - 1;
        }
        for (; steps > 0; --steps) {
            auto const end = peer_group_end(row);
            if (end >= size()) return size();
            row = end;
        }
        return start ? peer_group_start(row) : peer_group_end(row);
    }

    // RANGE with an offset: integers and floats by number.
    sql_result<std::int64_t> range_edge(window_definition::bound const& bound, bool start) {
        enter(current_);
        auto offset = run_.value(*bound.offset, seen_);
        if (offset.has_error()) return std::move(offset).error();
        auto number = [](datum const& value, double& out) {
            if (auto const* integer = std::get_if<std::int64_t>(&value))
                out = static_cast<double>(*integer);
            else if (auto const* real = std::get_if<double>(&value)) out = *real;
            else return false;
            return true;
        };
        double distance = 0, here = 0;
        bool const integers = order_.size() == 1 && is_integer(order_[0].type) &&
                              is_integer(bound.offset->type.oid);
        bool const floats = order_.size() == 1 && static_cast<std::uint32_t>(order_[0].type) == 701;
        if ((!integers && !floats) || !number(*offset, distance))
            return sql_error("0A000", "RANGE with an offset is served for integers and float8 only");
        if (distance < 0)
            return sql_error("22013", "invalid preceding or following size in window function");
        auto const& key = key_of(current_);
        if (is_null(key)) return start ? peer_group_start(current_) : peer_group_end(current_);
        (void)number(key, here);
        bool const back = (bound.what == bound_kind::preceding) != order_[0].descending;
        auto const limit = back ? here - distance : here + distance;
        auto before = [&](std::int64_t row) {  // row lies before the edge in window order
            double value = 0;
            if (!number(key_of(row), value)) return order_[0].nulls_first;
            if (order_[0].descending) return start ? value > limit : value >= limit;
            return start ? value < limit : value <= limit;
        };
        std::int64_t at = 0;
        while (at < size() && before(at)) ++at;
        return at;
    }
    static bool is_integer(type_oid type) {
        auto const oid = static_cast<std::uint32_t>(type);
        return oid == 20 || oid == 21 || oid == 23;
    }
    datum const& key_of(std::int64_t row) const {
        return keys_[members_[static_cast<std::size_t>(row)]].front();
    }

    frame& seen_;
    std::vector<row_group>& rows_;
    window_definition const& window_;
    std::vector<sort_spec> const& order_;
    std::vector<sql_row> const& keys_;
    std::vector<std::size_t> members_;
    statement_run& run_;
    std::vector<std::size_t> group_;
    std::vector<std::int64_t> in_frame_;
    std::int64_t current_ = 0;
    window_call const* call_ = nullptr;
};

sql_result<datum> aggregate_over_frame(expression const& node, window_call const& call,
                                       partition& rows, frame& seen, statement_run& run) {
    std::vector<sql_type> types;
    for (auto const& each : call.arguments) types.push_back(each->type);
    auto started = running_aggregate::start(call.function, node.type, types, run.context);
    if (started.has_error()) return std::move(started).error();
    memory_tally kept(run);
    for (std::int64_t i = 0; i < rows.frame_rows(); ++i) {
        rows.enter(rows.frame_row(i));
        if (call.filter) {
            auto const held = run.holds(*call.filter, seen);
            if (held.has_error()) return held.error();
            if (!*held) continue;
        }
        sql_row arguments;
        for (auto const& each : call.arguments) {
            auto value = run.value(*each, seen);
            if (value.has_error()) return value;
            arguments.push_back(std::move(*value));
            auto const room = run.room_for(weight_of(arguments));
            if (room.has_error()) return room.error();
        }
        auto const before = started->memory_bytes();
        auto const stepped = started->step(arguments, run.context);
        if (stepped.has_error()) return stepped.error();
        auto const after = started->memory_bytes();
        if (after <= before) continue;
        auto const fits = kept.add(after - before);
        if (fits.has_error()) return fits.error();
    }
    return started->finish(run.context);
}

sql_result<datum> function_over_frame(expression const& node, window_call const& call,
                                      partition& rows, statement_run& run) {
    auto const& served = find_function(call.function);
    if (served.window == nullptr)
        return sql_error("0A000", "window function is not served");
    std::vector<sql_type> types;
    for (auto const& each : call.arguments) types.push_back(each->type);
    function_frame called{{}, types, node.type, run.context, false, call.function, nullptr};
    auto value = served.window(rows, called);
    if (called.error) return std::move(*called.error);
    return value;
}

// Whole-partition and running frames of the same call are equal for all rows of a peer group when
// the frame depends on nothing else: computed once.
bool frame_is_of_group(window_definition const& window) {
    auto plain = [](bound_kind what) {
        return what == bound_kind::unbounded_preceding || what == bound_kind::unbounded_following ||
               what == bound_kind::current_row;
    };
    return window.frame_unit == window_definition::unit::range && plain(window.start.what) &&
           plain(window.end.what) && window.exclude == window_definition::exclusion::none;
}

sql_result<void> compute_call(expression const& node, window_call const& call, partition& rows,
                              window_definition const& window, frame& seen, statement_run& run,
                              memory_tally& tally) {
    rows.use(call);
    std::vector<datum> values;
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        if (call.is_aggregate && i > 0 && frame_is_of_group(window) &&
            rows.peer_group_start(i) == rows.peer_group_start(i - 1)) {
            // Arrays and rows are shared, texts are copied.
            bool const copied = std::holds_alternative<std::string>(values.back());
            auto const fits = tally.add(copied ? weight_of(values.back()) : sizeof(datum));
            if (fits.has_error()) return fits;
            values.push_back(values.back());
            continue;
        }
        auto const stopped = run.check_cancelled();
        if (stopped.has_error()) return stopped;
        auto const placed = rows.go_to(i);
        if (placed.has_error()) return placed;
        auto value = call.is_aggregate ? aggregate_over_frame(node, call, rows, seen, run)
                                       : function_over_frame(node, call, rows, run);
        if (value.has_error()) return std::move(value).error();
        auto const fits = tally.add(weight_of(*value));
        if (fits.has_error()) return fits;
        values.push_back(std::move(*value));
    }
    for (std::int64_t i = 0; i < rows.size(); ++i)
        rows.group_of(i).computed[&node] = std::move(values[static_cast<std::size_t>(i)]);
    return {};
}

class window_pass {
public:
    window_pass(frame& seen, std::vector<row_group>& rows, std::uint32_t index, statement_run& run,
                memory_tally& tally)
        : seen_(seen),
          rows_(rows),
          window_(seen.body->windows[index]),
          run_(run),
          tally_(tally),
          keys_tally_(run) {}

    sql_result<void> run(std::vector<expression const*> const& calls) {
        std::vector<sort_key> partition_keys;
        for (auto const& each : window_.partition)
            partition_keys.push_back({each, false, false, {}});
        auto partition = sort_specs_of(partition_keys, run_.context.io.types);
        if (partition.has_error()) return std::move(partition).error();
        auto order = sort_specs_of(window_.order, run_.context.io.types);
        if (order.has_error()) return std::move(order).error();
        auto const read = read_keys();
        if (read.has_error()) return read;
        std::vector<std::size_t> sorted(rows_.size());
        for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
        auto const* types = run_.context.io.types;
        std::stable_sort(sorted.begin(), sorted.end(), [&](std::size_t left, std::size_t right) {
            auto const first = compare_keys(*partition, parts_[left], parts_[right], types);
            return first != 0 ? first < 0
                              : compare_keys(*order, keys_[left], keys_[right], types) < 0;
        });
        for (std::size_t from = 0; from < sorted.size();) {
            auto to = from + 1;
            while (to < sorted.size() && compare_keys(*partition, parts_[sorted[from]],
                                                      parts_[sorted[to]], types) == 0)
                ++to;
            class partition members(
                seen_, rows_, window_, *order, keys_,
                std::vector<std::size_t>(sorted.begin() + static_cast<std::ptrdiff_t>(from),
                                         sorted.begin() + static_cast<std::ptrdiff_t>(to)),
                run_);
            for (auto const* node : calls) {
                auto const done = compute_call(*node, std::get<window_call>(node->node), members,
                                               window_, seen_, run_, tally_);
                if (done.has_error()) return done;
            }
            from = to;
        }
        seen_.computed = nullptr;
        seen_.absent = nullptr;
        return {};
    }

private:
    sql_result<void> read_keys() {
        for (auto& row : rows_) {
            seen_.rows = row.rows;
            seen_.computed = &row.computed;
            seen_.absent = &row.absent;
            sql_row part, key;
            for (auto const& each : window_.partition) {
                auto value = run_.value(*each, seen_);
                if (value.has_error()) return std::move(value).error();
                part.push_back(std::move(*value));
            }
            for (auto const& each : window_.order) {
                auto value = run_.value(*each.value, seen_);
                if (value.has_error()) return std::move(value).error();
                key.push_back(std::move(*value));
            }
            auto const fits = keys_tally_.add(weight_of(part) + weight_of(key));
            if (fits.has_error()) return fits;
            parts_.push_back(std::move(part));
            keys_.push_back(std::move(key));
        }
        return {};
    }

    frame& seen_;
    std::vector<row_group>& rows_;
    window_definition const& window_;
    statement_run& run_;
    memory_tally& tally_;      // the values'
    memory_tally keys_tally_;  // given back with the pass
    std::vector<sql_row> parts_, keys_;
};

}  // namespace

sql_result<void> compute_windows(frame& seen, std::vector<row_group>& rows, statement_run& run,
                                 memory_tally& tally) {
    std::map<std::uint32_t, std::vector<expression const*>> by_window;
    std::function<void(expression const&)> const note = [&](expression const& node) {
        if (auto const* call = std::get_if<window_call>(&node.node))
            by_window[call->window].push_back(&node);
    };
    for (auto const& each : seen.body->targets) walk(*each.value, note);
    for (auto const& each : seen.body->order) walk(*each.value, note);
    for (auto& [index, calls] : by_window) {
        std::sort(calls.begin(), calls.end());
        calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
        auto const done = window_pass(seen, rows, index, run, tally).run(calls);
        if (done.has_error()) return done;
    }
    return {};
}

}  // namespace sluice::sql
