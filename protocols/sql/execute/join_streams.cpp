#include "protocols/sql/execute/tuple_stream.hpp"

#include <unordered_map>

#include "protocols/sql/catalog/builtin_rows.hpp"
#include "protocols/sql/types/value_order.hpp"

namespace sluice::sql {
namespace {

class filter_stream final : public tuple_stream {
public:
    filter_stream(tuple_stream_ptr from, std::vector<expression_ptr> conditions, frame& seen,
                  statement_run& run)
        : from_(std::move(from)), conditions_(std::move(conditions)), seen_(seen), run_(run) {}

    sql_result<bool> next() override {
        while (true) {
            auto const more = from_->next();
            if (more.has_error() || !*more) return more;
            bool fits = true;
            for (auto const& each : conditions_) {
                auto const held = run_.holds(*each, seen_);
                if (held.has_error()) return held.error();
                fits = *held;
                if (!fits) break;
            }
            if (fits) return true;
        }
    }
    sql_result<void> rewind() override { return from_->rewind(); }

private:
    tuple_stream_ptr from_;
    std::vector<expression_ptr> conditions_;
    frame& seen_;
    statement_run& run_;
};

// Every kind of join. The right side is kept (and hashed where values must be equal), or opened
// again for each left row when it is lateral.
class join_stream final : public tuple_stream {
public:
    join_stream(join_parts parts, frame& seen, statement_run& run)
        : parts_(std::move(parts)), seen_(seen), run_(run), tally_(run) {
        relation_set left = 0, right = 0;
        for (auto const each : parts_.left_relations) left |= relation_bit(each);
        for (auto const each : parts_.right_relations) right |= relation_bit(each);
        for (auto& condition : parts_.conditions) {
            equal_pair pair;
            if (!parts_.lateral && is_equality(*condition, left, right, pair))
                pairs_.push_back(std::move(pair));
            else rest_.push_back(condition);
        }
    }
    sql_result<void> rewind() override {
        // What is kept may depend on rows outside: read it again.
        state_ = state::start;
        kept_.clear();
        found_.clear();
        matched_.clear();
        tally_.clear();
        return parts_.left->rewind();
    }

    sql_result<bool> next() override {
        if (state_ == state::start) {
            if (!parts_.lateral) {
                auto const built = build();
                if (built.has_error()) return built.error();
            }
            state_ = state::need_left;
        }
        while (true) {
            auto const step = advance();
            if (step.has_error()) return step.error();
            if (*step == answer::row) return true;
            if (*step == answer::end) return false;
        }
    }

private:
    enum class state : std::uint8_t { start, need_left, matching, unmatched_right, done };
    enum class answer : std::uint8_t { row, again, end };

    bool keeps_left() const {
        return parts_.what == join_node::kind::left || parts_.what == join_node::kind::full;
    }
    bool keeps_right() const {
        return parts_.what == join_node::kind::right || parts_.what == join_node::kind::full;
    }

    sql_result<bool> hash_of(bool left, std::uint64_t& out, sql_row& values) {
        out = 0;
        values.clear();
        for (auto const& pair : pairs_) {
            auto value = run_.value(left ? *pair.left : *pair.right, seen_);
            if (value.has_error()) return std::move(value).error();
            if (is_null(*value)) return false;
            out = out * 1099511628211ULL + hash_value(pair.type, *value, run_.context.io.types);
            values.push_back(std::move(*value));
        }
        return true;
    }

    sql_result<void> build() {
        while (true) {
            auto const more = parts_.right->next();
            if (more.has_error()) return more.error();
            if (!*more) break;
            kept_row row;
            for (auto const each : parts_.right_relations) row.boxes.push_back(seen_.rows[each]);
            std::uint64_t hash = 0;
            auto const hashed = hash_of(false, hash, row.values);
            if (hashed.has_error()) return hashed.error();
            auto const kept = tally_.add_rows(row.boxes);
            if (kept.has_error()) return kept;
            auto const fits = tally_.add(sizeof(kept_row) + weight_of(row.values));
            if (fits.has_error()) return fits;
            if (*hashed && !pairs_.empty()) found_.emplace(hash, kept_.size());
            kept_.push_back(std::move(row));
        }
        matched_.assign(kept_.size(), false);
        return {};
    }

    void put_right(std::size_t which) {
        for (std::size_t i = 0; i < parts_.right_relations.size(); ++i)
            seen_.rows[parts_.right_relations[i]] = kept_[which].boxes[i];
    }
    void clear(std::vector<std::uint32_t> const& relations) {
        for (auto const each : relations) seen_.rows[each] = nullptr;
    }

    sql_result<bool> rest_holds() {
        for (auto const& each : rest_) {
            auto const held = run_.holds(*each, seen_);
            if (held.has_error()) return held.error();
            if (!*held) return false;
        }
        return true;
    }

    sql_result<answer> advance() {
        switch (state_) {
            case state::need_left: return pull_left();
            case state::matching: return parts_.lateral ? match_lateral() : match_kept();
            case state::unmatched_right: return pull_unmatched();
            default: return answer::end;
        }
    }

    sql_result<answer> pull_left() {
        auto const stopped = run_.check_cancelled();
        if (stopped.has_error()) return stopped.error();
        clear(parts_.right_relations);
        auto const more = parts_.left->next();
        if (more.has_error()) return more.error();
        if (!*more) {
            state_ = keeps_right() ? state::unmatched_right : state::done;
            next_kept_ = 0;
            return answer::again;
        }
        left_boxes_.clear();
        for (auto const each : parts_.left_relations) left_boxes_.push_back(seen_.rows[each]);
        left_matched_ = false;
        state_ = state::matching;
        if (parts_.lateral) {
            auto const again = parts_.right->rewind();
            if (again.has_error()) return again.error();
            return answer::again;
        }
        candidates_.clear();
        next_candidate_ = 0;
        if (!pairs_.empty()) {
            std::uint64_t hash = 0;
            auto const hashed = hash_of(true, hash, probe_);
            if (hashed.has_error()) return hashed.error();
            if (*hashed) {
                auto const [first, last] = found_.equal_range(hash);
                for (auto each = first; each != last; ++each) candidates_.push_back(each->second);
                // Equal hashes come out in any order: keep that of the right side.
                std::sort(candidates_.begin(), candidates_.end());
            }
        }
        return answer::again;
    }

    bool same(std::size_t which) const {
        for (std::size_t i = 0; i < pairs_.size(); ++i)
            if (!values_equal(pairs_[i].type, kept_[which].values[i], probe_[i],
                              run_.context.io.types))
                return false;
        return true;
    }

    void restore_left() {
        for (std::size_t i = 0; i < parts_.left_relations.size(); ++i)
            seen_.rows[parts_.left_relations[i]] = left_boxes_[i];
    }

    sql_result<answer> match_kept() {
        auto const count = pairs_.empty() ? kept_.size() : candidates_.size();
        restore_left();
        while (next_candidate_ < count) {
            auto const which = pairs_.empty() ? next_candidate_ : candidates_[next_candidate_];
            ++next_candidate_;
            if (!pairs_.empty() && !same(which)) continue;
            put_right(which);
            auto const fits = rest_holds();
            if (fits.has_error()) return fits.error();
            if (!*fits) {
                if ((next_candidate_ & 1023U) == 0) {
                    auto const stopped = run_.check_cancelled();
                    if (stopped.has_error()) return stopped.error();
                }
                continue;
            }
            left_matched_ = true;
            if (!matched_.empty()) matched_[which] = true;
            return answer::row;
        }
        return end_of_matches();
    }

    sql_result<answer> match_lateral() {
        restore_left();
        while (true) {
            auto const more = parts_.right->next();
            if (more.has_error()) return more.error();
            if (!*more) return end_of_matches();
            auto const fits = rest_holds();
            if (fits.has_error()) return fits.error();
            if (!*fits) continue;
            left_matched_ = true;
            return answer::row;
        }
    }

    answer end_of_matches() {
        state_ = state::need_left;
        if (left_matched_ || !keeps_left()) return answer::again;
        clear(parts_.right_relations);
        return answer::row;
    }

    sql_result<answer> pull_unmatched() {
        while (next_kept_ < kept_.size()) {
            auto const which = next_kept_++;
            if (matched_[which]) continue;
            clear(parts_.left_relations);
            put_right(which);
            return answer::row;
        }
        state_ = state::done;
        return answer::end;
    }

    struct kept_row {
        row_boxes boxes;
        sql_row values;
    };

    join_parts parts_;
    frame& seen_;
    statement_run& run_;
    memory_tally tally_;
    std::vector<equal_pair> pairs_;
    std::vector<expression_ptr> rest_;
    state state_ = state::start;
    std::vector<kept_row> kept_;
    std::unordered_multimap<std::uint64_t, std::size_t> found_;
    std::vector<bool> matched_;
    std::vector<std::size_t> candidates_;
    std::size_t next_candidate_ = 0, next_kept_ = 0;
    sql_row probe_;
    row_boxes left_boxes_;
    bool left_matched_ = false;
};

bool reads_only(expression const& of, relation_set allowed) {
    auto const read = relations_of(of);
    return read != 0 && (read & ~allowed) == 0;
}

}  // namespace

bool is_equality(expression const& condition, relation_set left, relation_set right,
                 equal_pair& out) {
    auto const* call = std::get_if<function_call>(&condition.node);
    if (call == nullptr || call->arguments.size() != 2) return false;
    auto const* named = builtin::find_operator(static_cast<std::uint32_t>(call->operator_oid));
    if (named == nullptr || named->name != "=" || !named->can_hash) return false;
    auto const& first = call->arguments[0];
    auto const& second = call->arguments[1];
    if (first->type.oid != second->type.oid || !can_hash(first->type.oid, nullptr)) return false;
    if (has_subquery(condition)) return false;
    if (reads_only(*first, left) && reads_only(*second, right)) {
        out = {first, second, first->type.oid};
        return true;
    }
    if (reads_only(*first, right) && reads_only(*second, left)) {
        out = {second, first, first->type.oid};
        return true;
    }
    return false;
}

tuple_stream_ptr make_join(join_parts parts, frame& seen, statement_run& run) {
    return std::make_unique<join_stream>(std::move(parts), seen, run);
}

tuple_stream_ptr make_filter(tuple_stream_ptr from, std::vector<expression_ptr> conditions,
                             frame& seen, statement_run& run) {
    if (conditions.empty()) return from;
    return std::make_unique<filter_stream>(std::move(from), std::move(conditions), seen, run);
}

}  // namespace sluice::sql
