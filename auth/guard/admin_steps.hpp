// The steps that every change of identity or policy shares: may the caller, is it his turn, does it
// hold, is it durable with its record. Inside auth/guard only.
#pragma once

#include "auth/guard/guard_core.hpp"

namespace sluice::auth {

// A permitted change whose turn it is; `state` cannot change before the turn ends.
struct admin_turn {
    decision decided;
    turn_queue::turn turn;
    std::shared_ptr<access_state const> state;
};

task<guarded<admin_turn>> begin_change(guard_core& core, caller const& who, intent const& wanted);
// Commits with the record of `wanted`; a failure is recorded too.
task<guarded<void>> finish_change(guard_core& core, caller const& who, intent const& wanted,
                                  admin_turn const& mine, access_change change);
// The change cannot be made: records that and keeps what is missing.
task<refusal> refuse_change(guard_core& core, caller const& who, intent const& wanted,
                            decision decided, refusal why);

intent on_principal(action verb, std::string name);
refusal no_such_principal(std::string const& name);

// The principal to change; the built-in ones cannot be.
guarded<principal> changeable(access_state const& state, std::string const& name);

// Who may have policies of his own; null also for the built-in ones: root is no user of the account's, and
// no policy bounds it.
principal const* find_holder(access_state const& state, std::string_view name);

// A fresh id of the kinds that are never reused.
std::uint64_t fresh_id(random_source& random);

// All steps of a change of one principal: `make(state, principal)` answers what there is to commit, or why not.
template <class Make>
task<guarded<void>> change_principal(guard_core& core, caller const& who, std::string name, Make make) {
    auto const about = on_principal(action::admin, name);
    auto mine = co_await begin_change(core, who, about);
    if (mine.has_error()) co_return std::move(mine).error();
    auto target = changeable(*mine->state, name);
    if (target.has_error())
        co_return co_await refuse_change(core, who, about, mine->decided,
                                         std::move(target).error());
    guarded<access_change> change = make(*mine->state, *std::move(target));
    if (change.has_error())
        co_return co_await refuse_change(core, who, about, mine->decided,
                                         std::move(change).error());
    co_return co_await finish_change(core, who, about, *mine, *std::move(change));
}

}  // namespace sluice::auth
