// The configuration parameters of one session with PostgreSQL's transaction rules: SET is undone by
// a rollback (also to a savepoint), SET LOCAL ends with the transaction, RESET goes back to what
// the start-up packet said. The state is a small immutable value, so that a savepoint is a copy of
// a pointer.
//
// Custom parameters ("app.user") are kept as text; their number is bounded. Thread rule: the
// session's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/execute/setting_values.hpp"
#include "protocols/sql/sql_session.hpp"

namespace sluice::sql {

struct setting_limits {
    std::size_t custom_settings = 1'000;
    std::size_t value_bytes = 64 * 1024;
};

class session_settings {
public:
    using values = std::map<std::string, std::string, std::less<>>;
    struct state {
        values session, local;
    };
    using saved = std::shared_ptr<state const>;

    explicit session_settings(std::string user, bool is_superuser = false,
                              setting_limits limits = {});

    // The kept value; nullopt: no such parameter.
    std::optional<std::string> value(std::string_view name) const;
    std::string text(std::string_view name) const { return value(name).value_or(""); }
    bool is_on(std::string_view name) const { return value(name) == "on"; }
    std::int64_t number(std::string_view name) const;
    sql_result<std::string> shown(std::string_view name) const;  // 42704

    sql_result<void> set(std::string_view name, std::string_view given, bool local);
    sql_result<void> reset(std::string_view name, bool local);
    void reset_all();
    sql_result<void> set_at_startup(std::string_view name, std::string_view given);
    // transaction_isolation and the like: shown, not kept across transactions.
    void set_transaction_value(std::string name, std::string value);
    void clear_transaction_values();

    // Transactions: what begin and SAVEPOINT remember, what roll back restores, what commit drops.
    saved save() const { return state_; }
    void restore(saved earlier);
    void drop_local();

    // What every statement asks for, looked up once for each state of the settings.
    struct frequent {
        std::int64_t lock_timeout = 0, statement_timeout = 0;  // milliseconds
        bool repeatable_read = false, read_only = false;       // of the transaction
    };
    frequent const& often() const;

    session_style const& style() const;
    std::vector<parameter_status> reported() const;
    std::vector<parameter_status> take_changed();
    std::uint64_t version() const noexcept { return version_; }  // grows with every change

    // Every parameter, for SHOW ALL and pg_settings.
    std::vector<std::string> names() const;

private:
    std::optional<std::string> plain_value(std::string_view canonical) const;
    void put(std::string name, std::optional<std::string> value, bool local);
    void changed() noexcept;

    setting_limits limits_;
    std::string user_;
    bool is_superuser_;
    values startup_;
    values transaction_values_;
    saved state_ = std::make_shared<state const>();
    mutable values told_;  // reported values as the client knows them
    mutable std::uint64_t told_version_ = 0;
    mutable std::optional<session_style> style_;
    mutable std::optional<frequent> often_;
    std::uint64_t version_ = 1;
};

}  // namespace sluice::sql
