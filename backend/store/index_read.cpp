#include "backend/store/index_read.hpp"

namespace sluice::store {

index_view view_in_memory(engine& store) {
    return {store.index(), store.journal().published(), kv::read_tier::cache_only};
}

index_view view_blocking(engine& store, blocking_token) {
    return {store.index(), store.journal().published(), kv::read_tier::may_block};
}

}  // namespace sluice::store
