#include "tests/fault/power_cut/journal_driver.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "backend/kv/key_space.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::fault {
namespace {

auto const may_block = blocking_token::for_this_thread();
// Nothing in a simulation takes that long: an answer that is missing then never comes.
constexpr std::chrono::seconds hang_limit{60};


}  // namespace

struct journal_driver::stream {
    std::shared_ptr<void> hold;
    std::vector<effect> effects;
    std::vector<journal::location> places;  // one per frame or chunk
    std::size_t unanswered = 0;
    std::optional<failure> failed;
    bool is_large = false;
    bool given_up = false;
};

journal_driver::journal_driver(machine& on, journal_model& model, journal_history& history,
                               journal_driver_options const& options)
    : machine_(on), model_(model), history_(history), options_(options), random_(options.seed),
      ids_(options.seed) {}

journal_driver::~journal_driver() {
    stop();
}

result<void> journal_driver::start() {
    SLUICE_TRY(index_, machine_.open_index());
    applied_before_ = index_->applied_lsn();
    SLUICE_TRY(journal_, journal::journal::open(machine_.device(), *index_, options_.journal,
                                                system_wall_clock(), ids_, may_block));
    return {};
}

void journal_driver::stop() {
    if (journal_) settle();
    journal_.reset();
    index_.reset();
}

std::optional<std::string> journal_driver::violation() const {
    std::lock_guard guard(mutex_);
    return violation_ ? violation_ : model_.violation();
}

void journal_driver::violated(std::string what) {
    std::lock_guard guard(mutex_);
    if (!violation_) violation_ = std::move(what);
}

bool journal_driver::failure_is_right(error code) const {
    if (!machine_.is_powered()) return true;
    if (options_.may_run_full && code == error::no_space) return true;
    return options_.may_fail && (code == error::read_only || code == error::outcome_unknown ||
                                 code == error::no_space || code == error::io_failed);
}

// -- waiting

void journal_driver::wait_for_outstanding(std::size_t most) {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            bool answered = changed_.wait_for(lock, hang_limit, [&] {
                return outstanding_ <= most || !ready_.empty();
            });
            if (!answered) {
                std::fprintf(stderr, "power_cut: seed %llu: %zu requests are never answered\n",
                             static_cast<unsigned long long>(options_.seed), outstanding_);
                std::abort();  // nothing of the journal can be torn down any more
            }
            if (ready_.empty()) return;
        }
        finish_ready_streams();
    }
}

void journal_driver::settle() {
    machine_.device().resume();
    wait_for_outstanding(0);
}

void journal_driver::left(std::vector<effect> const& effects) {
    std::lock_guard guard(mutex_);
    for (auto const& one : effects) busy_.erase(one.key);
    --outstanding_;
    changed_.notify_all();
}

// -- verbs

std::vector<int> journal_driver::take_free_keys(std::size_t most) {
    std::lock_guard guard(mutex_);
    std::vector<int> taken;
    for (std::size_t tries = 0; taken.size() < most && tries < 4 * most; ++tries) {
        int key = int(below(std::uint64_t(options_.keys)));
        if (busy_.insert(key).second) taken.push_back(key);
    }
    if (!taken.empty()) ++outstanding_;
    return taken;
}

// Mostly short, now and then up to `most`.
std::size_t journal_driver::some_length(std::size_t most) {
    switch (below(8)) {
        case 0: return 1 + below(most);
        case 1:
        case 2: return 1 + below(std::min<std::size_t>(most, 20000));
        default: return 1 + below(std::min<std::size_t>(most, 600));
    }
}

std::optional<decoded_value> journal_driver::stored(journal::published_snapshot const& view,
                                                    int key) {
    auto found = index_->get(*view.index, family_of_key(key), name_of_key(key),
                             kv::read_tier::may_block);
    if (found.has_error()) {
        if (!failure_is_right(found.error().code)) violated(found.error().describe());
        return std::nullopt;
    }
    if (!*found) return std::nullopt;
    auto value = decode_value(**found);
    if (value.has_value()) return *value;
    violated(value.error().describe());
    return std::nullopt;
}

void journal_driver::erase_old_payload(kv::mutation_batch& batch, int key) {
    auto old = stored(*journal_->published(), key);
    if (!old || old->value.what == written_value::kind::small) return;
    batch.erase(kv::family::payload,
                kv::key_space::reverse_entry(old->where.segment, old->where.offset));
}

void journal_driver::put_value(journal::commit& into, int key, written_value const& value,
                               journal::location where) {
    auto& batch = into.mutations;
    erase_old_payload(batch, key);
    auto at = batch.put_stamped(family_of_key(key), name_of_key(key), encode_value(value, where));
    if (value.what == written_value::kind::small) return;
    auto reverse = batch.put(kv::family::payload,
                             kv::key_space::reverse_entry(where.segment, where.offset),
                             std::to_string(value.number));
    if (value.what == written_value::kind::bulk) return;
    auto index = static_cast<std::uint32_t>(into.payloads.size());
    into.payloads.push_back({value.number, 0, bytes_of(value.number, value.bytes)});
    batch.add_slot(kv::slot::kind::location, at.value + location_position, index);
    batch.add_slot(kv::slot::kind::location, reverse.key + 1, index);
}

void journal_driver::submit(std::unique_ptr<journal::commit> made, std::vector<effect> effects,
                            std::shared_ptr<void> hold) {
    auto given = std::make_shared<lsn>();
    made->on_ordered = [this, effects, given](journal::commit&, lsn at) {
        *given = at;
        model_.ordered(at, effects);
    };
    made->on_done = [this, effects, given,
                     hold = std::move(hold)](result<lsn> done) mutable {
        hold.reset();
        if (done.has_value()) {
            if (*done != *given) violated("a commit is done at another lsn than it was given");
            model_.acknowledged(*done);
        } else if (!failure_is_right(done.error().code)) {
            violated("a commit fails on a healthy device: " + done.error().describe());
        } else if (done.error().code == error::no_space && *given != lsn{}) {
            violated("a commit is refused for space after it was ordered");
        }
        left(effects);
    };
    auto allowed = below(4) == 0 ? journal::admission_class::freeing
                                 : journal::admission_class::ordinary;
    journal_->submit(std::move(made), allowed);
}

void journal_driver::commit_some() {
    auto made = std::make_unique<journal::commit>();
    std::vector<effect> effects;
    for (int key : take_free_keys(1 + below(5))) {
        auto choice = below(10);
        if (choice < 2) {
            erase_old_payload(made->mutations, key);
            made->mutations.erase(family_of_key(key), name_of_key(key));
            effects.push_back({key, std::nullopt});
            continue;
        }
        bool in_line = choice < 6;
        written_value value{in_line ? written_value::kind::inline_payload
                                    : written_value::kind::small,
                            history_.next_number++,
                            some_length(in_line ? journal::inline_payload_limit : 2000)};
        put_value(*made, key, value, {});
        effects.push_back({key, value});
    }
    if (!effects.empty()) submit(std::move(made), std::move(effects), nullptr);
}

void journal_driver::start_bulk() {
    auto made = std::make_shared<stream>();
    made->hold = journal_->open_stream();
    for (int key : take_free_keys(1 + below(3))) {
        made->effects.push_back({key, written_value{written_value::kind::bulk,
                                                    history_.next_number++,
                                                    some_length(options_.bulk_limit)}});
    }
    if (made->effects.empty()) return;
    made->given_up = below(5) == 0;
    made->places.resize(made->effects.size());
    made->unanswered = made->effects.size();
    for (std::size_t i = 0; i < made->effects.size(); ++i) {
        auto const& value = *made->effects[i].value;
        auto frame = std::make_unique<journal::bulk_frame>();
        auto bytes = bytes_of(value.number, value.bytes);
        std::memcpy(frame->body().data(), bytes.data(), bytes.size());
        frame->set(value.number, 0, bytes.size());
        auto answered = [this, made, i](result<journal::location> where,
                                        std::unique_ptr<journal::bulk_frame>) {
            std::lock_guard guard(mutex_);
            if (where.has_value()) made->places[i] = *where;
            else made->failed = where.error();
            if (--made->unanswered == 0) ready_.push_back(made);
            changed_.notify_all();
        };
        journal_->write_bulk(std::move(frame), journal::admission_class::ordinary, answered);
    }
}

void journal_driver::start_large() {
    auto made = std::make_shared<stream>();
    made->is_large = true;
    made->hold = journal_->open_stream();
    auto keys = take_free_keys(2 + below(8));
    if (keys.empty()) return;
    made->given_up = below(5) == 0;
    auto chunks = 1 + below(std::min<std::size_t>(keys.size(), 4));
    std::vector<kv::mutation_batch> batches(chunks);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        written_value value{written_value::kind::small, history_.next_number++,
                            some_length(200000)};
        batches[i % chunks].put_stamped(family_of_key(keys[i]), name_of_key(keys[i]),
                                        encode_value(value));
        made->effects.push_back({keys[i], value});
    }
    made->places.resize(chunks);
    made->unanswered = chunks;
    auto transaction = history_.next_transaction++;
    for (std::size_t i = 0; i < chunks; ++i) {
        auto answered = [this, made, i](result<journal::location> where) {
            std::lock_guard guard(mutex_);
            if (where.has_value()) made->places[i] = *where;
            else made->failed = where.error();
            if (--made->unanswered == 0) ready_.push_back(made);
            changed_.notify_all();
        };
        journal_->append_chunk(transaction, i, std::move(batches[i]), answered);
    }
}

void journal_driver::finish_ready_streams() {
    std::vector<stream_ptr> ready;
    {
        std::lock_guard guard(mutex_);
        ready.swap(ready_);
    }
    for (auto const& one : ready) {
        if (one->failed || one->given_up) {
            one->hold.reset();
            if (one->failed && !failure_is_right(one->failed->code)) {
                violated("a stream fails on a healthy device: " + one->failed->describe());
            }
            left(one->effects);
            continue;
        }
        auto made = std::make_unique<journal::commit>();
        for (std::size_t i = 0; i < one->effects.size(); ++i) {
            auto const& [key, value] = one->effects[i];
            if (one->is_large) erase_old_payload(made->mutations, key);
            else put_value(*made, key, *value, one->places[i]);
        }
        if (one->is_large) {
            made->chunks = one->places;
        } else {
            for (auto const& segment : journal_->segments().list()) {
                for (std::size_t i = 0; i < one->effects.size(); ++i) {
                    if (one->places[i].segment != segment.id) continue;
                    history_.incarnation_of_bulk[one->effects[i].value->number] =
                        segment.incarnation;
                }
            }
        }
        submit(std::move(made), one->effects, std::move(one->hold));
    }
}

void journal_driver::verb() {
    finish_ready_streams();
    auto choice = below(100);
    if (choice < 50 - options_.more_bulk) {
        commit_some();
    } else if (choice < 62) {
        start_bulk();
    } else if (choice < 68) {
        start_large();
    } else if (choice < 84) {
        read_one();
    } else if (choice < 88) {
        machine_.device().pause();
    } else if (choice < 92) {
        machine_.device().resume();
    } else if (choice < 95) {
        settle();
    } else if (choice < 98) {
        look_at_durability();
    } else {
        machine_.device().resume();
        result<void> done = success();
        if (below(2) == 0) {
            auto flushed = journal_->flush_index(may_block);
            if (flushed.has_error()) done = flushed.error();
        } else {
            auto recycled = journal_->segments().recycle(may_block);
            if (recycled.has_error()) done = recycled.error();
        }
        if (done.has_error() && !failure_is_right(done.error().code)) {
            violated("maintenance fails on a healthy device: " + done.error().describe());
        }
    }
}

void journal_driver::run(std::size_t verbs) {
    for (std::size_t i = 0; i < verbs && machine_.is_powered() && !violation(); ++i) {
        {
            std::unique_lock lock(mutex_);
            if (outstanding_ >= 24) {
                lock.unlock();
                machine_.device().resume();
                wait_for_outstanding(16);
            }
        }
        verb();
    }
}

}  // namespace sluice::fault
