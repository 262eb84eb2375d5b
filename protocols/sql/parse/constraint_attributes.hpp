// DEFERRABLE and INITIALLY ... behind a column constraint, which the grammar hands over as nodes of
// their own: what each means for the constraint before it, or PostgreSQL's refusal (42601).
#pragma once

#include <string>

#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/statements.hpp"

namespace sluice::sql {

class constraint_attributes {
public:
    enum class kind : std::uint8_t { deferrable, not_deferrable, deferred, immediate };

    // Another constraint follows.
    void start() { said_deferrable_ = said_initially_ = false; }

    sql_result<void> apply(kind what, utility::constraint_definition* to) {
        static constexpr char const* words[]{"DEFERRABLE", "NOT DEFERRABLE", "INITIALLY DEFERRED",
                                             "INITIALLY IMMEDIATE"};
        if (to == nullptr || !takes(*to))
            return sql_error("42601", std::string("misplaced ") +
                                          words[static_cast<std::size_t>(what)] + " clause");
        bool const about_deferrable = what == kind::deferrable || what == kind::not_deferrable;
        auto& said = about_deferrable ? said_deferrable_ : said_initially_;
        if (said)
            return sql_error("42601", about_deferrable
                                          ? "multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed"
                                          : "multiple INITIALLY IMMEDIATE/DEFERRED clauses not "
                                            "allowed");
        said = true;
        if (about_deferrable) to->deferrable = what == kind::deferrable;
        else to->initially_deferred = what == kind::deferred;
        if (what == kind::deferred && !said_deferrable_) to->deferrable = true;
        if (to->initially_deferred && !to->deferrable)
            return sql_error("42601",
                             "constraint declared INITIALLY DEFERRED must be DEFERRABLE");
        return {};
    }

private:
    static bool takes(utility::constraint_definition const& of) {
        using k = utility::constraint_definition::kind;
        return of.what == k::primary_key || of.what == k::unique || of.what == k::exclusion ||
               of.what == k::foreign_key;
    }

    bool said_deferrable_ = false, said_initially_ = false;
};

}  // namespace sluice::sql
