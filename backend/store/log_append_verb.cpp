// append_log
#include "backend/store/audit_state.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/log_append.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_verbs.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/async.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// One append under way. What is decided when it is ordered is answered when it is published.
class append_commit {
public:
    append_commit(engine& store, append_request request)
        : store_(store),
          use_(store.use()),
          now_(store.clock().now()),
          request_(std::move(request)),
          places_(request_.parts.size()) {
        answers_.resize(request_.parts.size(), result<log_appended>(error::invalid_argument));
    }

    // Nothing to commit: every part is refused already.
    bool prepare(journal::commit& commit) {
        bool any = false;
        auto bytes = std::size_t{0};
        for (std::size_t i = 0; i < places_.size(); ++i) {
            bytes += request_.parts[i].batches.size();
            auto shape = look_at(request_.parts[i]);
            if (shape.has_error()) {
                answers_[i] = std::move(shape).error();
                continue;
            }
            auto& part = request_.parts[i];
            auto& place = places_[i];
            place.partition = part.topic->partition(part.partition);
            place.run = prepare_run(commit, part.topic->id(), part.partition, *shape,
                                    std::move(part.batches));
            if (shape->producer >= 0) write_producer(commit, place);
            any = true;
        }
        if (bytes > store_.append_bytes() || places_.size() > store_.limits().append_parts) {
            for (auto& answer : answers_) answer = failure{error::too_large, "limits.store_append"};
            return false;
        }
        commit.audit_records = std::move(request_.audit);
        return any;
    }

    // Under the ordering lock.
    void order(journal::commit& commit) {
        bool all = true;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            auto& place = places_[i];
            if (place.partition == nullptr) continue;
            auto const admitted =
                place.partition->admit(place.run.shape, request_.parts[i].ticket, now_,
                                       store_.logs().producers(), store_.limits().producers,
                                       &place.window);
            answers_[i] = answer_of(place, admitted);
            place.appended = admitted && !admitted->duplicate &&
                             admitted->refused == producer_refusal::none;
            all = all && place.appended;
            if (!place.appended) continue;
            place.base = admitted->base;
            place.newest = admitted->newest;
        }
        if (!all) drop_the_others(commit);
        for (auto const& place : places_) {
            if (!place.appended) continue;
            place_run(commit, place.run, place.base, place.newest);
            if (place.run.shape.producer >= 0)
                place.window.encode(commit.mutations.patchable_bytes().data() + place.producer_at);
        }
    }

    // On a journal thread; the commit is still there.
    std::vector<result<log_appended>> finish(journal::commit& commit, bool audited,
                                             result<lsn> const& outcome) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            auto& place = places_[i];
            if (place.partition == nullptr) continue;
            if (outcome.has_error()) {
                answers_[i] = outcome.error();
                continue;
            }
            if (place.appended) publish(commit, place);
            if (answers_[i]) answers_[i]->log_start = place.partition->bounds().start;
        }
        if (outcome && audited) store_.audit().published(*outcome);
        return std::move(answers_);
    }

    std::vector<result<log_appended>> take_answers() { return std::move(answers_); }

private:
    struct placed_part {
        log_partition* partition = nullptr;   // null: refused before it was ordered
        prepared_run run;
        std::size_t producer_at = 0;          // of the producer's record in the mutations
        producer_window window;
        log_offset base{};
        unix_millis newest{};
        bool appended = false;
    };

    static result<batches_shape> look_at(append_part const& part) {
        if (part.topic->is_system())
            return failure{error::permission_denied, "a log of the system"};
        if (part.topic->partition(part.partition) == nullptr)
            return failure{error::not_found, "no such partition"};
        SLUICE_TRY(auto const shape, measure_batches(part.batches));
        if (shape.producer >= 0 && (shape.batches != 1 || shape.first_sequence < 0 ||
                                    shape.producer_epoch < 0))
            return failure{error::invalid_argument,
                           "a producer's batch comes alone, with an epoch and a sequence"};
        if (shape.transactional && shape.producer < 0)
            return failure{error::invalid_argument, "a transaction has a producer"};
        return shape;
    }

    static void write_producer(journal::commit& commit, placed_part& place) {
        std::string const room(producer_window::encoded_bytes, '\0');
        auto const& run = place.run;
        auto const key =
            keys::producer_state(run.dataset, run.partition, run.shape.producer);
        place.producer_at = commit.mutations.put_stamped(kv::family::log, key, room).value;
    }

    static result<log_appended> answer_of(placed_part const&,
                                          result<log_partition::admitted> const& admitted) {
        if (!admitted) return admitted.error();
        log_appended answer;
        answer.base = admitted->base;
        answer.duplicate = admitted->duplicate;
        answer.refused = admitted->refused;
        return answer;
    }

    // Their frames stay in the group, and nothing names them.
    void drop_the_others(journal::commit& commit) {
        commit.mutations = {};
        for (auto& place : places_) {
            if (!place.appended) continue;
            write_run(commit, place.run);
            if (place.run.shape.producer >= 0) write_producer(commit, place);
        }
        std::vector<bool> speaks(commit.audit_records.size(), false);
        for (std::size_t i = 0; i < places_.size(); ++i) {
            bool const done = answers_[i] && answers_[i]->refused == producer_refusal::none;
            auto const audit = request_.parts[i].audit;
            if (done && audit < speaks.size()) speaks[audit] = true;
        }
        std::vector<std::string> kept;
        for (std::size_t i = 0; i < speaks.size(); ++i)
            if (speaks[i]) kept.push_back(std::move(commit.audit_records[i]));
        commit.audit_records = std::move(kept);
    }

    // Moves the bytes into the cache, for those who read at the end.
    void publish(journal::commit& commit, placed_part& place) {
        for (std::size_t piece = 0; piece < place.run.frames; ++piece) {
            auto& payload = commit.payloads[place.run.payload + piece];
            auto kept = std::make_shared<std::string const>(std::move(payload.bytes));
            std::string_view const view = *kept;   // shared with the cache's readers
            store_.cache().put(
                log_cache_key(place.run.dataset, place.run.partition, place.base, piece),
                chunk(std::move(kept), view));
        }
        place.partition->publish(log_offset{to_underlying(place.base) + place.run.offsets()});
    }

    engine& store_;
    std::shared_ptr<void> const use_;    // see engine::use
    unix_millis const now_;
    append_request request_;
    std::vector<placed_part> places_;
    std::vector<result<log_appended>> answers_;
};

using append_answers = std::vector<result<log_appended>>;

}  // namespace

task<std::vector<result<log_appended>>> append_log(engine& store, append_request request) {
    auto const on_submitted = std::move(request.on_submitted);
    // Shared by the commit's two hooks.
    auto const running = std::make_shared<append_commit>(store, std::move(request));
    auto commit = std::make_unique<journal::commit>();
    if (!running->prepare(*commit)) co_return running->take_answers();
    bool const audited = !commit->audit_records.empty();
    commit->on_ordered = [running](journal::commit& ordered, lsn) { running->order(ordered); };
    auto submit = [&](callback<append_answers> done) {
        auto* const own = commit.get();   // owned by the journal until on_done returned
        commit->on_done = [running, own, audited, done = std::move(done)](result<lsn> outcome) {
            done(running->finish(*own, audited, outcome));
        };
        store.journal().submit(std::move(commit), journal::admission_class::ordinary);
        if (on_submitted) on_submitted();
    };
    co_return co_await await_callback<append_answers>(std::move(submit));
}

}  // namespace sluice::store
