#include "backend/kv/range_erase.hpp"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <set>
#include <string>

#include "backend/kv/rocksdb_options.hpp"

namespace sluice::kv {
namespace {

// The keys of one family that a batch writes within a range.
class written_keys final : public rocksdb::WriteBatch::Handler {
public:
    written_keys(std::uint32_t family, rocksdb::Slice begin, rocksdb::Slice end,
                 std::set<std::string>& found)
        : family_(family), begin_(begin), end_(end), found_(found) {}

    rocksdb::Status PutCF(std::uint32_t family, rocksdb::Slice const& key,
                          rocksdb::Slice const&) override {
        if (family == family_ && key.compare(begin_) >= 0 && key.compare(end_) < 0)
            found_.insert(key.ToString());
        return rocksdb::Status::OK();
    }
    rocksdb::Status DeleteCF(std::uint32_t,
                             rocksdb::Slice const&) override { return rocksdb::Status::OK(); }
    rocksdb::Status DeleteRangeCF(std::uint32_t, rocksdb::Slice const&,
                                  rocksdb::Slice const&) override {
        return rocksdb::Status::OK();
    }

private:
    std::uint32_t const family_;
    rocksdb::Slice const begin_, end_;
    std::set<std::string>& found_;
};

}  // namespace

rocksdb::Status erase_range(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* family,
                            rocksdb::Slice const& begin,
                            rocksdb::Slice const& end, rocksdb::WriteBatch& step) {
    std::set<std::string> keys;
    written_keys written(family->GetID(), begin, end, keys);
    auto status = step.Iterate(&written);
    if (!status.ok()) return status;
    for (auto const& key : keys) {
        status = step.Delete(family, key);
        if (!status.ok()) return status;
    }
    auto options = sound_read_options();
    options.iterate_upper_bound = &end;
    std::unique_ptr<rocksdb::Iterator> stored(database.NewIterator(options, family));
    stored->Seek(begin);
    for (; stored->Valid(); stored->Next()) {
        status = step.Delete(family, stored->key());
        if (!status.ok()) return status;
    }
    return stored->status();
}

}  // namespace sluice::kv
