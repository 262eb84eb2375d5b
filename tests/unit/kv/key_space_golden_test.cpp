// The stored form of every kind of key, as hex in tests/golden/key_space/keys.txt: a difference
// here is a change of
// the on-disk format. SLUICE_REWRITE_GOLDEN=1 writes the file anew; review the diff.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "backend/kv/key_codec.hpp"
#include "backend/kv/key_space.hpp"

namespace sluice::kv::key_space {
namespace {

std::vector<std::pair<std::string, std::string>> vectors() {
    auto dataset = dataset_id{0x0102030405060708};
    std::string with_zero("a\0b", 3);
    auto objects_page = objects(dataset, "photos/", "photos/2024/9.jpg");
    return {
        {"applied_lsn", applied_lsn()},
        {"begun_lsn", begun_lsn()},
        {"dropped 258", dropped(dataset_id{258})},
        {"id_counter payload", id_counter("payload")},
        {"setting compression", setting("compression")},
        {"bucket photos", bucket("photos")},
        {"buckets prefix ph after photos, lower", buckets("ph", "photos").lower},
        {"buckets prefix ph after photos, upper", buckets("ph", "photos").upper},
        {"identity credential root", identity("credential", "root")},
        {"identities credential, upper", identities("credential").upper},
        {"object a/b version 1", object(dataset, "a/b", object_version{1})},
        {"object a/b null version", object(dataset, "a/b", object_version{0})},
        {"object a 00 b version 258", object(dataset, with_zero, object_version{258})},
        {"objects page, lower", objects_page.lower},
        {"objects page, upper", objects_page.upper},
        {"object_versions a/b, upper", object_versions(dataset, "a/b").upper},
        {"past_object a/b", past_object(dataset, "a/b")},
        {"past_object_prefix a/", past_object_prefix(dataset, "a/")},
        {"null_version a/b", null_version(dataset, "a/b")},
        {"upload a/b 9", upload(dataset, "a/b", upload_id{9})},
        {"part 3 of upload 9", part(upload_id{9}, 3)},
        {"payload_head 17", payload_head(payload_id{17})},
        {"extent 17 at 1 MiB", extent(payload_id{17}, 1 << 20)},
        {"reverse_entry segment 5 at 8192", reverse_entry(segment_id{5}, 8192)},
        {"log_state partition 2", log_state(dataset, partition_index{2})},
        {"log_clean partition 2", log_clean(dataset, partition_index{2})},
        {"log_run partition 2 base 1000", log_run(dataset, partition_index{2}, log_offset{1000})},
        {"log_runs partition 2, upper", log_runs(dataset, partition_index{2}).upper},
        {"transaction_state id", transaction_state("id")},
        {"transaction_offset id g partition 2",
         transaction_offset("id", "g", dataset, partition_index{2})},
        {"transaction_offsets id, upper", transaction_offsets("id").upper},
        {"aborted_transaction partition 2 marker 1000",
         aborted_transaction(dataset, partition_index{2}, log_offset{1000})},
        {"row k", row(dataset, "k")},
        {"rows from b to d, lower", rows(dataset, "b", "d").lower},
        {"rows from b to d, upper", rows(dataset, "b", "d").upper},
        {"rows, upper", rows(dataset).upper},
        {"index_entry k", index_entry(dataset, "k")},
        {"index_entries from b, lower", index_entries(dataset, "b").lower},
        {"index_entries from b, upper", index_entries(dataset, "b").upper},
    };
}

TEST(key_space_golden, stored_keys_are_what_they_always_were) {
    std::string current;
    for (auto const& [name, key] : vectors()) current += name + ": " + hex_of(key) + "\n";
    std::string path = SLUICE_GOLDEN_FOLDER "/keys.txt";
    if (std::getenv("SLUICE_REWRITE_GOLDEN")) {
        std::ofstream(path, std::ios::binary) << current;
        return;
    }
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << path;
    std::stringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(current, golden.str());
}

}  // namespace
}  // namespace sluice::kv::key_space
