// The coroutine type of everything that waits without blocking a thread, from backend/store upward.
// A task runs on the executor that its spawner gave it and is started by being awaited or by
// task_group::spawn. Parameters are taken by value, or refer to things the awaiting caller keeps alive.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace sluice {

template <class T = void>
using task = boost::asio::awaitable<T>;

}  // namespace sluice
