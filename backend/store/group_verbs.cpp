#include "backend/store/group_verbs.hpp"

#include <algorithm>

#include "backend/store/change.hpp"
#include "backend/store/index_read.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::uint8_t record_version = 1;
// Of one commit.
constexpr std::size_t offsets_bytes = 512 * kibibyte;
// Of one answer of saved_groups.
constexpr std::size_t states_bytes = 4 * mebibyte;

result<std::string> decode_state(std::string_view bytes) {
    byte_reader in(bytes);
    in.little<std::uint64_t>();
    if (in.little<std::uint8_t>() != record_version) in.fail();
    if (!in.ok()) return failure{error::corrupt, "group state does not parse"};
    return std::string(in.rest());
}

result<void> check_group(engine& store, std::string const& group) {
    if (group.empty()) return failure{error::invalid_argument, "a group id is empty"};
    if (group.size() > store.limits().group_id_bytes)
        return failure{error::too_large, "limits.group_id_bytes"};
    return success();
}

result<void> check_offset(engine& store, commit_offsets_request::item const& item) {
    auto const* const partition = item.topic->partition(item.offset.partition);
    if (partition == nullptr || partition->is_closed())
        return failure{error::not_found, "no such partition"};
    if (item.offset.metadata.size() > store.limits().offset_metadata_bytes)
        return failure{error::too_large, "limits.kafka_offset_metadata"};
    return success();
}

}  // namespace

std::string encode_group_offset(committed_offset const& offset) {
    std::string bytes;
    byte_writer(bytes)
        .little(std::uint64_t{0})
        .little(record_version)
        .little(to_underlying(offset.offset))
        .little(offset.leader_epoch)
        .little(to_underlying(offset.committed))
        .sized(offset.metadata);
    return bytes;
}

result<committed_offset> decode_group_offset(std::string_view bytes) {
    byte_reader in(bytes);
    committed_offset offset;
    in.little<std::uint64_t>();
    if (in.little<std::uint8_t>() != record_version) in.fail();
    offset.offset = log_offset{in.little<std::int64_t>()};
    offset.leader_epoch = in.little<std::int32_t>();
    offset.committed = unix_millis{in.little<std::int64_t>()};
    offset.metadata = in.sized();
    if (!in.ok() || !in.at_end()) return failure{error::corrupt, "group offset does not parse"};
    return offset;
}

task<std::vector<result<void>>> commit_offsets(engine& store, commit_offsets_request request) {
    auto const use = store.use();
    std::vector<result<void>> answers(request.offsets.size());
    auto const group = check_group(store, request.group);
    if (group.has_error()) {
        for (auto& answer : answers) answer = group.error();
        co_return answers;
    }
    auto const now = store.clock().now();
    for (std::size_t i = 0; i < answers.size();) {
        change work;
        std::vector<std::size_t> written;
        for (; i < answers.size() && work.mutations().bytes().size() < offsets_bytes; ++i) {
            auto& item = request.offsets[i];
            answers[i] = check_offset(store, item);
            if (answers[i].has_error()) continue;
            item.offset.committed = now;
            work.mutations().put_stamped(
                kv::family::meta,
                keys::group_offset(request.group, item.topic->id(), item.offset.partition),
                encode_group_offset(item.offset));
            written.push_back(i);
        }
        if (written.empty()) continue;
        auto added = add_audit(store, work, std::exchange(request.audit, {}));
        result<lsn> done = lsn{};
        if (added.has_error()) done = std::move(added).error();
        else done = co_await commit_change(store, std::move(work));
        if (done.has_error())
            for (auto const at : written) answers[at] = done.error();
    }
    co_return answers;
}

task<result<std::vector<committed_offset>>> committed_offsets(engine& store, std::string group) {
    auto const use = store.use();
    auto body = [&](index_view const& view) -> result<std::vector<committed_offset>> {
        std::vector<committed_offset> all;
        auto cursor = view.scan(kv::family::meta, keys::group_offsets(group));
        for (; cursor->valid(); cursor->next()) {
            SLUICE_TRY(auto const key, keys::parse_group_offset(cursor->key()));
            auto const topic = store.logs().find(key.dataset);
            if (!topic) continue;   // dropped
            SLUICE_TRY(auto offset, decode_group_offset(cursor->value()));
            offset.topic = topic->name();
            offset.partition = key.partition;
            all.push_back(std::move(offset));
        }
        SLUICE_CHECK(cursor->status());
        return all;
    };
    SLUICE_CO_TRY(auto all, co_await read_index(store, body));
    auto const by_name = [](committed_offset const& one) {
        return std::tie(one.topic, one.partition);
    };
    std::ranges::sort(all, {}, by_name);
    co_return all;
}

task<result<void>> forget_offsets(engine& store, forget_offsets_request request) {
    SLUICE_CO_CHECK(check_group(store, request.group));
    change work;
    for (auto const& one : request.offsets)
        work.mutations().erase(kv::family::meta,
                               keys::group_offset(request.group, one.topic->id(), one.partition));
    if (work.mutations().bytes().size() > offsets_bytes)
        co_return failure{error::too_large, "too many offsets of one group at once"};
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    co_return success();
}

task<result<void>> save_group(engine& store, saved_group group) {
    SLUICE_CO_CHECK(check_group(store, group.group));
    if (group.state.size() > store.limits().group_state_bytes)
        co_return failure{error::too_large, "limits.group_state_bytes"};
    change work;
    std::string value;
    value.reserve(group.state.size() + 9);
    byte_writer(value).little(std::uint64_t{0}).little(record_version).raw(group.state);
    work.mutations().put_stamped(kv::family::meta, keys::group_state(group.group), value);
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    co_return success();
}

task<result<void>> remove_group(engine& store, std::string group, audit_records audit) {
    SLUICE_CO_CHECK(check_group(store, group));
    change work;
    work.mutations().erase(kv::family::meta, keys::group_state(group));
    auto const offsets = keys::group_offsets(group);
    work.mutations().erase_range(kv::family::meta, offsets.lower, offsets.upper);
    SLUICE_CO_CHECK(add_audit(store, work, std::move(audit)));
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    co_return success();
}

task<result<std::vector<saved_group>>> saved_groups(engine& store, std::string after,
                                                    std::size_t most) {
    auto const use = store.use();
    auto body = [&](index_view const& view) -> result<std::vector<saved_group>> {
        std::vector<saved_group> all;
        std::size_t bytes = 0;
        auto cursor = view.scan(kv::family::meta, keys::group_states(after));
        for (; cursor->valid() && all.size() < most && bytes < states_bytes; cursor->next()) {
            saved_group one;
            SLUICE_TRY(one.group, keys::parse_group_state(cursor->key()));
            SLUICE_TRY(one.state, decode_state(cursor->value()));
            bytes += one.state.size();
            all.push_back(std::move(one));
        }
        SLUICE_CHECK(cursor->status());
        return all;
    };
    co_return co_await read_index(store, body);
}

}  // namespace sluice::store
