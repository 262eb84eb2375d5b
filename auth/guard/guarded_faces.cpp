// Topics and objects in a table transaction: read as its statements see them, records appended with
// its commit.
#include "auth/guard/guarded_logs.hpp"
#include "auth/guard/guarded_transaction.hpp"
#include "auth/guard/readable_log.hpp"
#include "auth/guard/statement_objects_access.hpp"
#include "backend/store/engine.hpp"

namespace sluice::auth {

task<guarded<table_transaction::log_at_statement>> table_transaction::open_log(caller const& who,
                                                                               std::string topic) {
    auto& inner = *implementation_;
    auto& core = inner.core;
    auto seen = inner.rows.faces();
    if (seen.has_error()) co_return refusal(std::move(seen).error());
    auto const wanted = on_topic(action::read_log, topic);
    auto const found = core.engine.logs().find(topic);
    auto const owner = found ? found->describe()->info.owner : principal_id{};
    auto const decided = core.decide(who, wanted, owner);
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    auto const counted = co_await core.count_read(who, wanted, decided);
    if (counted.has_error()) co_return counted.error();
    if (!found) co_return refusal(failure{error::not_found, "the topic does not exist"});
    auto bounds = co_await seen->log_ends(found);
    if (bounds.has_error()) co_return refusal(std::move(bounds).error());
    readable_log log(std::make_unique<readable_log::implementation>(core.engine, found));
    co_return log_at_statement{std::move(log), std::move(*bounds)};
}

result<statement_objects> table_transaction::objects() {
    auto& inner = *implementation_;
    SLUICE_TRY(auto seen, inner.rows.faces());
    return statement_objects(
        std::make_unique<statement_objects::implementation>(inner.core, std::move(seen)));
}

bool table_transaction::appends_to(dataset_id topic) const noexcept {
    return implementation_->rows.appends_to(topic);
}

task<guarded<store::topic_info>> table_transaction::use_topic(caller const& who,
                                                              std::string topic) {
    auto& inner = *implementation_;
    auto& core = inner.core;
    auto const wanted = on_topic(action::append, topic);
    auto const found = core.engine.logs().find(topic);
    auto const info = found ? found->describe()->info : store::topic_info{};
    if (found && inner.was_decided(who.id(), topic, info.id, action::append)) co_return info;
    auto const decided = core.decide(who, wanted, info.owner);
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    if (!found) {
        failure missing{error::not_found, "the topic does not exist"};
        co_return co_await core.failed(who, wanted, decided, std::move(missing));
    }
    table_grant grant{info.id, std::move(topic), action::append};
    auto recorded = inner.add_record(who, wanted, decided, std::move(grant));
    if (recorded.has_error()) co_return refusal(std::move(recorded).error());
    co_return info;
}

result<void> table_transaction::append_records(caller const& who, store::log_append_part part,
                                               std::uint64_t records) {
    auto& inner = *implementation_;
    auto topic = inner.core.engine.logs().find(part.topic);
    if (!topic) return failure{error::not_found, "the topic does not exist"};
    auto const id = topic->id();
    if (!inner.was_decided(who.id(), part.topic, id, action::append))
        return failure{error::permission_denied, "no grant of this transaction for the topic"};
    SLUICE_CHECK(inner.rows.append(std::move(topic), part.partition, part.batches));
    inner.count_records(id, records, part.batches.size());
    return success();
}

}  // namespace sluice::auth
