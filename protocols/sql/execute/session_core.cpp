#include "protocols/sql/execute/session_core.hpp"

#include "protocols/sql/execute/referential_checks.hpp"
#include "protocols/sql/execute/system_functions.hpp"
#include "protocols/sql/execute/with_names.hpp"
#include "protocols/sql/parse/parser.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {

std::optional<std::string> session_setting_functions::value(std::string_view name) {
    auto shown = context_.settings.shown(name);
    if (shown.has_error()) return std::nullopt;
    return std::move(*shown);
}

sql_result<std::string> session_setting_functions::set(std::string_view name,
                                                       std::string_view value, bool is_local) {
    auto const done = context_.settings.set(name, value, is_local);
    if (done.has_error()) return done.error();
    return context_.settings.shown(name);
}

session_core::session_core(sql_services& services, auth::caller who, session_request what,
                           boost::asio::any_io_executor executor)
    : context(services, std::move(who), std::move(what), std::move(executor)),
      sequences(context),
      setting_functions(context),
      system_functions(make_system_functions(context)),
      kept(services.limits.run.memory_bytes, services.limits.run.shared) {
    context.sequence_functions = &sequences;
    context.setting_functions = &setting_functions;
    context.system_functions = system_functions.get();
    context.has_cursors = [this] { return !cursors_.empty(); };
    context.close_cursors = [this] {
        std::erase_if(cursors_, [](auto const& each) { return !each.second->holds(); });
    };
    context.hold_cursors = [this] { return hold(); };
    context.check_deferred = [this] { return check_deferred(); };
}

session_core::~session_core() {
    context.has_cursors = nullptr;
    context.close_cursors = nullptr;
    cursors_.clear();
}

task<sql_result<void>> session_core::check_deferred() {
    referential_checks checks(context, sequences);
    auto const done = co_await checks.run_deferred(true);
    co_return done;
}

task<sql_result<void>> session_core::hold() {
    for (auto const& [name, cursor] : cursors_) {
        if (!cursor->holds()) continue;
        auto const kept = co_await cursor->keep();
        if (kept.has_error()) co_return kept;
    }
    co_return sql_result<void>();
}

namespace {

bool ends_a_failed_block(syntax::statement const& statement) {
    auto const* body = std::get_if<std::shared_ptr<utility_statement const>>(&statement.body);
    if (body == nullptr) return false;
    auto const* transaction = std::get_if<utility::transaction>(&(*body)->body);
    if (transaction == nullptr) return false;
    using kind = utility::transaction::kind;
    return transaction->what == kind::commit || transaction->what == kind::rollback ||
           transaction->what == kind::rollback_to;
}

std::vector<type_oid> oids_of(std::vector<sql_type> const& types) {
    std::vector<type_oid> out;
    for (auto const& each : types) out.push_back(each.oid);
    return out;
}

result_column text_column(std::string name) {
    result_column out;
    out.name = std::move(name);
    out.type.oid = oid::text;
    return out;
}

}  // namespace

task<sql_result<planned_ptr>> session_core::analyse(statement_text text,
                                                    std::vector<type_oid> types) {
    // Positions count within the text; the front adds its offset.
    statement_text alone{text.text, 0};
    auto const parsed = parse_statement(alone, context.services.limits.parse);
    if (parsed.has_error()) co_return parsed.error();
    if (!*parsed) co_return planned_ptr();
    if (context.failed && context.block == block_state::block && !ends_a_failed_block(**parsed))
        co_return sql_error("25P02", "current transaction is aborted, commands ignored until end of "
                                     "transaction block");
    auto out = co_await analyse(*parsed, text.offset, std::move(types));
    co_return out;
}

task<sql_result<planned_ptr>> session_core::analyse(syntax::statement_ptr syntax,
                                                    std::int32_t offset,
                                                    std::vector<type_oid> types) {
    auto work = [this, &syntax, offset, &types] { return analyse_known(syntax, offset, types); };
    auto out = co_await with_names(context, std::move(work));
    co_return out;
}

sql_result<planned_ptr> session_core::analyse_known(syntax::statement_ptr const& syntax,
                                                    std::int32_t offset,
                                                    std::vector<type_oid> const& types) {
    auto const catalog = context.catalog();
    auto const analysed = analyze(syntax, *catalog, context.analysis(), types);
    if (analysed.has_error()) return analysed.error();
    auto planned = plan_statement(**analysed, offset, types, context, syntax);
    if (planned.has_error()) return planned;
    if (std::holds_alternative<utility_ptr>((*planned)->body)) {
        auto described = std::make_shared<planned_statement>(**planned);
        describe_utility(*described);
        return planned_ptr(std::move(described));
    }
    return planned;
}

// Result columns of utility statements that give rows.
void session_core::describe_utility(planned_statement& plan) {
    auto const& body = std::get<utility_ptr>(plan.body)->body;
    if (auto const* show = std::get_if<utility::show>(&body)) {
        if (show->name == "all") {
            plan.columns = {text_column("name"), text_column("setting"),
                            text_column("description")};
            return;
        }
        auto const* row = builtin::find_setting(show->name);
        plan.columns = {text_column(row != nullptr ? std::string(row->name) : show->name)};
    } else if (auto const* execute = std::get_if<utility::execute>(&body)) {
        auto const* found = context.prepared.find(execute->name);
        if (found != nullptr && found->statement) plan.columns = found->statement->columns;
    } else if (auto const* fetch = std::get_if<utility::fetch>(&body)) {
        auto* cursor = find_cursor(fetch->cursor);
        if (cursor != nullptr && !fetch->move) plan.columns = cursor->columns();
    } else if (std::holds_alternative<utility::explain>(body)) {
        plan.columns = {text_column("QUERY PLAN")};
    } else {
        plan.columns.clear();
    }
}

namespace {

bool same_columns(std::vector<result_column> const& left, std::vector<result_column> const& right) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (left[i].name != right[i].name || !(left[i].type == right[i].type)) return false;
    return true;
}

}  // namespace

bool session_core::is_current(planned_statement const& plan) const {
    return !plan.tentative && !context.definitions &&
           plan.catalog_version == context.catalog()->version();
}

task<sql_result<planned_ptr>> session_core::refreshed(planned_ptr plan) {
    if (is_current(*plan)) co_return plan;
    auto const same_definitions =
        context.own_catalog && plan->tentative &&
        plan->catalog_version == context.own_catalog->version();
    if (same_definitions) co_return plan;
    if (!plan->written)
        co_return sql_error("0A000", "definitions changed while this statement was open");
    auto again = co_await analyse(plan->written, plan->offset, oids_of(plan->parameters));
    if (again.has_error()) co_return again;
    if (!same_columns(plan->columns, (*again)->columns))
        co_return sql_error("0A000", "cached plan must not change result type");
    co_return again;
}

sql_result<std::unique_ptr<portal>> session_core::open(planned_ptr plan,
                                                       std::vector<datum> parameters) {
    if (std::holds_alternative<utility_ptr>(plan->body))
        return std::unique_ptr<portal>(
            std::make_unique<utility_portal>(*this, std::move(plan), std::move(parameters)));
    return std::unique_ptr<portal>(
        std::make_unique<data_portal>(*this, std::move(plan), std::move(parameters)));
}

sql_result<void> session_core::add_cursor(std::unique_ptr<sql_cursor> made) {
    if (cursors_.contains(made->name()))
        return sql_error("42P03", "cursor \"" + made->name() + "\" already exists");
    if (cursors_.size() >= context.services.limits.cursors)
        return sql_error("53400", "too many cursors");
    auto name = made->name();
    cursors_.emplace(std::move(name), std::move(made));
    return {};
}

sql_cursor* session_core::find_cursor(std::string_view name) {
    auto const found = cursors_.find(name);
    return found == cursors_.end() ? nullptr : found->second.get();
}

sql_result<void> session_core::close_cursor(std::string_view name) {
    auto const found = cursors_.find(name);
    if (found == cursors_.end())
        return sql_error("34000", "cursor \"" + std::string(name) + "\" does not exist");
    cursors_.erase(found);
    return {};
}

void session_core::close_all_cursors() { cursors_.clear(); }

session_core::timed::timed(session_core& core) {
    auto const length =
        std::chrono::milliseconds(core.context.settings.often().statement_timeout);
    if (length.count() <= 0) return;
    limit_.emplace(core.context.executor, [&context = core.context] {
        context.interrupt(interruption::statement_timeout);
    });
    limit_->arm(length);
}

}  // namespace sluice::sql
