#include "backend/store/statement_reader.hpp"

#include <algorithm>

#include "backend/store/log_read.hpp"
#include "backend/store/statement_read.hpp"

namespace sluice::store {

namespace {

// Where the first transaction begins that is open in this state of the index, or `end`.
result<log_offset> stable_end(index_view const& view, dataset_id dataset, partition_index partition,
                              log_offset end) {
    auto cursor = view.scan(kv::family::log,
                            kv::key_space::producer_states(dataset, partition));
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto const window, producer_window::decode(cursor->value()));
        if (window.in_transaction()) end = std::min(end, window.transaction_first());
    }
    SLUICE_CHECK(cursor->status());
    return end;
}

}  // namespace

task<result<std::vector<log_bounds>>> statement_reader::log_ends(topic_handle topic) const {
    std::vector<log_bounds> out;
    for (std::size_t i = 0; i < topic->partitions(); ++i) {
        partition_index const number{static_cast<std::int32_t>(i)};
        auto const* const partition = topic->partition(number);
        if (partition->is_closed()) co_return failure{error::not_found, "the topic was dropped"};
        auto body = [&](index_view const& view) -> result<log_offset> {
            SLUICE_TRY(auto const end, log_end(view, topic->id(), number));
            if (!partition->saw_transactions()) return end;
            return stable_end(view, topic->id(), number, end);
        };
        auto const end = co_await read_statement(store_, snapshot_, body);
        if (end.has_error()) co_return end.error();
        log_bounds bounds;
        bounds.start = partition->bounds().start;
        bounds.end = bounds.stable = std::max(bounds.start, *end);
        out.push_back(bounds);
    }
    co_return out;
}

task<result<list_page>> statement_reader::list_objects(list_objects_request request) const {
    auto body = [&](index_view const& view) { return list_objects_in(store_, view, request); };
    co_return co_await read_statement(store_, snapshot_, body);
}

task<result<opened_object>> statement_reader::open_object(open_object_request request) const {
    auto body = [&](index_view const& view) { return open_object_in(store_, view, request); };
    co_return co_await read_statement(store_, snapshot_, body);
}

}  // namespace sluice::store
