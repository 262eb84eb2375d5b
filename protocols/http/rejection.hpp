// Why a connection's bytes were not a request we serve: the status to answer with before closing.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace sluice::http {

struct rejection {
    unsigned status = 400;
    std::string reason;

    rejection() = default;
    rejection(unsigned status, std::string reason) : status(status), reason(std::move(reason)) {}
};

template <class T>
using accepted = boost::system::result<T, rejection>;

[[noreturn]] inline void throw_exception_from_error(rejection const& what,
                                                    boost::source_location const&) {
    throw std::runtime_error("http rejection: " + what.reason);
}

}  // namespace sluice::http
