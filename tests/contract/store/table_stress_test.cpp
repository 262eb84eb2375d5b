// Many threads, few rows: money is moved between accounts, seats are swapped under a unique index,
// accounts are deleted and made again. Whatever the threads do, no money is lost, every reader of
// one snapshot sees all of it, and indexes match rows.
#include <map>
#include <set>

#include "gateway/core/worker_thread.hpp"
#include "tests/contract/store/table_world.hpp"

namespace sluice::test {
namespace {

constexpr dataset_id accounts{3001};
constexpr dataset_id by_seat{3011};      // unique
constexpr dataset_id by_balance{3012};   // not unique
constexpr int account_count = 12;
constexpr int seat_count = 16;
constexpr int first_balance = 1000;

struct account {
    int balance = 0;
    int seat = 0;
};

std::string encode(account const& one) {
    return std::to_string(one.balance) + " " + std::to_string(one.seat);
}
account decode(std::string const& row) {
    auto const space = row.find(' ');
    return {std::stoi(row.substr(0, space)), std::stoi(row.substr(space + 1))};
}
std::vector<store::index_entry> seat_entry(account const& one) {
    return {{by_seat, std::to_string(one.seat), true}};
}
std::vector<store::index_entry> balance_entry(account const& one, std::string const& key) {
    return {{by_balance, std::to_string(one.balance) + "/" + key, false}};
}
std::vector<store::index_entry> entries_of(account const& one, std::string const& key) {
    auto all = seat_entry(one);
    all.push_back(balance_entry(one, key)[0]);
    return all;
}

// One thread's client; every verb is one transaction, repeated by nobody.
class client {
public:
    client(store::engine& store, std::uint64_t seed) : store_(store), random_(seed) {}

    void run(int rounds) {
        for (int round = 0; round < rounds && !wrong; ++round) run_task(context_, one_verb());
    }

    std::size_t committed = 0, conflicts = 0, increments = 0;
    std::optional<std::string> wrong;

private:
    using tx = table_transaction;
    std::string some_account() { return "a" + std::to_string(10 + random_.below(account_count)); }

    task<void> one_verb() {
        auto const level = random_.below(2) == 0 ? isolation::read_committed
                                                 : isolation::repeatable_read;
        tx one(store_, level);
        one.begin_statement();
        result<bool> outcome = false;
        auto const choice = random_.below(10);
        if (choice < 4) outcome = co_await transfer(one);
        else if (choice < 6) outcome = co_await take_seat(one);
        else if (choice < 7) outcome = co_await make_again(one);
        else if (choice < 8) outcome = co_await increment(one);
        else outcome = co_await look(one);
        if (outcome.has_value() && *outcome) {
            store::audit_records none;
            auto const done = co_await one.commit(std::move(none));
            if (done.has_error()) outcome = done.error();
            else ++committed;
            if (done.has_value() && choice == 7) ++increments;
        }
        if (outcome.has_value()) co_return;
        if (outcome.error().code == error::conflict) ++conflicts;
        else wrong = outcome.error().describe();
    }

    task<result<std::optional<account>>> lock(tx& in, std::string key) {
        auto const found =
            co_await in.lock_row(accounts, std::move(key), row_lock_mode::update, lock_wait::wait);
        if (found.has_error()) co_return found.error();
        std::optional<account> there;
        if (found->state != row_state::gone) there = decode(found->row);
        co_return there;
    }

    task<result<bool>> transfer(tx& in) {
        auto const from = some_account();
        auto const to = some_account();
        if (from == to) co_return false;
        SLUICE_CO_TRY(auto const payer, co_await lock(in, from));
        SLUICE_CO_TRY(auto const payee, co_await lock(in, to));
        if (!payer || !payee) co_return failure{error::corrupt, "an account is gone"};
        auto const amount = static_cast<int>(random_.below(50));
        account const poorer{payer->balance - amount, payer->seat};
        account const richer{payee->balance + amount, payee->seat};
        SLUICE_CO_CHECK(co_await change(in, from, *payer, poorer));
        SLUICE_CO_CHECK(co_await change(in, to, *payee, richer));
        co_return random_.below(8) != 0;
    }

    task<result<bool>> change(tx& in, std::string key, account before, account after) {
        std::vector<store::index_entry> removed, added;
        if (before.balance != after.balance) {
            removed = balance_entry(before, key);
            added = balance_entry(after, key);
        }
        if (before.seat != after.seat) {
            removed.push_back(seat_entry(before)[0]);
            added.push_back(seat_entry(after)[0]);
        }
        auto row = encode(after);
        auto const taken = co_await in.update(accounts, std::move(key), std::move(row),
                                              std::move(removed), std::move(added));
        if (taken.has_error()) co_return taken.error();
        co_return !*taken;
    }

    task<result<bool>> take_seat(tx& in) {
        auto const key = some_account();
        SLUICE_CO_TRY(auto const before, co_await lock(in, key));
        if (!before) co_return failure{error::corrupt, "an account is gone"};
        account const after{before->balance, static_cast<int>(random_.below(seat_count))};
        co_return co_await change(in, key, *before, after);
    }

    task<result<bool>> make_again(tx& in) {
        auto const key = some_account();
        SLUICE_CO_TRY(auto const before, co_await lock(in, key));
        if (!before) co_return failure{error::corrupt, "an account is gone"};
        auto gone = entries_of(*before, key);
        SLUICE_CO_CHECK(co_await in.erase(accounts, key, std::move(gone)));
        in.begin_statement();
        auto here = entries_of(*before, key);
        auto row = encode(*before);
        auto const taken = co_await in.insert(accounts, key, std::move(row), std::move(here));
        if (taken.has_error()) co_return taken.error();
        if (*taken) co_return failure{error::corrupt, "what was just deleted is there"};
        co_return random_.below(3) != 0;
    }

    task<result<bool>> increment(tx& in) {
        std::string const key = "counter";
        auto const found =
            co_await in.lock_row(people, key, row_lock_mode::update, lock_wait::wait);
        if (found.has_error()) co_return found.error();
        auto row = std::to_string(std::stoi(found->row) + 1);
        std::vector<store::index_entry> none;
        auto const done = co_await in.update(people, key, std::move(row), none, none);
        if (done.has_error()) co_return done.error();
        co_return true;
    }

    // All the money, and both indexes, in one snapshot.
    task<result<bool>> look(tx& in) {
        SLUICE_CO_TRY(auto const cursor, in.scan(accounts, {}, false));
        auto const token = blocking_token::for_this_thread();
        SLUICE_CO_TRY(auto const rows, cursor->next(100, token));
        int sum = 0;
        std::set<std::pair<std::string, std::string>> expected;
        for (auto const& row : rows) {
            auto const one = decode(row.row);
            sum += one.balance;
            expected.emplace(std::to_string(one.balance) + "/" + row.key, row.key);
        }
        if (sum != account_count * first_balance || rows.size() != account_count)
            co_return failure{error::corrupt, "the sum is " + std::to_string(sum)};
        store::row_range all;
        SLUICE_CO_TRY(auto const hits,
                      co_await in.find_in_index(accounts, by_balance, std::move(all), 100));
        std::set<std::pair<std::string, std::string>> found;
        for (auto const& hit : hits) found.emplace(hit.key, hit.primary_key);
        if (found != expected) co_return failure{error::corrupt, "the index is not the rows'"};
        co_return false;
    }

    store::engine& store_;
    seeded_random random_;
    boost::asio::io_context context_{1};
};

void stress(world_kind kind, int threads, int rounds) {
    world_options options;
    options.kind = kind;
    table_world world(options);
    auto const filler = world.begin();
    for (int i = 0; i < account_count; ++i) {
        auto const key = "a" + std::to_string(10 + i);
        account const one{first_balance, i};
        ASSERT_FALSE(
            world.run(filler->insert(accounts, key, encode(one), entries_of(one, key))).value());
    }
    ASSERT_FALSE(world.insert(*filler, "counter", "0"));
    world.commit(*filler);
    std::vector<std::unique_ptr<client>> clients;
    for (int i = 0; i < threads; ++i)
        clients.push_back(std::make_unique<client>(world.store(), 100 + i));
    {
        std::vector<worker_thread> running;
        for (auto& one : clients)
            running.emplace_back("client", [&one, rounds](std::stop_token) { one->run(rounds); });
        for (auto& thread : running) thread.join();
    }
    std::size_t committed = 0, conflicts = 0, increments = 0;
    for (auto const& one : clients) {
        EXPECT_FALSE(one->wrong) << *one->wrong;
        committed += one->committed;
        conflicts += one->conflicts;
        increments += one->increments;
    }
    std::printf("%zu committed, %zu conflicts\n", committed, conflicts);
    EXPECT_GT(committed, 0u);
    EXPECT_EQ(world.store().locks().held(), 0u);
    EXPECT_EQ(world.store().tables().bytes(), 0u);
    world.reopen();
    EXPECT_EQ(world.peek("counter"), std::to_string(increments));
    auto const after = world.begin();
    int sum = 0;
    std::set<std::string> seats;
    for (auto const& [key, row] : world.scan(*after, accounts)) {
        sum += decode(row).balance;
        seats.insert(std::to_string(decode(row).seat));
    }
    EXPECT_EQ(sum, account_count * first_balance);
    std::set<std::string> indexed;
    for (auto const& [seat, key] : world.hits(*after, by_seat, {}, accounts)) indexed.insert(seat);
    EXPECT_EQ(indexed, seats);
    EXPECT_EQ(seats.size(), static_cast<std::size_t>(account_count));
}

TEST(table_stress, threads_on_the_simulated_store) { stress(world_kind::simulated, 6, 250); }
TEST(table_stress, threads_on_a_folder) { stress(world_kind::folder, 6, 250); }

}  // namespace
}  // namespace sluice::test
