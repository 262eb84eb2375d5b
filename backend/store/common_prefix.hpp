// Listings with a delimiter (S3 ListObjects): keys that share what comes up to it stand together.
#pragma once

#include <string>

namespace sluice::store {

// The common prefix that `key`, which begins with `prefix`, belongs to; empty: it stands for itself.
inline std::string common_prefix(std::string const& key, std::string const& prefix,
                                 std::string const& delimiter) {
    if (delimiter.empty()) return {};
    auto const at = key.find(delimiter, prefix.size());
    return at == std::string::npos ? std::string{} : key.substr(0, at + delimiter.size());
}

}  // namespace sluice::store
