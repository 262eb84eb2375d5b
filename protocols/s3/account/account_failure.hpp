// What an STS or IAM action answers instead of a result: one of a closed set of codes (errors.def)
// and a text for people. Plain value.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/authn/json_web_token.hpp"
#include "auth/authn/sigv4.hpp"
#include "auth/guard/refusal.hpp"

namespace sluice::s3 {

enum class account_error : std::uint8_t {
#define ACCOUNT_ERROR(id, code, status) id,
#include "protocols/s3/account/errors.def"
#undef ACCOUNT_ERROR
};

struct account_error_row {
    std::string_view code;
    unsigned status;
};
account_error_row const& row_of(account_error code) noexcept;

struct account_failure {
    account_error code = account_error::internal_failure;
    std::string message;
    std::string cause;  // the server's own trouble, for its log; never shown
};
[[noreturn]] void throw_exception_from_error(account_failure const& what,
                                             boost::source_location const&);

template <class T = void>
using account_result = boost::system::result<T, account_failure>;

// The only places that know how the server's errors look to a client of STS and IAM.
account_failure to_account(auth::refusal const& what);
account_failure to_account(auth::sigv4_refusal const& what);

account_failure to_account(auth::token_error what);
// Of verbs that take a policy's document: `unsupported` is about that, too_large about a quota.
account_failure of_document(auth::refusal const& what);

account_failure validation_error(std::string message);

}  // namespace sluice::s3
