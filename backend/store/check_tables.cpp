// The rules of check about tables: rows and index entries parse, every entry of an index leads to a
// live row of the index's one table, and no dataset id has two uses. Which tables and indexes there
// should be, and what a row's entries are, only the SQL catalog knows.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "backend/store/check_run.hpp"
#include "backend/store/table_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

void check_run::check_tables() {
    scan(kv::family::meta, keys::all_dropped(), [this](std::string_view key,
                                                       std::string_view value) {
        ++report_.dropped_datasets;
        auto const dataset = keys::parse_dropped(key);
        if (!dataset) return violate_at(check_rule::record, key, dataset.error().describe());
        auto const changed = decode_dropped(value);
        if (!changed) return violate_at(check_rule::record, key, changed.error().describe());
        check_commit_lsn(key, *changed);
        highest_dataset_ = std::max(highest_dataset_, to_underlying(*dataset));
        dropped_.insert(*dataset);
    });
    scan(kv::family::row, keys::all_of(keys::key_kind::row),
         [this](std::string_view key, std::string_view value) { check_row(key, value); });
    std::map<dataset_id, dataset_id> table_of;   // by index: at most limits of the catalog
    scan(kv::family::row, keys::all_of(keys::key_kind::index_entry),
         [&](std::string_view key, std::string_view value) {
             ++report_.index_entries;
             auto const parsed = keys::parse_index_entry(key);
             if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
             auto const target = decode_index_target(value);
             if (!target) return violate_at(check_rule::record, key, target.error().describe());
             highest_dataset_ = std::max(highest_dataset_, to_underlying(parsed->dataset));
             if (tables_.contains(parsed->dataset) || datasets_.contains(parsed->dataset))
                 violate_at(check_rule::record, key, "its index is a table or bucket too");
             if (dropped_.contains(parsed->dataset) || dropped_.contains(target->table)) return;
             auto const known = table_of.emplace(parsed->dataset, target->table).first;
             if (known->second != target->table)
                 violate_at(check_rule::reference, key,
                            fmt::format("leads to table {}, others of its index to table {}",
                                        to_underlying(target->table),
                                        to_underlying(known->second)));
             if (!get(kv::family::row, keys::row(target->table, target->primary_key)))
                 violate_at(check_rule::reference, key, "leads to no row");
         });
}

void check_run::check_row(std::string_view key, std::string_view value) {
    ++report_.rows;
    auto const parsed = keys::parse_row(key);
    if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
    auto const row = decode_stored_row(value);
    if (!row) return violate_at(check_rule::record, key, row.error().describe());
    check_commit_lsn(key, row->changed);
    highest_dataset_ = std::max(highest_dataset_, to_underlying(parsed->dataset));
    if (tables_.insert(parsed->dataset).second && datasets_.contains(parsed->dataset))
        violate_at(check_rule::record, key, "its table is a bucket too");
}

}  // namespace sluice::store
