#include "backend/store/id_counters.hpp"

#include "backend/kv/key_space.hpp"
#include "backend/store/blocking_wait.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::array<std::string_view, 5> names{"payload", "dataset", "upload", "producer",
                                                "version"};
// Datasets are few and named in keys: small numbers stay small.
constexpr std::array<std::uint64_t, 5> blocks{65536, 256, 4096, 4096, 65536};
// Below: datasets of the server itself (audit_dataset).
constexpr std::array<std::uint64_t, 5> firsts{1, 1024, 1, 1, 1};

std::unique_ptr<journal::commit> block_commit(std::size_t kind, std::uint64_t end) {
    auto commit = std::make_unique<journal::commit>();
    std::string value;
    byte_writer(value).little(end);
    commit->mutations.put(kv::family::meta, kv::key_space::id_counter(names[kind]), value);
    return commit;
}

}  // namespace

struct id_counters::shared {
    std::mutex mutex;
    std::array<counter, kinds> counters;
};

id_counters::id_counters(journal::journal& journal)
    : journal_(journal), shared_(std::make_shared<shared>()) {}

result<std::unique_ptr<id_counters>> id_counters::open(journal::journal& journal,
                                                       kv::index const& index,
                                                       blocking_token token) {
    std::unique_ptr<id_counters> counters(new id_counters(journal));
    auto const view = journal.published();
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        SLUICE_TRY(auto stored,
                   index.get(*view->index, kv::family::meta, kv::key_space::id_counter(names[kind]),
                             kv::read_tier::may_block));
        std::uint64_t from = firsts[kind];
        if (stored) {
            byte_reader in(*stored);
            from = in.little<std::uint64_t>();
            if (!in.ok() || !in.at_end())
                return failure{error::corrupt, "id counter " + std::string(names[kind])};
        }
        auto commit = block_commit(kind, from + blocks[kind]);
        SLUICE_CHECK(
            submit_blocking(journal, std::move(commit), journal::admission_class::freeing, token));
        counters->shared_->counters[kind] = {from, from + blocks[kind], false};
    }
    return counters;
}

result<std::uint64_t> id_counters::take(kind which) {
    std::uint64_t id = 0;
    std::uint64_t extend_from = 0;
    {
        std::scoped_lock guard(shared_->mutex);
        auto& counter = shared_->counters[which];
        if (counter.next < counter.end) id = counter.next++;
        if (counter.end - counter.next <= blocks[which] / 2 && !counter.extending) {
            counter.extending = true;
            extend_from = counter.end;
        }
    }
    if (extend_from != 0) extend(which, extend_from);
    if (id == 0) {
        if (journal_.is_read_only()) return failure{error::read_only, "no more ids"};
        return failure{error::overloaded,
                       "ids are handed out faster than their blocks become durable"};
    }
    return id;
}

void id_counters::extend(kind which, std::uint64_t from) {
    auto const end = from + blocks[which];
    auto commit = block_commit(which, end);
    commit->on_done = [shared = shared_, which, end](result<lsn> done) {
        std::scoped_lock guard(shared->mutex);
        auto& counter = shared->counters[which];
        counter.extending = false;
        if (done) counter.end = end;
    };
    journal_.submit(std::move(commit), journal::admission_class::freeing);
}

result<payload_id> id_counters::next_payload() {
    SLUICE_TRY(auto id, take(payload));
    return payload_id{id};
}
result<dataset_id> id_counters::next_dataset() {
    SLUICE_TRY(auto id, take(dataset));
    return dataset_id{id};
}
result<upload_id> id_counters::next_upload() {
    SLUICE_TRY(auto id, take(upload));
    return upload_id{id};
}
result<std::int64_t> id_counters::next_producer() {
    SLUICE_TRY(auto id, take(producer));
    return static_cast<std::int64_t>(id);
}
result<object_version> id_counters::next_version() {
    SLUICE_TRY(auto id, take(version));
    return object_version{id};
}

}  // namespace sluice::store
