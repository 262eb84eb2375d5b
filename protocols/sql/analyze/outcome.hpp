// What the functions of this folder answer: a value, or an SQL error behind one pointer, so that
// the frames of the recursive analysis stay small. analyze() unwraps it once.
#pragma once

#include <boost/system/result.hpp>
#include <memory>
#include <utility>

#include "gateway/core/result.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

class boxed_error {
public:
    boxed_error() = default;  // only for outcome<T>::error(), which names it
    boxed_error(sql_error what)
        : what_(std::make_shared<sql_error>(std::move(what))) {}  // NOLINT: `return sql_error(...)`
    sql_error& operator*() const noexcept { return *what_; }
    sql_error* operator->() const noexcept { return what_.get(); }

private:
    std::shared_ptr<sql_error> what_;
};

[[noreturn]] inline void throw_exception_from_error(boxed_error const& what,
                                                    boost::source_location const&) {
    throw sql_error_exception(*what);
}

template <class T = void>
using outcome = boost::system::result<T, boxed_error>;

}  // namespace sluice::sql
