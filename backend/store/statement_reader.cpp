#include "backend/store/statement_reader.hpp"

#include <algorithm>

#include "backend/store/log_read.hpp"
#include "backend/store/statement_read.hpp"

namespace sluice::store {

task<result<std::vector<log_bounds>>> statement_reader::log_ends(topic_handle topic) const {
    std::vector<log_bounds> out;
    for (std::size_t i = 0; i < topic->partitions(); ++i) {
        partition_index const number{static_cast<std::int32_t>(i)};
        auto const* const partition = topic->partition(number);
        if (partition->is_closed()) co_return failure{error::not_found, "the topic was dropped"};
        auto body = [&](index_view const& view) { return log_end(view, topic->id(), number); };
        auto const end = co_await read_statement(store_, snapshot_, body);
        if (end.has_error()) co_return end.error();
        log_bounds bounds;
        bounds.start = partition->bounds().start;
        bounds.end = std::max(bounds.start, *end);
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
