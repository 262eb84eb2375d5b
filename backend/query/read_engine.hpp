// The port to the read engine: a relational plan in, pages of rows out. protocols/sql and auth/guard
// see this; backend/query/engine implements it, tests may fake it.
//
// Errors of a stream, apart from what a source or a function of the caller's own fails with (which
// comes out unchanged):
//   unsupported          the plan asks for what the engine does not do exactly
//   out_of_range         a number does not fit its kind; the text is PostgreSQL's
//   precondition_failed  a subquery that stands for one value gave more than one row
//   too_large            the query's memory, plan size or spill limit
//   overloaded           no room for another query of its class
//   deadline_exceeded, cancelled; closed: the engine failed inside (a bug), others are not affected
//
// Thread rule: next() is called by one thread at a time and does the whole work of the query there;
// cancel() from any thread. Destroying a stream ends its query. The engine outlives its streams.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backend/query/plan.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::query {

// Queries of one class share its memory and its number of running queries.
enum class work_class : std::uint8_t { interactive, batch };

struct query_request {
    node_ptr plan;
    work_class of = work_class::interactive;
    std::uint64_t memory_bytes = 0;  // 0: what the class gives each query
    std::optional<monotonic_time> deadline;
};

struct result_page {
    std::vector<std::vector<value>> rows;
    bool last = false;  // no further page follows
};

class result_stream {
public:
    virtual ~result_stream() = default;
    virtual std::vector<value_type> const& columns() const = 0;
    // The next rows, at most the engine's page limits; nothing is computed ahead of it.
    virtual result<result_page> next(blocking_token) = 0;
    virtual void cancel() = 0;
};

class read_engine {
public:
    virtual ~read_engine() = default;
    // Checks the plan; work begins with the first next().
    virtual result<std::unique_ptr<result_stream>> start(query_request) = 0;
};

}  // namespace sluice::query
