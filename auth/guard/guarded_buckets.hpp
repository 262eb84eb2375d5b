// Buckets behind the door: every verb decides by policy, writes its audit record and only then
// touches the store. A caller without any right on a bucket gets permission_denied whether it
// exists or not. Thread rule: any executor; one object for the whole server.
#pragma once

#include <optional>
#include <string>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "backend/store/model/bucket_info.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

class guarded_buckets {
public:
    explicit guarded_buckets(guard_core& core) noexcept : core_(core) {}

    struct list_request {
        std::string prefix;
        std::string after;  // names greater than this
        std::uint32_t max_buckets = 1000;
    };
    // All buckets with `list` on the cluster, else those the caller may list or describe;
    // permission_denied when the whole listing is empty for want of rights.
    task<guarded<store::bucket_page>> list(caller const& who, list_request request);
    // The same without a refusal: what nobody may see is left out.
    task<guarded<store::bucket_page>> visible(caller const& who, list_request request);
    // The caller becomes the owner, and no policy of an earlier bucket of that name is left.
    // already_exists: see head() for whose it is. Names starting with
    // "__" are reserved (permission_denied). `access`: a bucket_access (auth/policy/access_list.hpp).
    task<guarded<store::bucket_info>> create(
        caller const& who, std::string name, std::string settings = {},
        store::versioning versions = store::versioning::never, std::string access = {});
    task<guarded<store::bucket_info>> head(caller const& who,
                                           std::string name);  // verb describe or list
    // Replaces the settings that the protocol keeps with the bucket, and `access` where it is given (verb
    // alter). conflict when `expected` is given and is not the `changed` of the bucket any more.
    task<guarded<store::bucket_info>> change_settings(caller const& who, std::string name,
                                                      std::string settings,
                                                      std::optional<lsn> expected = {},
                                                      std::optional<std::string> access = {});
    // For a request to change the bucket (verb alter) or, with a key, an object in it (verb update)
    // that asks for what is so already: decided and recorded as that write, nothing is stored.
    task<guarded<void>> confirm(caller const& who, std::string name, std::string key = {});
    // The settings for what the server does on its own account, whoever asks: rules for browsers of
    // other origins, whose preflight carries no credentials. Nothing is decided or recorded; they
    // are never to be shown as they are.
    task<guarded<std::string>> settings_of(std::string name);
    // The bucket, for an answer about something that the caller was already shown. Nothing is decided or
    // recorded; its settings and list are never to be shown as they are.
    task<guarded<store::bucket_info>> known(std::string name);
    // Verb alter. conflict as for change_settings.
    task<guarded<store::bucket_info>> change_versioning(caller const& who, std::string name,
                                                        store::versioning versions,
                                                        std::optional<lsn> expected = {});
    task<guarded<void>> remove(caller const& who, std::string name);  // not_empty; its policy goes too

private:
    guard_core& core_;
};

}  // namespace sluice::auth
