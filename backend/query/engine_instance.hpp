// One DuckDB in memory, for one query at a time: its memory limit is the query's own, and what
// breaks inside stays inside. It starts no threads; the query runs on the thread that calls. No
// files but the spill folder, no extensions but the built-in functions, settings locked.
//
// Thread rule: one thread at a time; interrupt() from any thread while the instance lives.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/query/engine_functions.hpp"
#include "backend/query/execution.hpp"
#include "gateway/core/result.hpp"

namespace sluice::query {

struct instance_options {
    std::uint64_t memory_bytes = 0;
    std::string spill_folder;  // empty: nothing is spilled
    std::uint64_t spill_bytes_max = 0;
};

class engine_instance {
public:
    static result<std::unique_ptr<engine_instance>> make(instance_options const& options);
    ~engine_instance();
    engine_instance(engine_instance const&) = delete;
    engine_instance& operator=(engine_instance const&) = delete;

    // Plans the query. `query` stays until end().
    result<void> begin(execution& query, std::uint64_t memory_bytes);
    // Appends the next rows, a few thousand at most; false: there are no more.
    result<bool> fetch(std::vector<std::vector<value>>& rows);
    // Gives up what the query holds. The next one may begin.
    void end() noexcept;
    void interrupt();
    // Failed inside: not to be used again.
    bool is_broken() const;

private:
    struct parts;
    explicit engine_instance(std::unique_ptr<parts> inside);
    std::unique_ptr<parts> inside_;
};

}  // namespace sluice::query
