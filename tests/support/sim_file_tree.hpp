// Files and folders in memory that know which of their bytes and names are durable: what sim_env
// stands on.
// survivors() is the rule of a power cut; everything is chosen by the given random source:
// - bytes behind a file's last sync are dropped, kept up to some length, or kept per 512-byte
// sector with
//     zeroes in between;
// - of a folder's unsynced name changes (creation, removal, rename, link) a prefix survives, in
// order;
//   - what lies in a folder that did not survive is gone.
// Not thread-safe: the owner locks. Paths are absolute and normalised; "/" always exists.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test_support {

struct sim_file_node {
    bool is_folder = false;
    std::string bytes;
    std::size_t synced = 0;    // bytes[0, synced) survive
};

class sim_file_tree {
public:
    // shared by names (hard links), open files and pending changes
    using node_ptr = std::shared_ptr<sim_file_node>;

    sim_file_tree();

    static std::string normalised(std::string_view path);
    static std::string parent_of(std::string const& path);

    node_ptr find(std::string const& path) const;      // null: no such name
    std::vector<std::string> children(std::string const& folder) const;   // names, sorted
    std::vector<std::string> files() const;            // paths, sorted

    // The parent must exist for all of these; the target of rename is replaced.
    node_ptr add(std::string const& path, bool is_folder);
    void link(std::string const& path, node_ptr node);
    void remove(std::string const& path);
    void rename(std::string const& from, std::string const& to);
    // Makes the folder's pending name changes durable.
    void sync_folder(std::string const& folder);

    std::uint64_t used_bytes() const;
    sim_file_tree survivors(std::mt19937_64&) const;
    // A deep copy in which all that is visible is durable.
    sim_file_tree durable_copy() const;

private:
    using names = std::map<std::string, node_ptr>;
    struct change {
        enum class kind { add, remove, rename };
        kind what;
        std::string folder;
        std::string path;
        std::string target;   // rename
        node_ptr node;        // add
    };

    static void apply(names&, change const&);
    void make(change);
    static sim_file_tree from(names const&,
                              std::function<node_ptr(sim_file_node const&)> const& copy_of);

    names visible_;
    names durable_;
    std::vector<change> pending_;
};

}  // namespace sluice::test_support
