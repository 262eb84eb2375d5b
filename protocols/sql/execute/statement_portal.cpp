#include "protocols/sql/execute/statement_portal.hpp"

#include "protocols/sql/execute/point_select.hpp"
#include "protocols/sql/execute/referential_checks.hpp"
#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

kept_rows_weight::~kept_rows_weight() { core_.kept.drop(bytes_); }

sql_result<void> kept_rows_weight::add(sql_row const& row) {
    auto const weight = weight_of(row);
    bytes_ += weight;
    if (core_.kept.add(weight)) return {};
    if (core_.kept.has_room(0))
        return sql_error("53200", "out of memory")
            .with_detail("The statements of all sessions hold as much as there may be.")
            .with_hint("Keep fewer rows in cursors, or raise memory.total.");
    return sql_error("53200", "out of memory")
        .with_detail("The cursors and portals of a session would hold more than " +
                     std::to_string(core_.kept.most()) + " bytes of rows.");
}

data_portal::data_portal(session_core& core, planned_ptr plan, std::vector<datum> parameters)
    : core_(core), plan_(std::move(plan)), parameters_(std::move(parameters)), weight_(core) {}

namespace {

object_oid target_of(planned_statement const& plan) {
    if (auto const* insert = std::get_if<insert_statement>(&plan.body)) return insert->table;
    if (auto const* update = std::get_if<update_statement>(&plan.body)) return update->table;
    if (auto const* removal = std::get_if<delete_statement>(&plan.body)) return removal->table;
    return {};
}

}  // namespace

// The table that is written is locked before the plan is trusted: whoever held it may have changed
// its definition.
task<sql_result<void>> data_portal::begin() {
    auto& context = core_.context;
    context.need_transaction();
    while (true) {
        auto fresh = co_await core_.refreshed(plan_);
        if (fresh.has_error()) co_return std::move(fresh).error();
        plan_ = std::move(*fresh);
        auto const target = target_of(*plan_);
        if (target == object_oid{}) break;
        auto const relation = context.catalog()->find_relation(target);
        if (!relation) break;
        auto const version = context.catalog()->version();
        auto const locked =
            co_await context.lock_relation(*relation, relation_lock_mode::row_exclusive);
        if (locked.has_error()) co_return locked;
        auto const beside = co_await lock_referenced(context, *relation);
        if (beside.has_error()) co_return beside;
        if (context.catalog()->version() == version) break;
    }
    execution_ = std::make_unique<statement_execution>(context, core_.sequences, plan_,
                                                       std::move(parameters_));
    auto const started = co_await execution_->start();
    co_return started;
}

std::string data_portal::tag(std::uint64_t count) const {
    auto const number = std::to_string(count);
    if (std::holds_alternative<insert_statement>(plan_->body)) return "INSERT 0 " + number;
    if (std::holds_alternative<update_statement>(plan_->body)) return "UPDATE " + number;
    if (std::holds_alternative<delete_statement>(plan_->body)) return "DELETE " + number;
    return "SELECT " + number;
}

task<sql_result<row_page>> data_portal::fetch(std::uint64_t max_rows) {
    auto& context = core_.context;
    session_core::timed const limit(core_);
    if (!execution_ && !ended_) {
        context.begin_command();
        auto const begun = co_await begin();
        if (begun.has_error()) co_return begun.error();
    }
    auto out = co_await page(max_rows);
    if (out.has_error() && std::string_view(out.error().sqlstate) == "57014")
        co_return context.interrupted_error();
    co_return out;
}

std::optional<sql_result<row_page>> data_portal::fetch_at_once(std::uint64_t max_rows) {
    auto& context = core_.context;
    bool const fits = plan_->point && max_rows == 0 && !execution_ && !ended_;
    if (!fits || !core_.is_current(*plan_)) return std::nullopt;
    context.begin_command();
    context.need_transaction();
    auto rows = select_point(context, *plan_, parameters_);
    if (!rows) return std::nullopt;
    if (rows->has_error()) return std::move(*rows).error();
    ended_ = true;
    row_page out;
    out.rows = std::move(**rows);
    out.last = true;
    out.command_tag = tag(out.rows.size());
    return out;
}

task<sql_result<row_page>> data_portal::page(std::uint64_t max_rows) {
    row_page out;
    if (ended_) {
        out.last = true;
        out.command_tag = tag(0);
        co_return out;
    }
    if (max_rows == 0 && !kept_ && execution_->streams()) {
        auto some = co_await execution_->next_page(0);
        if (some.has_error()) co_return std::move(some).error();
        out.rows = std::move(some->rows);
        given_ += out.rows.size();
        out.last = some->last;
    } else {
        if (!kept_) {
            auto all = co_await execution_->run_to_end();
            if (all.has_error()) co_return std::move(all).error();
            if (!core_.context.references.empty()) {
                referential_checks checks(core_.context, core_.sequences);
                auto const held = co_await checks.finish_statement();
                if (held.has_error()) co_return held.error();
            }
            kept_ = std::move(*all);
            for (auto const& row : kept_->rows) {
                auto const fits = weight_.add(row);
                if (fits.has_error()) co_return fits.error();
            }
        }
        auto const page_rows = core_.context.services.limits.run.page_rows;
        auto const most = max_rows == 0 ? page_rows : std::min<std::uint64_t>(max_rows, page_rows);
        while (out.rows.size() < most && !kept_->rows.empty()) {
            out.rows.push_back(std::move(kept_->rows.front()));
            kept_->rows.pop_front();
        }
        given_ += out.rows.size();
        out.last = max_rows == 0 ? kept_->rows.empty() : out.rows.size() < max_rows;
    }
    if (!out.last) co_return out;
    ended_ = true;
    bool const is_select = std::holds_alternative<select_statement>(plan_->body);
    auto const selected = max_rows == 0 ? given_ : out.rows.size();
    out.command_tag = tag(is_select ? selected : kept_->count);
    execution_.reset();
    co_return out;
}

utility_portal::utility_portal(session_core& core, planned_ptr plan, std::vector<datum> parameters)
    : core_(core), plan_(std::move(plan)), parameters_(std::move(parameters)) {}

portal::copy_direction utility_portal::copies() const {
    auto const& body = std::get<utility_ptr>(plan_->body)->body;
    auto const* copy = std::get_if<utility::copy>(&body);
    if (copy == nullptr || copy->program || copy->file) return copy_direction::none;
    return copy->from ? copy_direction::in : copy_direction::out;
}

task<sql_result<row_page>> utility_portal::fetch(std::uint64_t max_rows) {
    if (!result_) {
        session_core::timed const limit(core_);
        core_.context.begin_command();
        auto done = co_await run_utility(core_, plan_, std::move(parameters_));
        if (done.has_error()) co_return std::move(done).error();
        result_ = std::move(*done);
    }
    row_page out;
    auto const most = max_rows == 0 ? result_->rows.size() : max_rows;
    while (out.rows.size() < most && at_ < result_->rows.size())
        out.rows.push_back(std::move(result_->rows[at_++]));
    out.last = at_ >= result_->rows.size();
    if (out.last) out.command_tag = result_->tag;
    co_return out;
}

task<sql_result<void>> sql_cursor::keep() {
    while (!filled_) {
        auto page = co_await from_->fetch(0);
        if (page.has_error()) co_return std::move(page).error();
        for (auto& row : page->rows) {
            auto const fits = weight_.add(row);
            if (fits.has_error()) co_return fits;
            rows_.push_back(std::move(row));
        }
        filled_ = page->last;
    }
    from_.reset();
    co_return sql_result<void>();
}

task<sql_result<row_page>> sql_cursor::fetch(std::uint64_t max_rows) {
    utility::fetch how;
    how.count = max_rows == 0 ? INT64_MAX : static_cast<std::int64_t>(max_rows);
    auto rows = co_await move(how);
    if (rows.has_error()) co_return std::move(rows).error();
    row_page out;
    out.rows = std::move(*rows);
    out.last = max_rows == 0 || out.rows.size() < max_rows;
    out.command_tag = "FETCH " + std::to_string(out.rows.size());
    co_return out;
}

namespace {

std::int64_t clamped(std::int64_t value, std::int64_t most) {
    return std::clamp<std::int64_t>(value, 0, most);
}

}  // namespace

task<sql_result<std::vector<sql_row>>> sql_cursor::move(utility::fetch const& how) {
    auto const filled = co_await keep();
    if (filled.has_error()) co_return filled.error();
    auto const size = static_cast<std::int64_t>(rows_.size());
    std::vector<sql_row> out;
    auto take = [&](std::int64_t row) {
        if (row >= 1 && row <= size) out.push_back(rows_[static_cast<std::size_t>(row - 1)]);
    };
    using direction = utility::fetch::direction;
    auto where = how.where;
    auto count = how.count;
    bool const backs = (where == direction::backward && count > 0) ||
                       (where == direction::forward && count < 0) ||
                       (where == direction::absolute && count != 0 &&
                        (count < 0 ? size + 1 + count : count) < position_) ||
                       (where == direction::relative && count < 0);
    if (backs && !scroll_)
        co_return sql_error("55000", "cursor can only scan forward")
            .with_hint("Declare it with SCROLL option to enable backward scan.");
    if (where == direction::absolute || where == direction::relative) {
        auto const base = where == direction::relative ? position_ : (count < 0 ? size + 1 : 0);
        position_ = clamped(base + count, size + 1);
        take(position_);
        co_return out;
    }
    if (count < 0) {
        where = where == direction::forward ? direction::backward : direction::forward;
        count = count == INT64_MIN ? INT64_MAX : -count;
    }
    if (count == 0) {  // the row it stands on
        take(position_);
        co_return out;
    }
    auto const step = where == direction::forward ? 1 : -1;
    while (count-- > 0) {
        position_ = clamped(position_ + step, size + 1);
        if (position_ < 1 || position_ > size) break;
        take(position_);
    }
    co_return out;
}

}  // namespace sluice::sql
