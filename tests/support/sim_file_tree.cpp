#include "tests/support/sim_file_tree.hpp"

#include <algorithm>

namespace sluice::test_support {
namespace {

constexpr std::size_t sector_bytes = 512;

std::uint64_t below(std::mt19937_64& random, std::uint64_t bound) { return random() % bound; }

// How many of `count` unsynced things survive: none, all and something between are equally likely.
std::size_t surviving_count(std::mt19937_64& random, std::size_t count) {
    switch (below(random, 3)) {
        case 0: return 0;
        case 1: return count;
        default: return below(random, count + 1);
    }
}

std::string surviving_bytes(sim_file_node const& node, std::mt19937_64& random) {
    auto unsynced = node.bytes.size() - node.synced;
    auto kept = node.bytes.substr(0, node.synced + surviving_count(random, unsynced));
    if (below(random, 2) == 0) return kept;
    for (auto at = node.synced; at < kept.size();) {
        auto end = std::min(kept.size(), (at / sector_bytes + 1) * sector_bytes);
        if (below(random, 2) == 0) std::fill(kept.begin() + at, kept.begin() + end, '\0');
        at = end;
    }
    return kept;
}

}  // namespace

sim_file_tree::sim_file_tree() {
    auto root = std::make_shared<sim_file_node>();
    root->is_folder = true;
    visible_["/"] = durable_["/"] = root;
}

std::string sim_file_tree::normalised(std::string_view path) {
    std::string out;
    for (char c : path)
        if (c != '/' || out.empty() || out.back() != '/') out.push_back(c);
    if (out.size() > 1 && out.back() == '/') out.pop_back();
    return out;
}

std::string sim_file_tree::parent_of(std::string const& path) {
    auto slash = path.find_last_of('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

sim_file_tree::node_ptr sim_file_tree::find(std::string const& path) const {
    auto found = visible_.find(path);
    return found == visible_.end() ? nullptr : found->second;
}

std::vector<std::string> sim_file_tree::children(std::string const& folder) const {
    auto prefix = folder == "/" ? folder : folder + "/";
    std::vector<std::string> found;
    for (auto at =
        visible_.lower_bound(prefix); at != visible_.end() && at->first.starts_with(prefix); ++at) {
        auto name = at->first.substr(prefix.size());
        if (!name.empty() && name.find('/') == std::string::npos) found.push_back(name);
    }
    return found;
}

std::vector<std::string> sim_file_tree::files() const {
    std::vector<std::string> found;
    for (auto const& [path, node] : visible_)
        if (!node->is_folder) found.push_back(path);
    return found;
}

sim_file_tree::node_ptr sim_file_tree::add(std::string const& path, bool is_folder) {
    auto node = std::make_shared<sim_file_node>();
    node->is_folder = is_folder;
    link(path, node);
    return node;
}

void sim_file_tree::link(std::string const& path, node_ptr node) {
    make({change::kind::add, parent_of(path), path, {}, std::move(node)});
}

void sim_file_tree::remove(std::string const& path) {
    make({change::kind::remove, parent_of(path), path, {}, {}});
}

void sim_file_tree::rename(std::string const& from, std::string const& to) {
    // Across folders: durable as soon as the target's folder is.
    make({change::kind::rename, parent_of(to), from, to, {}});
    // What is pending inside a moved folder is pending under its new name.
    auto moved = [&](std::string& path) {
        if (path == from || path.starts_with(from + "/")) path = to + path.substr(from.size());
    };
    for (std::size_t i = 0; i + 1 < pending_.size(); ++i) {
        auto& earlier = pending_[i];
        if (earlier.folder != from && !earlier.folder.starts_with(from + "/")) continue;
        moved(earlier.folder);
        moved(earlier.path);
        if (earlier.what == change::kind::rename) moved(earlier.target);
    }
}

void sim_file_tree::make(change made) {
    apply(visible_, made);
    pending_.push_back(std::move(made));
}

void sim_file_tree::apply(names& to, change const& made) {
    switch (made.what) {
        case change::kind::add: to[made.path] = made.node; return;
        case change::kind::remove: to.erase(made.path); return;
        case change::kind::rename: break;
    }
    names moved;
    auto below_it = made.path + "/";
    for (auto at = to.lower_bound(made.path); at != to.end() && at->first.starts_with(made.path);) {
        if (at->first != made.path && !at->first.starts_with(below_it)) {
            ++at;
            continue;
        }
        moved[made.target + at->first.substr(made.path.size())] = at->second;
        at = to.erase(at);
    }
    for (auto& [path, node] : moved) to[path] = node;
}

void sim_file_tree::sync_folder(std::string const& folder) {
    std::vector<change> left;
    for (auto& made : pending_) {
        if (made.folder == folder) apply(durable_, made);
        else left.push_back(std::move(made));
    }
    pending_ = std::move(left);
}

std::uint64_t sim_file_tree::used_bytes() const {
    std::uint64_t used = 0;
    for (auto const& [path, node] : visible_) used += node->bytes.size();
    return used;
}

sim_file_tree sim_file_tree::from(names const& kept,
                                  std::function<node_ptr(sim_file_node const&)> const& copy_of) {
    sim_file_tree made;
    std::map<sim_file_node const*, node_ptr> copies;   // hard links stay links
    for (auto const& [path, node] : kept) {
        if (path == "/") continue;
        auto parent = made.visible_.find(parent_of(path));
        if (parent == made.visible_.end() || !parent->second->is_folder) continue;
        auto& copy = copies[node.get()];
        if (!copy) copy = copy_of(*node);
        made.visible_[path] = copy;
    }
    made.durable_ = made.visible_;
    return made;
}

sim_file_tree sim_file_tree::survivors(std::mt19937_64& random) const {
    auto kept = durable_;
    std::map<std::string, std::size_t> left;   // per folder: how many more changes survive
    for (auto const& made : pending_) ++left[made.folder];
    for (auto& [folder, count] : left) count = surviving_count(random, count);
    for (auto const& made : pending_) {
        auto& more = left[made.folder];
        if (more == 0) continue;
        --more;
        apply(kept, made);
    }
    return from(kept, [&](sim_file_node const& node) {
        auto copy = std::make_shared<sim_file_node>(node);
        copy->bytes = surviving_bytes(node, random);
        copy->synced = copy->bytes.size();
        return copy;
    });
}

sim_file_tree sim_file_tree::durable_copy() const {
    return from(visible_, [](sim_file_node const& node) {
        auto copy = std::make_shared<sim_file_node>(node);
        copy->synced = copy->bytes.size();
        return copy;
    });
}

}  // namespace sluice::test_support
