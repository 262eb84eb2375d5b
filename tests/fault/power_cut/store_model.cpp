#include "tests/fault/power_cut/store_model.hpp"

#include "tests/fault/power_cut/value_bytes.hpp"

namespace sluice::fault {

std::uint64_t content::size() const {
    std::uint64_t total = 0;
    for (auto const& one : pieces) total += one.length;
    return total;
}

std::string content::bytes() const {
    std::string all;
    for (auto const& one : pieces) all += bytes_of(one.number, one.length);
    return all;
}

}  // namespace sluice::fault
