// The devices under the contract battery, by name, each over an empty folder of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/flash/device.hpp"

namespace sluice::flash::contract {

struct device_under_test {
    virtual ~device_under_test() = default;
    virtual device& get() = 0;
    // A second device over the same folder, as another process would have it; null if there is
    // none.
    virtual std::unique_ptr<device> second() = 0;
};

std::vector<std::string> device_names();
// unsupported: this kernel or file system cannot do it.
result<std::unique_ptr<device_under_test>> make_under_test(std::string const& name);

// A buffer of blocks filled from `seed`, so that every block of every seed differs.
aligned_buffer pattern(std::size_t bytes, std::uint64_t seed);
// Writes and waits.
result<void> write_and_wait(file& target, std::uint64_t offset, const_byte_span bytes);

}  // namespace sluice::flash::contract
