#include "protocols/sql/catalog/catalog.hpp"

#include <gtest/gtest.h>

namespace sluice::sql {
namespace {

relation table_named(std::string name) {
    relation made;
    made.schema = schema_oids::public_;
    made.name = std::move(name);
    column id;
    id.number = 1;
    id.name = "id";
    id.type = {type_oid{23}, -1};
    made.columns.push_back(id);
    return made;
}

TEST(catalog, paths_skip_what_is_not_there) {
    auto const catalog = catalog_snapshot::initial();
    auto const path = catalog->path_of("\"$user\", Public, nope", "bob");
    EXPECT_EQ(path.schemas,
              (std::vector<object_oid>{schema_oids::pg_catalog, schema_oids::public_}));
    EXPECT_EQ(path.creation, schema_oids::public_);
    auto const placed = catalog->path_of("public, pg_catalog", "bob");
    EXPECT_EQ(placed.schemas.front(), schema_oids::public_);
    EXPECT_EQ(catalog->path_of("", "bob").creation, object_oid{});
}

TEST(catalog, a_table_has_its_row_type_and_array) {
    catalog_builder builder(*catalog_snapshot::initial());
    auto const oid = builder.put_relation(table_named("t"));
    auto const catalog = builder.snapshot();
    auto const found = catalog->find_relation(schema_oids::public_, "t");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->oid, oid);
    auto const* row_type = catalog->find_type(found->row_type);
    ASSERT_NE(row_type, nullptr);
    EXPECT_EQ(row_type->kind, 'c');
    EXPECT_EQ(catalog->find_type(type_oid{row_type->array})->name, "_t");
    EXPECT_EQ(catalog->relation_of_type(found->row_type)->oid, oid);
}

TEST(catalog, a_snapshot_does_not_change) {
    catalog_builder builder(*catalog_snapshot::initial());
    auto const oid = builder.put_relation(table_named("t"));
    auto const before = builder.snapshot();
    auto renamed = *before->find_relation(oid);
    renamed.name = "u";
    builder.put_relation(renamed);
    auto const after = builder.snapshot();
    EXPECT_NE(before->find_relation(schema_oids::public_, "t"), nullptr);
    EXPECT_EQ(after->find_relation(schema_oids::public_, "t"), nullptr);
    EXPECT_EQ(after->find_relation(schema_oids::public_, "u")->oid, oid);
    EXPECT_EQ(after->find_type(schema_oids::public_, "t"), nullptr);
    EXPECT_NE(after->find_type(schema_oids::public_, "u"), nullptr);
    EXPECT_LT(before->version(), after->version());
    builder.erase_relation(oid);
    auto const gone = builder.snapshot();
    EXPECT_EQ(gone->find_relation(oid), nullptr);
    EXPECT_TRUE(gone->contents().types.empty());
}

TEST(catalog, system_tables_are_relations) {
    auto const catalog = catalog_snapshot::initial();
    auto const found = catalog->find_relation(schema_oids::pg_catalog, "pg_class");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->oid, object_oid{1259});
    EXPECT_EQ(found->find_column("relkind")->type.oid, type_oid{18});
    EXPECT_EQ(catalog->find_relation(schema_oids::information_schema, "tables")->kind,
              relation_kind::catalog_view);
}

class one_topic : public dynamic_relations {
public:
    relation_ptr find(object_oid in, std::string_view name) const override {
        return in == schema_oids::topics && name == "a.b" ? made() : nullptr;
    }
    relation_ptr find(object_oid relation) const override {
        return relation == object_oid{15100} ? made() : nullptr;
    }
    std::vector<relation_ptr> list(object_oid in) const override {
        if (in != schema_oids::topics) return {};
        return {made()};
    }

private:
    static relation_ptr made() {
        auto out = table_named("a.b");
        out.oid = object_oid{15100};
        out.schema = schema_oids::topics;
        out.kind = relation_kind::topic;
        return std::make_shared<relation const>(std::move(out));
    }
};

TEST(catalog, dynamic_schemas_are_asked) {
    auto const base = catalog_snapshot::initial();
    auto const catalog = catalog_snapshot::with(*base, std::make_shared<one_topic>());
    EXPECT_NE(catalog->find_relation(schema_oids::topics, "a.b"), nullptr);
    EXPECT_EQ(catalog->find_relation(schema_oids::topics, "c"), nullptr);
    EXPECT_NE(catalog->find_relation(object_oid{15100}), nullptr);
    EXPECT_EQ(base->find_relation(schema_oids::topics, "a.b"), nullptr);
    EXPECT_EQ(&base->contents(), &catalog->contents());
}

}  // namespace
}  // namespace sluice::sql
