// The reading half of journal_driver: what is visible against the model.
#include "backend/kv/key_space.hpp"
#include "tests/fault/power_cut/journal_driver.hpp"

namespace sluice::fault {
namespace {

auto const may_block = blocking_token::for_this_thread();

std::string text_of(lsn at) {
    return std::to_string(to_underlying(at));
}

}  // namespace

void journal_driver::check_value(decoded_value const& found, live_value const& wanted, int key) {
    if (found.value == wanted.value && found.at == wanted.at) return;
    violated(name_of_key(key) + " holds value " + std::to_string(found.value.number) + " of lsn " +
             text_of(found.at) + ", the model value " + std::to_string(wanted.value.number) +
             " of lsn " + text_of(wanted.at));
}

void journal_driver::check_payload(decoded_value const& found) {
    if (found.value.what == written_value::kind::small) return;
    auto length = found.value.bytes;
    auto from = below(4) == 0 ? below(length) : 0;
    auto wanted = bytes_of(found.value.number, length).substr(from);
    std::string bytes(wanted.size(), '\0');
    auto done = journal_->read_body(
        found.where, found.value.number, 0, from,
        byte_span{reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}, may_block);
    if (done.has_error()) {
        if (done.error().code == error::corrupt && options_.may_be_corrupt) return;
        if (done.error().code == error::corrupt || !failure_is_right(done.error().code)) {
            violated("payload " + std::to_string(found.value.number) +
                     " is lost: " + done.error().describe());
        }
    } else if (bytes != wanted) {
        violated("payload " + std::to_string(found.value.number) + " has wrong bytes");
    }
}

void journal_driver::read_one() {
    auto view = journal_->published();
    auto state = model_.state_at(view->at);
    int key = int(below(std::uint64_t(options_.keys)));
    auto found = stored(*view, key);
    auto wanted = state.find(key);
    if (found.has_value() != (wanted != state.end())) {
        if (machine_.is_powered()) {
            violated(name_of_key(key) + (found ? " is there, not" : " is not there, but") +
                     " in the model at lsn " + text_of(view->at));
        }
        return;
    }
    if (!found) return;
    check_value(*found, wanted->second, key);
    auto pin = journal_->pin(found->where.segment);
    view.reset();
    check_payload(*found);
}

// Nothing is visible before it is durable.
void journal_driver::look_at_durability() {
    auto visible = journal_->published()->at;
    auto durable = journal_->durable();
    if (visible > durable) {
        violated("lsn " + text_of(visible) + " is visible while only " + text_of(durable) +
                 " is durable");
    }
}

bool journal_driver::scan_failed(kv::cursor const& cursor) {
    auto status = cursor.status();
    if (status.has_value()) return false;
    if (!failure_is_right(status.error().code)) violated(status.error().describe());
    return true;
}

void journal_driver::check_everything() {
    auto view = journal_->published();
    auto state = model_.state_at(view->at);
    std::map<journal::location, std::uint64_t> places;
    for (auto where : {kv::family::object, kv::family::log, kv::family::row}) {
        auto cursor = index_->scan(view->index, where, "", "", kv::read_tier::may_block);
        for (; cursor->valid(); cursor->next()) {
            auto key = key_of_name(cursor->key());
            auto value = decode_value(cursor->value());
            if (key.has_error()) return violated(key.error().describe());
            if (value.has_error()) return violated(value.error().describe());
            auto wanted = state.find(*key);
            if (wanted == state.end()) {
                return violated(name_of_key(*key) + " holds value " +
                                std::to_string(value->value.number) + " of lsn " +
                                text_of(value->at) + ", the model nothing at lsn " +
                                text_of(view->at));
            }
            check_value(*value, wanted->second, *key);
            check_payload(*value);
            if (value->value.what != written_value::kind::small) {
                places[value->where] = value->value.number;
            }
            state.erase(wanted);
        }
        if (scan_failed(*cursor)) return;
    }
    if (!state.empty()) {
        return violated(name_of_key(state.begin()->first) + " is lost at lsn " +
                        text_of(view->at) + "; it was written by lsn " +
                        text_of(state.begin()->second.at));
    }
    auto cursor = index_->scan(view->index, kv::family::payload, "", "", kv::read_tier::may_block);
    std::map<journal::location, std::uint64_t> listed;
    for (; cursor->valid(); cursor->next()) {
        auto key = kv::key_space::parse_reverse_entry(cursor->key());
        if (key.has_error()) return violated(key.error().describe());
        listed[{key->segment, key->offset}] = std::stoull(std::string(cursor->value()));
    }
    if (scan_failed(*cursor)) return;
    if (listed != places) violated("reverse entries are not those of the live payloads");
}

void journal_driver::check_segments() {
    for (auto const& segment : journal_->segments().list()) {
        if (segment.state != journal::segment_state::sealed) continue;
        auto visit = [&](journal::scrubbed_frame const& frame) {
            auto known = history_.incarnation_of_bulk.find(frame.owner);
            if (segment.where != journal::lane::bulk ||
                known == history_.incarnation_of_bulk.end()) {
                return;
            }
            if (known->second != segment.incarnation) {
                violated("segment " + std::to_string(to_underlying(segment.id)) + " at " +
                         std::to_string(frame.at.offset) + " shows payload " +
                         std::to_string(frame.owner) + " of an earlier use");
            }
        };
        auto done = journal_->segments().scrub(segment.id, visit, may_block);
        // A segment may have been recycled since it was listed.
        if (done.has_error() && done.error().code != error::invalid_argument &&
            !failure_is_right(done.error().code)) {
            violated("scrub: " + done.error().describe());
        }
    }
}

}  // namespace sluice::fault
