#include "auth/guard/admin_steps.hpp"

namespace sluice::auth {

task<guarded<admin_turn>> begin_change(guard_core& core, caller const& who, intent const& wanted) {
    auto decided = co_await core.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto turn = co_await core.registry.take_turn();
    if (turn.has_error())
        co_return co_await core.failed(who, wanted, *decided, std::move(turn).error());
    auto state = core.registry.current();
    co_return admin_turn{*decided, std::move(*turn), std::move(state)};
}

task<guarded<void>> finish_change(guard_core& core, caller const& who, intent const& wanted,
                                  admin_turn const& mine, access_change change) {
    std::vector<std::string> records;
    records.push_back(core.write_record(who, wanted, mine.decided));
    auto done = co_await core.registry.commit(mine.turn, std::move(change), std::move(records));
    if (done.has_error())
        co_return co_await core.failed(who, wanted, mine.decided, std::move(done).error());
    co_return guarded<void>();
}

task<refusal> refuse_change(guard_core& core, caller const& who, intent const& wanted,
                            decision decided, refusal why) {
    auto recorded = co_await core.failed(who, wanted, decided, why);
    if (recorded.code != why.code) co_return recorded;
    co_return why;
}

intent on_principal(action verb, std::string name) {
    intent wanted;
    wanted.verb = verb;
    wanted.kind = resource_kind::principal;
    wanted.name = std::move(name);
    return wanted;
}

refusal no_such_principal(std::string const& name) {
    return refusal(missing_thing::principal, "there is no principal '" + name + "'");
}

guarded<principal> changeable(access_state const& state, std::string const& name) {
    auto const* found = state.people->find(name);
    if (!found) return no_such_principal(name);
    if (to_underlying(found->id) < first_ordinary_principal)
        return refusal(failure{error::invalid_argument, "'" + name + "' is built in"});
    return *found;
}

principal const* find_holder(access_state const& state, std::string_view name) {
    auto const* found = state.people->find(name);
    bool const is_built_in =
        found != nullptr && to_underlying(found->id) < first_ordinary_principal;
    return is_built_in ? nullptr : found;
}

std::uint64_t fresh_id(random_source& random) {
    for (;;)
        if (auto id = random.next_u64(); id >= first_ordinary_principal) return id;
}

}  // namespace sluice::auth
