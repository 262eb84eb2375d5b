// Where keys of identity providers are read for the guard: files and URLs, bounded in time and size.
// Thread rule: any executor; the pool outlives it.
#pragma once

#include "auth/keys/key_documents.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/net/http_fetch.hpp"

namespace sluice::gateway {

class key_document_source final : public auth::key_documents {
public:
    key_document_source(fetch_options options, blocking_pool& pool) noexcept
        : options_(options),
          pool_(pool) {}

    task<result<std::string>> read(std::string place) override;

private:
    fetch_options const options_;
    blocking_pool& pool_;
};

}  // namespace sluice::gateway
