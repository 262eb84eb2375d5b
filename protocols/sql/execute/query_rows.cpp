#include "protocols/sql/execute/query_rows.hpp"

#include <algorithm>

#include "protocols/sql/execute/grouping.hpp"
#include "protocols/sql/execute/locked_rows.hpp"
#include "protocols/sql/execute/windows.hpp"

namespace sluice::sql {
namespace {

// Places (rows of FROM, or groups) one by one into the frame.
class place_stream {
public:
    virtual ~place_stream() = default;
    virtual sql_result<bool> next() = 0;
};

class plain_places final : public place_stream {
public:
    explicit plain_places(tuple_stream_ptr from) : from_(std::move(from)) {}
    sql_result<bool> next() override { return from_->next(); }

private:
    tuple_stream_ptr from_;
};

// Kept groups or rows with values computed for each (aggregates, windows).
class kept_places final : public place_stream {
public:
    kept_places(frame& seen, std::vector<row_group> groups)
        : seen_(seen), groups_(std::move(groups)) {}
    sql_result<bool> next() override {
        if (at_ >= groups_.size()) {
            seen_.computed = nullptr;
            seen_.absent = nullptr;
            return false;
        }
        seen_.rows = groups_[at_].rows;
        seen_.computed = &groups_[at_].computed;
        seen_.absent = &groups_[at_].absent;
        ++at_;
        return true;
    }

private:
    frame& seen_;
    std::vector<row_group> groups_;
    std::size_t at_ = 0;
};

// The combined rows of a set operation.
class combined_places final : public place_stream {
public:
    combined_places(frame& seen, result_rows_ptr from) : seen_(seen), from_(std::move(from)) {}
    sql_result<bool> next() override {
        auto box = std::make_shared<row_box>();
        auto const more = from_->next(box->values);
        if (more.has_error() || !*more) return more;
        seen_.rows.assign(1, std::move(box));
        return true;
    }

private:
    frame& seen_;
    result_rows_ptr from_;
};

// Rows as targets plus sort keys, before DISTINCT, ORDER BY and LIMIT.
struct wide_row {
    sql_row values;
    sql_row keys;
};

class query_stream final : public result_rows {
public:
    query_stream(query const& body, frame const* outer, statement_run& run)
        : body_(body), run_(run), tally_(run) {
        seen_.outer = outer;
        seen_.body = &body;
        seen_.tables = &body.common_tables;
        seen_.rows.resize(body.range_table.size());
        seen_.common.resize(body.common_tables.size());
    }
    sql_result<void> open() {
        auto const limit = row_count_of(body_.limit, true, outer_view(), run_);
        if (limit.has_error()) return limit.error();
        auto const offset = row_count_of(body_.offset, false, outer_view(), run_);
        if (offset.has_error()) return offset.error();
        limit_ = *limit;
        offset_ = *offset;
        auto specs = sort_specs_of(body_.order, run_.context.io.types);
        if (specs.has_error()) return std::move(specs).error();
        specs_ = std::move(*specs);
        for (auto const& each : body_.targets)
            if (!each.hidden) ++visible_;
        return open_places();
    }

    frame const* origin() const override {
        bool const plain = !body_.has_aggregates && body_.grouping_sets.empty() &&
                           body_.combine == set_operation::none;
        return plain ? &seen_ : nullptr;
    }

    sql_result<bool> next(sql_row& out) override {
        if (limit_ == 0) return false;
        bool const keeps = !body_.order.empty() || !body_.distinct_on.empty();
        if (!keeps) return next_streamed(out);
        if (!sorted_) {
            auto const done = collect();
            if (done.has_error()) return done.error();
        }
        return next_sorted(out);
    }

private:
    frame const& outer_view() const { return seen_; }

    sql_result<void> open_places() {
        if (body_.combine != set_operation::none) {
            auto combined = open_combination(body_, seen_, run_);
            if (combined.has_error()) return std::move(combined).error();
            places_ = std::make_unique<combined_places>(seen_, std::move(*combined));
            return {};
        }
        auto from = open_from(seen_, run_);
        if (from.has_error()) return std::move(from).error();
        bool const grouped = body_.has_aggregates || !body_.grouping_sets.empty() || body_.having;
        if (!grouped && !body_.has_windows) {
            places_ = std::make_unique<plain_places>(std::move(*from));
            return {};
        }
        std::vector<row_group> groups;
        if (grouped) {
            auto made = make_groups(seen_, **from, run_, tally_);
            if (made.has_error()) return std::move(made).error();
            groups = std::move(*made);
        } else {
            auto const kept = keep_rows(**from, groups);
            if (kept.has_error()) return kept;
        }
        if (body_.has_windows) {
            auto const done = compute_windows(seen_, groups, run_, tally_);
            if (done.has_error()) return done;
        }
        places_ = std::make_unique<kept_places>(seen_, std::move(groups));
        return {};
    }

    sql_result<void> keep_rows(tuple_stream& from, std::vector<row_group>& groups) {
        while (true) {
            auto const more = from.next();
            if (more.has_error()) return more.error();
            if (!*more) return {};
            auto const kept = tally_.add_rows(seen_.rows);
            if (kept.has_error()) return kept;
            auto const fits = tally_.add(sizeof(row_group));
            if (fits.has_error()) return fits;
            row_group made;
            made.rows = seen_.rows;
            groups.push_back(std::move(made));
        }
    }

    static sql_result<result_rows_ptr> open_combination(query const& body, frame& seen,
                                                        statement_run& run);

    // The next place's targets; set-returning ones give several rows per place.
    sql_result<bool> next_wide(wide_row& out) {
        while (true) {
            if (!sets_.empty()) {
                auto const more = next_of_sets(out);
                if (more.has_error() || *more) return more;
                sets_.clear();
                sets_tally_.clear();
            }
            auto const more = places_->next();
            if (more.has_error() || !*more) return more;
            if (body_.has_set_returning) {
                auto const started = start_sets();
                if (started.has_error()) return started.error();
                continue;
            }
            out.values.clear();
            std::size_t weight = 0;
            for (auto const& each : body_.targets) {
                auto value = run_.value(*each.value, seen_);
                if (value.has_error()) return std::move(value).error();
                auto const room = room_for(*value, weight);
                if (room.has_error()) return room.error();
                out.values.push_back(std::move(*value));
            }
            return true;
        }
    }

    // One row is as large as what it is made of: checked before the next value is made.
    sql_result<void> room_for(datum const& value, std::size_t& weight) const {
        auto const bytes = outside_weight(value);
        if (bytes == 0) return {};
        weight += bytes;
        return run_.room_for(weight);
    }

    sql_result<void> start_sets() {
        std::function<sql_result<void>(expression const&)> const begin =
            [&](expression const& node) -> sql_result<void> {
            auto started = start_set_call(std::get<set_returning_call>(node.node).call, node.type,
                                          seen_, run_);
            if (started.has_error()) return std::move(started).error();
            auto const fits = sets_tally_.add(*started ? (*started)->memory_bytes() : 0);
            if (fits.has_error()) return fits;
            sets_.push_back({&node, std::move(*started)});
            return {};
        };
        for (auto const& each : body_.targets) {
            std::vector<expression const*> found;
            walk(*each.value, [&](expression const& node) {
                if (std::holds_alternative<set_returning_call>(node.node)) found.push_back(&node);
            });
            for (auto const* node : found) {
                auto const begun = begin(*node);
                if (begun.has_error()) return begun;
            }
        }
        return {};
    }

    sql_result<bool> next_of_sets(wide_row& out) {
        auto values = seen_.computed != nullptr
                          ? *seen_.computed
                          : std::unordered_map<expression const*, datum>();
        bool any = false;
        for (auto& each : sets_) {
            datum value{sql_null{}};
            if (each.rows && each.rows->next(value)) {
                any = true;
            } else if (each.rows) {
                if (auto const* failed = each.rows->failed()) return *failed;
                each.rows.reset();
                value = sql_null{};
            }
            values[each.node] = std::move(value);
        }
        if (!any) return false;
        auto const* before = seen_.computed;
        seen_.computed = &values;
        out.values.clear();
        std::size_t weight = 0;
        for (auto const& each : body_.targets) {
            auto const found = values.find(each.value.get());
            auto value = found != values.end() ? sql_result<datum>(found->second)
                                               : run_.value(*each.value, seen_);
            auto const room =
                value.has_error() ? sql_result<void>() : room_for(*value, weight);
            if (value.has_error() || room.has_error()) {
                seen_.computed = before;
                if (room.has_error()) return room.error();
                return std::move(value).error();
            }
            out.values.push_back(std::move(*value));
        }
        seen_.computed = before;
        return true;
    }

    // DISTINCT over the visible targets, in the order rows come.
    sql_result<bool> is_new(sql_row const& values) {
        if (!identity_) {
            std::vector<type_oid> types;
            for (auto const& each : body_.targets)
                if (!each.hidden) types.push_back(each.value->type.oid);
            identity_ = std::make_unique<row_identity>(std::move(types), run_.context.io.types);
            auto const checked = identity_->check();
            if (checked.has_error()) return checked.error();
        }
        auto const visible = visible_of(values);
        auto const hash = identity_->hash(visible);
        auto const [first, last] = distinct_.equal_range(hash);
        for (auto each = first; each != last; ++each)
            if (identity_->same(each->second, visible)) return false;
        auto const fits = tally_.add(weight_of(visible));
        if (fits.has_error()) return fits.error();
        distinct_.emplace(hash, visible);
        return true;
    }

    sql_row visible_of(sql_row const& values) const {
        sql_row out;
        out.reserve(visible_);
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!body_.targets[i].hidden) out.push_back(values[i]);
        return out;
    }

    sql_result<bool> next_streamed(sql_row& out) {
        while (true) {
            if (limit_ >= 0 && given_ >= limit_) return false;
            auto const more = next_wide(wide_);
            if (more.has_error() || !*more) return more;
            if (body_.distinct) {
                auto const fresh = is_new(wide_.values);
                if (fresh.has_error()) return fresh;
                if (!*fresh) continue;
            }
            if (skipped_ < offset_) {
                ++skipped_;
                continue;
            }
            ++given_;
            if (visible_ == wide_.values.size()) out.swap(wide_.values);
            else out = visible_of(wide_.values);
            return true;
        }
    }

    sql_result<datum> key_value(expression_ptr const& key, sql_row const& values) {
        for (std::size_t i = 0; i < body_.targets.size(); ++i)
            if (body_.targets[i].value == key) return values[i];
        return run_.value(*key, seen_);
    }

    sql_result<void> collect() {
        sorted_ = true;
        wide_row row;
        while (true) {
            auto const more = next_wide(row);
            if (more.has_error()) return more.error();
            if (!*more) break;
            if (body_.distinct && body_.distinct_on.empty()) {
                auto const fresh = is_new(row.values);
                if (fresh.has_error()) return fresh.error();
                if (!*fresh) continue;
            }
            row.keys.clear();
            for (auto const& key : body_.order) {
                auto value = key_value(key.value, row.values);
                if (value.has_error()) return std::move(value).error();
                row.keys.push_back(std::move(*value));
            }
            for (auto const& each : body_.distinct_on) {
                auto value = key_value(each, row.values);
                if (value.has_error()) return std::move(value).error();
                row.keys.push_back(std::move(*value));
            }
            auto const fits = tally_.add(weight_of(row.values) + weight_of(row.keys));
            if (fits.has_error()) return fits;
            rows_.push_back(std::move(row));
            row = {};
            prune();
        }
        sort_rows();
        return body_.distinct_on.empty() ? sql_result<void>() : first_of_each();
    }

    // Top-N: with a LIMIT no more than twice what is asked for is kept.
    void prune() {
        if (limit_ < 0 || body_.with_ties || !body_.distinct_on.empty()) return;
        auto const wanted = static_cast<std::size_t>(limit_) + static_cast<std::size_t>(offset_);
        if (wanted > 100'000 || rows_.size() < 2 * wanted + 1'000) return;
        sort_rows();
        for (auto i = wanted; i < rows_.size(); ++i)
            tally_.drop(weight_of(rows_[i].values) + weight_of(rows_[i].keys));
        rows_.resize(wanted);
    }

    void sort_rows() {
        auto less = [&](wide_row const& left, wide_row const& right) {
            return compare_keys(specs_, left.keys, right.keys, run_.context.io.types) < 0;
        };
        std::stable_sort(rows_.begin(), rows_.end(), less);
    }

    sql_result<void> first_of_each() {
        std::vector<type_oid> types;
        for (auto const& each : body_.distinct_on) types.push_back(each->type.oid);
        row_identity const identity{types, run_.context.io.types};
        auto const checked = identity.check();
        if (checked.has_error()) return checked;
        auto const at = static_cast<std::ptrdiff_t>(body_.order.size());
        std::vector<wide_row> out;
        std::unordered_multimap<std::uint64_t, sql_row> known;
        for (auto& row : rows_) {
            sql_row on(row.keys.begin() + at, row.keys.end());
            auto const hash = identity.hash(on);
            auto const [first, last] = known.equal_range(hash);
            bool const there = std::any_of(
                first, last, [&](auto const& each) { return identity.same(each.second, on); });
            if (there) continue;
            auto const fits = tally_.add(weight_of(on));
            if (fits.has_error()) return fits;
            known.emplace(hash, std::move(on));
            out.push_back(std::move(row));
        }
        rows_ = std::move(out);
        return {};
    }

    sql_result<bool> next_sorted(sql_row& out) {
        auto const first = static_cast<std::size_t>(offset_);
        auto const at = first + static_cast<std::size_t>(given_);
        if (at >= rows_.size()) return false;
        if (limit_ >= 0 && given_ >= limit_) {
            if (!body_.with_ties || at == 0) return false;
            if (compare_keys(specs_, rows_[at - 1].keys, rows_[at].keys, run_.context.io.types) != 0)
                return false;
        }
        ++given_;
        // WITH TIES compares with the row before: its keys stay.
        out = visible_of(rows_[at].values);
        rows_[at].values.clear();
        return true;
    }

    struct running_set {
        expression const* node = nullptr;
        std::unique_ptr<row_set> rows;
    };

    query const& body_;
    statement_run& run_;
    memory_tally tally_, sets_tally_{run_};
    frame seen_;
    std::unique_ptr<place_stream> places_;
    std::vector<running_set> sets_;
    std::vector<sort_spec> specs_;
    std::int64_t limit_ = -1, offset_ = 0, given_ = 0, skipped_ = 0;
    std::size_t visible_ = 0;
    wide_row wide_;
    std::vector<wide_row> rows_;
    bool sorted_ = false;
    std::unique_ptr<row_identity> identity_;
    std::unordered_multimap<std::uint64_t, sql_row> distinct_;
};

class both_rows final : public result_rows {
public:
    both_rows(result_rows_ptr left, result_rows_ptr right)
        : left_(std::move(left)), right_(std::move(right)) {}
    sql_result<bool> next(sql_row& out) override {
        if (left_) {
            auto const more = left_->next(out);
            if (more.has_error() || *more) return more;
            left_.reset();
        }
        return right_->next(out);
    }

private:
    result_rows_ptr left_, right_;
};

// UNION, INTERSECT and EXCEPT by counting equal rows of both sides.
class counted_rows final : public result_rows {
public:
    counted_rows(query const& body, statement_run& run) : what_(body.combine), tally_(run) {
        std::vector<type_oid> types;
        for (auto const& each : body.targets) types.push_back(each.value->type.oid);
        identity_ = std::make_unique<row_identity>(std::move(types), run.context.io.types);
    }
    sql_result<void> count(result_rows& from, bool left) {
        auto const checked = identity_->check();
        if (checked.has_error()) return checked;
        sql_row row;
        while (true) {
            auto const more = from.next(row);
            if (more.has_error()) return more.error();
            if (!*more) return {};
            auto const hash = identity_->hash(row);
            auto const [first, last] = places_.equal_range(hash);
            auto const found = std::find_if(first, last, [&](auto const& each) {
                return identity_->same(rows_[each.second].row, row);
            });
            if (found != last) {
                ++(left ? rows_[found->second].left : rows_[found->second].right);
                continue;
            }
            auto const fits = tally_.add(weight_of(row) + 64);
            if (fits.has_error()) return fits;
            places_.emplace(hash, rows_.size());
            rows_.push_back({row, left ? 1U : 0U, left ? 0U : 1U});
        }
    }
    // After both sides: each row as often as the operation wants it.
    sql_result<bool> next(sql_row& out) override {
        for (; at_ < rows_.size(); ++at_, given_ = 0) {
            auto const& row = rows_[at_];
            if (given_ >= copies(what_, row.left, row.right)) continue;
            ++given_;
            out = row.row;
            return true;
        }
        return false;
    }

private:
    struct counted {
        sql_row row;
        std::size_t left = 0, right = 0;
    };
    static std::size_t copies(set_operation what, std::size_t left, std::size_t right) {
        switch (what) {
            case set_operation::union_distinct: return 1;
            case set_operation::intersect_all: return std::min(left, right);
            case set_operation::intersect_distinct: return left > 0 && right > 0 ? 1 : 0;
            case set_operation::except_all: return left > right ? left - right : 0;
            case set_operation::except_distinct: return left > 0 && right == 0 ? 1 : 0;
            case set_operation::union_all:
            case set_operation::none: return left + right;
        }
        return 0;
    }
    set_operation what_;
    memory_tally tally_;
    std::unique_ptr<row_identity> identity_;
    std::vector<counted> rows_;
    std::unordered_multimap<std::uint64_t, std::size_t> places_;
    std::size_t at_ = 0, given_ = 0;
};

sql_result<result_rows_ptr> query_stream::open_combination(query const& body, frame& seen,
                                                           statement_run& run) {
    auto left = open_query(*body.left, &seen, run);
    if (left.has_error()) return left;
    auto right = open_query(*body.right, &seen, run);
    if (right.has_error()) return right;
    if (body.combine == set_operation::union_all)
        return result_rows_ptr(
            std::make_unique<both_rows>(std::move(*left), std::move(*right)));
    auto counted = std::make_unique<counted_rows>(body, run);
    auto const first = counted->count(**left, true);
    if (first.has_error()) return first.error();
    left->reset();
    auto const second = counted->count(**right, false);
    if (second.has_error()) return second.error();
    return result_rows_ptr(std::move(counted));
}

}  // namespace

sql_result<result_rows_ptr> open_query(query const& body, frame const* outer, statement_run& run) {
    if (run.depth >= run.limits.subquery_depth)
        return sql_error("54001", "stack depth limit exceeded");
    ++run.depth;
    if (body.lock != row_lock::none) {
        auto locked = open_locked_rows(body, outer, run);
        --run.depth;
        return locked;
    }
    auto stream = std::make_unique<query_stream>(body, outer, run);
    auto const opened = stream->open();
    --run.depth;
    if (opened.has_error()) return opened.error();
    return result_rows_ptr(std::move(stream));
}

sql_result<std::unique_ptr<row_set>> start_set_call(function_call const& call, sql_type result,
                                                    frame const& seen, statement_run& run) {
    sql_row arguments;
    std::vector<sql_type> types;
    for (auto const& each : call.arguments) {
        auto value = run.value(*each, seen);
        if (value.has_error()) return std::move(value).error();
        arguments.push_back(std::move(*value));
        types.push_back(each->type);
        auto const room = run.room_for(weight_of(arguments));
        if (room.has_error()) return room.error();
    }
    return start_set(call.function, arguments, types, result, run.context, call.variadic);
}

}  // namespace sluice::sql
