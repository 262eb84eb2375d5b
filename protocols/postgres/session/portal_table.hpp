// The portals that Bind made, by name ("" is the unnamed one), each with what the front has to
// remember of it. They end with the transaction they were made in. Bounded in number.
// Thread rule: the session's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/sql_session.hpp"

namespace sluice::postgres {

struct open_portal {
    std::unique_ptr<sql::portal> body;  // null: of an empty query
    std::vector<std::int16_t> formats;  // of the result, one for each column
    std::int32_t offset = 0;            // of the statement in its query string
    bool finished = false;              // the last row is out, or it had none
    bool was_suspended = false;
    std::string tag;  // once finished
};

class portal_table {
public:
    explicit portal_table(std::size_t most) noexcept : most_(most) {}

    // Replaces the unnamed one. 42P03: the name is taken; 53400: too many.
    sql::sql_result<void> add(std::string name, open_portal what);
    // null: none of that name. Valid until it is removed.
    open_portal* find(std::string_view name);
    void remove(std::string_view name);
    // `transactions_ended` of the session: when it moved, all that was made before is gone.
    void keep_up(std::uint64_t transactions_ended);
    std::size_t size() const noexcept { return by_name_.size(); }

private:
    std::size_t most_;
    std::map<std::string, open_portal, std::less<>> by_name_;
    std::uint64_t transactions_ended_ = 0;
};

// The tag of a portal that is run in several steps counts the rows of its step: "SELECT 100" and
// `rows` 3 make "SELECT 3". A tag without a number stays.
std::string tag_with_rows(std::string_view tag, std::uint64_t rows);

}  // namespace sluice::postgres
