#include "protocols/sql/execute/query_rows.hpp"

#include "protocols/sql/types/value_order.hpp"

namespace sluice::sql {

// The rows of a subquery that reads nothing outside itself, kept for the statement; for IN with a
// hash of them.
struct statement_run::known_rows {
    std::vector<sql_row> rows;
    std::unique_ptr<memory_tally> tally;
    bool any_null = false;
    std::unordered_multimap<std::uint64_t, std::size_t> by_hash;
};

namespace {

std::size_t constexpr rows_before_hashing = 16;

bool is_plain_equality(object_oid function, type_oid left, type_oid right) {
    if (left != right) return false;
    for (auto const* each : builtin::operators_named("="))
        if (each->function == static_cast<std::uint32_t>(function)) return each->can_hash;
    return false;
}

// left op row by the pairs' functions, as three-valued logic: all must hold.
sql_result<datum> compare_row(subquery_expression const& node, std::span<datum const> left,
                              sql_row const& right, statement_run& run) {
    bool unknown = false;
    for (std::size_t i = 0; i < node.functions.size(); ++i) {
        if (is_null(left[i]) || is_null(right[i])) {
            unknown = true;
            continue;
        }
        datum const pair[2]{left[i], right[i]};
        auto const& targets = node.subquery->targets;
        sql_type const types[2]{node.left[i]->type, targets[i].value->type};
        auto answer = call_function(node.functions[i], pair, types, {type_oid{16}, -1}, run.context);
        if (answer.has_error()) return answer;
        if (is_null(*answer)) unknown = true;
        else if (!std::get<bool>(*answer)) return datum(false);
    }
    if (unknown) return datum(sql_null{});
    return datum(true);
}

}  // namespace

sql_result<std::shared_ptr<statement_run::known_rows const>> statement_run::rows_of(
    query const& body, bool keep) {
    if (keep) {
        auto const found = known_.find(&body);
        if (found != known_.end()) return found->second;
    }
    auto made = std::make_shared<known_rows>();
    made->tally = std::make_unique<memory_tally>(*this);
    auto opened = open_query(body, current, *this);
    if (opened.has_error()) return std::move(opened).error();
    sql_row row;
    while (true) {
        auto const more = (*opened)->next(row);
        if (more.has_error()) return more.error();
        if (!*more) break;
        auto const fits = made->tally->add(weight_of(row));
        if (fits.has_error()) return fits.error();
        made->rows.push_back(row);
    }
    std::shared_ptr<known_rows const> out = std::move(made);
    if (keep) known_.emplace(&body, out);
    return out;
}

namespace {

sql_result<datum> scalar_of(query const& body, frame const* seen, statement_run& run) {
    auto opened = open_query(body, seen, run);
    if (opened.has_error()) return std::move(opened).error();
    sql_row row, second;
    auto const more = (*opened)->next(row);
    if (more.has_error()) return more.error();
    if (!*more) return datum(sql_null{});
    auto const again = (*opened)->next(second);
    if (again.has_error()) return again.error();
    if (*again)
        return sql_error("21000", "more than one row returned by a subquery used as an expression");
    return row.empty() ? datum(sql_null{}) : std::move(row.front());
}

sql_result<datum> array_of(std::vector<sql_row> const& rows, sql_type array,
                           value_limits const& limits) {
    if (rows.size() > limits.array_elements)
        return sql_error("54000", "array size exceeds the maximum allowed (" +
                                      std::to_string(limits.array_elements) + ")");
    auto out = std::make_shared<array_value>();
    if (auto const* info = find_builtin_type(array.oid)) out->element = info->element;
    for (auto const& row : rows) out->elements.push_back(row.front());
    if (!rows.empty())
        out->dimensions.push_back({static_cast<std::int32_t>(rows.size()), 1});
    return datum(std::shared_ptr<array_value const>(std::move(out)));
}

}  // namespace

sql_result<datum> statement_run::run(subquery_expression const& node, std::span<datum const> left,
                                     sql_type result, evaluation_context&) {
    if (depth >= limits.subquery_depth) return sql_error("54001", "stack depth limit exceeded");
    auto const& body = *node.subquery;
    auto known = uncorrelated_.find(&body);
    if (known == uncorrelated_.end())
        known = uncorrelated_.emplace(&body, is_uncorrelated(body)).first;
    bool const keep = known->second;
    using kind = subquery_expression::kind;
    if (node.what == kind::scalar && !keep) return scalar_of(body, current, *this);
    if (node.what == kind::exists && !keep) {
        auto opened = open_query(body, current, *this);
        if (opened.has_error()) return std::move(opened).error();
        sql_row row;
        auto const more = (*opened)->next(row);
        if (more.has_error()) return more.error();
        return datum(*more);
    }
    if (node.what == kind::scalar) {
        auto const found = known_.find(&body);
        if (found == known_.end()) {
            auto value = scalar_of(body, current, *this);
            if (value.has_error()) return value;
            auto made = std::make_shared<known_rows>();
            made->rows.push_back({*value});
            made->tally = std::make_unique<memory_tally>(*this);
            auto const fits = made->tally->add(weight_of(made->rows.front()));
            if (fits.has_error()) return fits.error();
            known_.emplace(&body, std::move(made));
            return value;
        }
        return found->second->rows.front().front();
    }
    auto const rows = rows_of(body, keep);
    if (rows.has_error()) return rows.error();
    if (node.what == kind::exists) return datum(!(*rows)->rows.empty());
    if (node.what == kind::array) return array_of((*rows)->rows, result, context.io.limits);
    bool const any = node.what == kind::any;
    bool const hashable = keep && any && node.functions.size() == 1 &&
                          (*rows)->rows.size() >= rows_before_hashing && !is_null(left[0]) &&
                          is_plain_equality(node.functions[0], node.left[0]->type.oid,
                                            body.targets[0].value->type.oid) &&
                          can_hash(node.left[0]->type.oid, context.io.types);
    if (hashable) {
        auto const type = node.left[0]->type.oid;
        auto& table = const_cast<known_rows&>(**rows);  // the run's own, filled at first use
        if (table.by_hash.empty()) {
            for (std::size_t i = 0; i < table.rows.size(); ++i) {
                if (is_null(table.rows[i][0])) table.any_null = true;
                else table.by_hash.emplace(
                         hash_value(type, table.rows[i][0], context.io.types), i);
            }
        }
        auto const [first, last] =
            table.by_hash.equal_range(hash_value(type, left[0], context.io.types));
        for (auto each = first; each != last; ++each)
            if (values_equal(type, table.rows[each->second][0], left[0], context.io.types))
                return datum(true);
        return table.any_null ? datum(sql_null{}) : datum(false);
    }
    bool unknown = false;
    for (auto const& row : (*rows)->rows) {
        auto answer = compare_row(node, left, row, *this);
        if (answer.has_error()) return answer;
        if (is_null(*answer)) unknown = true;
        else if (std::get<bool>(*answer) == any) return datum(any);
    }
    if (unknown) return datum(sql_null{});
    return datum(!any);
}

namespace {

sql_result<void> append_rows(query const& body, frame const* outer, statement_run& run,
                             row_boxes& out, std::vector<type_oid> const* distinct,
                             std::unordered_multimap<std::uint64_t, row_box_ptr>& known) {
    auto opened = open_query(body, outer, run);
    if (opened.has_error()) return std::move(opened).error();
    while (true) {
        auto box = std::make_shared<row_box>();
        auto const more = (*opened)->next(box->values);
        if (more.has_error()) return more.error();
        if (!*more) return {};
        if (distinct != nullptr) {
            row_identity const identity{*distinct, run.context.io.types};
            auto const hash = identity.hash(box->values);
            auto const [first, last] = known.equal_range(hash);
            bool there = false;
            for (auto each = first; each != last && !there; ++each)
                there = identity.same(each->second->values, box->values);
            if (there) continue;
            known.emplace(hash, box);
        }
        auto const fits = run.remember(weight_of(box->values) + sizeof(row_box_ptr));
        if (fits.has_error()) return fits;
        box->counted = true;
        out.push_back(std::move(box));
    }
}

sql_result<std::shared_ptr<row_boxes const>> recursive_rows(frame const& level,
                                                            std::uint32_t index,
                                                            statement_run& run) {
    auto const& body = *(*level.tables)[index].body;
    if (body.combine != set_operation::union_all && body.combine != set_operation::union_distinct) {
        auto rows = std::make_shared<row_boxes>();
        std::unordered_multimap<std::uint64_t, row_box_ptr> none;
        auto const filled = append_rows(body, &level, run, *rows, nullptr, none);
        if (filled.has_error()) return filled.error();
        return std::shared_ptr<row_boxes const>(std::move(rows));
    }
    std::vector<type_oid> types;
    for (auto const& each : body.targets) types.push_back(each.value->type.oid);
    auto const* distinct = body.combine == set_operation::union_distinct ? &types : nullptr;
    // The sides stand two levels below `level`: the body itself has no rows of its own.
    frame middle;
    middle.outer = &level;
    middle.body = &body;
    middle.tables = &body.common_tables;
    middle.common.resize(body.common_tables.size());
    std::unordered_multimap<std::uint64_t, row_box_ptr> known;
    auto all = std::make_shared<row_boxes>();
    auto working = std::make_shared<row_boxes>();
    auto const started = append_rows(*body.left, &middle, run, *working, distinct, known);
    if (started.has_error()) return started.error();
    for (std::size_t round = 0; !working->empty(); ++round) {
        auto const stopped = run.check_cancelled();
        if (stopped.has_error()) return stopped.error();
        if (round >= run.limits.recursion)
            return sql_error("54001", "too many rounds of a recursive query");
        all->insert(all->end(), working->begin(), working->end());
        level.common[index] = working;
        auto next = std::make_shared<row_boxes>();
        auto const filled = append_rows(*body.right, &middle, run, *next, distinct, known);
        if (filled.has_error()) return filled.error();
        working = std::move(next);
    }
    return std::shared_ptr<row_boxes const>(std::move(all));
}

}  // namespace

sql_result<std::shared_ptr<row_boxes const>> rows_of_common_table(frame const& level,
                                                                  std::uint32_t index,
                                                                  statement_run& run) {
    if (level.common.size() < level.tables->size()) level.common.resize(level.tables->size());
    if (level.common[index]) return level.common[index];
    auto const& table = (*level.tables)[index];
    if (table.recursive) {
        auto rows = recursive_rows(level, index, run);
        if (rows.has_error()) return rows;
        level.common[index] = *rows;
        return rows;
    }
    auto rows = std::make_shared<row_boxes>();
    std::unordered_multimap<std::uint64_t, row_box_ptr> none;
    auto const filled = append_rows(*table.body, &level, run, *rows, nullptr, none);
    if (filled.has_error()) return filled.error();
    level.common[index] = std::move(rows);
    return level.common[index];
}

}  // namespace sluice::sql
