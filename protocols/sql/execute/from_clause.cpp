#include "protocols/sql/execute/tuple_stream.hpp"

#include <algorithm>

namespace sluice::sql {
namespace {

class one_empty_row final : public tuple_stream {
public:
    sql_result<bool> next() override { return std::exchange(left_, false); }
    sql_result<void> rewind() override {
        left_ = true;
        return {};
    }

private:
    bool left_ = true;
};

struct piece {
    tuple_stream_ptr stream;
    std::vector<std::uint32_t> relations;
};

relation_set set_of(std::vector<std::uint32_t> const& relations) {
    relation_set out = 0;
    for (auto const each : relations) out |= relation_bit(each);
    return out;
}

void relations_in(from_item const& item, std::vector<std::uint32_t>& out) {
    if (auto const* relation = std::get_if<std::uint32_t>(&item.node)) {
        out.push_back(*relation);
        return;
    }
    auto const& join = *std::get<std::shared_ptr<join_node const>>(item.node);
    relations_in(join.left, out);
    relations_in(join.right, out);
}

class from_builder {
public:
    from_builder(frame& seen, statement_run& run) : seen_(seen), run_(run) {}

    sql_result<tuple_stream_ptr> whole() {
        auto const& body = *seen_.body;
        std::vector<from_item> items;
        conjuncts_of(body.where, pool_);
        for (auto const& each : body.from) flatten(each, items);
        if (items.empty()) {
            auto start = std::make_unique<one_empty_row>();
            return make_filter(std::move(start), std::move(pool_), seen_, run_);
        }
        auto all = fold(items);
        if (all.has_error()) return std::move(all).error();
        return make_filter(std::move(all->stream), std::move(pool_), seen_, run_);
    }

private:
    // Inner joins and comma lists become one list; their conditions one pool.
    void flatten(from_item const& item, std::vector<from_item>& out) {
        auto const* join = std::get_if<std::shared_ptr<join_node const>>(&item.node);
        if (join == nullptr || ((*join)->what != join_node::kind::inner &&
                                (*join)->what != join_node::kind::cross)) {
            out.push_back(item);
            return;
        }
        flatten((*join)->left, out);
        flatten((*join)->right, out);
        conjuncts_of((*join)->condition, pool_);
    }

    // Conditions of the pool that read nothing but `known`, taken out of it. Those that read no
    // relation at all stay for the end.
    std::vector<expression_ptr> take(relation_set known, relation_set must) {
        std::vector<expression_ptr> out;
        std::erase_if(pool_, [&](expression_ptr const& each) {
            auto const read = relations_of(*each);
            if ((read & ~known) != 0 || (read & must) == 0) return false;
            if ((read & relation_bit(relation_set_overflow)) != 0) return false;
            out.push_back(each);
            return true;
        });
        return out;
    }

    sql_result<piece> fold(std::vector<from_item> const& items) {
        auto so_far = build(items.front(), true);
        if (so_far.has_error()) return so_far;
        for (std::size_t i = 1; i < items.size(); ++i) {
            auto next = build(items[i], true);
            if (next.has_error()) return next;
            auto const known = set_of(so_far->relations) | set_of(next->relations);
            join_parts parts;
            parts.what = join_node::kind::inner;
            parts.lateral = needs_left(next->relations, so_far->relations);
            parts.conditions = take(known, known);
            so_far = joined(std::move(parts), std::move(*so_far), std::move(*next));
        }
        return so_far;
    }

    piece joined(join_parts parts, piece left, piece right) {
        piece out;
        out.relations = left.relations;
        out.relations.insert(out.relations.end(), right.relations.begin(), right.relations.end());
        parts.left = std::move(left.stream);
        parts.right = std::move(right.stream);
        parts.left_relations = std::move(left.relations);
        parts.right_relations = std::move(right.relations);
        out.stream = make_join(std::move(parts), seen_, run_);
        return out;
    }

    bool needs_left(std::vector<std::uint32_t> const& right,
                    std::vector<std::uint32_t> const& left) const {
        auto const there = set_of(left);
        return std::any_of(right.begin(), right.end(), [&](std::uint32_t each) {
            return (relations_of(seen_.body->range_table[each]) & there) != 0;
        });
    }

    // `top`: conditions of the pool may be tried inside.
    sql_result<piece> build(from_item const& item, bool top) {
        if (auto const* relation = std::get_if<std::uint32_t>(&item.node)) {
            auto conditions = top ? take(relation_bit(*relation), relation_bit(*relation))
                                  : std::vector<expression_ptr>();
            auto stream = open_entry(*relation, std::move(conditions), seen_, run_);
            if (stream.has_error()) return std::move(stream).error();
            return piece{std::move(*stream), {*relation}};
        }
        return build_join(*std::get<std::shared_ptr<join_node const>>(item.node), top);
    }

    sql_result<piece> build_join(join_node const& join, bool top) {
        using kind = join_node::kind;
        // WHERE may be tried before the join only on the side whose rows it always keeps.
        bool const push_left = top && (join.what == kind::left || join.what == kind::inner ||
                                       join.what == kind::cross);
        bool const push_right = top && (join.what == kind::right || join.what == kind::inner ||
                                        join.what == kind::cross);
        auto left = build(join.left, push_left);
        if (left.has_error()) return left;
        std::vector<expression_ptr> conditions;
        conjuncts_of(join.condition, conditions);
        auto right = right_side(join, push_right, conditions);
        if (right.has_error()) return right;
        join_parts parts;
        parts.what = join.what == kind::cross ? kind::inner : join.what;
        parts.lateral = needs_left(right->relations, left->relations);
        parts.conditions = std::move(conditions);
        return joined(std::move(parts), std::move(*left), std::move(*right));
    }

    // ON conditions that read only the right side of a LEFT JOIN are tried while it is read.
    sql_result<piece> right_side(join_node const& join, bool push,
                                 std::vector<expression_ptr>& conditions) {
        auto const* relation = std::get_if<std::uint32_t>(&join.right.node);
        bool const may_filter =
            join.what == join_node::kind::left || join.what == join_node::kind::inner;
        if (relation == nullptr || !may_filter) return build(join.right, push);
        auto own = push ? take(relation_bit(*relation), relation_bit(*relation))
                        : std::vector<expression_ptr>();
        std::erase_if(conditions, [&](expression_ptr const& each) {
            if (relations_of(*each) != relation_bit(*relation)) return false;
            own.push_back(each);
            return true;
        });
        auto stream = open_entry(*relation, std::move(own), seen_, run_);
        if (stream.has_error()) return std::move(stream).error();
        return piece{std::move(*stream), {*relation}};
    }

    frame& seen_;
    statement_run& run_;
    std::vector<expression_ptr> pool_;
};

}  // namespace

sql_result<tuple_stream_ptr> open_from(frame& seen, statement_run& run) {
    return from_builder(seen, run).whole();
}

}  // namespace sluice::sql
