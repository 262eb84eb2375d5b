// A store with transactions over tables to test: short ways to run a verb to its end, and to leave
// one waiting for a lock while another transaction goes on. Everything on one I/O thread.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/store/lock_table.hpp"
#include "backend/store/table_state.hpp"
#include "backend/store/table_transaction.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {

inline constexpr dataset_id people{2001};
inline constexpr dataset_id orders{2002};
inline constexpr dataset_id by_name{2011};   // unique, of people
inline constexpr dataset_id by_age{2012};    // not unique, of people

using store::isolation;
using store::lock_wait;
using store::row_lock_mode;
using store::row_state;
using store::table_transaction;

// A task that was started and may be waiting.
template <class T>
class started {
public:
    explicit started(std::shared_ptr<std::optional<T>> place) : place_(std::move(place)) {}
    bool ended() const { return place_->has_value(); }
    T& outcome() { return place_->value(); }

private:
    std::shared_ptr<std::optional<T>> place_;   // shared with the completion
};

class table_world : public store_world {
public:
    using store_world::store_world;
    using rows = std::vector<std::pair<std::string, std::string>>;

    // With its first statement begun.
    std::unique_ptr<table_transaction> begin(isolation level = isolation::read_committed) {
        auto made = std::make_unique<table_transaction>(store(), level);
        made->begin_statement();
        return made;
    }
    template <class T>
    started<T> start(task<T> body) {
        auto place = std::make_shared<std::optional<T>>();
        auto keep = [place](std::exception_ptr thrown, T value) {
            if (thrown) std::rethrow_exception(thrown);
            place->emplace(std::move(value));
        };
        context().restart();
        boost::asio::co_spawn(context(), std::move(body), std::move(keep));
        return started<T>(place);
    }
    template <class Condition>
    void run_until(Condition condition) {
        context().restart();
        while (!condition())
            if (context().run_one() == 0) throw std::logic_error("nothing is left to run");
    }
    // Until `one` waits for a lock; false: it ended.
    template <class T>
    bool waits(started<T>& one, std::size_t waiters = 1) {
        run_until([&] { return one.ended() || store().locks().waiting() >= waiters; });
        return !one.ended();
    }
    template <class T>
    T& end(started<T>& one) {
        run_until([&] { return one.ended(); });
        return one.outcome();
    }

    // -- shorthand
    table_transaction::taken insert(table_transaction& in, std::string key, std::string row,
                                    std::vector<store::index_entry> entries = {}) {
        return run(in.insert(people, std::move(key), std::move(row), std::move(entries))).value();
    }
    void put(table_transaction& in, std::string key, std::string row) {
        auto const locked =
            run(in.lock_row(people, key, row_lock_mode::update, lock_wait::wait)).value();
        if (locked.state == row_state::gone) {
            EXPECT_FALSE(insert(in, std::move(key), std::move(row)));
        } else {
            EXPECT_FALSE(run(in.update(people, std::move(key), std::move(row), {}, {})).value());
        }
    }
    void erase(table_transaction& in, std::string key,
               std::vector<store::index_entry> entries = {}) {
        run(in.erase(people, std::move(key), std::move(entries))).value();
    }
    lsn commit(table_transaction& in) { return run(in.commit({})).value(); }
    // In a transaction of its own.
    void set(std::string key, std::string row) {
        auto const one = begin();
        put(*one, std::move(key), std::move(row));
        commit(*one);
    }
    std::string get(table_transaction& in, std::string key, dataset_id table = people) {
        auto const found = run(in.get(table, std::move(key))).value();
        return found ? found->row : "(none)";
    }
    rows scan(table_transaction& in, dataset_id table = people, store::row_range range = {},
              bool backwards = false, std::size_t page = 3) {
        auto const cursor = in.scan(table, std::move(range), backwards).value();
        return rest_of(*cursor, page);
    }
    static rows rest_of(store::table_cursor& cursor, std::size_t page = 3) {
        rows found;
        for (;;) {
            auto some = cursor.next(page, blocking_token::for_this_thread()).value();
            if (some.empty()) return found;
            for (auto& row : some) found.emplace_back(std::move(row.key), std::move(row.row));
        }
    }
    // Primary keys under the entries of an index.
    rows hits(table_transaction& in, dataset_id index, store::row_range range = {},
              dataset_id table = people) {
        rows found;
        for (auto& hit : run(in.find_in_index(table, index, std::move(range), 1000)).value())
            found.emplace_back(std::move(hit.key), std::move(hit.primary_key));
        return found;
    }
    std::string peek(std::string key) {
        auto const one = begin();
        return get(*one, std::move(key));
    }
};

inline store::index_entry name_entry(std::string name) { return {by_name, std::move(name), true}; }
inline store::index_entry age_entry(std::string age, std::string const& key) {
    return {by_age, age + "/" + key, false};
}

}  // namespace sluice::test
