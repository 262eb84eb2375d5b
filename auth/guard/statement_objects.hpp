// Objects as one statement of a table transaction sees them: its snapshot, kept when the
// transaction goes on. Decided and counted as guarded_objects does it. conflict: the snapshot
// became too old, or an object was replaced since and its bytes are given up. Thread rule: one
// coroutine at a time; the guard outlives it.
#pragma once

#include <memory>
#include <string>

#include "auth/guard/caller.hpp"
#include "auth/guard/guarded_objects.hpp"
#include "auth/guard/readable_object.hpp"
#include "auth/guard/refusal.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class statement_objects {
public:
    class implementation;
    explicit statement_objects(std::unique_ptr<implementation>);
    statement_objects(statement_objects&&) noexcept;
    statement_objects& operator=(statement_objects&&) noexcept;
    ~statement_objects();

    // Verb list on bucket/prefix.
    task<guarded<store::list_page>> list(caller const& who, guarded_objects::list_request request);
    // Verb read.
    task<guarded<readable_object>> open(caller const& who, std::string bucket, std::string key);

private:
    std::unique_ptr<implementation> implementation_;
};

}  // namespace sluice::auth
