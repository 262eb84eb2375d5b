// What is inside commit frames and transaction chunks (design 0002, Body of a commit frame). Pure
// functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/journal/commit.hpp"
#include "backend/kv/mutation_batch.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::journal {

// The commit frame's body is this head, then the encoded mutations.
std::string encode_commit_head(std::vector<location> const& chunks, std::size_t mutation_bytes);

struct commit_body {
    std::vector<location> chunks;
    std::string_view mutations;  // into the body
};
result<commit_body> decode_commit_body(std::string_view body);

// invalid_argument: the batch has location or custom slots.
result<std::string> encode_chunk_body(kv::mutation_batch const&);
// Fills the commit LSN slots in `body` and returns the batch in it.
result<std::string_view> stamp_chunk_body(std::string& body, lsn commit);

}  // namespace sluice::journal
