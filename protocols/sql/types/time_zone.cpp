#include "protocols/sql/types/time_zone.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>

#include "gateway/core/cursor.hpp"
#include "protocols/sql/types/posix_zone.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t max_zone_file = 256U << 10U, max_name = 64;

// RFC 8536, version 2 data: transitions, then a POSIX rule for what comes after.
class file_zone final : public time_zone {
public:
    struct kind {
        std::int32_t seconds_east = 0;
        bool daylight = false;
        std::string abbreviation;
    };

    static std::shared_ptr<file_zone> read(std::string name, std::string_view bytes) {
        auto zone = std::make_shared<file_zone>();
        zone->name_ = std::move(name);
        byte_reader in(bytes);
        counts head = header(in);
        if (!in.ok()) return nullptr;
        if (head.version != 0) {
            in.raw(head.body_bytes(4));
            head = header(in);
            if (!in.ok() || !zone->body<std::int64_t>(in, head)) return nullptr;
            auto footer = in.rest();
            if (footer.size() >= 2) {
                footer = footer.substr(1, footer.size() - 2);
                zone->rule_ = posix_zone::parse(footer);
            }
        } else if (!zone->body<std::int32_t>(in, head)) {
            return nullptr;
        }
        return zone;
    }

    std::string const& name() const override { return name_; }

    zone_offset at(std::int64_t unix_seconds) const override {
        if (times_.empty() || unix_seconds < times_.front()) {
            if (times_.empty() && rule_) return rule_->at(unix_seconds);
            return offset_of(kinds_[first_]);
        }
        if (unix_seconds >= times_.back() && rule_) return rule_->at(unix_seconds);
        auto const after = std::upper_bound(times_.begin(), times_.end(), unix_seconds);
        return offset_of(kinds_[indexes_[static_cast<std::size_t>(after - times_.begin()) - 1]]);
    }

    bool next_change(std::int64_t unix_seconds, std::int64_t& at) const override {
        auto const after = std::upper_bound(times_.begin(), times_.end(), unix_seconds);
        if (after != times_.end()) {
            at = *after;
            return true;
        }
        return rule_ && rule_->next_change(unix_seconds, at);
    }

    bool knows_abbreviation(std::string_view upper) const override {
        return std::any_of(kinds_.begin(), kinds_.end(),
                           [&](kind const& each) { return each.abbreviation == upper; });
    }

private:
    struct counts {
        char version = 0;
        std::uint32_t utc = 0, standard = 0, leaps = 0, times = 0, kinds = 0, chars = 0;
        std::size_t body_bytes(std::size_t width) const {
            return times * (width + 1) + kinds * std::size_t{6} + chars + leaps * (width + 4) +
                   standard + utc;
        }
    };
    static counts header(byte_reader& in) {
        counts head;
        if (in.raw(4) != "TZif") in.fail();
        head.version = in.little<char>();
        in.raw(15);
        head.utc = in.big<std::uint32_t>();
        head.standard = in.big<std::uint32_t>();
        head.leaps = in.big<std::uint32_t>();
        head.times = in.big<std::uint32_t>();
        head.kinds = in.big<std::uint32_t>();
        head.chars = in.big<std::uint32_t>();
        auto const most =
            std::max({head.utc, head.standard, head.leaps, head.times, head.kinds, head.chars});
        if (most > max_zone_file || head.kinds == 0) in.fail();
        return head;
    }
    static zone_offset offset_of(kind const& which) {
        return {which.seconds_east, which.daylight, which.abbreviation};
    }
    template <class Time>
    bool body(byte_reader& in, counts const& head) {
        for (std::uint32_t i = 0; i < head.times && in.ok(); ++i) times_.push_back(in.big<Time>());
        for (std::uint32_t i = 0; i < head.times && in.ok(); ++i)
            indexes_.push_back(in.big<std::uint8_t>());
        std::vector<std::uint8_t> names;
        for (std::uint32_t i = 0; i < head.kinds && in.ok(); ++i) {
            auto& each = kinds_.emplace_back();
            each.seconds_east = in.big<std::int32_t>();
            each.daylight = in.big<std::uint8_t>() != 0;
            names.push_back(in.big<std::uint8_t>());
        }
        auto const chars = in.raw(head.chars);
        in.raw(head.leaps * (sizeof(Time) + 4) + head.standard + head.utc);
        if (!in.ok()) return false;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] >= chars.size()) return false;
            kinds_[i].abbreviation = chars.substr(names[i], chars.find('\0', names[i]) - names[i]);
        }
        for (auto const index : indexes_)
            if (index >= kinds_.size()) return false;
        while (first_ + 1 < kinds_.size() && kinds_[first_].daylight) ++first_;
        return true;
    }

    std::string name_;
    std::vector<std::int64_t> times_;
    std::vector<std::uint8_t> indexes_;
    std::vector<kind> kinds_;
    std::size_t first_ = 0;
    std::shared_ptr<posix_zone const> rule_;
};

std::string lower_of(std::string_view text) {
    std::string lower(text);
    for (auto& byte : lower)
        if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
    return lower;
}

// Names of the tz folder by their lower-case form, read once.
struct zone_files {
    std::map<std::string, std::string> names;
    std::mutex guard;
    std::map<std::string, time_zone_ptr> loaded;

    zone_files() {
        std::error_code failed;
        auto const root = std::filesystem::path("/usr/share/zoneinfo");
        std::filesystem::recursive_directory_iterator at(root, failed), end;
        for (; !failed && at != end; at.increment(failed)) {
            // Not relative(): that follows links, and UTC is one.
            auto const name = at->path().lexically_relative(root).string();
            if (name == "posix" || name == "right")
                at.disable_recursion_pending();
            else if (at->is_regular_file(failed) && name != "localtime" && name != "posixrules")
                names.emplace(lower_of(name), name);
        }
    }
    static zone_files& instance() {
        static zone_files files;
        return files;
    }
    time_zone_ptr find(std::string_view text) {
        auto const found = names.find(lower_of(text));
        if (found == names.end()) return nullptr;
        std::lock_guard const hold(guard);
        auto& slot = loaded[found->second];
        if (!slot) {
            std::ifstream file("/usr/share/zoneinfo/" + found->second, std::ios::binary);
            std::string bytes(max_zone_file, '\0');
            file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            bytes.resize(static_cast<std::size_t>(file.gcount()));
            slot = file_zone::read(found->second, bytes);
        }
        return slot;
    }
};

}  // namespace

std::int32_t time_zone::offset_of_local(std::int64_t local_seconds) const {
    // The offsets a day before and after; if they differ, the change between decides.
    constexpr std::int64_t day = 86400;
    auto const before = at(local_seconds - day);
    std::int64_t change = 0;
    auto from = local_seconds - day;
    auto offset = before;
    while (next_change(from, change) && change <= local_seconds + day) {
        auto const after = at(change);
        // Local readings just before and at the change.
        auto const old_reading = change + offset.seconds_east,
                   new_reading = change + after.seconds_east;
        if (old_reading != new_reading) {
            auto const low = std::min(old_reading, new_reading);
            auto const high = std::max(old_reading, new_reading);
            if (local_seconds < low) return offset.seconds_east;
            if (local_seconds < high) {
                // Gap: the offset before. Twice: standard time, that is the one not daylight.
                if (new_reading > old_reading) return offset.seconds_east;
                if (offset.daylight != after.daylight)
                    return offset.daylight ? after.seconds_east : offset.seconds_east;
                return after.seconds_east;
            }
        }
        offset = after;
        from = change;
    }
    return offset.seconds_east;
}

time_zone_ptr find_time_zone(std::string_view name) {
    if (name.empty() || name.size() > max_name) return nullptr;
    if (auto zone = zone_files::instance().find(name)) return zone;
    return posix_zone::parse(name);
}

time_zone_ptr fixed_time_zone(std::int32_t seconds_east, std::string name) {
    return posix_zone::fixed(seconds_east, std::move(name));
}

time_zone_ptr const& utc_time_zone() {
    static time_zone_ptr const zone = fixed_time_zone(0, "UTC");
    return zone;
}

}  // namespace sluice::sql
