#include "protocols/sql/execute/table_definition.hpp"

#include <algorithm>

#include "protocols/sql/catalog/identifiers.hpp"
#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/expression_text.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/row_values.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t most_columns = 1'600;

type_oid serial_type(utility::type_name const& name) {
    if (name.names.size() != 1 || !name.array_bounds.empty()) return {};
    auto const& word = name.names.front();
    if (word == "serial" || word == "serial4") return oid::int4;
    if (word == "bigserial" || word == "serial8") return oid::int8;
    if (word == "smallserial" || word == "serial2") return oid::int2;
    return {};
}

bool plain_collation(utility::qualified_name const& name) {
    if (name.empty()) return true;
    auto const& last = name.back();
    return last == "C" || last == "default" || last == "POSIX" || last == "C.UTF-8" ||
           last == "ucs_basic";
}

}  // namespace

sql_result<void> check_table_options(utility::create_table const& what) {
    if (what.kept == utility::persistence::temporary) return not_served("a temporary table");
    if (what.kept == utility::persistence::unlogged) return not_served("an unlogged table");
    if (!what.like.empty()) return not_served("CREATE TABLE ... LIKE");
    if (!what.inherits.empty()) return not_served("CREATE TABLE ... INHERITS");
    if (what.of_type) return not_served("CREATE TABLE ... OF");
    if (what.partitioned || what.partition_of) return not_served("a partitioned table");
    // How full pages are left is a hint about heap pages, which there are none of.
    for (auto const& each : what.with)
        if (each.name != "fillfactor") return not_served("CREATE TABLE ... WITH " + each.name);
    if (what.at_commit != utility::create_table::on_commit::standard)
        return not_served("ON COMMIT");
    if (!what.access_method.empty() && what.access_method != "heap")
        return not_served("CREATE TABLE ... USING");
    if (!what.tablespace.empty()) return not_served("CREATE TABLE ... TABLESPACE");
    return {};
}

relation copy_of(catalog_builder const& builder, object_oid oid) {
    return *builder.contents().relations.at(oid);
}

table_definition::table_definition(session_core& core, catalog_builder& builder,
                                   object_oid schema, std::string name)
    : core_(core), context_(core.context), builder_(builder) {
    table_.oid = builder.allocate_oid();
    table_.schema = schema;
    table_.name = std::move(name);
    table_.kind = relation_kind::table;
    is_new_ = true;
}

table_definition::table_definition(session_core& core, catalog_builder& builder, relation existing)
    : core_(core), context_(core.context), builder_(builder), table_(std::move(existing)) {}

sql_result<void> table_definition::set_type(column& made, utility::column_definition const& what,
                                            bool& serial) {
    if (!what.type) return sql_error("42601", "column \"" + what.name + "\" has no type");
    auto const as_serial = serial_type(*what.type);
    serial = as_serial != type_oid{};
    if (serial) {
        made.type = {as_serial, -1};
        made.not_null = true;
        return {};
    }
    auto const type = resolve_type(*what.type, *context_.catalog(), context_.analysis());
    if (type.has_error()) return type.error();
    auto const* row = context_.catalog()->find_type(type->oid);
    if (row != nullptr && row->kind == 'p')
        return sql_error("42P16", "column \"" + what.name + "\" has pseudo-type " +
                                      context_.catalog()->format_type(*type));
    if (!is_column_type(*context_.catalog(), type->oid))
        return sql_error("0A000", "columns of type " + context_.catalog()->format_type(*type) +
                                      " are not served");
    made.type = *type;
    made.dimensions = static_cast<std::int32_t>(what.type->array_bounds.size());
    return {};
}

sql_result<void> table_definition::add_column(utility::column_definition const& what) {
    auto const* there = table_.find_column(what.name);
    if (there != nullptr && !there->dropped) {
        if (new_indexes_.empty() && table_.dataset == dataset_id{})
            return sql_error("42701",
                             "column \"" + what.name + "\" specified more than once");
        return sql_error("42701", "column \"" + what.name + "\" of relation \"" + table_.name +
                                      "\" already exists");
    }
    static constexpr std::string_view system_names[]{"tableoid", "ctid", "xmin",
                                                     "xmax",     "cmin", "cmax"};
    if (std::find(std::begin(system_names), std::end(system_names), what.name) !=
        std::end(system_names))
        return sql_error("42701", "column name \"" + what.name +
                                      "\" conflicts with a system column name");
    if (table_.columns.size() >= most_columns)
        return sql_error("54011", "tables can have at most 1600 columns");
    if (!plain_collation(what.collation))
        return sql_error("0A000", "collation \"" + what.collation.back() + "\" is not served");
    if (!what.compression.empty() || !what.storage.empty())
        return not_served("column COMPRESSION or STORAGE");
    column made;
    made.number = static_cast<std::int16_t>(table_.columns.size() + 1);
    made.name = what.name;
    bool serial = false;
    auto const typed = set_type(made, what, serial);
    if (typed.has_error()) return typed;
    if (serial) sequences_.emplace_back(what.name, utility::sequence_options{});
    for (auto const& each : what.constraints) {
        auto const added = add_column_constraint(made, each);
        if (added.has_error()) return added;
    }
    table_.columns.push_back(std::move(made));
    return {};
}

sql_result<void> table_definition::set_default(column& made,
                                               utility::constraint_definition const& what) {
    if (made.default_text || made.identity != 0)
        return sql_error("42601", "multiple default values specified for column \"" + made.name +
                                      "\" of table \"" + table_.name + "\"");
    auto const value = analyze_expression(what.value, nullptr, expression_place::column_default,
                                          made.type, made.name, *context_.catalog(),
                                          context_.analysis());
    if (value.has_error()) return value.error();
    auto const served = check_served(**value);
    if (served.has_error()) return served;
    auto text = text_of_default(*what.value, made.type, *context_.catalog());
    if (text.has_error()) return std::move(text).error();
    made.default_text = std::move(*text);
    made.default_oid = builder_.allocate_oid();
    return {};
}

sql_result<void> table_definition::add_column_constraint(
    column& made, utility::constraint_definition const& what) {
    switch (what.what) {
        case constraint_kind::null: return {};
        case constraint_kind::not_null: made.not_null = true; return {};
        case constraint_kind::default_value: return set_default(made, what);
        case constraint_kind::identity:
            if (made.default_text || made.identity != 0)
                return sql_error("42601",
                                 "both default and identity specified for column \"" + made.name +
                                     "\" of table \"" + table_.name + "\"");
            if (made.type.oid != oid::int2 && made.type.oid != oid::int4 &&
                made.type.oid != oid::int8)
                return sql_error("22023",
                                 "identity column type must be smallint, integer, or bigint");
            made.identity = what.identity_always ? 'a' : 'd';
            made.not_null = true;
            sequences_.emplace_back(made.name, what.sequence);
            return {};
        case constraint_kind::generated: {
            auto text = text_of_expression(*what.value);
            if (text.has_error()) return std::move(text).error();
            made.generated = true;
            made.default_text = std::move(*text);
            made.default_oid = builder_.allocate_oid();
            pending_.push_back({what, made.name});
            return {};
        }
        case constraint_kind::check:
        case constraint_kind::primary_key:
        case constraint_kind::unique:
        case constraint_kind::foreign_key: {
            auto copy = what;
            if (what.what != constraint_kind::check) copy.columns = {made.name};
            if (what.what == constraint_kind::primary_key) made.not_null = true;
            pending_.push_back({std::move(copy), made.name});
            return {};
        }
        case constraint_kind::exclusion: break;
    }
    return not_served("an exclusion constraint");
}

sql_result<void> table_definition::add_constraint(utility::constraint_definition const& what) {
    switch (what.what) {
        case constraint_kind::check:
        case constraint_kind::primary_key:
        case constraint_kind::unique:
            if (!what.using_index.empty()) return not_served("a constraint USING INDEX");
            pending_.push_back({what, {}});
            return {};
        case constraint_kind::foreign_key: pending_.push_back({what, {}}); return {};
        default: break;
    }
    return not_served("this kind of constraint");
}

bool table_definition::constraint_name_taken(std::string_view name) const {
    return std::any_of(table_.constraints.begin(), table_.constraints.end(),
                       [&](constraint const& each) { return each.name == name; });
}

namespace {

std::string free_constraint_name(relation const& table, std::string_view part,
                                 std::string_view label) {
    for (int number = 0;; ++number) {
        auto out = shortened_name(table.name, part,
                                  std::string(label) + (number == 0 ? "" : std::to_string(number)));
        bool const taken =
            std::any_of(table.constraints.begin(), table.constraints.end(),
                        [&](constraint const& each) { return each.name == out; });
        if (!taken) return out;
    }
}

}  // namespace

sql_result<void> table_definition::finish_check(utility::constraint_definition const& what,
                                                std::string_view only_column) {
    if (what.no_inherit) return not_served("NO INHERIT");
    auto const condition = analyze_expression(what.value, &table_,
                                              expression_place::check_constraint,
                                              {oid::boolean, -1}, {}, *context_.catalog(),
                                              context_.analysis());
    if (condition.has_error()) return condition.error();
    auto const served = check_served(**condition);
    if (served.has_error()) return served;
    constraint made;
    made.oid = builder_.allocate_oid();
    made.what = constraint::kind::check;
    auto text = text_of_expression(*what.value);
    if (text.has_error()) return std::move(text).error();
    made.check_text = std::move(*text);
    std::string part(only_column);
    walk(**condition, [&](expression const& node) {
        auto const* reference = std::get_if<column_reference>(&node.node);
        if (reference == nullptr) return;
        auto const number = static_cast<std::int16_t>(reference->column + 1);
        if (std::find(made.columns.begin(), made.columns.end(), number) == made.columns.end())
            made.columns.push_back(number);
    });
    if (part.empty() && made.columns.size() == 1) part = table_.find_column(made.columns[0])->name;
    made.name = what.name.empty() ? free_constraint_name(table_, part, "check") : what.name;
    if (constraint_name_taken(made.name))
        return sql_error("42710", "constraint \"" + made.name + "\" for relation \"" +
                                      table_.name + "\" already exists");
    made.validated = is_new_ || !what.not_valid;
    if (made.validated) new_checks_.push_back(*condition);
    table_.constraints.push_back(std::move(made));
    return {};
}

task<sql_result<void>> table_definition::finish_key(utility::constraint_definition const& what) {
    bool const primary = what.what == constraint_kind::primary_key;
    if (what.deferrable || what.initially_deferred) co_return not_served("a deferrable key");
    if (!what.with.empty() || !what.tablespace.empty())
        co_return not_served("a key with storage options");
    if (primary && table_.primary_key() != nullptr)
        co_return sql_error("42P16", "multiple primary keys for table \"" + table_.name +
                                         "\" are not allowed");
    constraint made;
    made.oid = builder_.allocate_oid();
    made.what = primary ? constraint::kind::primary_key : constraint::kind::unique;
    index_info info;
    info.table = table_.oid;
    info.unique = true;
    info.primary = primary;
    info.nulls_not_distinct = what.nulls_not_distinct;
    std::string part;
    for (auto const& name : what.columns) {
        auto const* found = table_.find_column(name);
        if (found == nullptr || found->dropped)
            co_return sql_error("42703", "column \"" + name + "\" named in key does not exist");
        if (!can_be_key(found->type.oid))
            co_return sql_error("0A000", "a key of type " +
                                             context_.catalog()->format_type(found->type) +
                                             " is not served");
        if (std::find(made.columns.begin(), made.columns.end(), found->number) !=
            made.columns.end())
            co_return sql_error("42701", "column \"" + name + "\" appears twice in " +
                                             (primary ? "primary key" : "unique") + " constraint");
        made.columns.push_back(found->number);
        index_column key;
        key.number = found->number;
        key.opclass = default_opclass(found->type.oid);
        info.keys.push_back(std::move(key));
        part += (part.empty() ? "" : "_") + name;
        if (primary) table_.columns[static_cast<std::size_t>(found->number) - 1].not_null = true;
    }
    for (auto const& name : what.including) {
        auto const found = live_column(table_, name);
        if (found.has_error()) co_return found.error();
        info.included.push_back((*found)->number);
    }
    made.name = !what.name.empty() ? what.name
                : primary ? free_relation_name(builder_.contents(), table_.schema, table_.name, "",
                                               "pkey")
                          : free_relation_name(builder_.contents(), table_.schema, table_.name,
                                               part, "key");
    if (builder_.contents().relation_names.contains({table_.schema, made.name}))
        co_return sql_error("42P07", "relation \"" + made.name + "\" already exists");
    auto name = made.name;
    builder_.put_relation(table_);
    auto const index =
        co_await add_index(core_, builder_, table_.oid, std::move(name), std::move(info));
    if (index.has_error()) co_return index.error();
    table_ = copy_of(builder_, table_.oid);
    made.index = *index;
    table_.constraints.push_back(std::move(made));
    if (!primary) new_indexes_.push_back(*index);
    co_return sql_result<void>();
}

sql_result<void> table_definition::make_sequence(column& made,
                                                 utility::sequence_options const& options) {
    auto info = sequence_of(core_, options, made.type.oid);
    if (info.has_error()) return std::move(info).error();
    info->owner_table = table_.oid;
    info->owner_column = made.number;
    auto const name =
        free_relation_name(builder_.contents(), table_.schema, table_.name, made.name, "seq");
    made.sequence = add_sequence(builder_, table_.schema, name, std::move(*info));
    if (made.identity != 0) return {};
    auto const schema_name = builder_.contents().schemas.contains(table_.schema)
                                 ? builder_.contents().schemas.at(table_.schema)->name
                                 : std::string("public");
    auto const qualified = quote_identifier(schema_name) + "." + quote_identifier(name);
    made.default_text = "nextval(" + quote_literal(qualified) + "::regclass)";
    made.default_oid = builder_.allocate_oid();
    return {};
}

task<sql_result<object_oid>> table_definition::finish() {
    for (auto const& [name, options] : sequences_) {
        auto& made = table_.columns[static_cast<std::size_t>(table_.find_column(name)->number) - 1];
        auto const done = make_sequence(made, options);
        if (done.has_error()) co_return done.error();
    }
    if (table_.dataset == dataset_id{}) {
        auto const dataset = co_await context_.store_transaction().new_dataset_id();
        if (dataset.has_error()) co_return context_.error_of(dataset.error());
        table_.dataset = *dataset;
    }
    // The primary key first: its columns are what other things may rely on. Foreign keys last: they
    // may refer to this table.
    auto rank = [](pending const& each) {
        return each.what.what == constraint_kind::primary_key   ? 0
               : each.what.what == constraint_kind::foreign_key ? 2
                                                                : 1;
    };
    std::stable_sort(pending_.begin(), pending_.end(), [rank](pending const& a, pending const& b) {
        return rank(a) < rank(b);
    });
    for (auto const& each : pending_) {
        if (each.what.what == constraint_kind::check) {
            auto const done = finish_check(each.what, each.column);
            if (done.has_error()) co_return done.error();
        } else if (each.what.what == constraint_kind::generated) {
            auto const type = table_.find_column(each.column)->type;
            auto const value = analyze_expression(
                each.what.value, &table_, expression_place::generated_column, type, each.column,
                *context_.catalog(), context_.analysis());
            if (value.has_error()) co_return value.error();
            auto const served = check_served(**value);
            if (served.has_error()) co_return served.error();
        } else if (each.what.what == constraint_kind::foreign_key) {
            auto const done = co_await finish_foreign_key(each.what);
            if (done.has_error()) co_return done.error();
        } else {
            auto const done = co_await finish_key(each.what);
            if (done.has_error()) co_return done.error();
        }
    }
    auto const oid = builder_.put_relation(table_);
    co_return oid;
}

sql_result<sequence_info> sequence_of(session_core& core, utility::sequence_options const& options,
                                      type_oid type) {
    sequence_info out;
    if (options.type) {
        auto const given = resolve_type(*options.type, *core.context.catalog(),
                                        core.context.analysis());
        if (given.has_error()) return given.error();
        type = given->oid;
    }
    if (type != oid::int2 && type != oid::int4 && type != oid::int8)
        return sql_error("22023", "sequence type must be smallint, integer, or bigint");
    out.type = type;
    std::int64_t const most = type == oid::int2   ? 32767
                              : type == oid::int4 ? 2147483647
                                                  : 9223372036854775807;
    std::optional<std::int64_t> start, minimum, maximum;
    auto number = [](utility::option const& each) -> std::int64_t {
        if (each.what == utility::option::kind::floating) return std::atoll(each.text.c_str());
        return each.number;
    };
    for (auto const& each : options.given) {
        bool const has = each.what != utility::option::kind::none;
        if (each.name == "increment") out.increment = number(each);
        else if (each.name == "start") start = number(each);
        else if (each.name == "minvalue") {
            if (has) minimum = number(each);
        } else if (each.name == "maxvalue") {
            if (has) maximum = number(each);
        } else if (each.name == "cache") out.cache = number(each);
        else if (each.name == "cycle") out.cycle = each.number != 0 || each.text == "true";
        else if (each.name == "owned_by" || each.name == "as") continue;
        else return not_served("sequence option \"" + each.name + "\"");
    }
    if (out.increment == 0) return sql_error("22023", "INCREMENT must not be zero");
    bool const up = out.increment > 0;
    out.minimum = minimum.value_or(up ? 1 : -most - 1);
    out.maximum = maximum.value_or(up ? most : -1);
    if (out.minimum >= out.maximum)
        return sql_error("22023", "MINVALUE (" + std::to_string(out.minimum) +
                                      ") must be less than MAXVALUE (" +
                                      std::to_string(out.maximum) + ")");
    out.start = start.value_or(up ? out.minimum : out.maximum);
    if (out.start < out.minimum)
        return sql_error("22023", "START value (" + std::to_string(out.start) +
                                      ") cannot be less than MINVALUE (" +
                                      std::to_string(out.minimum) + ")");
    if (out.start > out.maximum)
        return sql_error("22023", "START value (" + std::to_string(out.start) +
                                      ") cannot be greater than MAXVALUE (" +
                                      std::to_string(out.maximum) + ")");
    return out;
}

object_oid add_sequence(catalog_builder& builder, object_oid schema, std::string name,
                        sequence_info info) {
    relation made;
    made.oid = builder.allocate_oid();
    made.schema = schema;
    made.name = std::move(name);
    made.kind = relation_kind::sequence;
    info.counter = std::to_string(static_cast<std::uint32_t>(made.oid));
    made.sequence = std::move(info);
    auto add = [&](char const* column_name, type_oid type) {
        column each;
        each.number = static_cast<std::int16_t>(made.columns.size() + 1);
        each.name = column_name;
        each.type.oid = type;
        each.not_null = true;
        made.columns.push_back(std::move(each));
    };
    add("last_value", oid::int8);
    add("log_cnt", oid::int8);
    add("is_called", oid::boolean);
    return builder.put_relation(std::move(made));
}

task<sql_result<object_oid>> add_index(session_core& core, catalog_builder& builder,
                                       object_oid table, std::string name, index_info info) {
    auto owner = copy_of(builder, table);
    relation made;
    made.oid = builder.allocate_oid();
    made.schema = owner.schema;
    made.name = std::move(name);
    made.kind = relation_kind::index;
    made.dataset = owner.dataset;
    if (!info.primary) {
        auto const dataset = co_await core.context.store_transaction().new_dataset_id();
        if (dataset.has_error()) co_return core.context.error_of(dataset.error());
        made.dataset = *dataset;
    }
    for (auto const& key : info.keys) {
        column each;
        each.number = static_cast<std::int16_t>(made.columns.size() + 1);
        if (key.number != 0) {
            auto const* source = owner.find_column(key.number);
            each.name = source->name;
            each.type = source->type;
        } else {
            each.name = "expr";
            each.type.oid = oid::text;
        }
        made.columns.push_back(std::move(each));
    }
    made.index = std::move(info);
    auto const oid = builder.put_relation(std::move(made));
    owner.indexes.push_back(oid);
    builder.put_relation(std::move(owner));
    co_return oid;
}

sql_result<void> view_may_become(relation const& old, relation const& made) {
    if (made.columns.size() < old.columns.size())
        return sql_error("42P16", "cannot drop columns from view");
    for (std::size_t i = 0; i < old.columns.size(); ++i) {
        if (old.columns[i].name != made.columns[i].name)
            return sql_error("42P16", "cannot change name of view column \"" +
                                          old.columns[i].name + "\" to \"" +
                                          made.columns[i].name + "\"")
                .with_hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column "
                           "instead.");
        if (!(old.columns[i].type == made.columns[i].type))
            return sql_error("42P16",
                             "cannot change data type of view column \"" + old.columns[i].name +
                                 "\"");
    }
    return {};
}

}  // namespace sluice::sql
