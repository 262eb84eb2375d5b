// Whole contents of an index as plain maps, and the same maps computed from mutations: what tests
// compare.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "backend/kv/index.hpp"
#include "backend/kv/key_space.hpp"

namespace sluice::test_support {

using family_contents = std::map<std::string, std::string>;
// By family - 1; without the applied_lsn key.
using index_contents = std::array<family_contents, kv::family_count>;

inline void apply_to(index_contents& contents, std::string_view encoded) {
    for (kv::mutation_cursor in(encoded); !in.at_end();) {
        auto change = in.take().value();
        auto& family = contents[to_underlying(change.where) - 1u];
        std::string key(change.key);
        switch (change.what) {
            case kv::operation::put: family[key] = change.value; break;
            case kv::operation::erase: family.erase(key); break;
            case kv::operation::erase_range:
                if (std::string end(change.value); key < end)
                    family.erase(family.lower_bound(key), family.lower_bound(end));
                break;
        }
    }
}

inline index_contents contents_of(kv::index& index) {
    index_contents contents;
    auto view = index.take_snapshot();
    for (std::size_t i = 0; i < kv::family_count; ++i) {
        auto where = static_cast<kv::family>(i + 1);
        auto walk = index.scan(view, where, {}, {}, kv::read_tier::may_block);
        for (; walk->valid(); walk->next()) contents[i].emplace(walk->key(), walk->value());
        walk->status().value();
    }
    contents[0].erase(kv::key_space::applied_lsn());
    contents[0].erase(kv::key_space::begun_lsn());
    return contents;
}

}  // namespace sluice::test_support
