// Fails at once: the suite must notice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const*, std::size_t) {
    std::abort();
}
