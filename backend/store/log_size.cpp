// log_bytes
#include "backend/store/engine.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_verbs.hpp"

namespace sluice::store {

task<result<std::uint64_t>> log_bytes(engine& store, topic_handle topic,
                                      partition_index partition) {
    auto const use = store.use();
    auto const* const wanted = topic->partition(partition);
    if (wanted == nullptr || wanted->is_closed())
        co_return failure{error::not_found, "no such partition"};
    auto const start = wanted->bounds().start;
    auto body = [&](index_view const& view) -> result<std::uint64_t> {
        std::uint64_t bytes = 0;
        log_run_cursor cursor(view, topic->id(), partition, start);
        for (;;) {
            SLUICE_TRY(auto const run, cursor.take());
            if (!run) return bytes;
            bytes += run->record.length;
        }
    };
    co_return co_await read_index(store, body);
}

}  // namespace sluice::store
