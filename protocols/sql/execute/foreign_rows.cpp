#include "protocols/sql/execute/foreign_rows.hpp"

#include "protocols/sql/catalog/relations/catalog_rows.hpp"
#include "gateway/core/block_on.hpp"
#include "protocols/sql/execute/bucket_rows.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/topic_rows.hpp"
#include "protocols/sql/execute/transaction_reader.hpp"

namespace sluice::sql {

task<sql_result<void>> foreign_sources::permit(relation_ptr relation) {
    if (relation->kind != relation_kind::bucket) {
        auto const permitted = co_await permit_log(std::move(relation));
        co_return permitted;
    }
    // Listing and reading are decided key by key.
    if (objects_) co_return sql_result<void>();
    auto objects = session_.store_transaction().objects();
    if (objects.has_error()) co_return session_.error_of(objects.error());
    objects_ = std::make_shared<auth::statement_objects>(std::move(*objects));
    co_return sql_result<void>();
}

task<sql_result<void>> foreign_sources::permit_log(relation_ptr relation) {
    if (logs_.contains(relation->oid)) co_return sql_result<void>();
    auto const name =
        relation->kind == relation_kind::audit ? std::string(audit_topic) : relation->name;
    auto& transaction = session_.store_transaction();
    auto opened = co_await transaction.open_log(session_.who, name);
    if (opened.has_error())
        co_return foreign_error(session_, opened.error(), relation->name);
    if (transaction.appends_to(opened->log.topic().id))
        co_return sql_error("0A000", "topic \"" + name + "\" cannot be read by a transaction that "
                                     "inserts into it")
            .with_detail("Its records get their offsets when it commits.");
    logs_.emplace(relation->oid, std::make_shared<log_at_statement>(std::move(*opened)));
    co_return sql_result<void>();
}

sql_result<std::unique_ptr<box_stream>> foreign_sources::open(relation_ptr const& relation,
                                                              range_entry const& entry,
                                                              entry_conditions const& of) {
    if (relation->kind == relation_kind::bucket) {
        if (!objects_) return permission_error(*relation);
        return open_bucket_rows(session_, objects_, relation, entry.read, of);
    }
    auto const found = logs_.find(relation->oid);
    if (found == logs_.end()) return permission_error(*relation);
    if (relation->kind == relation_kind::audit)
        return open_audit_rows(session_, found->second, entry.read, of);
    return open_topic_rows(session_, found->second, relation, entry.read, of);
}

namespace {

// Catalogs that have rows for every relation.
bool lists_relations(relation const& of) {
    return of.name == "pg_class" || of.name == "pg_attribute";
}

}  // namespace

sql_result<std::unique_ptr<box_stream>> open_catalog_rows(session_context& session,
                                                          relation_ptr const& relation) {
    if (lists_relations(*relation)) {
        // Whoever got here runs on a pool thread (relation_reader's rule).
        auto const whole = block_on(session.executor, session.foreign->list_anew(session.who),
                                    blocking_token::for_this_thread());
        if (whole.has_error()) return whole.error();
        if (!*whole)
            session.notice("WARNING", sql_error("01000", "not all topics and buckets are listed")
                                          .with_detail("limits.sql_foreign_relations"));
    }
    auto settings = [&session](std::string_view name) { return session.settings.value(name); };
    auto rows = catalog_rows(*session.catalog(), relation->oid, settings);
    if (!rows) return sql_error("0A000", "reading \"" + relation->name + "\" is not served");
    row_boxes boxes;
    boxes.reserve(rows->size());
    for (auto& each : *rows) {
        auto box = std::make_shared<row_box>();
        box->values = std::move(each);
        box->table = relation->oid;
        boxes.push_back(std::move(box));
    }
    return std::unique_ptr<box_stream>(std::make_unique<kept_boxes>(std::move(boxes)));
}

}  // namespace sluice::sql
