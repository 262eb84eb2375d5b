#include "backend/store/record_verbs.hpp"

#include <algorithm>

#include "backend/store/blocking_wait.hpp"
#include "backend/store/change.hpp"
#include "backend/store/index_read.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

namespace keys = kv::key_space;

constexpr std::uint8_t record_version = 1;

// 8 bytes commit LSN, u8 version, then the value as it is.
std::string encode_record(std::string_view value) {
    std::string bytes;
    byte_writer(bytes).little(std::uint64_t{0}).little(record_version).raw(value);
    return bytes;
}

result<stored_record> decode_record(record_name name, std::string_view bytes) {
    byte_reader in(bytes);
    stored_record record{std::move(name), {}, lsn{in.little<std::uint64_t>()}};
    if (in.little<std::uint8_t>() != record_version) in.fail();
    if (!in.ok())
        return failure{error::corrupt, "record '" + record.name.kind + "' does not parse"};
    record.value = in.rest();
    return record;
}

result<std::optional<stored_record>> get_in(index_view const& view, record_name const& name) {
    SLUICE_TRY(auto stored, view.get(kv::family::meta, keys::identity(name.kind, name.id)));
    if (!stored) return std::optional<stored_record>{};
    SLUICE_TRY(auto record, decode_record(name, *stored));
    return std::optional<stored_record>(std::move(record));
}

result<record_page> scan_in(index_view const& view, scan_records_request const& request,
                            std::size_t most) {
    record_page page;
    auto range = keys::identities(request.kind);
    if (!request.prefix.empty()) {
        range.upper = keys::past_prefix(keys::identity(request.kind, request.prefix));
        range.lower = keys::identity(request.kind, request.prefix);
    }
    if (!request.after.empty())
        range.lower =
            std::max(range.lower, keys::past_key(keys::identity(request.kind, request.after)));
    if (range.lower >= range.upper) return page;
    auto cursor = view.scan(kv::family::meta, std::move(range));
    for (; cursor->valid(); cursor->next()) {
        if (page.records.size() == most) {
            page.truncated = true;
            break;
        }
        SLUICE_TRY(auto key, keys::parse_identity(cursor->key()));
        SLUICE_TRY(auto record,
                   decode_record({std::move(key.kind), std::move(key.id)}, cursor->value()));
        page.records.push_back(std::move(record));
    }
    SLUICE_CHECK(cursor->status());
    return page;
}

lock_name record_lock(record_name const& name) {
    return {kv::family::meta, keys::identity(name.kind, name.id)};
}

bool holds(record_change const& wanted, std::optional<stored_record> const& stored) {
    switch (wanted.expected) {
    case record_change::expectation::anything: return true;
    case record_change::expectation::absent: return !stored;
    case record_change::expectation::present: return stored.has_value();
    case record_change::expectation::unchanged:
        return stored && stored->changed == wanted.unchanged_since;
    }
    return false;
}

result<void> check_expectations(index_view const& view, std::vector<record_change> const& changes) {
    for (auto const& wanted : changes) {
        if (wanted.expected == record_change::expectation::anything) continue;
        SLUICE_TRY(auto stored, get_in(view, wanted.name));
        if (!holds(wanted, stored))
            return failure{error::precondition_failed,
                           wanted.name.kind + " '" + wanted.name.id + "'"};
    }
    return success();
}

// Sorts by name, so that locks are taken in one order.
result<void> prepare(store_limits const& limits, std::vector<record_change>& changes) {
    if (changes.size() > limits.records_per_change)
        return failure{error::too_large, "limits.records_per_change"};
    auto const name_of = [](record_change const& one) {
        return std::tie(one.name.kind, one.name.id);
    };
    std::ranges::sort(changes, {}, name_of);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (i > 0 && name_of(changes[i]) == name_of(changes[i - 1]))
            return failure{error::invalid_argument, "a record is named twice"};
        if (changes[i].value && changes[i].value->size() > limits.record_bytes)
            return failure{error::too_large, "limits.record_bytes"};
    }
    return success();
}

void write(change& work, std::vector<record_change> const& changes) {
    for (auto const& wanted : changes) {
        auto const key = keys::identity(wanted.name.kind, wanted.name.id);
        if (wanted.value)
            work.mutations().put_stamped(kv::family::meta, key, encode_record(*wanted.value));
        else work.mutations().erase(kv::family::meta, key);
    }
}

}  // namespace

task<result<std::optional<stored_record>>> get_record(engine& store, record_name name) {
    auto body = [&](index_view const& view) { return get_in(view, name); };
    co_return co_await read_index(store, body);
}

task<result<record_page>> scan_records(engine& store, scan_records_request request) {
    auto const most = std::min(request.max_records, store.limits().list_page);
    auto body = [&](index_view const& view) { return scan_in(view, request, most); };
    co_return co_await read_index(store, body);
}

task<result<lsn>> change_records(engine& store, change_records_request request) {
    SLUICE_CO_CHECK(prepare(store.limits(), request.changes));
    change work;
    work.locks = make_locks(store);
    for (auto const& wanted : request.changes) {
        SLUICE_CO_CHECK(
            co_await take_lock(store, work.locks, record_lock(wanted.name), lock_mode::exclusive));
    }
    auto body = [&](index_view const& view) { return check_expectations(view, request.changes); };
    SLUICE_CO_CHECK(co_await read_index(store, body));
    write(work, request.changes);
    SLUICE_CO_CHECK(add_audit(store, work, std::move(request.audit)));
    co_return co_await commit_change(store, std::move(work));
}

result<std::optional<stored_record>> get_record_blocking(engine& store, record_name const& name,
                                                         blocking_token token) {
    return get_in(view_blocking(store, token), name);
}

result<record_page> scan_records_blocking(engine& store, scan_records_request const& request,
                                          blocking_token token) {
    return scan_in(view_blocking(store, token), request,
                   std::min(request.max_records, store.limits().list_page));
}

result<lsn> change_records_blocking(engine& store, change_records_request request,
                                    blocking_token token) {
    SLUICE_CHECK(prepare(store.limits(), request.changes));
    change work;
    work.locks = make_locks(store);
    for (auto const& wanted : request.changes) {
        SLUICE_CHECK(take_lock_blocking(store, *work.locks, record_lock(wanted.name),
                                        lock_mode::exclusive, token));
    }
    SLUICE_CHECK(check_expectations(view_blocking(store, token), request.changes));
    write(work, request.changes);
    SLUICE_CHECK(add_audit(store, work, std::move(request.audit)));
    return commit_change_blocking(store, std::move(work), journal::admission_class::ordinary,
                                  token);
}

}  // namespace sluice::store
