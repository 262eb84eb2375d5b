// What a consumer group keeps across restarts, as the store holds it (opaque there). Integers
// little-endian, counts and lengths varints, `text` a length and bytes:
//   u8 version 2 (1 is a classic group's, group_record.hpp)
//   i32 group epoch, i32 assignment epoch
//   count { 16 bytes topic id, i32 partitions }            topics subscribed to; others name them
//   count { 16 bytes topic id }                            topics that are in assignments only
//   count { text }                                         topic names; members name them by place
//   count { member }
// member: text id, u8 flags (1 instance id, 2 rack id, 4 classic), [text instance id], [text rack id],
//   text client id, text client host, i64 rebalance timeout ms, count { varint name }, text expression,
//   text assignor, i32 epoch, i32 previous epoch, u8 state, assigned, pending revocation, target,
//   [i64 session timeout ms, count { text protocol, text metadata }]
// each assignment: count { varint topic, count { varint partition, as the distance from the one before } }
#include <cstring>
#include <vector>

#include "gateway/core/cursor.hpp"
#include "protocols/kafka/coordinator/consumer_group.hpp"

namespace sluice::kafka {
namespace {

constexpr std::uint8_t record_version = 2;
constexpr std::uint8_t has_instance = 1, has_rack = 2, is_classic = 4;

// Values and the places that they have in a table.
template <class Value>
class place_table {
public:
    void add(Value const& value) { places_.try_emplace(value, places_.size()); }
    std::vector<Value> in_order() const {
        std::vector<Value> out(places_.size());
        for (auto const& [value, place] : places_) out[place] = value;
        return out;
    }
    std::size_t place(Value const& value) const { return places_.at(value); }

private:
    std::map<Value, std::size_t> places_;
};

void write_uuid(byte_writer& out, store::topic_uuid const& id) {
    out.raw({reinterpret_cast<char const*>(id.data()), id.size()});
}

store::topic_uuid read_uuid(byte_reader& in) {
    store::topic_uuid out{};
    auto const raw = in.raw(out.size());
    if (raw.size() == out.size()) std::memcpy(out.data(), raw.data(), out.size());
    return out;
}

// A count of things of at least `least` bytes each.
std::size_t read_count(byte_reader& in, std::size_t least) {
    auto const count = in.varint();
    if (count > in.rest().size() / least) {
        in.fail();
        return 0;
    }
    return static_cast<std::size_t>(count);
}

using uuid_table = place_table<store::topic_uuid>;

void write_partitions(byte_writer& out, partition_map const& from, uuid_table const& topics) {
    out.varint(from.size());
    for (auto const& [topic, partitions] : from) {
        out.varint(topics.place(topic)).varint(partitions.size());
        std::int32_t before = 0;
        for (auto const one : partitions) {
            out.varint(static_cast<std::uint64_t>(one - before));
            before = one;
        }
    }
}

partition_map read_partitions(byte_reader& in, std::vector<store::topic_uuid> const& topics) {
    partition_map out;
    auto const count = read_count(in, 2);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        auto const place = in.varint();
        auto const partitions = read_count(in, 1);
        if (place >= topics.size()) {
            in.fail();
            return {};
        }
        auto& into = out[topics[place]];
        std::uint64_t at = 0;
        for (std::size_t k = 0; k < partitions && in.ok(); ++k) {
            at += in.varint();
            if (at > INT32_MAX) in.fail();
            into.insert(static_cast<std::int32_t>(at));
        }
    }
    return out;
}

void write_member(byte_writer& out, std::string const& id, member_facts const& one,
                  uuid_table const& topics, place_table<std::string> const& names) {
    std::uint8_t flags = 0;
    if (one.instance_id) flags |= has_instance;
    if (one.rack_id) flags |= has_rack;
    if (one.classic) flags |= is_classic;
    out.sized(id).little(flags);
    if (one.instance_id) out.sized(*one.instance_id);
    if (one.rack_id) out.sized(*one.rack_id);
    out.sized(one.client_id).sized(one.client_host);
    out.little(static_cast<std::int64_t>(one.rebalance_timeout.count()));
    out.varint(one.topic_names.size());
    for (auto const& name : one.topic_names) out.varint(names.place(name));
    out.sized(one.topic_regex).sized(one.assignor);
    out.little(one.epoch).little(one.previous_epoch).little(static_cast<std::uint8_t>(one.state));
    write_partitions(out, one.assigned, topics);
    write_partitions(out, one.pending_revocation, topics);
    write_partitions(out, one.target, topics);
    if (!one.classic) return;
    out.little(static_cast<std::int64_t>(one.classic->session_timeout.count()));
    out.varint(one.classic->protocols.size());
    for (auto const& protocol : one.classic->protocols)
        out.sized(protocol.name).sized(protocol.metadata);
}

std::string text(byte_reader& in) { return std::string(in.sized()); }

void read_member(byte_reader& in, member_facts& one, std::vector<store::topic_uuid> const& topics,
                 std::vector<std::string> const& names) {
    auto const flags = in.little<std::uint8_t>();
    if ((flags & has_instance) != 0) one.instance_id = text(in);
    if ((flags & has_rack) != 0) one.rack_id = text(in);
    one.client_id = text(in);
    one.client_host = text(in);
    one.rebalance_timeout = std::chrono::milliseconds{in.little<std::int64_t>()};
    auto const count = read_count(in, 1);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        auto const place = in.varint();
        if (place >= names.size()) return in.fail();
        one.topic_names.insert(names[place]);
    }
    one.topic_regex = text(in);
    one.assignor = text(in);
    one.epoch = in.little<std::int32_t>();
    one.previous_epoch = in.little<std::int32_t>();
    auto const state = in.little<std::uint8_t>();
    if (state > static_cast<std::uint8_t>(member_state::unreleased)) return in.fail();
    one.state = static_cast<member_state>(state);
    one.assigned = read_partitions(in, topics);
    one.pending_revocation = read_partitions(in, topics);
    one.target = read_partitions(in, topics);
    if ((flags & is_classic) == 0) return;
    auto& facts = one.classic.emplace();
    facts.session_timeout = std::chrono::milliseconds{in.little<std::int64_t>()};
    auto const protocols = read_count(in, 2);
    for (std::size_t i = 0; i < protocols && in.ok(); ++i) {
        auto name = text(in);
        facts.protocols.push_back({std::move(name), text(in)});
    }
    if (facts.protocols.empty()) in.fail();
}

}  // namespace

std::string consumer_group::encode() const {
    uuid_table topics;
    for (auto const& one : topics_) topics.add(one.first);
    place_table<std::string> names;
    for (auto const& entry : members_) {
        auto const& one = entry.second;
        for (auto const* map : {&one.assigned, &one.pending_revocation, &one.target})
            for (auto const& topic : *map) topics.add(topic.first);
        for (auto const& name : one.topic_names) names.add(name);
    }
    std::string bytes;
    byte_writer out(bytes);
    out.little(record_version).little(epoch_).little(assignment_epoch_);
    out.varint(topics_.size());
    for (auto const& [topic, partitions] : topics_) {
        write_uuid(out, topic);
        out.little(partitions);
    }
    auto const all = topics.in_order();
    out.varint(all.size() - topics_.size());
    for (auto i = topics_.size(); i < all.size(); ++i) write_uuid(out, all[i]);
    auto const texts = names.in_order();
    out.varint(texts.size());
    for (auto const& name : texts) out.sized(name);
    out.varint(members_.size());
    for (auto const& [id, one] : members_) write_member(out, id, one, topics, names);
    record_bytes_ = bytes.size();
    return bytes;
}

result<void> consumer_group::restore(std::string_view record, monotonic_time now) {
    byte_reader in(record);
    if (in.little<std::uint8_t>() > record_version && in.ok())
        return failure{error::unsupported, "a group record of a later version"};
    epoch_ = in.little<std::int32_t>();
    assignment_epoch_ = in.little<std::int32_t>();
    std::vector<store::topic_uuid> topics;
    auto const subscribed_to = read_count(in, 20);
    for (std::size_t i = 0; i < subscribed_to && in.ok(); ++i) {
        topics.push_back(read_uuid(in));
        topics_[topics.back()] = in.little<std::int32_t>();
    }
    auto const others = read_count(in, 16);
    for (std::size_t i = 0; i < others && in.ok(); ++i) topics.push_back(read_uuid(in));
    std::vector<std::string> names;
    auto const texts = read_count(in, 1);
    for (std::size_t i = 0; i < texts && in.ok(); ++i) names.push_back(text(in));
    auto const members = read_count(in, 2);
    for (std::size_t i = 0; i < members && in.ok(); ++i) {
        auto const id = text(in);
        auto& one = members_[id];
        read_member(in, one, topics, names);
        if (one.instance_id) instances_[*one.instance_id] = id;
        touch(one, now);
        if (one.state == member_state::unrevoked) one.revoke_end = now + one.rebalance_timeout;
    }
    SLUICE_CHECK(in.finish("a consumer group's record"));
    if (epoch_ < 0 || assignment_epoch_ > epoch_)
        return failure{error::malformed, "a consumer group's record"};
    record_bytes_ = record.size();
    return success();
}

}  // namespace sluice::kafka
