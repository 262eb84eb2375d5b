#include "backend/journal/segment_registry.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/core/assert.hpp"

namespace sluice::journal {
namespace {

// The operating system's memory of files comes in pages of at most so much.
constexpr std::uint64_t largest_page = 4 * mebibyte;

}  // namespace

std::string segment_table::path_of(segment_id segment) {
    return fmt::format("segments/{:08}.seg", to_underlying(segment));
}

void segment_pin::release() noexcept {
    if (table_ != nullptr) std::exchange(table_, nullptr)->unpin(segment_);
}

class segment_registry::hold final : public segments_hold {
public:
    explicit hold(segment_registry& table) : table_(table) {}
    ~hold() override {
        std::lock_guard lock(table_.mutex_);
        --table_.holds_;
    }

private:
    segment_registry& table_;
};

segment_registry::segment_registry(store_context& context, publisher const& publisher)
    : context_(context),
      publisher_(publisher),
      files_(context.device, context.options.open_segment_files),
      recent_(context.options.reads_remembered),
      entries_(1) {}

segment_registry::~segment_registry() {
    std::lock_guard lock(mutex_);
    for (auto const& entry : entries_) SLUICE_ASSERT(entry.pins == 0);
    SLUICE_ASSERT(streams_.empty() && holds_ == 0);
}

segment_registry::entry& segment_registry::at(segment_id segment) {
    auto const number = to_underlying(segment);
    SLUICE_ASSERT(number < entries_.size() && entries_[number].exists);
    return entries_[number];
}

segment_registry::entry const* segment_registry::find(segment_id segment) const {
    auto const number = to_underlying(segment);
    return number < entries_.size() && entries_[number].exists ? &entries_[number] : nullptr;
}

void segment_registry::count_spare() {
    spare_.store(static_cast<std::uint32_t>(ready_.size()) + free_ + creatable_,
                 std::memory_order_relaxed);
}

bool segment_registry::is_short() const noexcept {
    return can_be_made_ready() <
           context_.options.reserved_segments + context_.options.segments_kept_ready;
}

// -- start-up
// ---------------------------------------------------------------------------------------

void segment_registry::add(segment_id segment, segment_state state, lane where,
                           std::uint64_t incarnation, std::uint64_t used, lsn last) {
    std::lock_guard lock(mutex_);
    auto const number = to_underlying(segment);
    if (entries_.size() <= number) entries_.resize(number + 1);
    auto& made = entries_[number];
    made = entry{};
    made.exists = true;
    made.state = state;
    made.where = where;
    made.incarnation = incarnation;
    made.used = used == 0 ? context_.segment_bytes : used;
    made.last = last;
    if (state == segment_state::free) ++free_;
    count_spare();
}

void segment_registry::keep_until(segment_id segment, lsn upto) {
    std::lock_guard lock(mutex_);
    auto& kept = at(segment);
    kept.last = std::max(kept.last, upto);
}

// -- lanes

std::optional<ready_segment> segment_registry::take_ready() {
    std::optional<ready_segment> taken;
    {
        std::lock_guard lock(mutex_);
        if (!ready_.empty()) {
            taken = std::move(ready_.front());
            ready_.pop_front();
            count_spare();
        } else {
            is_wanted_ = true;
        }
    }
    if (on_shortage_) on_shortage_();
    return taken;
}

void segment_registry::activate(segment_id segment, lane where, std::uint64_t incarnation) {
    std::lock_guard lock(mutex_);
    auto& used = at(segment);
    SLUICE_ASSERT(used.state == segment_state::ready && used.pins == 0);
    used = entry{};
    used.exists = true;
    used.state = segment_state::active;
    used.where = where;
    used.incarnation = incarnation;
    used.used = first_frame_offset;
    used.live_known = true;
}

void segment_registry::note_written(segment_id segment, std::uint64_t used, lsn last,
                                    std::uint64_t payload_bytes) {
    std::lock_guard lock(mutex_);
    auto& written = at(segment);
    SLUICE_ASSERT(written.state == segment_state::active);
    ++written_.writes;
    written_.bytes += used - std::min(used, written.used);
    written.used = std::max(written.used, used);
    written.last = std::max(written.last, last);
    written.live += static_cast<std::int64_t>(payload_bytes);
}

segment_registry::write_totals segment_registry::written() const {
    std::lock_guard lock(mutex_);
    return written_;
}

void segment_registry::seal(segment_id segment) {
    std::lock_guard lock(mutex_);
    auto& sealed = at(segment);
    SLUICE_ASSERT(sealed.state == segment_state::active);
    sealed.state = segment_state::sealed;
    sealed.sealed_at = ++seals_;
}

std::shared_ptr<void> segment_registry::open_stream() {
    std::lock_guard lock(mutex_);
    auto const opened_at = seals_;
    // Shared by whoever writes the stream and the commit that names what it wrote.
    std::shared_ptr<void> stream(nullptr, [this, opened_at](void*) { close_stream(opened_at); });
    ++streams_[opened_at];
    return stream;
}

// Chunks of the stream's transaction are replayed with its commit, which is published by now: keep
// what was sealed meanwhile until the index has flushed it.
void segment_registry::close_stream(std::uint64_t opened_at) noexcept {
    auto const published = publisher_.current();
    std::lock_guard lock(mutex_);
    auto found = streams_.find(opened_at);
    if (--found->second == 0) streams_.erase(found);
    if (seals_ == opened_at || !published) return;
    for (auto& entry : entries_)
        if (entry.exists && entry.where == lane::commit && entry.sealed_at > opened_at)
            entry.last = std::max(entry.last, published->at);
}

bool segment_registry::has_open_stream(entry const& sealed) const {
    return !streams_.empty() && streams_.begin()->first < sealed.sealed_at;
}

// -- readers

std::optional<segment_registry::place> segment_registry::look_up(segment_id segment) const {
    std::lock_guard lock(mutex_);
    auto const* found = find(segment);
    if (found == nullptr || found->where == lane::none) return std::nullopt;
    auto const settled = found->state == segment_state::sealed ? context_.segment_bytes
                         : found->used > largest_page          ? found->used - largest_page
                                                               : 0;
    return place{found->incarnation, found->where, settled};
}

segment_pin segment_registry::pin(segment_id segment) {
    std::lock_guard lock(mutex_);
    if (find(segment) == nullptr) return {};
    ++at(segment).pins;
    return make_pin(segment);
}

void segment_registry::unpin(segment_id segment) noexcept {
    std::lock_guard lock(mutex_);
    auto& pinned = at(segment);
    SLUICE_ASSERT(pinned.pins > 0);
    --pinned.pins;
}

std::unique_ptr<segments_hold> segment_registry::hold_all() {
    auto held = std::make_unique<hold>(*this);
    std::lock_guard lock(mutex_);
    ++holds_;
    for (std::size_t number = 1; number < entries_.size(); ++number) {
        auto const& entry = entries_[number];
        if (entry.exists && entry.where != lane::none &&
            (entry.state == segment_state::active || entry.state == segment_state::sealed))
            held->segments.push_back(describe(segment_id(number), entry));
    }
    return held;
}

// -- keeper

void segment_registry::set_flushed(lsn upto) {
    std::lock_guard lock(mutex_);
    flushed_ = std::max(flushed_, upto);
}

lsn segment_registry::flushed() const {
    std::lock_guard lock(mutex_);
    return flushed_;
}

std::optional<segment_id> segment_registry::take_free() {
    std::lock_guard lock(mutex_);
    for (std::size_t number = 1; number < entries_.size(); ++number) {
        auto& entry = entries_[number];
        if (!entry.exists || entry.state != segment_state::free) continue;
        entry.state = segment_state::ready;
        --free_;
        return segment_id(number);
    }
    return std::nullopt;
}

segment_id segment_registry::reserve_new() {
    std::lock_guard lock(mutex_);
    std::size_t number = 1;
    while (number < entries_.size() && entries_[number].exists) ++number;
    if (number == entries_.size()) entries_.emplace_back();
    entries_[number] = entry{};
    entries_[number].exists = true;
    entries_[number].state = segment_state::ready;
    return segment_id(number);
}

void segment_registry::drop_reserved(segment_id segment) {
    std::lock_guard lock(mutex_);
    at(segment).exists = false;
}

void segment_registry::give_back_free(segment_id segment) {
    std::lock_guard lock(mutex_);
    at(segment).state = segment_state::free;
    ++free_;
    count_spare();
}

void segment_registry::put_ready(ready_segment made, bool created) {
    std::lock_guard lock(mutex_);
    if (created) {
        ++created_;
        if (creatable_ > 0) --creatable_;
    }
    ready_.push_back(std::move(made));
    is_wanted_ = false;
    count_spare();
}

void segment_registry::set_creatable(std::uint32_t segments) {
    std::lock_guard lock(mutex_);
    creatable_ = segments;
    count_spare();
}

std::uint32_t segment_registry::existing() const {
    std::lock_guard lock(mutex_);
    return static_cast<std::uint32_t>(std::count_if(entries_.begin(), entries_.end(),
                                                    [](entry const& one) { return one.exists; }));
}

std::uint32_t segment_registry::ready_count() const {
    std::lock_guard lock(mutex_);
    return static_cast<std::uint32_t>(ready_.size());
}

// -- what the store sees

segment_info segment_registry::describe(segment_id segment, entry const& entry) const {
    segment_info info;
    info.id = segment;
    info.state = entry.state;
    info.where = entry.where;
    info.incarnation = entry.incarnation;
    info.used_bytes = entry.used;
    info.live_bytes = entry.live > 0 ? static_cast<std::uint64_t>(entry.live) : 0;
    info.live_bytes_known = entry.live_known;
    info.last = entry.last;
    info.pins = entry.pins;
    info.empty = entry.empty_at.has_value();
    return info;
}

std::vector<segment_info> segment_registry::list() const {
    std::lock_guard lock(mutex_);
    std::vector<segment_info> all;
    for (std::size_t number = 1; number < entries_.size(); ++number)
        if (entries_[number].exists) all.push_back(describe(segment_id(number), entries_[number]));
    return all;
}

std::vector<segment_info> segment_registry::candidates(std::size_t most) const {
    auto found = list();
    std::erase_if(found, [](segment_info const& one) {
        return one.state != segment_state::sealed || one.empty;
    });
    std::stable_sort(found.begin(), found.end(), [](segment_info const& a, segment_info const& b) {
        if (a.live_bytes_known != b.live_bytes_known) return a.live_bytes_known;
        return a.live_bytes < b.live_bytes;
    });
    if (found.size() > most) found.resize(most);
    return found;
}

void segment_registry::subtract_live_bytes(segment_id segment, std::uint64_t bytes) {
    std::lock_guard lock(mutex_);
    if (find(segment) == nullptr) return;
    auto& changed = at(segment);
    changed.live -= static_cast<std::int64_t>(bytes);
    changed.touched = true;
}

void segment_registry::set_live_bytes(segment_id segment, std::uint64_t bytes) {
    std::lock_guard lock(mutex_);
    if (find(segment) == nullptr) return;
    auto& changed = at(segment);
    changed.live = static_cast<std::int64_t>(bytes);
    changed.live_known = true;
    changed.touched = true;
}

segment_statistics segment_registry::statistics() const {
    auto const now = context_.clock.monotonic();
    auto const ages = publisher_.ages().look(now - context_.options.maximum_snapshot_age);
    segment_statistics seen;
    seen.live_snapshots = ages.alive;
    seen.oldest_snapshot = ages.oldest;
    seen.snapshots_over_age = ages.older_than_limit;
    if (ages.alive > 0)
        seen.oldest_snapshot_age_millis = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now - ages.oldest_time).count());
    std::lock_guard lock(mutex_);
    for (auto const& entry : entries_) {
        if (!entry.exists) continue;
        ++seen.segments;
        seen.pins += entry.pins;
        if (entry.state == segment_state::free) ++seen.free;
        if (entry.state == segment_state::ready) ++seen.ready;
        if (entry.state == segment_state::active) ++seen.active;
        if (entry.state == segment_state::sealed) ++seen.sealed;
    }
    for (auto const& [opened, count] : streams_) seen.open_streams += count;
    seen.holds = holds_;
    seen.can_be_made_ready = can_be_made_ready();
    seen.recycled = recycled_;
    seen.created = created_;
    return seen;
}

}  // namespace sluice::journal
