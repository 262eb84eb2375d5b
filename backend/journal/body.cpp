#include "backend/journal/body.hpp"

#include "gateway/core/cursor.hpp"

namespace sluice::journal {

std::string encode_commit_head(std::vector<location> const& chunks, std::size_t mutation_bytes) {
    std::string head;
    head.reserve(20 + 8 * chunks.size());
    byte_writer out(head);
    out.varint(chunks.size());
    for (auto const& chunk : chunks) out.big(encode(chunk));
    out.varint(mutation_bytes);
    return head;
}

result<commit_body> decode_commit_body(std::string_view body) {
    byte_reader in(body);
    commit_body decoded;
    auto const count = in.varint();
    if (count > in.rest().size() / sizeof(std::uint64_t))
        return failure{error::malformed, "commit frame: more chunks than bytes"};
    decoded.chunks.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
        decoded.chunks.push_back(decode_location(in.big<std::uint64_t>()));
    decoded.mutations = in.sized();
    SLUICE_CHECK(in.finish("commit frame"));
    return decoded;
}

result<std::string> encode_chunk_body(kv::mutation_batch const& batch) {
    std::string body;
    body.reserve(batch.bytes().size() + 3 * batch.slots().size() + 8);
    byte_writer out(body);
    out.varint(batch.slots().size());
    std::size_t before = 0;
    for (auto const& slot : batch.slots()) {
        if (slot.what != kv::slot::kind::commit_lsn || slot.position < before)
            return failure{error::invalid_argument,
                           "transaction chunk: only commit LSN slots, in order"};
        out.varint(slot.position - before);
        before = slot.position;
    }
    out.raw(batch.bytes());
    return body;
}

result<std::string_view> stamp_chunk_body(std::string& body, lsn commit) {
    byte_reader in(body);
    auto const count = in.varint();
    if (count > in.rest().size()) return failure{error::malformed, "transaction chunk: slot count"};
    std::vector<std::size_t> positions;
    positions.reserve(count);
    std::size_t position = 0;
    for (std::uint64_t i = 0; i < count; ++i) positions.push_back(position += in.varint());
    if (!in.ok()) return failure{error::malformed, "transaction chunk: ends too early"};
    auto const batch = in.rest();
    for (auto at : positions) {
        if (at > batch.size() || batch.size() - at < sizeof(lsn))
            return failure{error::malformed, "transaction chunk: slot outside the batch"};
        store_little(body.data() + (batch.data() - body.data()) + at, to_underlying(commit));
    }
    return batch;
}

}  // namespace sluice::journal
