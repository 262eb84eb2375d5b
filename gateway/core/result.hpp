// result<T>: a value or a failure (Boost.System's result). Errors travel as values; exceptions stay
// at start-up and inside the quarantines. SLUICE_TRY unwraps or returns the failure, in functions
// (`return`) and coroutines (`co_return`).
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>

#include "gateway/core/error.hpp"

namespace sluice {

// Thrown only by result<T>::value() on a failure: start-up code and tests use it.
struct failure_exception : std::runtime_error {
    explicit failure_exception(failure const& what)
        : std::runtime_error(what.describe()), what_failed(what) {}
    failure what_failed;
};

[[noreturn]] inline void throw_exception_from_error(failure const& what,
                                                    boost::source_location const&) {
    throw failure_exception(what);
}

template <class T = void>
using result = boost::system::result<T, failure>;

inline result<void> success() { return {}; }

}  // namespace sluice

#define SLUICE_JOIN_(a, b) a##b
#define SLUICE_JOIN(a, b) SLUICE_JOIN_(a, b)

// SLUICE_TRY(auto value, expression);   SLUICE_CHECK(expression);
#define SLUICE_TRY(declaration, ...) \
    SLUICE_TRY_(return, SLUICE_JOIN(try_result_, __LINE__), declaration, __VA_ARGS__)
#define SLUICE_CHECK(...) SLUICE_CHECK_(return, SLUICE_JOIN(try_result_, __LINE__), __VA_ARGS__)
#define SLUICE_CO_TRY(declaration, ...) \
    SLUICE_TRY_(co_return, SLUICE_JOIN(try_result_, __LINE__), declaration, __VA_ARGS__)
#define SLUICE_CO_CHECK(...) SLUICE_CHECK_(co_return, SLUICE_JOIN(try_result_, __LINE__), __VA_ARGS__)
#define SLUICE_TRY_(leave, name, declaration, ...) \
    auto name = (__VA_ARGS__);                     \
    if (name.has_error()) leave std::move(name).error(); \
    declaration = std::move(*name)
#define SLUICE_CHECK_(leave, name, ...) \
    auto name = (__VA_ARGS__);          \
    if (name.has_error()) leave std::move(name).error()
