#include "protocols/kafka/coordinator/assignor.hpp"

#include <algorithm>
#include <vector>

namespace sluice::kafka {
namespace {

// Instance ids stay when a member restarts, member ids do not: static members come first, each in
// the place that it had.
std::vector<std::string const*> in_order(assignor_input const& input) {
    std::vector<std::string const*> out;
    for (auto const& one : input.members) out.push_back(&one.first);
    auto const key = [&](std::string const* id) {
        auto const& instance = input.members.at(*id).instance_id;
        return std::pair(!instance, instance ? *instance : *id);
    };
    std::sort(out.begin(), out.end(), [&](auto const* a, auto const* b) { return key(a) < key(b); });
    return out;
}

// A member while partitions are handed out.
struct reader {
    std::string const* id;
    assignor_member const* wish;
    partition_map* given;
    std::size_t load = 0;

    void take(store::topic_uuid const& topic, std::int32_t partition) {
        (*given)[topic].insert(partition);
        ++load;
    }
    void drop(store::topic_uuid const& topic, std::int32_t partition) {
        auto const found = given->find(topic);
        found->second.erase(partition);
        if (found->second.empty()) given->erase(found);
        --load;
    }
};

std::vector<reader> readers_of(assignor_input const& input, group_assignment& out) {
    std::vector<reader> all;
    for (auto const* id : in_order(input))
        all.push_back({id, &input.members.at(*id), &out[*id]});
    return all;
}

// What a member held of a topic, without what is not there or somebody else has by now.
std::vector<std::int32_t> still_held(reader const& by, store::topic_uuid const& topic,
                                     std::vector<bool> const& taken) {
    std::vector<std::int32_t> out;
    auto const found = by.wish->held.find(topic);
    if (found == by.wish->held.end()) return out;
    for (auto const partition : found->second)
        if (partition >= 0 && static_cast<std::size_t>(partition) < taken.size() &&
            !taken[static_cast<std::size_t>(partition)])
            out.push_back(partition);
    return out;
}

// One topic among those who read it: everybody keeps up to his share, and who had more than the
// smaller share keeps the larger one as long as there are any.
void spread(store::topic_uuid const& topic, std::int32_t partitions,
            std::vector<reader*> const& readers) {
    auto const count = static_cast<std::size_t>(std::max(partitions, 0));
    std::vector<bool> taken(count, false);
    auto const least = count / readers.size();
    auto larger = count % readers.size();
    std::vector<std::size_t> room(readers.size(), least);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        auto const held = still_held(*readers[i], topic, taken);
        if (held.size() > least && larger > 0) {
            ++room[i];
            --larger;
        }
        for (std::size_t k = 0; k < held.size() && room[i] > 0; ++k, --room[i]) {
            readers[i]->take(topic, held[k]);
            taken[static_cast<std::size_t>(held[k])] = true;
        }
    }
    // The larger shares that are left go to the first who have not one, those with room first.
    for (std::size_t i = 0; i < readers.size() && larger > 0; ++i) {
        auto const has = readers[i]->given->find(topic);
        auto const mine = has == readers[i]->given->end() ? 0 : has->second.size();
        if (mine + room[i] > least) continue;
        ++room[i];
        --larger;
    }
    std::size_t next = 0;
    for (std::size_t i = 0; i < readers.size(); ++i)
        for (; room[i] > 0; --room[i]) {
            while (next < count && taken[next]) ++next;
            if (next == count) return;
            readers[i]->take(topic, static_cast<std::int32_t>(next));
            taken[next] = true;
        }
}

// Uniform among members of one subscription: as spread(), over all topics at once.
void spread_all(assignor_input const& input, std::vector<reader>& readers) {
    std::map<store::topic_uuid, std::vector<bool>> taken;
    std::size_t total = 0;
    for (auto const& topic : readers.front().wish->topics) {
        auto const count = static_cast<std::size_t>(input.partitions.at(topic));
        taken.emplace(topic, std::vector<bool>(count, false));
        total += count;
    }
    auto const least = total / readers.size();
    auto larger = total % readers.size();
    for (auto& one : readers) {
        std::vector<std::pair<store::topic_uuid, std::int32_t>> held;
        for (auto const& [topic, there] : taken)
            for (auto const partition : still_held(one, topic, there))
                held.emplace_back(topic, partition);
        auto room = least;
        if (held.size() > least && larger > 0) {
            ++room;
            --larger;
        }
        held.resize(std::min(room, held.size()));
        for (auto const& [topic, partition] : held) {
            one.take(topic, partition);
            taken[topic][static_cast<std::size_t>(partition)] = true;
        }
    }
    auto receiver = readers.begin();
    auto const has_room = [&](reader const& one) {
        return one.load < least || (one.load == least && larger > 0);
    };
    for (auto& [topic, there] : taken)
        for (std::size_t i = 0; i < there.size(); ++i) {
            if (there[i]) continue;
            while (receiver != readers.end() && !has_room(*receiver)) ++receiver;
            if (receiver == readers.end()) return;
            if (receiver->load == least) --larger;
            receiver->take(topic, static_cast<std::int32_t>(i));
        }
}

using by_topic = std::map<store::topic_uuid, std::vector<reader*>>;

by_topic subscribers(std::vector<reader>& readers) {
    by_topic out;
    for (auto& one : readers)
        for (auto const& topic : one.wish->topics) out[topic].push_back(&one);
    return out;
}

bool carries_less(reader const* a, reader const* b) { return a->load < b->load; }

// Moves partitions of a topic from who has most to who has least while that helps.
bool level(store::topic_uuid const& topic, std::vector<reader*> const& readers) {
    bool moved = false;
    for (;;) {
        reader* most = nullptr;
        for (auto* one : readers)
            if (one->given->contains(topic) && (most == nullptr || most->load < one->load))
                most = one;
        auto* const fewest = *std::min_element(readers.begin(), readers.end(), carries_less);
        if (most == nullptr || fewest->load + 1 >= most->load) return moved;
        auto const partition = *most->given->at(topic).rbegin();
        most->drop(topic, partition);
        fewest->take(topic, partition);
        moved = true;
    }
}

// Uniform among members of several subscriptions: what they keep, the rest to who has least,
// narrow topics first, then moves until no single one helps. Each move makes the sum of squared
// loads smaller, so that there is an end.
void spread_each(assignor_input const& input, std::vector<reader>& readers) {
    auto const all = subscribers(readers);
    std::map<store::topic_uuid, std::vector<bool>> taken;
    for (auto const& [topic, who] : all) {
        auto& there = taken[topic];
        there.resize(static_cast<std::size_t>(input.partitions.at(topic)), false);
        for (auto* one : who)
            for (auto const partition : still_held(*one, topic, there)) {
                one->take(topic, partition);
                there[static_cast<std::size_t>(partition)] = true;
            }
    }
    std::vector<by_topic::const_pointer> narrow_first;
    for (auto const& one : all) narrow_first.push_back(&one);
    std::stable_sort(narrow_first.begin(), narrow_first.end(), [](auto const* a, auto const* b) {
        return a->second.size() < b->second.size();
    });
    for (auto const* one : narrow_first) {
        auto const& there = taken[one->first];
        for (std::size_t i = 0; i < there.size(); ++i)
            if (!there[i])
                (*std::min_element(one->second.begin(), one->second.end(), carries_less))
                    ->take(one->first, static_cast<std::int32_t>(i));
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (auto const* one : narrow_first) moved = level(one->first, one->second) || moved;
    }
}

}  // namespace

group_assignment assign_uniform(assignor_input const& input) {
    group_assignment out;
    auto readers = readers_of(input, out);
    if (readers.empty()) return out;
    auto const& first = readers.front().wish->topics;
    bool const alike = std::all_of(readers.begin(), readers.end(),
                                   [&](auto const& one) { return one.wish->topics == first; });
    if (alike)
        spread_all(input, readers);
    else
        spread_each(input, readers);
    return out;
}

group_assignment assign_range(assignor_input const& input) {
    group_assignment out;
    auto readers = readers_of(input, out);
    for (auto const& [topic, who] : subscribers(readers))
        spread(topic, input.partitions.at(topic), who);
    return out;
}

assignor const* find_assignor(std::string_view name) noexcept {
    auto const found = std::find_if(assignors.begin(), assignors.end(),
                                    [&](auto const& one) { return one.name == name; });
    return found == assignors.end() ? nullptr : &*found;
}

}  // namespace sluice::kafka
