#include "protocols/sql/execute/row_writer.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"
#include "protocols/sql/execute/transaction_reader.hpp"
#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {
namespace {

constexpr std::int64_t hidden_keys_at_once = 256;
constexpr std::size_t shown_value_bytes = 64;  // of a value in "Failing row contains"

}  // namespace

auth::table_grant const& row_writer::grant(auth::action verb) const {
    auto const found = grants_.find(verb);
    SLUICE_ASSERT(found != grants_.end());
    return found->second;
}

task<sql_result<void>> row_writer::permit(auth::action verb) {
    if (grants_.contains(verb)) co_return sql_result<void>();
    auto const& table = shape_->table();
    auto const locked = co_await session_.lock_relation(
        table, verb == auth::action::read ? relation_lock_mode::row_share
                                          : relation_lock_mode::row_exclusive);
    if (locked.has_error()) co_return locked;
    auto granted = co_await session_.use_table(table, verb);
    if (granted.has_error()) {
        if (granted.error().code == error::permission_denied) co_return permission_error(table);
        co_return session_.error_of(granted.error());
    }
    grants_.emplace(verb, std::move(*granted));
    co_return sql_result<void>();
}

task<sql_result<datum>> row_writer::value(expression const& of, frame const& seen) {
    while (true) {
        auto out = run_.value(of, seen);
        if (!out.has_error()) co_return out;
        auto const again = co_await sequences_.reserve_wanted(out.error());
        if (again.has_error()) co_return again.error();
        if (!*again) co_return out;
    }
}

sql_error row_writer::table_error(char const (&state)[6], std::string text) const {
    sql_error out(state, std::move(text));
    out.table_name = shape_->table().name;
    if (auto const* schema = session_.catalog()->find_schema(shape_->table().schema))
        out.schema_name = schema->name;
    return out;
}

std::string row_writer::failing_row(sql_row const& values) const {
    std::string out = "Failing row contains (";
    bool first = true;
    auto const& columns = shape_->table().columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].dropped) continue;
        if (!first) out += ", ";
        first = false;
        if (is_null(values[i])) {
            out += "null";
            continue;
        }
        std::string text;
        output_text(columns[i].type.oid, values[i], run_.context.io, text);
        if (text.size() > shown_value_bytes) {
            auto cut = shown_value_bytes;
            while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
            text.resize(cut);
            text += "...";
        }
        out += text;
    }
    return out + ").";
}

sql_result<row_box_ptr> row_writer::checked(sql_row values) {
    auto box = std::make_shared<row_box>();
    box->table = shape_->table().oid;
    box->values = std::move(values);
    frame seen;
    seen.rows.push_back(box);
    for (auto const& each : shape_->generated_columns()) {
        auto value = run_.value(*each.value, seen);
        if (value.has_error()) return std::move(value).error();
        box->values[static_cast<std::size_t>(each.number) - 1] = std::move(*value);
    }
    for (auto const& column : shape_->table().columns) {
        if (!column.not_null || column.dropped) continue;
        if (!is_null(box->values[static_cast<std::size_t>(column.number) - 1])) continue;
        auto refusal = table_error("23502", "null value in column \"" + column.name +
                                                "\" of relation \"" + shape_->table().name +
                                                "\" violates not-null constraint");
        refusal.detail = failing_row(box->values);
        refusal.column_name = column.name;
        return refusal;
    }
    for (auto const& check : shape_->checks()) {
        auto const held = run_.value(*check.condition, seen);
        if (held.has_error()) return held.error();
        if (is_null(*held) || std::get<bool>(*held)) continue;
        auto refusal =
            table_error("23514", "new row for relation \"" + shape_->table().name +
                                     "\" violates check constraint \"" + check.name + "\"");
        refusal.detail = failing_row(box->values);
        refusal.constraint_name = check.name;
        return refusal;
    }
    return row_box_ptr(std::move(box));
}

task<sql_result<std::string>> row_writer::new_key(row_box_ptr const& row) {
    if (shape_->primary() != nullptr) {
        auto key = shape_->key_of(*shape_->primary(), row, run_);
        co_return key;
    }
    if (hidden_next_ == hidden_end_) {
        auto name = "rows/" + std::to_string(to_underlying(shape_->table().dataset));
        auto const first = co_await session_.store_transaction().advance_counter(
            std::move(name), hidden_keys_at_once);
        if (first.has_error()) co_return session_.error_of(first.error());
        hidden_next_ = *first;
        hidden_end_ = *first + hidden_keys_at_once;
    }
    co_return table_shape::hidden_key(hidden_next_++);
}

task<sql_result<row_writer::outcome>> row_writer::try_insert(row_box_ptr row) {
    auto out = co_await put_row(std::move(row));
    if (out.has_error() || !out->written()) co_return out;
    auto const noted = co_await note_references(out->row, nullptr);
    if (noted.has_error()) co_return noted.error();
    co_return out;
}

task<sql_result<row_writer::outcome>> row_writer::put_row(row_box_ptr row) {
    auto key = co_await new_key(row);
    if (key.has_error()) co_return std::move(key).error();
    auto entries = shape_->entries(row, *key, run_);
    if (entries.has_error()) co_return std::move(entries).error();
    auto stored = shape_->encode(row->values, run_.context.io);
    auto const taken = co_await session_.store_transaction().insert(
        grant(auth::action::append), *key, std::move(stored), std::move(*entries));
    if (taken.has_error()) co_return session_.error_of(taken.error());
    outcome out;
    if (*taken) {
        out.taken_primary = (*taken)->index == dataset_id{};
        out.taken = out.taken_primary ? shape_->primary() : shape_->find_index((*taken)->index);
        SLUICE_ASSERT(out.taken != nullptr);
        out.row = std::move(row);
        co_return out;
    }
    auto box = std::make_shared<row_box>(*row);
    box->key = std::move(*key);
    out.row = std::move(box);
    co_return out;
}

sql_error row_writer::duplicate_error(shape_index const& index, row_box_ptr const& row) {
    auto out = table_error("23505", "duplicate key value violates unique constraint \"" +
                                        index.relation->name + "\"");
    out.constraint_name = index.relation->name;
    std::string names, values;
    auto const key = shape_->key_values(index, row, run_);
    if (key.has_error()) return out;
    for (std::size_t i = 0; i < index.keys.size(); ++i) {
        auto const& each = index.keys[i];
        if (i > 0) {
            names += ", ";
            values += ", ";
        }
        names += each.number != 0 ? shape_->table().find_column(each.number)->name : each.text;
        if (is_null((*key)[i])) values += "null";
        else output_text(each.type.oid, (*key)[i], run_.context.io, values);
    }
    out.detail = "Key (" + names + ")=(" + values + ") already exists.";
    return out;
}

task<sql_result<row_box_ptr>> row_writer::insert(row_box_ptr row) {
    auto done = co_await try_insert(std::move(row));
    if (done.has_error()) co_return std::move(done).error();
    if (!done->written()) co_return duplicate_error(*done->taken, done->row);
    co_return std::move(done->row);
}

namespace {

// Entries of `from` that `without` does not have.
std::vector<store::index_entry> difference(std::vector<store::index_entry> const& from,
                                           std::vector<store::index_entry> const& without) {
    std::vector<store::index_entry> out;
    for (auto const& each : from) {
        bool const there =
            std::any_of(without.begin(), without.end(), [&](store::index_entry const& other) {
                return other.index == each.index && other.key == each.key &&
                       other.unique == each.unique;
            });
        if (!there) out.push_back(each);
    }
    return out;
}

}  // namespace

task<sql_result<row_box_ptr>> row_writer::update(row_box_ptr old, row_box_ptr changed) {
    auto key = old->key;
    if (shape_->primary() != nullptr) {
        auto next = shape_->key_of(*shape_->primary(), changed, run_);
        if (next.has_error()) co_return std::move(next).error();
        key = std::move(*next);
    }
    auto const known = co_await note_referenced(old, changed);
    if (known.has_error()) co_return known.error();
    if (key != old->key) {
        auto out = co_await moved(std::move(old), std::move(changed));
        co_return out;
    }
    auto const before = shape_->entries(old, old->key, run_);
    if (before.has_error()) co_return before.error();
    auto const after = shape_->entries(changed, old->key, run_);
    if (after.has_error()) co_return after.error();
    auto removed = difference(*before, *after);
    auto added = difference(*after, *before);
    auto stored = shape_->encode(changed->values, run_.context.io);
    auto const taken = co_await session_.store_transaction().update(
        grant(auth::action::update), old->key, std::move(stored), std::move(removed),
        std::move(added));
    if (taken.has_error()) co_return session_.error_of(taken.error());
    if (*taken) {
        auto const* index = shape_->find_index((*taken)->index);
        SLUICE_ASSERT(index != nullptr);
        co_return duplicate_error(*index, changed);
    }
    auto box = std::make_shared<row_box>(*changed);
    box->key = old->key;
    row_box_ptr out = std::move(box);
    auto const noted = co_await note_references(out, std::move(old));
    if (noted.has_error()) co_return noted.error();
    co_return out;
}

// To the policy that is a delete and an insert.
task<sql_result<row_box_ptr>> row_writer::moved(row_box_ptr old, row_box_ptr changed) {
    auto const removes = co_await permit(auth::action::delete_);
    if (removes.has_error()) co_return removes.error();
    auto const adds = co_await permit(auth::action::append);
    if (adds.has_error()) co_return adds.error();
    auto const erased = co_await erase_row(old);
    if (erased.has_error()) co_return erased.error();
    auto done = co_await put_row(std::move(changed));
    if (done.has_error()) co_return std::move(done).error();
    if (!done->written()) co_return duplicate_error(*done->taken, done->row);
    auto const noted = co_await note_references(done->row, nullptr);
    if (noted.has_error()) co_return noted.error();
    co_return std::move(done->row);
}

task<sql_result<void>> row_writer::erase(row_box_ptr old) {
    auto const known = co_await note_referenced(old, nullptr);
    if (known.has_error()) co_return known;
    auto const erased = co_await erase_row(old);
    co_return erased;
}

task<sql_result<void>> row_writer::erase_row(row_box_ptr const& old) {
    auto entries = shape_->entries(old, old->key, run_);
    if (entries.has_error()) co_return std::move(entries).error();
    auto const erased = co_await session_.store_transaction().erase(
        grant(auth::action::delete_), old->key, std::move(*entries));
    if (erased.has_error()) co_return session_.error_of(erased.error());
    co_return sql_result<void>();
}

task<sql_result<locked_row_box>> row_writer::lock(row_box_ptr seen, store::row_lock_mode mode,
                                                      store::lock_wait wait) {
    auto const verb = grants_.contains(auth::action::update) ? auth::action::update
                                                             : auth::action::delete_;
    auto const got =
        co_await session_.store_transaction().lock_row(grant(verb), seen->key, mode, wait);
    if (got.has_error()) {
        if (got.error().code == error::deadline_exceeded && wait == store::lock_wait::nowait)
            co_return table_error("55P03", "could not obtain lock on row in relation \"" +
                                               shape_->table().name + "\"");
        co_return session_.error_of(got.error());
    }
    co_return locked_box(*got, std::move(seen), *shape_, run_.context.io);
}

sql_result<locked_row_box> row_writer::locked_box(store::locked_row const& got, row_box_ptr seen,
                                                  table_shape const& shape,
                                                  io_context const& io) {
    locked_row_box out;
    switch (got.state) {
        case store::row_state::gone:
        case store::row_state::skipped: break;
        case store::row_state::unchanged:
            if (!seen->values.empty()) {
                out.row = std::move(seen);
                break;
            }
            [[fallthrough]];  // only the key was known
        case store::row_state::changed: {
            auto row = shape.decode(seen->key, got.row, {}, io);
            if (row.has_error()) return std::move(row).error();
            out.row = std::move(*row);
            out.changed = got.state == store::row_state::changed;
            break;
        }
    }
    return out;
}

task<sql_result<std::optional<std::string>>> row_writer::holder_of(shape_index const& index,
                                                                   row_box_ptr row) {
    auto key = shape_->key_of(index, row, run_);
    if (key.has_error()) co_return std::move(key).error();
    if (index.primary) co_return std::optional<std::string>(std::move(*key));
    store::row_range const range{*key, after_prefix(*key)};
    auto const hits = co_await session_.store_transaction().find_in_index(
        grant(auth::action::update), index.dataset, range, 1);
    if (hits.has_error()) co_return session_.error_of(hits.error());
    if (hits->empty()) co_return std::optional<std::string>();
    co_return std::optional<std::string>(hits->front().primary_key);
}

}  // namespace sluice::sql
