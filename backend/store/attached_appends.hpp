// Records of topics that become durable with a commit of something else: a transaction's rows. Kept
// per partition until then, with what savepoints take back; `attach` makes one run of each
// partition's batches in the commit and holds the topics against being dropped until it is
// published, so that a run that is in the commit is in the log.
//
// Thread rule: one coroutine at a time. Lifetime: inside its transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/store/change.hpp"
#include "backend/store/log_table.hpp"

namespace sluice::store {

class attached_appends {
public:
    // How much a partition had before: what take_back needs.
    struct mark {
        std::size_t partition = 0;
        std::size_t bytes = 0;
    };

    // `batches`: whole and checked before, of no producer. too_large: limits.append_bytes,
    // append_parts; permission_denied: a log of the system; not_found: no such partition.
    result<mark> add(engine const&, topic_handle, partition_index, std::string_view batches);
    // The same for the journal of a bucket.
    result<mark> add_to_journal(engine const&, topic_handle, std::string_view batches);
    void take_back(mark);

    bool empty() const noexcept { return bytes_ == 0; }
    std::size_t bytes() const noexcept { return bytes_; }
    bool has(dataset_id topic) const noexcept;
    // Of the commit's mutations, at most.
    std::size_t mutation_bytes() const noexcept;

    // After the transaction's own locks. not_found: a topic was dropped meanwhile.
    task<result<void>> attach(engine&, change& work);

private:
    struct part {
        topic_handle topic;
        partition_index partition{};
        std::string batches;
    };
    result<mark> add_part(engine const&, topic_handle, partition_index, std::string_view batches);

    std::vector<part> parts_;
    std::size_t bytes_ = 0;
};

}  // namespace sluice::store
