// A store with one of everything in it: objects of all sizes and ways of storing, copies, uploads
// under way and completed, deletions small and large, topics with records, a consumer group, rows
// with index entries, audit records. What check and backup are tried on.
#pragma once

#include <string>

#include "backend/store/group_verbs.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/log_verbs.hpp"
#include "backend/store/table_transaction.hpp"
#include "backend/store/topic_verbs.hpp"
#include "backend/store/upload_verbs.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {

inline store::object_stat upload_in_parts(store_world& world, std::string const& key,
                                          std::size_t parts) {
    using namespace store;
    auto const upload =
        world.run(create_upload(world.store(), {"b", key, principal_id{7}, {}, {}})).value();
    complete_upload_request request;
    request.upload = {"b", key, upload.id};
    request.minimum_part_bytes = 0;
    for (std::uint32_t number = 1; number <= parts; ++number) {
        put_part_request part;
        part.upload = request.upload;
        part.number = number;
        part.payload = world.streamed(pattern(700'000, number));
        part.etag = "part-" + std::to_string(number);
        world.run(put_part(world.store(), std::move(part))).value();
        request.parts.push_back({number, "part-" + std::to_string(number)});
    }
    request.finish = [](upload_info const&,
                        std::vector<part_info> const&) -> result<completed_object> {
        return completed_object{"whole", {}};
    };
    return world.run(complete_upload(world.store(), std::move(request))).value().object;
}

inline constexpr std::int64_t records_per_log = 12;

// Topic "events": two partitions of records small and large, each appended by itself.
inline void fill_logs(store_world& world) {
    using namespace store;
    create_topic_request topic;
    topic.name = "events";
    topic.partitions = 2;
    topic.settings = {{"cleanup.policy", "delete"}};
    world.run(create_topic(world.store(), std::move(topic))).value();
    for (int i = 0; i < 2 * records_per_log; ++i) {
        batch_maker maker;
        maker.value_bytes = i % 3 == 0 ? 300'000 : 50;
        append_request append;
        append.parts.push_back({world.store().logs().find("events"), partition_index{i % 2},
                                maker.make(1, static_cast<char>('a' + i)), 0});
        world.run(append_log(world.store(), std::move(append))).front().value();
    }
    commit_offsets_request offsets;
    offsets.group = "readers";
    committed_offset where;
    where.partition = partition_index{1};
    where.offset = log_offset{3};
    offsets.offsets.push_back({world.store().logs().find("events"), where});
    world.run(commit_offsets(world.store(), std::move(offsets))).front().value();
    world.run(save_group(world.store(), {"readers", "state of the coordinator"})).value();
}

struct filled_table {
    dataset_id table{}, index{};
    static constexpr int rows = 40;
    static std::string key(int row) { return "row-" + std::to_string(100 + row); }
    static std::string row(int row) { return "value " + std::to_string(row * row); }
};

// A table with a unique index; some of its rows were changed and some erased again.
inline filled_table fill_table(store_world& world) {
    using namespace store;
    filled_table made{world.store().ids().next_dataset().value(),
                      world.store().ids().next_dataset().value()};
    auto change = [&](auto const& statement) {
        table_transaction in(world.store(), isolation::read_committed);
        in.begin_statement();
        statement(in);
        world.run(in.commit({"a table was changed"})).value();
    };
    auto const entry = [&](int row) {
        return std::vector<index_entry>{{made.index, "by " + filled_table::key(row), true}};
    };
    change([&](table_transaction& in) {
        for (int i = 0; i < filled_table::rows + 5; ++i)
            world.run(in.insert(made.table, filled_table::key(i), "first", entry(i))).value();
    });
    change([&](table_transaction& in) {
        for (int i = 0; i < filled_table::rows; ++i) {
            world.run(in.lock_row(made.table, filled_table::key(i), row_lock_mode::update,
                                  lock_wait::wait)).value();
            world.run(in.update(made.table, filled_table::key(i), filled_table::row(i), {}, {}))
                .value();
        }
        for (int i = filled_table::rows; i < filled_table::rows + 5; ++i) {
            world.run(in.lock_row(made.table, filled_table::key(i), row_lock_mode::update,
                                  lock_wait::wait)).value();
            world.run(in.erase(made.table, filled_table::key(i), entry(i))).value();
        }
    });
    return made;
}

// Where the rows went.
inline filled_table fill(store_world& world) {
    using namespace store;
    world.make_bucket("b");
    world.make_bucket("empty");
    for (auto const size : {0, 1, 2048, 2049, 65'536, 262'145, 1'048'576, 3'500'000})
        world.put("k" + std::to_string(size), pattern(static_cast<std::size_t>(size), 1));
    world.put("gone", pattern(300'000, 2));
    world.put("replaced", pattern(50'000, 3));
    world.put("replaced", pattern(60'000, 4));
    world.run(copy_object(world.store(),
        {.source_bucket = "b", .source_key = "k3500000", .bucket = "b", .key = "copy"}))
        .value();
    auto encrypted = put_request("in another form", world.streamed(pattern(500'000, 6)));
    encrypted.size = 499'000;
    encrypted.attributes.encryption = "sealed";
    world.run(put_object(world.store(), std::move(encrypted))).value();
    auto small = put_request("small in another form", small_payload(pattern(100, 6)));
    small.size = 52;
    small.attributes.encryption = "sealed";
    world.run(put_object(world.store(), std::move(small))).value();
    upload_in_parts(world, "composed", 3);
    upload_in_parts(world, "composed and gone", 2);
    auto const open =
        world.run(create_upload(world.store(), {"b", "open", principal_id{7}, {}, {}})).value();
    put_part_request part;
    part.upload = {"b", "open", open.id};
    part.number = 4;
    part.payload = world.streamed(pattern(400'000, 5));
    part.etag = "four";
    world.run(put_part(world.store(), std::move(part))).value();
    delete_object_request with_audit;
    with_audit.bucket = "b";
    with_audit.key = "gone";
    with_audit.audit = {"first audit record", "second audit record"};
    world.run(delete_object(world.store(), std::move(with_audit))).value();
    world.run(delete_object(world.store(),
                            {"b", "composed and gone", {}, {"third audit record"}})).value();
    fill_logs(world);
    return fill_table(world);
}

}  // namespace sluice::test
