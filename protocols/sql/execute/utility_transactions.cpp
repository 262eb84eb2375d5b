#include "protocols/sql/execute/utility_steps.hpp"

namespace sluice::sql {
namespace {

bool truth_of(utility::option const& mode) {
    using kind = utility::option::kind;
    if (mode.what == kind::integer || mode.what == kind::boolean)
        return mode.number != 0 || mode.text == "true" || mode.text == "on";
    return mode.text == "on" || mode.text == "true";
}

sql_result<void> set_modes(session_context& context, std::vector<utility::option> const& modes) {
    for (auto const& mode : modes) {
        if (mode.name == "transaction_isolation") {
            if (context.has_store_transaction() &&
                mode.text != context.settings.text("transaction_isolation"))
                return sql_error("25001",
                                 "SET TRANSACTION ISOLATION LEVEL must be called before any query");
            context.settings.set_transaction_value("transaction_isolation", mode.text);
        } else if (mode.name == "transaction_read_only") {
            bool const on = truth_of(mode);
            if (!on && context.has_store_transaction() &&
                context.settings.is_on("transaction_read_only"))
                return sql_error("25001",
                                 "transaction read-write mode must be set before any query");
            context.settings.set_transaction_value("transaction_read_only", on ? "on" : "off");
        } else if (mode.name == "transaction_deferrable") {
            context.settings.set_transaction_value("transaction_deferrable",
                                                   truth_of(mode) ? "on" : "off");
        }
    }
    // No transaction that writes is serializable, so that whatever a snapshot shows to one that only
    // reads could have come about serially, deferred or not.
    if (context.settings.text("transaction_isolation") == "serializable" &&
        !context.settings.is_on("transaction_read_only"))
        return sql_error("0A000", "isolation level SERIALIZABLE is not served to transactions that "
                                  "write")
            .with_hint("Use REPEATABLE READ, or READ ONLY.");
    return {};
}

sql_result<utility_result> begin(session_core& core, utility::transaction const& what) {
    auto& context = core.context;
    if (context.block == block_state::block) {
        context.notice("WARNING", sql_error("25001", "there is already a transaction in progress"));
    } else {
        context.need_transaction();
        context.block = block_state::block;
        for (auto const* name : {"transaction_isolation", "transaction_read_only"})
            context.settings.set_transaction_value(
                name, context.settings.text(std::string("default_") + name));
    }
    auto const set = set_modes(context, what.modes);
    if (set.has_error()) return set.error();
    return tagged(what.what == utility::transaction::kind::start ? "START TRANSACTION" : "BEGIN");
}

void begin_again(session_core& core, std::string isolation, std::string read_only) {
    auto& context = core.context;
    context.need_transaction();
    context.block = block_state::block;
    context.settings.set_transaction_value("transaction_isolation", std::move(isolation));
    context.settings.set_transaction_value("transaction_read_only", std::move(read_only));
}

utility_task end(session_core& core, utility::transaction const& what, bool commit) {
    auto& context = core.context;
    bool const in_block = context.block == block_state::block;
    if (!in_block && what.chain)
        co_return sql_error("25P01", std::string(commit ? "COMMIT" : "ROLLBACK") +
                                         " AND CHAIN can only be used in transaction blocks");
    if (!in_block)
        context.notice("WARNING", sql_error("25P01", "there is no transaction in progress"));
    auto isolation = context.settings.text("transaction_isolation");
    auto read_only = context.settings.text("transaction_read_only");
    bool const succeeds = commit && !context.failed;
    if (succeeds) {
        auto const done = co_await context.commit();
        if (done.has_error()) co_return done.error();
    } else {
        context.roll_back();
    }
    if (what.chain) begin_again(core, std::move(isolation), std::move(read_only));
    co_return tagged(succeeds ? "COMMIT" : "ROLLBACK");
}

}  // namespace

utility_task run_transaction(session_core& core, utility::transaction const& what) {
    auto& context = core.context;
    using kind = utility::transaction::kind;
    auto needs_block = [&](char const* name) -> sql_result<void> {
        if (context.block == block_state::block) return {};
        return sql_error("25P01", std::string(name) + " can only be used in transaction blocks");
    };
    switch (what.what) {
        case kind::begin:
        case kind::start: co_return begin(core, what);
        case kind::commit:
        case kind::rollback: {
            auto done = co_await end(core, what, what.what == kind::commit);
            co_return done;
        }
        case kind::savepoint: {
            auto const inside = needs_block("SAVEPOINT");
            if (inside.has_error()) co_return inside.error();
            auto const set = context.set_savepoint(what.name);
            if (set.has_error()) co_return set.error();
            co_return tagged("SAVEPOINT");
        }
        case kind::release: {
            auto const inside = needs_block("RELEASE SAVEPOINT");
            if (inside.has_error()) co_return inside.error();
            auto const released = context.release_savepoint(what.name);
            if (released.has_error()) co_return released.error();
            co_return tagged("RELEASE");
        }
        case kind::rollback_to: {
            auto const inside = needs_block("ROLLBACK TO SAVEPOINT");
            if (inside.has_error()) co_return inside.error();
            auto const back = context.roll_back_to(what.name);
            if (back.has_error()) co_return back.error();
            co_return tagged("ROLLBACK");
        }
        case kind::prepare:
        case kind::commit_prepared:
        case kind::rollback_prepared: break;
    }
    co_return not_served("PREPARE TRANSACTION");
}

// SET TRANSACTION and SET SESSION CHARACTERISTICS.
sql_result<void> set_transaction_modes(session_core& core, utility::set_setting const& what) {
    auto& context = core.context;
    if (what.what == utility::set_setting::kind::transaction) {
        if (context.block != block_state::block)
            context.notice("WARNING", sql_error("25P01", "SET TRANSACTION can only be used in "
                                                         "transaction blocks"));
        return set_modes(context, what.values);
    }
    for (auto const& mode : what.values) {
        auto const given = mode.name == "transaction_isolation" ? mode.text
                           : truth_of(mode)                     ? std::string("on")
                                                                : std::string("off");
        auto const set = context.settings.set("default_" + mode.name, given, false);
        if (set.has_error()) return set;
    }
    return {};
}

}  // namespace sluice::sql
