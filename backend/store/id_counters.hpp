// Ids that are never used twice, over restarts too. Each kind is handed out from a block whose end
// was committed before; the next block is asked for when half of the present one is used, so that
// nobody waits. A restart skips what was left of a block.
//
// Thread rule: any thread. Lifetime: the journal outlives it; stop the journal before destroying
// it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "backend/journal/journal.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

class id_counters {
public:
    // Reads the counters and commits a first block of each.
    static result<std::unique_ptr<id_counters>> open(journal::journal&, kv::index const&,
                                                     blocking_token);

    // overloaded: the block is used up before its successor is durable; read_only: it never will
    // be.
    result<payload_id> next_payload();
    result<dataset_id> next_dataset();
    result<upload_id> next_upload();
    result<std::int64_t> next_producer();   // of idempotent producers, >= 0
    result<object_version> next_version();

private:
    enum kind : std::size_t { payload, dataset, upload, producer, version };
    static constexpr std::size_t kinds = 5;
    struct counter {
        std::uint64_t next = 0;
        std::uint64_t end = 0;           // committed: ids below it may be used
        bool extending = false;
    };
    struct shared;                       // with the completions under way

    explicit id_counters(journal::journal&);
    result<std::uint64_t> take(kind);
    void extend(kind, std::uint64_t from);

    journal::journal& journal_;
    std::shared_ptr<shared> shared_;
};

}  // namespace sluice::store
