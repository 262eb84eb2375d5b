#include "auth/policy/access_list.hpp"

#include <algorithm>

#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t list_version = 1;
constexpr std::uint8_t ignores_public_bit = 1;
constexpr std::uint8_t blocks_public_bit = 2;

void put_grants(byte_writer& out, access_grants const& grants) {
    out.varint(grants.size());
    for (auto const& one : grants) {
        out.little(static_cast<std::uint8_t>(one.to)).little(static_cast<std::uint8_t>(one.what));
        if (one.to == access_grantee::named) out.little(to_underlying(one.id));
    }
}

access_grants take_grants(byte_reader& in) {
    access_grants out;
    auto const count = in.varint();
    if (count > most_access_grants) in.fail();
    for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
        auto& one = out.emplace_back();
        auto const to = in.little<std::uint8_t>();
        auto const what = in.little<std::uint8_t>();
        if (to < 1 || to > 4 || what < 1 || what > 5) in.fail();
        one.to = static_cast<access_grantee>(to);
        one.what = static_cast<access_permission>(what);
        if (one.to == access_grantee::named) one.id = principal_id{in.little<std::uint64_t>()};
    }
    return out;
}

template <class List>
result<List> close(byte_reader const& in, std::uint8_t version, List&& list) {
    if (version > list_version)
        return failure{error::unsupported, "an access list was written by a later version"};
    if (!in.ok() || !in.at_end()) return failure{error::corrupt, "an access list does not parse"};
    return std::forward<List>(list);
}

bool is_group(access_grant const& one) noexcept {
    return one.to == access_grantee::everyone || one.to == access_grantee::anyone_known;
}

}  // namespace

bool is_public(std::span<access_grant const> grants) noexcept {
    return std::any_of(grants.begin(), grants.end(), is_group);
}

bool shares(std::span<access_grant const> grants, principal_id owner) noexcept {
    return std::any_of(grants.begin(), grants.end(), [&](access_grant const& one) {
        return one.to != access_grantee::named || one.id != owner;
    });
}

access_list access_list::of_owner(principal_id owner) {
    access_list out;
    out.owner = owner;
    out.grants.push_back({access_grantee::named, owner, access_permission::full_control});
    return out;
}

std::string encode(access_list const& list) {
    std::string bytes;
    byte_writer out(bytes);
    out.little(list_version).little(to_underlying(list.owner));
    put_grants(out, list.grants);
    return bytes;
}

result<access_list> decode_access_list(std::string_view bytes) {
    byte_reader in(bytes);
    access_list list;
    auto const version = in.little<std::uint8_t>();
    if (version != list_version) in.fail();
    list.owner = principal_id{in.little<std::uint64_t>()};
    list.grants = take_grants(in);
    return close(in, version, std::move(list));
}

result<access_list> access_of(std::string_view bucket_access, principal_id bucket_owner,
                              std::string_view object_access) {
    if (bucket_access.empty() || object_access.empty()) return access_list::of_owner(bucket_owner);
    return decode_access_list(object_access);
}

std::string encode(bucket_access const& access) {
    std::string bytes;
    byte_writer out(bytes);
    std::uint8_t bits = access.ignores_public ? ignores_public_bit : 0;
    if (access.blocks_public) bits = static_cast<std::uint8_t>(bits | blocks_public_bit);
    out.little(list_version).little(static_cast<std::uint8_t>(access.objects)).little(bits);
    put_grants(out, access.grants);
    return bytes;
}

result<bucket_access> decode_bucket_access(std::string_view bytes) {
    byte_reader in(bytes);
    bucket_access access;
    auto const version = in.little<std::uint8_t>();
    if (version != list_version) in.fail();
    auto const objects = in.little<std::uint8_t>();
    auto const bits = in.little<std::uint8_t>();
    if (objects < 1 || objects > 2 || bits > 3) in.fail();
    access.objects = static_cast<bucket_access::ownership>(objects);
    access.ignores_public = (bits & ignores_public_bit) != 0;
    access.blocks_public = (bits & blocks_public_bit) != 0;
    access.grants = take_grants(in);
    return close(in, version, std::move(access));
}

access_grants grants_of(access_choice const& choice, principal_id owner,
                        principal_id bucket_owner) {
    using enum access_permission;
    using canned = access_choice::canned;
    if (choice.grants) return *choice.grants;
    access_grants out{{access_grantee::named, owner, full_control}};
    auto const add = [&](access_grantee to, access_permission what, principal_id id = {}) {
        out.push_back({to, id, what});
    };
    bool const is_others = bucket_owner != owner;
    switch (choice.name) {
        case canned::owner_only: break;
        case canned::public_read: add(access_grantee::everyone, read); break;
        case canned::public_read_write:
            add(access_grantee::everyone, read);
            add(access_grantee::everyone, write);
            break;
        case canned::known_read: add(access_grantee::anyone_known, read); break;
        case canned::bucket_owner_read:
            if (is_others) add(access_grantee::named, read, bucket_owner);
            break;
        case canned::bucket_owner_full:
            if (is_others) add(access_grantee::named, full_control, bucket_owner);
            break;
        case canned::log_delivery_write:
            add(access_grantee::log_delivery, write);
            add(access_grantee::log_delivery, read_acp);
            break;
    }
    return out;
}

}  // namespace sluice::auth
