// All principals and credentials in memory, frozen: rebuilt at start from the stored records,
// replaced as a whole after each committed change. Role closures and on-behalf-of chains are
// computed when it is built; cycles, dangling references and doubled names are refused there, so a
// reader never meets them. Immutable and therefore safe from any thread; readers hold a shared_ptr
// for as long as they look.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/identity/principal.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

struct directory_options {
    std::string root_name = "root";
    std::size_t principals = 100'000;   // limits.principals
    std::size_t credentials = 200'000;  // limits.credentials
    std::size_t delegation_depth = 8;   // limits.delegation_depth: longest on-behalf-of chain
};

class directory {
public:
    static result<std::shared_ptr<directory const>> build(directory_options const& options,
                                                          std::vector<principal> principals,
                                                          std::vector<credential> credentials);

    // nullptr: no such principal or credential.
    principal const* find(principal_id id) const noexcept;
    principal const* find(std::string_view name) const noexcept;
    // By the id that S3 shows, given or made.
    principal const* find_canonical(std::string_view canonical_id) const noexcept;
    principal const* find_email(std::string_view email) const noexcept;
    credential const* find_access_key(std::string_view access_key_id) const noexcept;
    credential const* find_password(principal_id owner) const noexcept;

    // The principal itself and every role it is in, directly or through roles; sorted. Empty:
    // unknown id.
    std::vector<principal_id> const& closure(principal_id id) const noexcept;
    // The chain a principal acts for, nearest first; empty for anyone who acts for himself.
    std::vector<principal_id> on_behalf_chain(principal_id id) const;
    // False when the principal, or one it acts for, is unknown or disabled.
    bool is_active(principal_id id) const noexcept;

    std::vector<principal> const& principals() const noexcept { return principals_; }  // by name
    std::vector<credential> const& credentials() const noexcept { return credentials_; }

private:
    directory() = default;
    result<void> index_principals(directory_options const& options);
    result<void> index_credentials();
    result<void> close_roles();
    result<void> check_chains(std::size_t longest) const;

    std::vector<principal> principals_;
    std::vector<credential> credentials_;
    std::unordered_map<principal_id, std::size_t> by_id_;
    std::unordered_map<std::string_view, std::size_t> by_name_;
    std::unordered_map<std::string_view, std::size_t> by_given_id_;
    std::unordered_map<std::string_view, std::size_t> by_email_;  // none is doubled
    std::unordered_map<std::string_view, std::size_t> by_access_key_;
    std::unordered_map<principal_id, std::size_t> password_of_;
    std::unordered_map<principal_id, std::vector<principal_id>> closures_;
};

}  // namespace sluice::auth
