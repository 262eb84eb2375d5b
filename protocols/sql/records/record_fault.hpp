// Why a statement over records, or the records, could not be taken: a closed set of reasons
// (faults.def) with a text for people. Plain value.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace sluice::sql::records {

enum class fault : std::uint8_t {
#define RECORD_FAULT(id) id,
#include "protocols/sql/records/faults.def"
#undef RECORD_FAULT
};

struct record_fault {
    fault code = fault::parse_unexpected_token;
    std::string text;  // empty: the code says it all

    record_fault() = default;
    record_fault(fault code) : code(code) {}  // NOLINT: implicit, to `return fault::...`
    record_fault(fault code, std::string text) : code(code), text(std::move(text)) {}
};

[[noreturn]] inline void throw_exception_from_error(record_fault const& what,
                                                    boost::source_location const&) {
    throw std::runtime_error(what.text);
}

template <class T = void>
using record_result = boost::system::result<T, record_fault>;

}  // namespace sluice::sql::records
