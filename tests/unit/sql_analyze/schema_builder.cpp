#include "tests/unit/sql_analyze/schema_builder.hpp"

#include <set>
#include <stdexcept>

#include "protocols/sql/analyze/analyzer.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/statements.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

template <class T>
T value_of(sql_result<T> made) {
    if (made.has_error()) throw std::runtime_error(made.error().message);
    return std::move(*made);
}

class script_runner {
public:
    script_runner() : builder_(*catalog_snapshot::initial()) {
        role owner;
        owner.oid = bootstrap_role;
        owner.name = "postgres";
        owner.superuser = owner.can_login = true;
        builder_.put_role(owner);
        refresh();
    }

    void run(std::string_view script) {
        for (auto const& text : value_of(split_statements(script))) {
            text_ = text.text;
            auto const parsed = value_of(parse_statement(text));
            auto const* utility =
                std::get_if<std::shared_ptr<utility_statement const>>(&parsed->body);
            if (utility == nullptr) continue;
            std::visit([this](auto const& each) { apply(each); }, (*utility)->body);
            refresh();
        }
    }
    catalog_ptr result() const { return snapshot_; }

private:
    template <class T>
    void apply(T const&) {}

    void refresh() {
        snapshot_ = builder_.snapshot();
        settings_.path = snapshot_->path_of("\"$user\", public", "postgres");
    }
    // The words of the script between the parentheses that follow `at` (1-based).
    std::string parenthesised(std::int32_t at) const {
        auto const open = text_.find('(', static_cast<std::size_t>(at - 1));
        std::size_t end = open;
        for (int depth = 0; end < text_.size(); ++end) {
            depth += text_[end] == '(' ? 1 : text_[end] == ')' ? -1 : 0;
            if (depth == 0) break;
        }
        return text_.substr(open + 1, end - open - 1);
    }
    // A default up to the next word of the definition that is outside it.
    std::string default_text(std::int32_t at) const {
        auto begin = text_.find(' ', static_cast<std::size_t>(at - 1)) + 1;
        auto end = begin;
        for (int depth = 0; end < text_.size(); ++end) {
            depth += text_[end] == '(' ? 1 : text_[end] == ')' ? -1 : 0;
            if (depth < 0 || (depth == 0 && text_[end] == ',')) break;
        }
        return text_.substr(begin, end - begin);
    }

    sql_type type_of(syntax::type_name const& name) {
        return value_of(resolve_type(name, *snapshot_, settings_));
    }

    void apply(utility::create_enum const& made) {
        user_type type;
        type.name = made.name.back();
        type.schema = schema_oids::public_;
        type.labels = made.labels;
        type.row.kind = 'e';
        type.row.category = 'E';
        type.row.length = 4;
        type.row.by_value = true;
        type.row.storage = 'p';
        builder_.put_type(std::move(type));
    }
    void apply(utility::create_domain const& made) {
        auto const base = type_of(made.base);
        auto const* row = snapshot_->find_type(base.oid);
        user_type type;
        type.name = made.name.back();
        type.schema = schema_oids::public_;
        type.row = *row;
        type.row.oid = 0;
        type.row.array = 0;
        type.row.element = 0;
        type.row.preferred = false;
        type.row.kind = 'd';
        type.row.base = row->oid;
        type.row.base_modifier = base.modifier;
        builder_.put_type(std::move(type));
    }
    void apply(utility::create_composite const& made) {
        relation object;
        object.kind = relation_kind::composite;
        object.schema = schema_oids::public_;
        object.name = made.name.back();
        for (auto const& each : made.columns) add_column(object, each);
        builder_.put_relation(std::move(object));
    }
    void apply(utility::create_sequence const& made) { put_sequence(made.sequence.name); }
    void apply(utility::create_function const& made) {
        user_function function;
        function.name = made.name.back();
        function.schema = schema_oids::public_;
        for (auto const& each : made.arguments) {
            function.arguments.push_back(static_cast<std::uint32_t>(type_of(each.type).oid));
            function.names.push_back(each.name);
        }
        function.row.result = static_cast<std::uint32_t>(type_of(*made.returns).oid);
        function.row.language = 14;
        builder_.put_function(std::move(function));
    }
    void apply(utility::create_table const& made) {
        relation object;
        object.schema = schema_oids::public_;
        object.name = made.table.name;
        if (made.partitioned) object.kind = relation_kind::partitioned_table;
        if (made.partition_of) {
            auto const parent = snapshot_->find_relation(settings_.path, made.partition_of->name);
            object.columns = parent->columns;
            object.partition_parent = parent->oid;
        }
        for (auto const& each : made.columns) add_column(object, each);
        object.oid = builder_.allocate_oid();
        for (auto const& each : made.columns)
            for (auto const& rule : each.constraints) add_constraint(object, rule, each.name);
        for (auto const& rule : made.constraints) add_constraint(object, rule, {});
        builder_.put_relation(std::move(object));
    }
    void apply(utility::create_index const& made) {
        auto table = *snapshot_->find_relation(settings_.path, made.table.name);
        std::vector<std::string> columns;
        for (auto const& each : made.elements) columns.push_back(each.column);
        add_index(table, made.name, columns, made.unique, false);
        builder_.put_relation(std::move(table));
    }
    void apply(utility::create_view const& made) {
        put_view(made.view.name, made.query, made.query_text, relation_kind::view);
    }
    void apply(utility::create_table_as const& made) {
        put_view(made.table.name, made.query, {}, relation_kind::materialized_view);
    }

    void put_view(std::string name, syntax::statement_ptr const& body, std::string text,
                  relation_kind kind) {
        relation object;
        object.kind = kind;
        object.schema = schema_oids::public_;
        object.name = std::move(name);
        object.view_text = std::move(text);
        auto const analysed = value_of(analyze(body, *snapshot_, settings_));
        for (auto const& each : analysed->columns) {
            column made;
            made.number = static_cast<std::int16_t>(object.columns.size() + 1);
            made.name = each.name;
            made.type = each.type;
            object.columns.push_back(std::move(made));
        }
        builder_.put_relation(std::move(object));
    }
    object_oid put_sequence(std::string name) {
        relation object;
        object.kind = relation_kind::sequence;
        object.schema = schema_oids::public_;
        object.name = std::move(name);
        object.sequence.emplace();
        auto const add = [&object](char const* column_name, type_oid type) {
            column made;
            made.number = static_cast<std::int16_t>(object.columns.size() + 1);
            made.name = column_name;
            made.type.oid = type;
            made.not_null = true;
            object.columns.push_back(std::move(made));
        };
        add("last_value", oid::int8);
        add("log_cnt", oid::int8);
        add("is_called", oid::boolean);
        return builder_.put_relation(std::move(object));
    }

    void add_column(relation& object, utility::column_definition const& written) {
        column made;
        made.number = static_cast<std::int16_t>(object.columns.size() + 1);
        made.name = written.name;
        auto type = *written.type;
        if (type.names.back() == "serial") {
            type.names = {"pg_catalog", "int4"};
            auto const sequence = object.name + "_" + written.name + "_seq";
            made.sequence = put_sequence(sequence);
            made.default_text = "nextval('" + sequence + "'::regclass)";
            made.not_null = true;
        }
        made.type = type_of(type);
        using kind = utility::constraint_definition::kind;
        for (auto const& rule : written.constraints) {
            made.not_null |= rule.what == kind::not_null || rule.what == kind::primary_key;
            if (rule.what == kind::identity) {
                made.identity = rule.identity_always ? 'a' : 'd';
                made.sequence = put_sequence(object.name + "_" + written.name + "_seq");
                made.not_null = true;
            }
            if (rule.what == kind::generated) {
                made.generated = true;
                made.default_text = parenthesised(rule.position);
            }
            if (rule.what == kind::default_value) made.default_text = default_text(rule.position);
        }
        object.columns.push_back(std::move(made));
    }
    void add_index(relation& table, std::string name, std::vector<std::string> const& columns,
                   bool unique, bool primary) {
        relation index;
        index.kind = relation_kind::index;
        index.schema = schema_oids::public_;
        index.name = std::move(name);
        index.index.emplace();
        index.index->table = table.oid;
        index.index->unique = unique;
        index.index->primary = primary;
        for (auto const& each : columns) {
            auto const* found = table.find_column(each);
            index_column key;
            key.number = found != nullptr ? found->number : std::int16_t{0};
            index.index->keys.push_back(key);
        }
        table.indexes.push_back(builder_.put_relation(std::move(index)));
    }
    void add_constraint(relation& table, utility::constraint_definition const& rule,
                        std::string const& column_name) {
        using kind = utility::constraint_definition::kind;
        if (rule.what != kind::primary_key && rule.what != kind::unique) return;
        bool const primary = rule.what == kind::primary_key;
        auto columns = rule.columns;
        if (columns.empty()) columns = {column_name};
        constraint made;
        made.oid = builder_.allocate_oid();
        made.what = primary ? constraint::kind::primary_key : constraint::kind::unique;
        made.name = rule.name;
        if (made.name.empty())
            made.name = primary ? table.name + "_pkey" : table.name + "_" + columns[0] + "_key";
        for (auto const& each : columns) made.columns.push_back(table.find_column(each)->number);
        add_index(table, made.name, columns, true, primary);
        made.index = table.indexes.back();
        table.constraints.push_back(std::move(made));
    }

    catalog_builder builder_;
    catalog_ptr snapshot_;
    analysis_settings settings_;
    std::string text_;
};

}  // namespace

catalog_ptr catalog_of_script(std::string_view script) {
    script_runner runner;
    runner.run(script);
    return runner.result();
}

}  // namespace sluice::sql
