// The reading half of the log verbs: topics, every record of every partition, groups.
#include "backend/store/group_verbs.hpp"
#include "backend/store/model/log_batch.hpp"
#include "tests/fault/power_cut/store_driver.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {

task<void> store_driver::check_topics() {
    auto const there = engine_->logs().all();
    for (auto const& topic : there)
        if (!topic->is_system() && !model_.topics.contains(topic->name()))
            co_return violated("topic " + topic->name() + " was never made");
    std::vector<std::string> names;
    for (auto const& [name, topic] : model_.topics) names.push_back(name);
    for (auto const& name : names) {
        auto& topic = model_.topics[name];
        std::optional<bool> state;
        if (engine_->logs().find(name)) state = true;
        if (!topic.exists.may_be(state))
            co_return violated("topic " + name + (state ? " is there" : " is lost"));
        topic.exists.is(state);
        if (state) check_note(name);
        if (!state) {
            for (auto& [number, log] : topic.partitions) {
                bool const retains = log.retains;
                log = {};
                log.retains = retains;
            }
            continue;
        }
        for (int i = 0; i < int(topic.partitions.size()) && going_on(); ++i)
            co_await check_partition(name, i);
    }
}

void store_driver::check_note(std::string const& topic) {
    auto const what = engine_->logs().find(topic)->describe();
    std::optional<std::string> note;
    if (auto const given = what->info.settings.find("note"); given != what->info.settings.end())
        note = given->second;
    auto& known = model_.topics[topic].note;
    if (!known.may_be(note)) violated("topic " + topic + " has settings that nobody gave it");
    known.is(note);
}

namespace {

// What a stored batch is by its first record; its length by its value.
result<log_batch_model> model_of(std::string_view batch, std::int64_t base) {
    SLUICE_TRY(auto const records, store::read_log_batch(batch));
    log_batch_model found;
    found.count = int(records.size());
    found.number = std::stoull(records.front().key.value());
    found.length = records.front().value->size();
    for (int i = 0; i < found.count; ++i) {
        auto const& record = records[std::size_t(i)];
        if (to_underlying(record.offset) != base + i ||
            *record.value != bytes_of(found.number + std::uint64_t(i), found.length))
            return failure{error::corrupt, "a record is not what was sent"};
    }
    return found;
}

}  // namespace

task<void> store_driver::check_partition(std::string topic, int partition) {
    auto const where = topic + "/" + std::to_string(partition);
    auto& log = log_of(topic, partition);
    auto const handle = engine_->logs().find(topic);
    auto const bounds = handle->partition(partition_index{partition})->bounds();
    auto const start = to_underlying(bounds.start);
    bool const start_is_right = start == log.start || log.starts.contains(start) ||
                                (log.retains && start >= log.start);
    if (!start_is_right)
        co_return violated(where + " starts at " + std::to_string(start) + " instead of " +
                           std::to_string(log.start));
    std::map<std::int64_t, log_batch_model> found;
    auto next = start;
    while (next < to_underlying(bounds.end)) {
        store::read_log_request request{handle, partition_index{partition}, log_offset{next},
                                        1 + below(300'000), true};
        auto const slice = co_await store::read_log(*engine_, std::move(request));
        if (slice.has_error()) {
            bool const moved = log.retains && slice.error().code == error::out_of_range;
            if (!moved) is_lost_answer(slice.error(), "read_log of " + where);
            co_return;
        }
        std::string_view rest = slice->batches;
        if (rest.empty()) co_return violated(where + " has nothing at " + std::to_string(next));
        while (!rest.empty()) {
            auto const header = store::parse_log_batch_header(rest).value();
            auto const base = header.base_offset;
            if (base > next || base + header.last_offset_delta < next)
                co_return violated(where + " has a gap at " + std::to_string(next));
            auto const what = model_of(rest.substr(0, header.total_bytes()), base);
            if (what.has_error()) co_return violated(where + ": " + what.error().describe());
            found.emplace(base, *what);
            next = base + header.last_offset_delta + 1;
            rest.remove_prefix(header.total_bytes());
        }
    }
    std::erase_if(log.acked, [&](auto const& one) {
        return one.first + one.second.count <= start;
    });
    for (auto const& [base, what] : log.acked)
        if (!found.contains(base) || found.at(base) != what)
            co_return violated(where + " lost what was acknowledged at " + std::to_string(base));
    for (auto const& [base, what] : found) {
        if (log.acked.contains(base)) continue;
        auto const lost = std::ranges::find(log.lost, what);
        if (lost == log.lost.end())
            co_return violated(where + " has a batch twice, or one that was never sent, at " +
                               std::to_string(base));
        log.lost.erase(lost);
        log.acked.emplace(base, what);
    }
    // A lost batch may have been erased before anyone saw it; else it never came.
    log.lost.clear();
    log.start = start;
    log.starts.clear();
}

task<void> store_driver::check_groups() {
    auto const saved = co_await store::saved_groups(*engine_, "", 100);
    auto const offsets = co_await store::committed_offsets(*engine_, "g");
    if (saved.has_error() || offsets.has_error()) {
        is_lost_answer(saved.has_error() ? saved.error() : offsets.error(), "reading groups");
        co_return;
    }
    std::map<std::string, std::string> states;
    for (auto const& one : *saved) states[one.group] = one.state;
    std::map<std::string, std::int64_t> places;
    for (auto const& one : *offsets)
        places[one.topic + "/" + std::to_string(to_underlying(one.partition))] =
            to_underlying(one.offset);
    for (auto& [name, state] : model_.groups) {
        std::optional<std::string> now;
        if (states.contains(name)) now = states[name];
        if (!state.may_be(now)) violated("group " + name + " is not as it was saved");
        state.is(now);
        states.erase(name);
    }
    for (auto& [place, offset] : model_.offsets) {
        std::optional<std::int64_t> now;
        if (places.contains(place)) now = places[place];
        if (!offset.may_be(now)) violated("the offset of " + place + " is not as committed");
        offset.is(now);
        places.erase(place);
    }
    if (!states.empty() || !places.empty()) violated("a group has what was never committed");
}

}  // namespace sluice::fault
