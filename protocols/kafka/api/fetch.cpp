#include "protocols/kafka/schema/fetch.hpp"

#include <algorithm>
#include <limits>

#include "backend/store/model/log_batch.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using wanted_partition = fetch_request::fetch_topic::fetch_partition;
using shown_topic = fetch_response::fetchable_topic_response;
using shown_partition = shown_topic::partition_data;

// zstd is understood by clients from Fetch version 10 on (KIP-110).
constexpr int first_zstd_version = 10;
// Of one partition while memory is scarce: a batch always comes whole.
constexpr std::uint64_t scarce_read_bytes = 64 * kibibyte;

// The topics of one request, opened once; read as often as it takes to fill the answer.
class fetch_run {
public:
    fetch_run(api_call& call, fetch_request const& request) : call_(call), request_(request) {}

    task<fetch_response> run();

private:
    struct opened_topic {
        error_code error = error_code::none;
        std::optional<auth::readable_log> log;
    };
    task<void> open_topics();
    task<void> read_all();
    task<void> read_one(auth::readable_log& log, wanted_partition const& wanted,
                        shown_partition& out);
    error_code check(wanted_partition const& wanted) const;
    bool is_committed() const noexcept { return request_.isolation_level == 1; }
    static void show_bounds(store::log_bounds const& bounds, shown_partition& out);
    std::vector<auth::guarded_logs::position> positions() const;

    api_call& call_;
    fetch_request const& request_;
    std::vector<opened_topic> topics_;
    fetch_response answer_;
    std::uint64_t room_ = 0;    // bytes that the whole answer may still take
    std::uint64_t bytes_ = 0;   // that it has
    bool must_answer_ = false;  // an error or a truncation is news enough
};

bool is_follower(api_call const& call, fetch_request const& request) {
    auto const replica =
        call.version() >= 15 ? request.replica_state.replica_id : request.replica_id;
    return replica >= 0;
}

void set_error(api_call& call, error_code error, shown_partition& out) {
    out.error_code = call.code(error);
    out.high_watermark = -1;
    out.last_stable_offset = -1;
    out.log_start_offset = -1;
}

task<void> fetch_run::open_topics() {
    bool const follower = is_follower(call_, request_);
    for (auto const& wanted : request_.topics) {
        opened_topic one;
        auto name = wanted.topic;
        if (call_.version() >= 13) {
            auto const found = co_await find_topic_of_id(call_, wanted.topic_id);
            one.error = found.error;
            name = found.topic.name;
        }
        if (follower) one.error = error_code::topic_authorization_failed;
        if (one.error == error_code::none) {
            auto log = co_await call_.logs().open(call_.who(), std::move(name));
            if (log.has_error())
                one.error = topic_error(call_, log.error());
            else
                one.log.emplace(std::move(*log));
        }
        topics_.push_back(std::move(one));
    }
}

error_code fetch_run::check(wanted_partition const& wanted) const {
    if (wanted.current_leader_epoch > only_leader_epoch) return error_code::unknown_leader_epoch;
    if (wanted.fetch_offset < 0) return error_code::offset_out_of_range;
    return error_code::none;
}

void fetch_run::show_bounds(store::log_bounds const& bounds, shown_partition& out) {
    out.high_watermark = to_underlying(bounds.end);
    out.last_stable_offset = to_underlying(bounds.stable);
    out.log_start_offset = to_underlying(bounds.start);
}

task<void> fetch_run::read_one(auth::readable_log& log, wanted_partition const& wanted,
                               shown_partition& out) {
    partition_index const partition{wanted.partition};
    auto const refused = check(wanted);
    auto const bounds = log.bounds(partition);
    if (refused != error_code::none || bounds.has_error()) {
        set_error(call_, refused != error_code::none ? refused : topic_error(call_, bounds.error()), out);
        must_answer_ = true;
        co_return;
    }
    show_bounds(*bounds, out);
    // What was aborted is told to those who asked for what was committed.
    if (!is_committed()) out.aborted_transactions.reset();
    if (wanted.last_fetched_epoch > only_leader_epoch) {
        out.diverging_epoch = {only_leader_epoch, to_underlying(bounds->end)};
        must_answer_ = true;
        co_return;
    }
    auto const limit = static_cast<std::uint64_t>(std::max(wanted.partition_max_bytes, 0));
    bool const first = bytes_ == 0;
    log_offset const from{wanted.fetch_offset};
    auto most = std::min(limit, room_);
    // Taken before it is read; when all connections together hold too much, answers are small.
    if (!call_.answer_memory.resize(bytes_ + most)) most = std::min(most, scarce_read_bytes);
    auto const isolation = is_committed() ? store::log_isolation::committed
                                          : store::log_isolation::uncommitted;
    auto slice = co_await log.read(partition, from, most, first, isolation);
    if (slice.has_error()) {
        set_error(call_, topic_error(call_, slice.error()), out);
        must_answer_ = true;
        co_return;
    }
    show_bounds(slice->bounds, out);
    for (auto const& one : slice->aborted)
        out.aborted_transactions->push_back({one.producer, to_underlying(one.first)});
    if (slice->batches.empty()) co_return;
    auto const header = store::parse_log_batch_header(slice->batches);
    bool const unreadable = header.has_value() && call_.version() < first_zstd_version &&
                            header->codec() == store::log_codec::zstd;
    if (unreadable) {
        set_error(call_, error_code::unsupported_compression_type, out);
        must_answer_ = true;
        co_return;
    }
    bytes_ += slice->batches.size();
    room_ -= std::min<std::uint64_t>(room_, slice->batches.size());
    auto const owner = std::make_shared<std::string const>(std::move(slice->batches));
    out.records->pieces.push_back({owner, *owner});
}

task<void> fetch_run::read_all() {
    answer_.responses.clear();
    bytes_ = 0;
    auto const asked = static_cast<std::uint64_t>(std::max(request_.max_bytes, 0));
    room_ = std::min<std::uint64_t>(asked, call_.options().fetch_bytes);
    for (std::size_t at = 0; at < topics_.size(); ++at) {
        auto const& wanted = request_.topics[at];
        auto& shown = answer_.responses.emplace_back();
        shown.topic = wanted.topic;
        shown.topic_id = wanted.topic_id;
        for (auto const& partition : wanted.partitions) {
            shown_partition one;
            one.partition_index = partition.partition;
            if (topics_[at].log) {
                co_await read_one(*topics_[at].log, partition, one);
            } else {
                set_error(call_, topics_[at].error, one);
                must_answer_ = true;
            }
            shown.partitions.push_back(std::move(one));
        }
    }
}

std::vector<auth::guarded_logs::position> fetch_run::positions() const {
    std::vector<auth::guarded_logs::position> out;
    for (std::size_t at = 0; at < topics_.size(); ++at) {
        if (!topics_[at].log) continue;
        auto const id = topics_[at].log->topic().id;
        for (auto const& one : answer_.responses[at].partitions)
            out.push_back(
                {id, partition_index{one.partition_index}, log_offset{one.high_watermark}});
    }
    return out;
}

// Long poll: waits until min_bytes are there, or max_wait went by, whichever is first.
task<fetch_response> fetch_run::run() {
    co_await open_topics();
    auto const& clock = call_.services.clock;
    auto const wait = std::clamp<std::chrono::milliseconds>(
        std::chrono::milliseconds{request_.max_wait_ms}, {}, call_.options().fetch_wait);
    auto const end = clock.monotonic() + wait;
    auto const wanted = static_cast<std::uint64_t>(std::max(request_.min_bytes, 0));
    for (;;) {
        co_await read_all();
        // What was taken for more than came is given back before waiting; one batch larger than
        // what was taken goes out all the same.
        (void)call_.answer_memory.resize(bytes_);
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.monotonic());
        if (must_answer_ || bytes_ >= wanted || room_ == 0 || left.count() <= 0) break;
        auto known = positions();
        if (known.empty()) break;
        auto const waited = co_await call_.logs().wait_for_more(std::move(known), left);
        if (waited.has_error()) break;
    }
    co_return std::move(answer_);
}

}  // namespace

// Sessions (KIP-227) are answered as "none": the client goes on with full requests. A request is
// full by its epoch, whatever session it names: 0 asks for a new session, -1 for none.
task<fetch_response> api::fetch(api_call& call, fetch_request const& request) {
    fetch_response out;
    bool const full = request.session_epoch == 0 || request.session_epoch == -1;
    if (!full) {
        out.error_code = call.code(error_code::fetch_session_id_not_found);
        co_return out;
    }
    if (request.isolation_level != 0 && request.isolation_level != 1) {
        out.error_code = call.code(error_code::invalid_request);
        co_return out;
    }
    fetch_run one(call, request);
    co_return co_await one.run();
}

}  // namespace sluice::kafka
