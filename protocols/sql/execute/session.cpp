#include "protocols/sql/execute/session.hpp"

#include <boost/asio/this_coro.hpp>

#include "protocols/sql/execute/copy_transfers.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/array_text.hpp"

namespace sluice::sql {
namespace {

class native_sql_session final : public sql_session {
public:
    native_sql_session(sql_services& services, auth::caller who, session_request what,
                       boost::asio::any_io_executor executor)
        : core_(services, std::move(who), std::move(what), std::move(executor)) {}

    sql_result<std::vector<statement_text>> split(std::string_view text) override {
        return split_statements(text, core_.context.services.limits.parse);
    }

    task<sql_result<statement_ptr>> prepare(statement_text text,
                                            std::vector<type_oid> types) override {
        core_.context.services.catalog.look_at_roles();  // 'name'::regrole
        auto planned = co_await core_.analyse(std::move(text), std::move(types));
        if (planned.has_error()) co_return std::move(planned).error();
        co_return statement_ptr(std::move(*planned));
    }

    sql_result<std::unique_ptr<portal>> bind(statement_ptr statement,
                                             std::vector<datum> parameters) override {
        auto& context = core_.context;
        auto plan = std::static_pointer_cast<planned_statement const>(std::move(statement));
        if (context.failed && context.block == block_state::block && !may_end_block(*plan))
            return sql_error("25P02", "current transaction is aborted, commands ignored until "
                                      "end of transaction block");
        context.need_transaction();
        return core_.open(std::move(plan), std::move(parameters));
    }

    task<sql_result<std::unique_ptr<copy_transfer>>> start_copy(portal& of) override {
        core_.context.begin_command();
        core_.context.need_transaction();
        auto& utility = static_cast<utility_portal&>(of);
        auto made = co_await make_copy_transfer(core_, utility.plan());
        co_return made;
    }

    task<sql_result<void>> end_of_request() override {
        auto& context = core_.context;
        if (context.block != block_state::implicit) co_return sql_result<void>();
        if (context.failed) {
            context.roll_back();
            co_return sql_result<void>();
        }
        auto done = co_await context.commit();
        co_return done;
    }

    bool end_of_request_at_once() override {
        auto& context = core_.context;
        if (context.block != block_state::implicit) return true;
        if (context.failed) {
            context.roll_back();
            return true;
        }
        return context.commit_at_once();
    }

    void note_error() override {
        if (core_.context.block == block_state::none) core_.context.need_transaction();
        core_.context.failed = true;
    }

    transaction_status status() const override {
        if (core_.context.block != block_state::block) return transaction_status::idle;
        return core_.context.failed ? transaction_status::failed
                                    : transaction_status::in_transaction;
    }
    std::uint64_t transactions_ended() const override { return core_.context.transactions_ended; }
    prepared_statements& prepared() override { return core_.context.prepared; }
    portal* find_cursor(std::string_view name) override { return core_.find_cursor(name); }

    sql_result<datum> input_text(type_oid type, std::string_view text) override {
        return sql::input_text({type, -1}, text, core_.context.base_context().io);
    }
    sql_result<datum> input_binary(type_oid type, std::string_view bytes) override {
        return sql::input_binary({type, -1}, bytes, core_.context.base_context().io);
    }
    sql_result<void> output_text(sql_type type, datum const& value, std::string& out) override {
        auto const before = out.size();
        auto const& io = core_.context.base_context().io;
        sql::output_text(type.oid, value, io, out);
        return check_printed(value, out.size() - before, io);
    }
    sql_result<void> output_binary(sql_type type, datum const& value, std::string& out) override {
        sql::output_binary(type.oid, value, core_.context.base_context().io, out);
        return {};
    }

    std::int16_t type_length(type_oid type) const override {
        auto const* row = core_.context.catalog()->find_type(type);
        return row == nullptr ? std::int16_t{-1} : row->length;
    }

    sql_result<void> set_at_startup(std::string_view name, std::string_view value) override {
        return core_.context.settings.set_at_startup(name, value);
    }
    std::vector<parameter_status> reported_settings() const override {
        return core_.context.settings.reported();
    }
    std::vector<session_notice> take_notices() override {
        return std::exchange(core_.context.notices, {});
    }
    std::vector<parameter_status> take_changed_settings() override {
        return core_.context.settings.take_changed();
    }
    void cancel() override { core_.context.interrupt(interruption::user); }

private:
    static bool may_end_block(planned_statement const& plan) {
        auto const* body = std::get_if<utility_ptr>(&plan.body);
        if (body == nullptr) return false;
        auto const* transaction = std::get_if<utility::transaction>(&(*body)->body);
        using kind = utility::transaction::kind;
        return transaction != nullptr &&
               (transaction->what == kind::commit || transaction->what == kind::rollback ||
                transaction->what == kind::rollback_to);
    }

    session_core core_;
};

}  // namespace

task<sql_result<std::unique_ptr<sql_session>>> native_sql_service::make_session(
    auth::caller who, session_request what) {
    if (what.database != database_)
        co_return sql_error("3D000", "database \"" + what.database + "\" does not exist");
    auto const executor = co_await boost::asio::this_coro::executor;
    auto made = std::make_unique<native_sql_session>(services_, std::move(who), std::move(what),
                                                     executor);
    co_return std::unique_ptr<sql_session>(std::move(made));
}

}  // namespace sluice::sql
