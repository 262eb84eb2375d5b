#include <gtest/gtest.h>

#include "protocols/sql/catalog/catalog_records.hpp"

namespace sluice::sql {
namespace {

relation full_table() {
    relation made;
    made.oid = object_oid{16400};
    made.schema = schema_oids::public_;
    made.name = "t";
    made.dataset = dataset_id{7};
    made.maker = principal_id{0x0102030405060708};
    column id;
    id.number = 1;
    id.name = "id";
    id.type = {type_oid{1043}, 14};
    id.not_null = true;
    id.default_text = "'x'";
    id.identity = 'a';
    id.comment = "c";
    made.columns.push_back(id);
    constraint key;
    key.oid = object_oid{16401};
    key.what = constraint::kind::primary_key;
    key.name = "t_pkey";
    key.columns = {1};
    made.constraints.push_back(key);
    made.indexes = {object_oid{16402}};
    made.index.emplace();
    made.index->keys.push_back({1, "lower(a)", object_oid{1978}, true, false});
    made.sequence.emplace();
    made.sequence->counter = "s";
    return made;
}

TEST(catalog_records, round_trip) {
    auto const bytes = encode_record(full_table());
    auto const object = decode_record(bytes);
    ASSERT_TRUE(object.has_value());
    auto const& back = std::get<relation>(*object);
    EXPECT_EQ(encode_record(back), bytes);
    EXPECT_EQ(back.columns.at(0).type.modifier, 14);
    EXPECT_EQ(back.columns.at(0).default_text, "'x'");
    EXPECT_EQ(back.constraints.at(0).name, "t_pkey");
    EXPECT_TRUE(back.index->keys.at(0).descending);
    EXPECT_EQ(back.sequence->counter, "s");
    EXPECT_EQ(back.dataset, dataset_id{7});
    EXPECT_EQ(back.maker, principal_id{0x0102030405060708});
}

// Version 1 as it was first written: later versions must go on reading these bytes.
TEST(catalog_records, version_1_stays_readable) {
    std::string const head(
        "\x01\x01\x05\x40\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x02"
        "db",
        17);
    auto const object = decode_record(head);
    ASSERT_TRUE(object.has_value());
    auto const& read = std::get<catalog_head>(*object);
    EXPECT_EQ(read.next_oid, object_oid{16389});
    EXPECT_EQ(read.version, 9u);
    EXPECT_EQ(read.database_name, "db");
    std::string const schema_bytes(
        "\x01\x02\x00\x40\x00\x00\x01s\x0a\x00\x00\x00\x01"
        "c\x00",
        15);
    auto const second = decode_record(schema_bytes);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(std::get<schema>(*second).name, "s");
    EXPECT_EQ(std::get<schema>(*second).comment, "c");
    EXPECT_EQ(std::get<schema>(*second).maker, principal_id{});
    // A relation of version 2 is one of version 3 without five bytes for each constraint that is no
    // foreign key, one of version 1 lacks eight more.
    auto relation_bytes = encode_record(full_table());
    ASSERT_EQ(relation_bytes[0], 3);
    relation_bytes[0] = 2;
    EXPECT_TRUE(decode_record(relation_bytes).has_error());
    relation_bytes.resize(relation_bytes.size() - 5 * full_table().constraints.size());
    EXPECT_TRUE(decode_record(relation_bytes).has_value());
    relation_bytes[0] = 1;
    EXPECT_TRUE(decode_record(relation_bytes).has_error());
    relation_bytes.resize(relation_bytes.size() - 8);
    auto const third = decode_record(relation_bytes);
    ASSERT_TRUE(third.has_value());
    EXPECT_EQ(std::get<relation>(*third).name, "t");
    EXPECT_EQ(std::get<relation>(*third).maker, principal_id{});
}

// Version 2, the last eight bytes of schemas and relations.
TEST(catalog_records, version_2_ends_with_who_made_it) {
    schema made;
    made.oid = object_oid{16384};
    made.name = "s";
    made.comment = "c";
    made.maker = principal_id{0x0102030405060708};
    std::string const bytes(
        "\x02\x02\x00\x40\x00\x00\x01s\x0a\x00\x00\x00\x01"
        "c\x00\x08\x07\x06\x05\x04\x03\x02\x01",
        23);
    EXPECT_EQ(encode_record(made), bytes);
    auto const object = decode_record(bytes);
    ASSERT_TRUE(object.has_value());
    EXPECT_EQ(std::get<schema>(*object).maker, made.maker);
}

TEST(catalog_records, what_is_new_belongs_to_the_maker_and_stays_his) {
    catalog_builder builder(*catalog_snapshot::initial());
    builder.set_maker(principal_id{5000}, object_oid{77});
    relation made;
    made.schema = schema_oids::public_;
    made.name = "mine";
    auto const oid = builder.put_relation(made);
    auto const first = builder.contents().relations.at(oid);
    EXPECT_EQ(first->maker, principal_id{5000});
    EXPECT_EQ(first->owner, object_oid{77});
    builder.set_maker(principal_id{6000}, object_oid{78});
    auto changed = *first;
    changed.name = "renamed";
    changed.maker = {};
    builder.put_relation(changed);
    EXPECT_EQ(builder.contents().relations.at(oid)->maker, principal_id{5000});
    EXPECT_EQ(builder.contents().relations.at(oid)->owner, object_oid{77});
}

TEST(catalog_records, damaged_bytes_are_refused) {
    auto const bytes = encode_record(full_table());
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_TRUE(decode_record(std::string_view(bytes).substr(0, length)).has_error()) << length;
    EXPECT_TRUE(decode_record(bytes + "x").has_error());
    auto newer = bytes;
    newer[0] = 4;
    auto const made = decode_record(newer);
    ASSERT_TRUE(made.has_error());
    EXPECT_EQ(made.error().code, error::unsupported);
}

TEST(catalog_records, a_catalog_comes_back_from_its_records) {
    catalog_builder builder(*catalog_snapshot::initial());
    auto table = full_table();
    table.index.reset();
    table.sequence.reset();
    table.oid = {};
    builder.put_relation(table);
    user_type mood;
    mood.name = "mood";
    mood.schema = schema_oids::public_;
    mood.labels = {"ok", "sad"};
    mood.row.kind = 'e';
    builder.put_type(std::move(mood));
    auto const published = builder.snapshot();
    std::vector<store::stored_record> stored;
    for (auto& change : record_changes(builder, lsn{})) {
        ASSERT_TRUE(change.value.has_value());
        stored.push_back({change.name, *change.value, lsn{5}});
    }
    auto const loaded = load_catalog(stored);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ((*loaded)->version(), published->version());
    auto const* type = (*loaded)->find_type(schema_oids::public_, "mood");
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type->input, "enum_in");
    EXPECT_EQ((*loaded)->find_user_type(type_oid{type->oid})->labels.size(), 2u);
    EXPECT_EQ((*loaded)->find_relation(schema_oids::public_, "t")->columns.size(), 1u);
    EXPECT_EQ((*loaded)->contents().next_oid, published->contents().next_oid);
}

}  // namespace
}  // namespace sluice::sql
