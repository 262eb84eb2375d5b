// The read engine: DuckDB, kept inside this folder. Queries of a class share its memory and a
// number of instances that are made when first needed and kept; each instance runs one query at a
// time with a memory limit of its own. A query waits for its turn inside next(), at most until its
// deadline.
//
// Thread rule and lifetime: read_engine.hpp. The clock outlives the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "backend/query/plan_check.hpp"
#include "backend/query/read_engine.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::query {

struct class_options {
    std::uint64_t memory_bytes = 512ULL << 20;       // of all queries that run
    std::uint64_t query_memory_bytes = 64ULL << 20;  // of one that asks for nothing else
    std::size_t running_max = 16;                    // open results, as many instances
    // Queries that wait for their turn, each on a thread of the pool: fewer than it has threads.
    std::size_t waiting_max = 2;
    std::uint64_t spill_bytes_max = 0;  // of each query; 0: nothing is spilled
};

struct engine_options {
    class_options interactive;
    class_options batch;
    std::string spill_folder;  // under the data folder; emptied at start
    plan_limits plans;
    std::size_t page_rows = 1024;         // a page ends with the batch that reaches either
    std::size_t page_bytes = 256U << 10;
};

// invalid_argument: options that no query could run with.
result<std::unique_ptr<read_engine>> make_engine(engine_options options, wall_clock const& clock);

}  // namespace sluice::query
