#include "protocols/kafka/schema/produce.hpp"

#include <algorithm>
#include <limits>

#include "backend/store/model/log_batch.hpp"
#include "gateway/core/assert.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/produced_batch.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

using shown_topic = produce_response::topic_produce_response;
using shown_partition = shown_topic::partition_produce_response;

// Where the answer for one appended part goes.
struct place {
    std::size_t topic, partition;
};

// Retries of a fetch or produce come to this node again, whatever the version shows.
void set_error(api_call& call, error_code error, std::string text, shown_partition& out) {
    out.error_code = call.code(error);
    out.base_offset = -1;
    out.log_append_time_ms = -1;
    out.log_start_offset = -1;
    if (!text.empty()) out.error_message = bounded(std::move(text));
}

class produce_run {
public:
    produce_run(api_call& call, produce_request const& request) : call_(call), request_(request) {}

    task<produce_response> run();

private:
    void refuse_all(error_code error, std::string const& text);
    task<void> check_all();
    void check_one(store::topic_info const& topic,
                   produce_request::topic_produce_data::partition_produce_data const& given,
                   shown_partition& out, place where);
    // none, or why the batch cannot be of the request's transaction now.
    error_code admit(store::topic_info const& topic, std::string_view batch,
                     store::log_append_part& part);
    void show(place where, auth::guarded<store::log_appended> const& done);

    api_call& call_;
    produce_request const& request_;
    produce_response answer_;
    std::vector<store::log_append_part> parts_;
    std::vector<place> places_;  // one per part
};

void produce_run::refuse_all(error_code error, std::string const& text) {
    for (auto const& topic : request_.topic_data) {
        auto& shown = answer_.responses.emplace_back();
        shown.name = topic.name;
        shown.topic_id = topic.topic_id;
        for (auto const& given : topic.partition_data) {
            auto& one = shown.partition_responses.emplace_back();
            one.index = given.index;
            set_error(call_, error, text, one);
        }
    }
}

void produce_run::check_one(
    store::topic_info const& topic,
    produce_request::topic_produce_data::partition_produce_data const& given, shown_partition& out,
    place where) {
    if (given.index < 0 || static_cast<std::uint32_t>(given.index) >= topic.partitions)
        return set_error(call_, error_code::unknown_topic_or_partition, {}, out);
    std::string_view bytes;
    if (given.records && !given.records->pieces.empty()) bytes = given.records->pieces[0].bytes;
    auto rules = batch_rules_of(topic, call_.options(), call_.version());
    rules.transactional_allowed = request_.transactional_id.has_value();
    auto const now = call_.services.clock.now();
    auto verdict = check_produced(bytes, rules, now, topic.name + "-" + std::to_string(given.index));
    std::string kept;
    if (verdict.error == error_code::none) {
        kept = bytes;
        verdict = give_form(kept, rules, now);
    }
    if (verdict.error != error_code::none) {
        set_error(call_, verdict.error, verdict.text, out);
        for (auto const record : verdict.records)
            out.record_errors.push_back({record, verdict.record_text});
        return;
    }
    store::log_append_part part{topic.name, partition_index{given.index}, std::move(kept)};
    auto const refused = admit(topic, bytes, part);
    if (refused != error_code::none) return set_error(call_, refused, {}, out);
    if (rules.form.append_time) out.log_append_time_ms = to_underlying(now);
    parts_.push_back(std::move(part));
    places_.push_back(where);
}

error_code produce_run::admit(store::topic_info const& topic, std::string_view batch,
                              store::log_append_part& part) {
    constexpr int first_with_abortable = 11;
    auto const header = store::parse_log_batch_header(batch);
    if (!header || !header->is_transactional()) return error_code::none;
    producer_identity const producer{header->producer_id, header->producer_epoch};
    store::transaction_partition const where{topic.id, part.partition};
    bool const adds = call_.version() >= first_produce_that_adds;
    auto admitted = call_.services.transactions.admit(*request_.transactional_id, producer, where,
                                                      adds);
    part.ticket = std::move(admitted.ticket);
    // As brokers put it to producers.
    if (admitted.error == error_code::producer_fenced) return error_code::invalid_producer_epoch;
    bool const older = call_.version() < first_with_abortable;
    if (older && admitted.error == error_code::transaction_abortable)
        return error_code::invalid_txn_state;
    return admitted.error;
}

task<void> produce_run::check_all() {
    for (auto const& topic : request_.topic_data) {
        auto const at = answer_.responses.size();
        answer_.responses.emplace_back();
        answer_.responses[at].name = topic.name;
        answer_.responses[at].topic_id = topic.topic_id;
        auto const found = co_await find_topic(call_, topic.name, topic.topic_id);
        for (auto const& given : topic.partition_data) {
            auto& shown = answer_.responses[at].partition_responses.emplace_back();
            shown.index = given.index;
            place const where{at, answer_.responses[at].partition_responses.size() - 1};
            if (found.error != error_code::none)
                set_error(call_, found.error, found.text, shown);
            else
                check_one(found.topic, given, shown, where);
        }
    }
}

void produce_run::show(place where, auth::guarded<store::log_appended> const& done) {
    auto& out = answer_.responses[where.topic].partition_responses[where.partition];
    if (done.has_error()) {
        call_.note(done.error());
        auto const error = append_error(done.error());
        return set_error(call_, error, text_of(error, done.error()), out);
    }
    if (done->refused != store::producer_refusal::none)
        return set_error(call_, producer_error(done->refused), {}, out);
    out.base_offset = to_underlying(done->base);
    out.log_start_offset = to_underlying(done->log_start);
}

task<produce_response> produce_run::run() {
    auto const acks = request_.acks;
    auto refused = error_code::none;
    if (request_.transactional_id)
        refused = co_await permit_transaction(call_, auth::action::append,
                                              *request_.transactional_id);
    if (refused != error_code::none) {
        refuse_all(refused, {});
    } else if (acks != -1 && acks != 0 && acks != 1) {
        refuse_all(error_code::invalid_required_acks, {});
    } else {
        co_await check_all();
    }
    if (!parts_.empty()) {
        auto const done = co_await call_.logs().append(call_.who(), std::move(parts_), call_.on_ordered);
        SLUICE_ASSERT(done.size() == places_.size());
        for (std::size_t i = 0; i < done.size(); ++i) show(places_[i], done[i]);
    }
    if (acks == 0) {
        // Nobody hears an answer; an error shows as a closed connection, as brokers do it.
        call_.no_answer = true;
        call_.close = call_.first_error != error_code::none;
    }
    co_return std::move(answer_);
}

}  // namespace

task<produce_response> api::produce(api_call& call, produce_request const& request) {
    produce_run one(call, request);
    co_return co_await one.run();
}

}  // namespace sluice::kafka
