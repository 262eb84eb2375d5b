// What the audit log says of refused strangers: how many records there are of one protocol, source and
// reason, and how many refusals they stand for.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

struct counted_refusals {
    std::size_t records = 0;
    std::uint64_t refusals = 0;
    bool operator==(counted_refusals const&) const = default;
};

// `audit`: encoded records, as guard_world::audit() gives them.
inline counted_refusals refusals_in(std::vector<std::string> const& audit,
                                    std::string const& protocol, std::string const& source,
                                    std::string const& reason) {
    counted_refusals found;
    for (auto const& record : audit) {
        auto const has = [&record](std::string const& name, std::string const& value) {
            return record.find("\"" + name + "\":\"" + value + "\"") != record.npos;
        };
        if (!has("operation", "authenticate") || !has("decision", "deny") ||
            !has("protocol", protocol) || !has("client_address", source) ||
            !has("status", reason))
            continue;
        ++found.records;
        constexpr std::string_view count = "\"count\":";
        auto const at = record.find(count);
        if (at != record.npos)
            found.refusals += std::strtoull(record.c_str() + at + count.size(), nullptr, 10);
    }
    return found;
}

}  // namespace sluice::auth
