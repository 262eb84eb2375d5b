// Pieces that all listings share: page sizes, encoding-type, continuation tokens. Pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

// A parameter that counts: absent is `standard`, more than `most` counts as `most`.
// invalid_argument for anything that is not a number from 0 (or 1) on.
s3_result<std::uint32_t> page_size(s3_request const& request, std::string_view parameter,
                                   std::uint32_t standard, std::uint32_t most,
                                   std::uint32_t least = 0);

// How keys are written: as they are, or percent-encoded when the client asked for
// encoding-type=url.
class key_spelling {
public:
    static s3_result<key_spelling> of(s3_request const& request);
    bool encoded() const noexcept { return encoded_; }
    std::string operator()(std::string_view key) const;

private:
    bool encoded_ = false;
};

// Tokens are opaque to clients and checked when they come back: a token holds only for the listing
// it was made for (`scope`: bucket, prefix, delimiter).
std::string make_token(std::string_view scope, std::string_view position);
// invalid_argument for everything that make_token did not make for this scope.
s3_result<std::string> read_token(std::string_view scope, std::string_view token);
std::string token_scope(std::string_view bucket, std::string_view prefix,
                        std::string_view delimiter);

// Where a listing goes on behind a marker that a client names: one that lies below a common prefix stands for
// all of it, which was listed as one entry.
std::string position_behind(std::string_view marker, std::string_view prefix,
                            std::string_view delimiter);

}  // namespace sluice::s3
