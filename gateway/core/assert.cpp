#include "gateway/core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void assertion_failed(char const* expression, char const* file, int line) noexcept {
    std::fprintf(stderr, "sluice: broken invariant `%s` at %s:%d; stopping so that nothing wrong is "
                         "served, restart recovers every acknowledged write\n",
                 expression, file, line);
    std::abort();
}

}  // namespace sluice
