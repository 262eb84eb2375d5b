// What the store must have after a cut: per bucket, key and upload the states that are still
// possible. An acknowledged change leaves one; a change whose answer was lost leaves the state
// before and the one after. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backend/store/model/object_stat.hpp"

namespace sluice::fault {

// Bytes are bytes_of(number, length) of each piece, one behind the other.
struct piece {
    std::uint64_t number = 0;
    std::uint64_t length = 0;
    bool operator==(piece const&) const = default;
};
struct content {
    std::vector<piece> pieces;
    std::string etag;      // follows from a number, which no other content has
    std::uint64_t size() const;
    std::string bytes() const;
    bool operator==(content const&) const = default;
};

// The possible states of one thing that is there or not.
template <class T>
class fate {
public:
    bool is_certain() const { return possible_.size() == 1; }
    // Only when certain. nullopt: it is not there.
    std::optional<T> const& now() const { return possible_.front(); }
    std::vector<std::optional<T>> const& all() const { return possible_; }
    bool may_be(std::optional<T> const& state) const {
        for (auto const& one : possible_) {
            if (one == state) return true;
        }
        return false;
    }
    void is(std::optional<T> state) {
        possible_.clear();
        possible_.push_back(std::move(state));
    }
    void may_become(std::optional<T> state) { possible_.push_back(std::move(state)); }

private:
    std::vector<std::optional<T>> possible_{std::nullopt};
};

struct upload_model {
    std::string bucket;
    std::string key;
    fate<bool> open;                               // true while it can be completed
    std::map<std::uint32_t, fate<piece>> parts;
    std::optional<content> completing;             // its lost completion would have made this
};

struct bucket_model {
    fate<bool> exists;
    std::map<std::string, fate<content>> objects;
};

struct store_model {
    std::uint64_t next_number = 1;
    std::map<std::string, bucket_model> buckets;
    std::map<store::upload_id, upload_model> uploads;
    // Keys for which an upload was created without the answer: any upload there may be it.
    std::set<std::pair<std::string, std::string>> unanswered_uploads;
    std::size_t acknowledged = 0;
};

}  // namespace sluice::fault
