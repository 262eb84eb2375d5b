// One running digest of any algorithm that S3 knows, MD5 included. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "backend/store/model/attributes.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/xxhash.hpp"

namespace sluice::s3 {

class running_checksum {
public:
    using state = std::variant<std::monostate, hasher, xxhash_hasher>;  // CRCs have none

    explicit running_checksum(store::checksum_algorithm algorithm);

    store::checksum_algorithm algorithm() const noexcept { return algorithm_; }
    void update(const_byte_span bytes);
    // Raw bytes, big-endian for CRCs. Spent afterwards.
    std::string finish();

    static std::string of(store::checksum_algorithm algorithm, std::string_view bytes);

private:
    store::checksum_algorithm algorithm_;
    std::uint64_t crc_ = 0;
    state state_;
};

}  // namespace sluice::s3
