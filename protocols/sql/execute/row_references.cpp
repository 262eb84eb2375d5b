// What a row writer does for foreign keys: references of a row that is written are looked for at
// once, and again at the end of the statement where they are not there yet; keys that go or change
// are held against new references and noted.
#include "gateway/core/assert.hpp"
#include "protocols/sql/execute/referential_texts.hpp"
#include "protocols/sql/execute/row_writer.hpp"

namespace sluice::sql {
namespace {

enum class nulls : std::uint8_t { none, some, all };

nulls nulls_of(std::vector<datum> const& values) {
    std::size_t count = 0;
    for (auto const& each : values)
        if (is_null(each)) ++count;
    if (count == 0) return nulls::none;
    return count == values.size() ? nulls::all : nulls::some;
}

sql_error too_many_events() {
    return sql_error("53200", "out of memory")
        .with_detail("The foreign keys that a transaction has yet to check would take more than "
                     "limits.sql_memory.");
}

}  // namespace

auth::table_grant const& row_writer::any_grant(std::initializer_list<auth::action> verbs) const {
    for (auto const verb : verbs)
        if (auto const found = grants_.find(verb); found != grants_.end()) return found->second;
    SLUICE_ASSERT(false);
    std::abort();
}

task<sql_result<void>> row_writer::note_references(row_box_ptr row, row_box_ptr before) {
    for (auto const& key : shape_->references()) {
        auto const values = key.child_values(row->values);
        auto const missing = nulls_of(values);
        if (missing == nulls::all || (missing == nulls::some && key.rule.match == 's')) continue;
        if (before && same_values(values, key.child_values(before->values), key.child_types,
                                  run_.context.io))
            continue;
        auto const& granted = any_grant({auth::action::append, auth::action::update});
        auto target = missing == nulls::none ? key.target_of(values) : std::nullopt;
        if (target) {
            auto const wait = session_.references.is_deferred(key.rule) ? store::lock_wait::skip
                                                                        : store::lock_wait::wait;
            auto const there = co_await session_.store_transaction().refer_to(
                granted, std::move(*target), wait);
            if (there.has_error()) {
                auto failed = session_.error_of(there.error());
                failed.where = "SQL statement \"" + shown_look_up(key) + "\"";
                co_return failed;
            }
            if (*there && **there) continue;
        }
        referential_event event;
        event.what = referential_event::kind::reference;
        event.rule = key.rule.oid;
        event.child = key.child->oid;
        event.table = shape_->table().oid;
        event.grant = granted;
        event.key = row->key;
        if (!session_.references.add(std::move(event), run_.limits.memory_bytes))
            co_return too_many_events();
    }
    co_return sql_result<void>();
}

task<sql_result<void>> row_writer::note_referenced(row_box_ptr before, row_box_ptr after) {
    for (auto const& key : shape_->referenced_by()) {
        auto values = key.parent_values(before->values);
        if (nulls_of(values) != nulls::none) continue;  // nothing can refer to it
        std::vector<datum> changed;
        if (after) {
            changed = key.parent_values(after->values);
            if (same_values(values, changed, key.parent_types, run_.context.io)) continue;
        }
        auto const& granted = any_grant({auth::action::delete_, auth::action::update});
        auto target = key.target_of_parent(values);
        auto const held =
            co_await session_.store_transaction().hold_reference(granted, std::move(target));
        if (held.has_error()) co_return session_.error_of(held.error());
        referential_event event;
        event.what = after ? referential_event::kind::change : referential_event::kind::removal;
        event.rule = key.rule.oid;
        event.child = key.child->oid;
        event.table = shape_->table().oid;
        event.grant = granted;
        event.before = std::move(values);
        event.after = std::move(changed);
        if (!session_.references.add(std::move(event), run_.limits.memory_bytes))
            co_return too_many_events();
    }
    co_return sql_result<void>();
}

}  // namespace sluice::sql
