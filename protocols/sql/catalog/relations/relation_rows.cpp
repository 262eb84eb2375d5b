// Relations, columns, indexes, constraints, sequences, comments.
#include <algorithm>
#include <set>

#include "protocols/sql/catalog/relations/row_maker.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint32_t pg_class_oid = 1259, pg_constraint_oid = 2606, pg_namespace_oid = 2615,
                        pg_type_oid = 1247, pg_proc_oid = 1255, pg_authid_oid = 1260;

bool holds_rows(relation const& of) {
    return of.kind == relation_kind::table || of.kind == relation_kind::materialized_view ||
           of.kind == relation_kind::topic || of.kind == relation_kind::bucket ||
           of.kind == relation_kind::audit || of.kind == relation_kind::catalog;
}

std::uint32_t access_method(relation const& of) {
    if (of.index) {
        for (auto const& row : builtin::access_methods())
            if (row.name == of.index->method) return row.oid;
        return 403;
    }
    return holds_rows(of) ? 2 : 0;
}

// The columns that a relation shows in pg_attribute: an index has its keys.
std::vector<column> shown_columns(catalog_snapshot const& catalog, relation const& of) {
    if (!of.index || !of.columns.empty()) return of.columns;
    std::vector<column> out;
    auto const table = catalog.find_relation(of.index->table);
    auto const add = [&](std::int16_t number) {
        column made;
        auto const* from = table ? table->find_column(number) : nullptr;
        made.name = from != nullptr ? from->name : "expr";
        if (from != nullptr) made.type = from->type;
        made.number = static_cast<std::int16_t>(out.size() + 1);
        out.push_back(std::move(made));
    };
    for (auto const& key : of.index->keys) add(key.number);
    for (auto const number : of.index->included) add(number);
    return out;
}

void put_attribute(row_maker& rows, relation const& of, column const& each) {
    auto const* type = rows.catalog().find_type(each.type.oid);
    rows.row()
        .oid("attrelid", of.oid)
        .text("attname", each.dropped
                             ? "........pg.dropped." + std::to_string(each.number) + "........"
                             : each.name)
        .oid("atttypid", each.dropped ? type_oid{} : each.type.oid)
        .number("attstattarget", -1)
        .number("attnum", each.number)
        .number("attndims", each.dimensions)
        .number("attcacheoff", -1)
        .number("atttypmod", each.type.modifier)
        .flag("attnotnull", each.not_null)
        .flag("atthasdef", each.default_text.has_value())
        .flag("atthasmissing", each.missing_value.has_value())
        .letter("attidentity", each.identity)
        .letter("attgenerated", each.generated ? 's' : '\0')
        .flag("attisdropped", each.dropped)
        .flag("attislocal", true)
        .letter("attcompression", '\0');
    if (type == nullptr) return;
    rows.number("attlen", type->length)
        .flag("attbyval", type->by_value)
        .letter("attalign", type->alignment)
        .letter("attstorage", type->storage)
        .oid("attcollation", type->collation);
}

// Every relation that holds rows has them, with numbers below zero.
void put_system_attributes(row_maker& rows, relation const& of) {
    struct system_column {
        char const* name;
        std::uint32_t type;
    };
    static constexpr system_column all[]{{"ctid", 27}, {"xmin", 28}, {"cmin", 29},
                                         {"xmax", 28}, {"cmax", 29}, {"tableoid", 26}};
    std::int16_t number = 0;
    for (auto const& each : all) {
        auto const* type = rows.catalog().find_type(type_oid{each.type});
        rows.row()
            .oid("attrelid", of.oid)
            .text("attname", each.name)
            .oid("atttypid", type_oid{each.type})
            .number("attstattarget", 0)
            .number("attnum", --number)
            .number("attndims", 0)
            .number("attcacheoff", -1)
            .number("atttypmod", -1)
            .flag("attnotnull", true)
            .flag("atthasdef", false)
            .flag("atthasmissing", false)
            .letter("attidentity", '\0')
            .letter("attgenerated", '\0')
            .flag("attisdropped", false)
            .flag("attislocal", true)
            .letter("attcompression", '\0');
        if (type == nullptr) continue;
        rows.number("attlen", type->length)
            .flag("attbyval", type->by_value)
            .letter("attalign", type->alignment)
            .letter("attstorage", type->storage)
            .oid("attcollation", type->collation);
    }
}

std::vector<std::uint32_t> key_classes(catalog_snapshot const& catalog, index_info const& index) {
    std::vector<std::uint32_t> out;
    auto const table = catalog.find_relation(index.table);
    for (auto const& key : index.keys) {
        auto given = to_underlying(key.opclass);
        auto const* from = table ? table->find_column(key.number) : nullptr;
        for (auto const& row : builtin::opclasses())
            if (given == 0 && from != nullptr && row.method == 403 && row.is_default &&
                row.input_type == static_cast<std::uint32_t>(from->type.oid))
                given = row.oid;
        out.push_back(given);
    }
    return out;
}

void put_comment(row_maker& rows, std::uint32_t object, std::uint32_t catalog, std::int32_t sub,
                 std::string const& text) {
    if (text.empty()) return;
    rows.row()
        .oid("objoid", object)
        .oid("classoid", catalog)
        .number("objsubid", sub)
        .text("description", text);
}

void put_dependency(row_maker& rows, std::uint32_t catalog, object_oid object,
                    std::uint32_t on_catalog, object_oid on, std::int32_t on_column, char kind) {
    rows.row()
        .oid("classid", catalog)
        .oid("objid", object)
        .oid("refclassid", on_catalog)
        .oid("refobjid", on)
        .number("refobjsubid", on_column)
        .letter("deptype", kind);
}

}  // namespace

namespace {

// Tables on either side of a foreign key: PostgreSQL keeps it by triggers of both.
std::set<object_oid> tables_with_keys(catalog_snapshot const& catalog) {
    std::set<object_oid> out;
    for (auto const& [oid, each] : catalog.contents().relations)
        for (auto const& rule : each->constraints) {
            if (rule.what != constraint::kind::foreign_key) continue;
            out.insert(oid);
            out.insert(rule.referenced);
        }
    return out;
}

}  // namespace

void fill_pg_class(row_maker& rows) {
    auto const with_keys = tables_with_keys(rows.catalog());
    for (auto const& each : all_relations(rows.catalog())) {
        auto const columns = shown_columns(rows.catalog(), *each);
        bool const partitioned = each->kind == relation_kind::partitioned_table;
        auto const checks =
            std::count_if(each->constraints.begin(), each->constraints.end(),
                          [](constraint const& c) { return c.what == constraint::kind::check; });
        rows.row()
            .oid("oid", each->oid)
            .text("relname", each->name)
            .oid("relnamespace", each->schema)
            .oid("reltype", each->row_type)
            .oid("relowner", each->owner)
            .oid("relam", access_method(*each))
            .oid("relfilenode", holds_rows(*each) || each->index ? each->oid : object_oid{})
            .set("reltuples", each->index ? 0.0 : -1.0)
            .flag("relhasindex", !each->indexes.empty())
            .flag("relisshared", false)
            .letter("relpersistence", each->persistence)
            .letter("relkind", shown_kind(*each))
            .number("relnatts", static_cast<std::int64_t>(columns.size()))
            .number("relchecks", checks)
            .flag("relhastriggers", with_keys.contains(each->oid))
            .flag("relhasrules", shown_kind(*each) == 'v' || shown_kind(*each) == 'm')
            .flag("relhassubclass", partitioned)
            .flag("relispopulated", true)
            .letter("relreplident", holds_rows(*each) || partitioned ? 'd' : 'n')
            .flag("relispartition", to_underlying(each->partition_parent) != 0)
            .maybe("relpartbound", each->partition_bound);
    }
}

void fill_pg_attribute(row_maker& rows) {
    for (auto const& each : all_relations(rows.catalog())) {
        for (auto const& part : shown_columns(rows.catalog(), *each))
            put_attribute(rows, *each, part);
        bool const derived = each->index || each->kind == relation_kind::view ||
                             each->kind == relation_kind::composite;
        if (!derived) put_system_attributes(rows, *each);
    }
}

void fill_pg_attrdef(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations)
        for (auto const& part : each->columns)
            if (part.default_text && !part.dropped)
                rows.row()
                    .oid("oid", part.default_oid)
                    .oid("adrelid", oid)
                    .number("adnum", part.number)
                    .text("adbin", *part.default_text);
}

void fill_pg_index(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations) {
        if (!each->index) continue;
        auto const& index = *each->index;
        std::vector<int> keys, options, collations;
        std::string expressions;
        for (auto const& key : index.keys) {
            keys.push_back(key.number);
            options.push_back((key.descending ? 1 : 0) | (key.nulls_first ? 2 : 0));
            auto const table = rows.catalog().find_relation(index.table);
            auto const* from = table ? table->find_column(key.number) : nullptr;
            auto const* type = from != nullptr ? rows.catalog().find_type(from->type.oid) : nullptr;
            collations.push_back(type != nullptr ? static_cast<int>(type->collation) : 0);
            if (!key.expression.empty())
                expressions += (expressions.empty() ? "" : ", ") + key.expression;
        }
        auto const key_count = keys.size();
        keys.insert(keys.end(), index.included.begin(), index.included.end());
        rows.row()
            .oid("indexrelid", oid)
            .oid("indrelid", index.table)
            .number("indnatts", static_cast<std::int64_t>(keys.size()))
            .number("indnkeyatts", static_cast<std::int64_t>(key_count))
            .flag("indisunique", index.unique)
            .flag("indnullsnotdistinct", index.nulls_not_distinct)
            .flag("indisprimary", index.primary)
            .flag("indimmediate", true)
            .flag("indisvalid", index.valid)
            .flag("indisready", true)
            .flag("indislive", true)
            .set("indkey", number_array(keys, oid::int2, 0))
            .set("indcollation", number_array(collations, oid::oid, 0))
            .set("indclass", number_array(key_classes(rows.catalog(), index), oid::oid, 0))
            .set("indoption", number_array(options, oid::int2, 0))
            .maybe("indexprs", expressions)
            .maybe("indpred", index.where);
    }
}

void fill_pg_constraint(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations)
        for (auto const& rule : each->constraints) {
            bool const foreign = rule.what == constraint::kind::foreign_key;
            rows.row()
                .oid("oid", rule.oid)
                .text("conname", rule.name)
                .oid("connamespace", each->schema)
                .letter("contype", static_cast<char>(rule.what))
                .flag("condeferrable", rule.deferrable)
                .flag("condeferred", rule.initially_deferred)
                .flag("convalidated", rule.validated)
                .oid("conrelid", oid)
                .oid("conindid", foreign ? rule.referenced_index : rule.index)
                .oid("confrelid", rule.referenced)
                .letter("confupdtype", foreign ? rule.on_update : ' ')
                .letter("confdeltype", foreign ? rule.on_delete : ' ')
                .letter("confmatchtype", foreign ? rule.match : ' ')
                .flag("conislocal", true)
                .flag("connoinherit", rule.what != constraint::kind::check)
                .set("conkey", number_array(rule.columns, oid::int2, 1))
                .maybe("conbin", rule.check_text);
            if (foreign) rows.set("confkey", number_array(rule.referenced_columns, oid::int2, 1));
            if (!rule.delete_set_columns.empty())
                rows.set("confdelsetcols", number_array(rule.delete_set_columns, oid::int2, 1));
        }
    for (auto const& [oid, type] : rows.catalog().contents().types)
        for (auto const& rule : type->checks)
            rows.row()
                .oid("oid", rule.oid)
                .text("conname", rule.name)
                .oid("connamespace", type->schema)
                .letter("contype", 'c')
                .flag("convalidated", rule.validated)
                .oid("contypid", oid)
                .letter("confupdtype", ' ')
                .letter("confdeltype", ' ')
                .letter("confmatchtype", ' ')
                .flag("conislocal", true)
                .maybe("conbin", rule.check_text);
}

void fill_pg_sequence(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations)
        if (each->sequence)
            rows.row()
                .oid("seqrelid", oid)
                .oid("seqtypid", each->sequence->type)
                .number("seqstart", each->sequence->start)
                .number("seqincrement", each->sequence->increment)
                .number("seqmax", each->sequence->maximum)
                .number("seqmin", each->sequence->minimum)
                .number("seqcache", each->sequence->cache)
                .flag("seqcycle", each->sequence->cycle);
}

void fill_pg_inherits(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations)
        if (to_underlying(each->partition_parent) != 0)
            rows.row()
                .oid("inhrelid", oid)
                .oid("inhparent", each->partition_parent)
                .number("inhseqno", 1);
}

void fill_pg_description(row_maker& rows) {
    auto const& contents = rows.catalog().contents();
    for (auto const& [oid, each] : contents.schemas)
        put_comment(rows, to_underlying(oid), pg_namespace_oid, 0, each->comment);
    for (auto const& [oid, each] : contents.relations) {
        put_comment(rows, to_underlying(oid), pg_class_oid, 0, each->comment);
        for (auto const& part : each->columns)
            if (!part.dropped)
                put_comment(rows, to_underlying(oid), pg_class_oid, part.number, part.comment);
        for (auto const& rule : each->constraints)
            put_comment(rows, to_underlying(rule.oid), pg_constraint_oid, 0, rule.comment);
    }
    for (auto const& [oid, each] : contents.types)
        put_comment(rows, to_underlying(oid), pg_type_oid, 0, each->comment);
    for (auto const& [oid, each] : contents.functions)
        put_comment(rows, to_underlying(oid), pg_proc_oid, 0, each->comment);
    static_cast<void>(pg_authid_oid);
}

void fill_pg_depend(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations) {
        // A sequence belongs to its column; a constraint's index to the constraint.
        if (each->sequence && to_underlying(each->sequence->owner_table) != 0) {
            auto const table = rows.catalog().find_relation(each->sequence->owner_table);
            auto const* part = table ? table->find_column(each->sequence->owner_column) : nullptr;
            put_dependency(rows, pg_class_oid, oid, pg_class_oid, each->sequence->owner_table,
                           each->sequence->owner_column,
                           part != nullptr && part->identity != 0 ? 'i' : 'a');
        }
        for (auto const& rule : each->constraints) {
            if (to_underlying(rule.index) != 0)
                put_dependency(rows, pg_class_oid, rule.index, pg_constraint_oid, rule.oid, 0, 'i');
            for (auto const number : rule.columns)
                put_dependency(rows, pg_constraint_oid, rule.oid, pg_class_oid, oid, number, 'a');
            if (rule.what != constraint::kind::foreign_key) continue;
            for (auto const number : rule.referenced_columns)
                put_dependency(rows, pg_constraint_oid, rule.oid, pg_class_oid, rule.referenced,
                               number, 'n');
            put_dependency(rows, pg_constraint_oid, rule.oid, pg_class_oid, rule.referenced_index,
                           0, 'n');
        }
    }
}

void fill_pg_rewrite(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().relations)
        if (each->kind == relation_kind::view || each->kind == relation_kind::materialized_view)
            rows.row()
                .text("rulename", "_RETURN")
                .oid("ev_class", oid)
                .letter("ev_type", '1')
                .letter("ev_enabled", 'O')
                .flag("is_instead", true);
}

}  // namespace sluice::sql
