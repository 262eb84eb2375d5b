#include "backend/kv/mutation_batch.hpp"

#include <utility>

#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::kv {
namespace {

constexpr std::size_t commit_lsn_bytes = 8;

void write_head(byte_writer& out, family where, operation what) {
    out.little(to_underlying(where)).little(to_underlying(what));
}

}  // namespace

mutation_batch::position_of mutation_batch::put(family where, std::string_view key,
                                                std::string_view value) {
    byte_writer out(bytes_);
    write_head(out, where, operation::put);
    out.varint(key.size());
    position_of at{};
    at.key = out.position();
    out.raw(key).varint(value.size());
    at.value = out.position();
    out.raw(value);
    ++count_;
    return at;
}

void mutation_batch::erase(family where, std::string_view key) {
    byte_writer out(bytes_);
    write_head(out, where, operation::erase);
    out.sized(key);
    ++count_;
}

void mutation_batch::erase_range(family where, std::string_view begin, std::string_view end) {
    byte_writer out(bytes_);
    write_head(out, where, operation::erase_range);
    out.sized(begin).sized(end);
    ++count_;
}

void mutation_batch::add_slot(slot::kind what, std::size_t position, std::uint32_t index) {
    SLUICE_ASSERT(position < bytes_.size());
    slots_.push_back({what, index, position});
}

mutation_batch::position_of mutation_batch::put_stamped(family where, std::string_view key,
                                                        std::string_view value) {
    SLUICE_ASSERT(value.size() >= commit_lsn_bytes);
    auto at = put(where, key, value);
    add_slot(slot::kind::commit_lsn, at.value);
    return at;
}

void mutation_batch::append(mutation_batch&& other) {
    slots_.reserve(slots_.size() + other.slots_.size());
    for (auto moved : other.slots_) {
        moved.position += bytes_.size();
        slots_.push_back(moved);
    }
    if (bytes_.empty()) bytes_ = std::move(other.bytes_);
    else bytes_.append(other.bytes_);
    count_ += std::exchange(other.count_, 0);
    other.bytes_.clear();
    other.slots_.clear();
}

result<mutation> mutation_cursor::take() {
    byte_reader in(rest_);
    auto where = in.little<std::uint8_t>();
    auto what = in.little<std::uint8_t>();
    mutation taken{};
    taken.key = in.sized();
    taken.where = static_cast<family>(where);
    taken.what = static_cast<operation>(what);
    if (taken.what != operation::erase) taken.value = in.sized();
    if (!in.ok()) return failure{error::malformed, "mutation batch ends too early"};
    if (where < 1 || where > family_count)
        return failure{error::malformed, "mutation batch names family " + std::to_string(where)};
    if (what < 1 || what > to_underlying(operation::erase_range))
        return failure{error::malformed, "mutation batch names operation " + std::to_string(what)};
    rest_ = in.rest();
    return taken;
}

}  // namespace sluice::kv
