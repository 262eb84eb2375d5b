// The rules of check about payloads: heads, extents, the reverse index, places, bytes and reference
// counts.
#include <algorithm>

#include <fmt/format.h>

#include "backend/journal/frame.hpp"
#include "backend/store/check_run.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/object_records.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::size_t counted_entry_bytes = 64;   // of the reference table, per payload

std::string place_text(journal::location at) {
    return fmt::format("{} at {}", journal::segment_table::path_of(at.segment), at.offset);
}

bool names_same_owner(reverse_record const& a, reverse_record const& b) {
    if (a.kind != b.kind || a.length != b.length) return false;
    if (a.kind == reverse_record::owner_kind::payload)
        return a.payload == b.payload && a.payload_offset == b.payload_offset;
    return a.dataset == b.dataset && a.partition == b.partition && a.base == b.base &&
           a.piece == b.piece;
}

}  // namespace

// What the extents of one payload add up to.
struct check_run::payload_walk {
    payload_id payload{};
    std::optional<payload_head> head;   // none: the extents have no payload
    std::uint64_t extents = 0;
    std::uint64_t end = 0;
};

void check_run::check_payloads() {
    auto all = keys::all_extents();
    auto extents = index_.scan(view_, kv::family::payload, std::move(all.lower),
                               std::move(all.upper),
                               kv::read_tier::may_block);
    scan(kv::family::payload, keys::payload_heads(),
         [&](std::string_view key, std::string_view value) {
        ++report_.payloads;
        check_head(key, value, *extents);
    });
    payload_walk none;
    for (; extents->valid(); extents->next()) check_extent(none, extents->key(), extents->value());
    if (auto status = extents->status(); !status)
        violate(check_rule::folder, "index", status.error().describe());
}

// Moves `extents` behind those of this payload.
void check_run::check_head(std::string_view key, std::string_view value, kv::cursor& extents) {
    auto const id = keys::parse_payload_head(key);
    if (!id) return violate_at(check_rule::record, key, id.error().describe());
    highest_payload_ = std::max(highest_payload_, to_underlying(*id));
    payload_walk none, walk;
    walk.payload = *id;
    auto const own = keys::extents(*id);
    for (; extents.valid() && extents.key() < own.lower; extents.next())
        check_extent(none, extents.key(), extents.value());
    auto const head = decode_payload_head(value);
    if (head) walk.head = *head;
    else violate_at(check_rule::record, key, head.error().describe());
    for (; extents.valid() && extents.key() < own.upper; extents.next())
        check_extent(walk, extents.key(), extents.value());
    if (!head || head->references == 0) return;   // taken apart extent by extent
    if (walk.extents != head->extents || walk.end != head->length)
        violate_at(check_rule::payload, key,
                   fmt::format("says {} bytes in {} extents and has {} in {}", head->length,
                                                         head->extents, walk.end, walk.extents));
}

void check_run::check_extent(payload_walk& walk, std::string_view key, std::string_view value) {
    ++report_.extents;
    auto const parsed = keys::parse_extent(key);
    if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
    highest_payload_ = std::max(highest_payload_, to_underlying(parsed->payload));
    if (walk.payload != parsed->payload)
        violate_at(check_rule::payload, key, "has no payload head");
    auto const extent = decode_extent(value);
    if (!extent) return violate_at(check_rule::record, key, extent.error().describe());
    if (walk.head && walk.head->references != 0) {
        if (parsed->offset != walk.end)
            violate_at(check_rule::payload, key, fmt::format("should start at {}", walk.end));
        if (extent->kind != walk.head->kind)
            violate_at(check_rule::payload, key, "is of another kind than its payload");
    }
    ++walk.extents;
    walk.end = parsed->offset + extent->length();
    if (extent->kind == payload_kind::composed)
        return check_length(key, extent->part.payload,
                            extent->part.length + extent->part.payload_offset);
    check_frames(key, *parsed, extent->frames);
}

void check_run::check_frames(std::string_view key, keys::extent_key const& parsed,
                             frames_extent const& frames) {
    reverse_record expected;
    expected.payload = parsed.payload;
    expected.payload_offset = parsed.offset;
    expected.length = frames.length;
    check_reverse_of(key, frames.first, expected);
    if (frames.frame_bytes > journal::frame_body_limit)
        return violate_at(check_rule::record, key,
                          fmt::format("has frames of {} bytes", frames.frame_bytes));
    if (!end_of(frames.first, frames.frame_bytes, frames.length))
        return violate_at(check_rule::place, key,
                          place_text(frames.first) + " is outside of the segments in use");
    if (!options_.read_bytes) return;
    for (std::uint64_t within = 0; within < frames.length; within += frames.frame_bytes) {
        auto const length = std::min(frames.frame_bytes, frames.length - within);
        read_frame(key, frames.frame_at(within), to_underlying(parsed.payload),
                   parsed.offset + within, length);
    }
}

bool check_run::read_frame(std::string_view key, journal::location at, std::uint64_t owner,
                           std::uint64_t owner_offset, std::uint64_t length) {
    ++report_.frames_read;
    report_.bytes_read += length;
    auto const read = segments_->frames().read_body(at, owner, owner_offset, 0,
        body_.span(0, length), token_);
    if (!read) violate_at(check_rule::bytes, key, read.error().describe());
    return read.has_value();
}

void check_run::check_reverse_of(std::string_view key, journal::location at,
                                 reverse_record const& expected) {
    auto const stored = get(kv::family::payload, keys::reverse_entry(at.segment, at.offset));
    if (!stored)
        return violate_at(check_rule::reverse, key, place_text(at) + " has no reverse entry");
    auto const found = decode_reverse(*stored);   // reported where reverse entries are checked
    if (found && !names_same_owner(*found, expected))
        violate_at(check_rule::reverse, key,
                   "the reverse entry of " + place_text(at) + " names another owner");
}

std::optional<std::uint64_t> check_run::end_of(journal::location first, std::uint64_t frame_bytes,
                                               std::uint64_t length) const {
    auto const segment = segments_->headers().find(first.segment);
    if (segment == segments_->headers().end() || frame_bytes == 0 || length == 0)
        return std::nullopt;
    if (first.offset < journal::first_frame_offset || length > segments_->identity().segment_bytes)
        return std::nullopt;
    std::uint64_t end = first.offset;
    if (segment->second.where == journal::lane::bulk) {
        auto const full = (length - 1) / frame_bytes;
        end += full * bulk_stride(frame_bytes) + bulk_stride(length - full * frame_bytes);
    } else {
        if (length > frame_bytes) return std::nullopt;   // frames of the commit lane stand alone
        end += journal::commit_lane_frame_bytes(length);
    }
    if (end > segments_->identity().segment_bytes) return std::nullopt;
    return end;
}

void check_run::check_reverse_entries() {
    journal::location last;
    std::uint64_t last_end = 0;
    scan(kv::family::payload, keys::all_reverse_entries(),
         [&](std::string_view key, std::string_view value) {
        ++report_.reverse_entries;
        check_reverse_entry(key, value, last, last_end);
    });
}

void check_run::check_reverse_entry(std::string_view key, std::string_view value,
                                    journal::location& last,
                                    std::uint64_t& last_end) {
    auto const parsed = keys::parse_reverse_entry(key);
    if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
    auto const owner = decode_reverse(value);
    if (!owner) return violate_at(check_rule::record, key, owner.error().describe());
    journal::location const at{parsed->segment, parsed->offset};
    journal::location named;
    std::uint64_t frame_bytes = owner->length, length = owner->length;
    if (owner->kind == reverse_record::owner_kind::payload) {
        auto const stored = get(kv::family::payload,
                                keys::extent(owner->payload, owner->payload_offset));
        auto const extent = stored ? decode_extent(*stored)
            : result<extent_record>(error::not_found);
        if (extent && extent->kind == payload_kind::frames) {
            named = extent->frames.first;
            frame_bytes = extent->frames.frame_bytes;
            length = extent->frames.length;
        }
    } else {
        auto const stored = get(kv::family::log,
                                keys::log_run(owner->dataset, owner->partition, owner->base,
                                              owner->piece));
        // Both records have it at one place; what else they say is checked with the logs.
        if (stored && stored->size() >= log_run_location_position + sizeof(std::uint64_t))
            named = journal::decode_location(
                load_big<std::uint64_t>(stored->data() + log_run_location_position));
    }
    if (named != at)
        return violate_at(check_rule::reverse, key, "its owner does not name this place");
    auto const end = end_of(at, frame_bytes, length);
    if (!end) return violate_at(check_rule::place, key, "is outside of the segments in use");
    if (last.segment == at.segment && at.offset < last_end)
        violate_at(check_rule::place, key,
            fmt::format("overlaps the owner of {}, which ends at {}", place_text(last), last_end));
    last = at;
    last_end = *end;
}

void check_run::check_unreferenced() {
    scan(kv::family::payload, keys::unreferenced_payloads(),
         [this](std::string_view key, std::string_view) {
        ++report_.unreferenced_payloads;
        auto const id = keys::parse_unreferenced_payload(key);
        if (!id) return violate_at(check_rule::record, key, id.error().describe());
        auto const stored = get(kv::family::payload, keys::payload_head(*id));
        auto const head = stored ? decode_payload_head(*stored)
            : result<payload_head>(error::not_found);
        if (!head) return violate_at(check_rule::reference, key, "has no payload head");
        if (head->references != 0)
            violate_at(check_rule::reference, key,
                       fmt::format("the payload counts {} references", head->references));
    });
}

void check_run::check_references() {
    auto const wanted = report_.payloads * counted_entry_bytes;
    auto const passes = 1 + wanted / std::max<std::size_t>(options_.memory_bytes, mebibyte);
    for (std::uint64_t pass = 0; pass < passes; ++pass) {
        references_.clear();
        count_references(pass, passes);
        scan(kv::family::payload, keys::payload_heads(),
             [&](std::string_view key, std::string_view value) {
            auto const id = keys::parse_payload_head(key);
            auto const head = decode_payload_head(value);
            if (!id || !head || to_underlying(*id) % passes != pass) return;   // reported before
            auto const counted = references_.find(to_underlying(*id));
            auto const found = counted == references_.end() ? 0 : counted->second;
            if (found != head->references)
                violate_at(check_rule::reference, key,
                           fmt::format("counts {} references, and {} records name it",
                                       head->references, found));
            if (head->references == 0 && !get(kv::family::payload, keys::unreferenced_payload(*id)))
                violate_at(check_rule::reference, key,
                           "has no references and is not on its way out");
        });
    }
}

void check_run::count_references(std::uint64_t pass, std::uint64_t passes) {
    auto count = [&](payload_id payload) {
        auto const id = to_underlying(payload);
        if (id != 0 && id % passes == pass) ++references_[id];
    };
    scan(kv::family::object, keys::all_of(keys::key_kind::object),
         [&](std::string_view, std::string_view value) {
        if (auto const record = decode_object(value)) count(record->payload);
    });
    scan(kv::family::object, keys::all_of(keys::key_kind::part),
         [&](std::string_view, std::string_view value) {
        if (auto const record = decode_part(value)) count(record->payload);
    });
    scan(kv::family::payload, keys::all_extents(), [&](std::string_view, std::string_view value) {
        auto const extent = decode_extent(value);
        if (extent && extent->kind == payload_kind::composed) count(extent->part.payload);
    });
    references_.erase(0);
}

}  // namespace sluice::store
