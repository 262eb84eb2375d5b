// The named prepared statements of one session, one name space for PREPARE and a front's Parse
// (PostgreSQL manual, "PREPARE" and "Message Flow: Extended Query"). Bounded in number and bytes:
// text is what is counted, with a fixed share for the tree of each. The unnamed statement is the
// front's own and not in here. Thread rule: the session's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/clock.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::sql {

struct prepared_statement {
    statement_ptr statement;  // null: an empty query
    std::string text;         // as it was sent
    std::int32_t offset = 0;  // of the statement in `text`, for error positions
    std::vector<type_oid> parameter_types;
    bool from_sql = false;  // by PREPARE
    unix_millis prepared_at{};
};

struct prepared_limits {
    std::size_t statements = 10'000;            // limits.pg_statements
    std::size_t bytes = 64 * 1024 * 1024;       // limits.pg_statement_bytes
    std::size_t bytes_per_statement = 4 * 1024;  // what the tree of one is taken to need
};

class prepared_statements {
public:
    explicit prepared_statements(prepared_limits limits = {}) : limits_(limits) {}

    // 42P05: the name is taken; 53400: a limit.
    sql_result<void> add(std::string name, prepared_statement what) {
        if (by_name_.contains(name))
            return sql_error("42P05", "prepared statement \"" + name + "\" already exists");
        auto const more = weight(name, what);
        if (by_name_.size() >= limits_.statements || bytes_ + more > limits_.bytes)
            return sql_error("53400", "too many prepared statements in this session")
                .with_hint("Close or DEALLOCATE statements that are no longer used.");
        bytes_ += more;
        by_name_.emplace(std::move(name), std::move(what));
        return {};
    }
    // null: none of that name. Valid until it is removed.
    prepared_statement const* find(std::string_view name) const {
        auto const found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : &found->second;
    }
    bool remove(std::string_view name) {
        auto const found = by_name_.find(name);
        if (found == by_name_.end()) return false;
        bytes_ -= weight(found->first, found->second);
        by_name_.erase(found);
        return true;
    }
    void clear() {
        by_name_.clear();
        bytes_ = 0;
    }
    std::map<std::string, prepared_statement, std::less<>> const& all() const noexcept {
        return by_name_;
    }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    std::size_t weight(std::string_view name, prepared_statement const& what) const {
        return limits_.bytes_per_statement + name.size() + what.text.size();
    }

    prepared_limits limits_;
    std::map<std::string, prepared_statement, std::less<>> by_name_;
    std::size_t bytes_ = 0;
};

}  // namespace sluice::sql
