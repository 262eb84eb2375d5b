#include "protocols/sql/execute/engine_rows.hpp"

#include "protocols/sql/execute/engine_run.hpp"
#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/execute/statement_execution.hpp"
#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/query_maker.hpp"

namespace sluice::sql {
namespace {

bool is_analytic(query const& body) {
    if (body.has_aggregates || body.has_windows || body.distinct || !body.distinct_on.empty() ||
        !body.grouping_sets.empty() || !body.order.empty() || body.from.size() > 1 ||
        body.combine != set_operation::none)
        return true;
    for (auto const& each : body.from) {
        auto const* relation = std::get_if<std::uint32_t>(&each.node);
        if (relation == nullptr) return true;
        auto const* nested =
            std::get_if<range_entry::subquery>(&body.range_table[*relation].source);
        if (nested != nullptr && is_analytic(*nested->body)) return true;
    }
    return false;
}

std::uint64_t rows_of_tables(query const& body, statement_run& run) {
    std::uint64_t rows = 0;
    each_query(body, [&](query const& inside) {
        engine::query_level const at{&inside, nullptr};
        level_frames around(at);
        for (std::uint32_t i = 0; i < inside.range_table.size(); ++i)
            if (std::holds_alternative<range_entry::table>(inside.range_table[i].source))
                rows += run.reader.estimated_rows(inside.range_table[i], i, bounds_of(inside, i),
                                                  around.front(), run);
    });
    return rows;
}

// What the engine ended with that is not an error of ours.
sql_error error_of(failure const& what) {
    switch (what.code) {
        case error::out_of_range: return sql_error("22003", what.text);
        case error::cancelled:
        case error::deadline_exceeded:
            return sql_error("57014", "canceling statement due to user request");
        case error::too_large:
            return sql_error("53200", "out of memory")
                .with_detail("The statement would hold more than limits.sql_engine_statement.");
        case error::precondition_failed: return sql_error("21000", what.text);
        default: break;
    }
    return sql_error("XX000", "the read engine failed: " + what.text);
}

// Whether the native executor may take over from it.
bool can_decline(failure const& what) {
    return what.code == error::unsupported || what.code == error::overloaded ||
           what.code == error::closed || what.code == error::invalid_argument;
}

class engine_stream final : public result_rows {
public:
    explicit engine_stream(statement_run& run) : with_(std::make_unique<engine_run>(run)) {}

    // Up to the first rows. False: natively instead.
    sql_result<bool> open(query const& body, engine_use& use) {
        auto made = engine::query_maker(*with_).make(body, nullptr);
        if (!made.plan) return false;
        types_ = std::move(made.types);
        relational::query_request request;
        request.plan = std::move(made.plan);
        auto started = use.engine->start(std::move(request));
        if (started.has_error()) {
            if (can_decline(started.error())) return false;
            return error_of(started.error());
        }
        stream_ = std::move(*started);
        auto page = next_page();
        if (page.has_error()) {
            if (with_->error()) return *with_->error();
            if (can_decline(page.error())) return false;
            return error_of(page.error());
        }
        page_ = std::move(*page);
        return true;
    }

    sql_result<bool> next(sql_row& out) override {
        while (at_ >= page_.rows.size()) {
            if (page_.last) return false;
            auto page = next_page();
            if (page.has_error())
                return with_->error() ? *with_->error() : error_of(page.error());
            page_ = std::move(*page);
            at_ = 0;
        }
        auto const& row = page_.rows[at_++];
        out.clear();
        out.reserve(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            auto value = from_engine(types_[i], row[i], with_->io());
            if (value.has_error()) return std::move(value).error();
            out.push_back(std::move(*value));
        }
        return true;
    }

private:
    result<relational::result_page> next_page() {
        auto& reader = with_->run().reader;
        reader.running(stream_.get());
        auto page = stream_->next(blocking_token::for_this_thread());
        reader.running(nullptr);
        return page;
    }

    std::unique_ptr<engine_run> with_;
    std::vector<type_oid> types_;
    std::unique_ptr<relational::result_stream> stream_;  // after what its functions use
    relational::result_page page_;
    std::size_t at_ = 0;
};

}  // namespace

sql_result<result_rows_ptr> open_rows(query const& body, frame const* outer, statement_run& run,
                                      engine_use* use) {
    bool const asks = use != nullptr && use->engine != nullptr && outer == nullptr &&
                      is_analytic(body) && rows_of_tables(body, run) >= use->native_rows;
    if (!asks) {
        if (use != nullptr && outer == nullptr) ++use->native;
        return open_query(body, outer, run);
    }
    auto stream = std::make_unique<engine_stream>(run);
    auto const opened = stream->open(body, *use);
    if (opened.has_error()) return opened.error();
    if (*opened) {
        ++use->statements;
        return result_rows_ptr(std::move(stream));
    }
    ++use->declined;
    stream.reset();
    return open_query(body, outer, run);
}

}  // namespace sluice::sql
