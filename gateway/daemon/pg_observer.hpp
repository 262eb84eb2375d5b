// Counts what the PostgreSQL front does: logins, messages by type, statements by kind and SQLSTATE
// class, cancellations, bytes. Series are made at the start, from closed sets.
// Thread rule: the on_ functions from any thread. Lifetime: the metrics outlive it.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "gateway/core/metrics.hpp"
#include "protocols/postgres/pg_observer.hpp"

namespace sluice::gateway {

class pg_observer final : public postgres::session_observer {
public:
    explicit pg_observer(metrics& into);

    void on_login(postgres::login_outcome what) noexcept override;
    void on_message(char letter) noexcept override;
    void on_statement(postgres::finished_statement const& what) noexcept override;
    void on_cancel(bool found) noexcept override;
    void on_session_end(std::uint64_t bytes_in, std::uint64_t bytes_out) noexcept override;

private:
    struct statement_series {
        std::string_view kind;  // first word of the tag
        counter count;
        histogram seconds;
    };
    statement_series const& series_of(std::string_view tag) const noexcept;

    std::array<counter, 3> logins_;  // by login_outcome
    std::array<counter, 256> messages_;
    std::vector<statement_series> statements_;  // the last one: other
    std::array<counter, 6> errors_;             // by class of SQLSTATE
    counter cancels_found_, cancels_missed_, rows_, bytes_in_, bytes_out_;
};

}  // namespace sluice::gateway
