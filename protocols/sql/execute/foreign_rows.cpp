#include "protocols/sql/execute/foreign_rows.hpp"

#include "protocols/sql/catalog/relations/catalog_rows.hpp"
#include "protocols/sql/execute/transaction_reader.hpp"

namespace sluice::sql {

sql_result<std::unique_ptr<box_stream>> open_foreign_rows(session_context& session,
                                                          relation_ptr const& relation,
                                                          range_entry const&,
                                                          std::vector<expression_ptr> const&,
                                                          statement_run&) {
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
