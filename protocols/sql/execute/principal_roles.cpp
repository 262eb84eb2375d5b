#include "protocols/sql/execute/principal_roles.hpp"

#include <algorithm>
#include <map>

namespace sluice::sql {
namespace {

// Above the oids of the catalog's own objects, below those of topics and buckets (2^31 and more).
constexpr std::uint32_t first_oid = 1U << 30U, oids = 1U << 30U;

std::uint32_t place_of(principal_id id) {
    auto mixed = to_underlying(id) * 0x9e37'79b9'7f4a'7c15ULL;
    mixed ^= mixed >> 32U;
    return static_cast<std::uint32_t>(mixed % oids);
}

// Two ids of one place: the smaller one has it, the other the next free.
std::map<principal_id, object_oid> oids_of(std::vector<auth::known_principal> const& principals) {
    std::vector<principal_id> ids;
    for (auto const& each : principals) ids.push_back(each.id);
    std::sort(ids.begin(), ids.end());
    std::map<principal_id, object_oid> out;
    std::map<std::uint32_t, principal_id> taken;
    for (auto const id : ids) {
        if (id == auth::root_id) {
            out.emplace(id, bootstrap_role);
            continue;
        }
        auto place = place_of(id);
        while (!taken.emplace(place, id).second) place = (place + 1) % oids;
        out.emplace(id, object_oid{first_oid + place});
    }
    return out;
}

}  // namespace

std::vector<role> roles_of(std::vector<auth::known_principal> const& principals) {
    auto const known = oids_of(principals);
    std::vector<role> out;
    for (auto const& each : principals) {
        role made;
        made.oid = known.at(each.id);
        made.name = each.name;
        made.can_login = each.enabled && !auth::has_members(each.kind);
        if (each.id == auth::root_id) {
            made.superuser = made.create_role = made.create_db = true;
            made.replication = made.bypass_rls = true;
        }
        for (auto const group : each.member_of)
            if (auto const found = known.find(group); found != known.end())
                made.member_of.push_back(found->second);
        out.push_back(std::move(made));
    }
    return out;
}

}  // namespace sluice::sql
