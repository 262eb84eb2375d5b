#include "backend/store/table_sequences.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "backend/store/engine.hpp"
#include "backend/store/index_read.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr auto last_number = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::string key_of(std::string const& name) { return keys::id_counter("table " + name); }

}  // namespace

task<result<std::int64_t>> table_sequences::advance(std::string name, std::int64_t count) {
    if (count < 1) co_return failure{error::invalid_argument, "a block of no numbers"};
    if (!is_known(name)) {
        auto const key = key_of(name);
        auto body = [&](index_view const& view) { return view.get(kv::family::meta, key); };
        auto const stored = co_await read_index(store_, body);
        if (stored.has_error()) co_return stored.error();
        std::uint64_t first = 1;
        if (*stored) {
            byte_reader in(**stored);
            first = in.little<std::uint64_t>();
            SLUICE_CO_CHECK(in.finish("a table's counter"));
        }
        load(name, first);
    }
    auto wait = [&](callback<result<std::int64_t>> done) {
        take(name, static_cast<std::uint64_t>(count), std::move(done));
    };
    co_return co_await await_callback<result<std::int64_t>>(std::move(wait));
}

bool table_sequences::is_known(std::string const& name) const {
    std::scoped_lock guard(mutex_);
    return counters_.contains(name);
}

// What was read is the newest: a counter that changes is known for as long as its commit runs.
void table_sequences::load(std::string const& name, std::uint64_t stored) {
    std::scoped_lock guard(mutex_);
    if (counters_.contains(name)) return;
    make_room();
    auto& fresh = counters_[name];
    fresh.next = fresh.end = stored;
}

// Forgets some counter at rest; the numbers left in its block are skipped.
void table_sequences::make_room() {
    if (counters_.size() < store_.limits().sequences_cached) return;
    auto const idle = std::ranges::find_if(
        counters_, [](auto const& one) { return !one.second.extending; });
    if (idle != counters_.end()) counters_.erase(idle);
}

void table_sequences::take(std::string const& name, std::uint64_t count, taken done) {
    std::optional<extension> wanted;
    std::uint64_t first = 0;
    {
        std::scoped_lock guard(mutex_);
        auto const found = counters_.try_emplace(name).first;
        auto& mine = found->second;
        if (mine.waiters.empty() && mine.end - mine.next >= count) {
            first = mine.next;
            mine.next += count;
        } else {
            mine.waiters.push_back({count, std::move(done)});
        }
        // In time: when half of a block is left.
        bool const is_low = !mine.waiters.empty() || mine.end - mine.next < mine.block / 2;
        if (is_low && !mine.extending) {
            mine.extending = true;
            wanted = plan(name, mine);
        }
    }
    if (first != 0) done(static_cast<std::int64_t>(first));
    if (wanted) submit(std::move(*wanted));
}

table_sequences::extension table_sequences::plan(std::string const& name, counter& mine) const {
    std::uint64_t wanted = mine.block;
    for (auto const& one : mine.waiters) wanted += std::min(one.count, last_number - wanted);
    mine.block = std::min<std::uint64_t>(mine.block * 2, store_.limits().sequence_block);
    auto const end = mine.end + std::min(wanted, last_number - std::min(mine.end, last_number));
    return {name, end};
}

void table_sequences::submit(extension wanted) {
    auto commit = std::make_unique<journal::commit>();
    std::string value;
    byte_writer(value).little(wanted.end);
    commit->mutations.put(kv::family::meta, key_of(wanted.name), value);
    commit->on_done = [self = shared_from_this(), wanted](result<lsn> done) {
        self->extended(wanted, done ? success() : result<void>(done.error()));
    };
    store_.journal().submit(std::move(commit));
}

void table_sequences::extended(extension const& durable, result<void> outcome) {
    std::vector<std::pair<taken, result<std::int64_t>>> answers;
    std::optional<extension> wanted;
    {
        std::scoped_lock guard(mutex_);
        auto& mine = counters_.at(durable.name);
        mine.extending = false;
        bool const moved = outcome.has_value() && durable.end > mine.end;
        if (outcome.has_value()) mine.end = durable.end;
        while (!mine.waiters.empty()) {
            auto& first = mine.waiters.front();
            if (outcome.has_error()) {
                answers.emplace_back(std::move(first.done), outcome.error());
            } else if (mine.end - mine.next >= first.count) {
                answers.emplace_back(std::move(first.done), static_cast<std::int64_t>(mine.next));
                mine.next += first.count;
            } else if (!moved) {
                answers.emplace_back(std::move(first.done),
                                     failure{error::out_of_range, "the counter is used up"});
            } else {
                break;
            }
            mine.waiters.pop_front();
        }
        if (!mine.waiters.empty()) {
            mine.extending = true;
            wanted = plan(durable.name, mine);
        }
    }
    for (auto& [done, answer] : answers) done(std::move(answer));
    if (wanted) submit(std::move(*wanted));
}

}  // namespace sluice::store
