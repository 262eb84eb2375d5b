// A store with one of everything in it: objects of all sizes and ways of storing, copies, uploads
// under way and
// completed, deletions small and large, audit records. What check and backup are tried on.
#pragma once

#include <string>

#include "backend/store/upload_verbs.hpp"
#include "tests/contract/store/store_world.hpp"

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

inline void fill(store_world& world) {
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
}

}  // namespace sluice::test
