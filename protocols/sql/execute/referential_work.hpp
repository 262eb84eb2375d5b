// What foreign keys have yet to do in a transaction: events that row writers note, carried out at
// the end of their statement (referential_checks.hpp), or at the end of the transaction where the
// constraint is deferred, and which constraints SET CONSTRAINTS deferred.
//
// Deferred events stay until the transaction ends, so that rolling back to a savepoint can take
// back that they were checked. Thread rule: the session's executor.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auth/guard/guarded_tables.hpp"
#include "protocols/sql/catalog/objects.hpp"
#include "protocols/sql/types/datum.hpp"

namespace sluice::sql {

struct referential_event {
    enum class kind : std::uint8_t {
        reference,  // a row refers to something
        change,     // a referenced key became another
        removal     // a referenced key went
    };
    kind what{};
    object_oid rule{}, child{}, table{};  // `table`: whose row was written
    auth::table_grant grant;            // to the table whose row was written
    std::string key;                    // reference: the row's primary key
    std::vector<datum> before, after;   // change, removal: the referenced columns
    std::optional<std::size_t> done{};  // open savepoints when it was checked
    std::size_t weight() const;
};

class referential_work {
public:
    // False: more than `most` bytes are waiting.
    bool add(referential_event event, std::size_t most);
    bool defer(referential_event event, std::size_t most);
    std::optional<referential_event> next();

    // Deferred events in order, from `from` on: the first that is not done.
    std::optional<std::size_t> next_deferred(std::size_t from) const;
    referential_event const& deferred(std::size_t at) const { return deferred_[at]; }
    void set_done(std::size_t at, std::size_t savepoints) { deferred_[at].done = savepoints; }

    // Rows of that table wait to be checked: its definition has to stay.
    bool waits_for(object_oid table) const;
    bool is_deferred(constraint const& rule) const;
    void set_all(bool deferred);
    void set_one(object_oid rule, bool deferred) { modes_.one[rule] = deferred; }

    bool empty() const noexcept { return waiting_.empty() && deferred_.empty(); }
    void drop_waiting() { waiting_.clear(); }
    void clear();

    struct modes {
        std::optional<bool> all;
        std::map<object_oid, bool> one;  // after `all` was set
    };
    struct mark {
        std::size_t deferred = 0, bytes = 0;
        modes as_they_were;
    };
    mark set_mark() const { return {deferred_.size(), bytes_, modes_}; }
    void release(std::size_t savepoints);
    void roll_back(mark const& to, std::size_t savepoints);

private:
    std::deque<referential_event> waiting_;
    std::vector<referential_event> deferred_;
    std::size_t bytes_ = 0, waiting_bytes_ = 0;
    modes modes_;
};

}  // namespace sluice::sql
