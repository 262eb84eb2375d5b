// A request of AWS's query protocol, which STS and IAM speak: parameters in the query or in a form
// body, one of them the Action. Plain value, decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/http/request.hpp"
#include "protocols/s3/account/account_failure.hpp"

namespace sluice::s3 {

class account_request {
public:
    // malformed_input: a parameter that is given twice, bad encoding, or more of them than
    // `most_parameters`.
    static account_result<account_request> parse(std::string_view query, std::string_view form,
                                                 std::size_t most_parameters);

    std::optional<std::string_view> find(std::string_view name) const noexcept;
    // validation_error when it is not there, or empty.
    account_result<std::string_view> demand(std::string_view name) const;
    // name.member.1, name.member.2 and on; validation_error: more than `most`, or a gap.
    account_result<std::vector<std::string>> list(std::string_view name, std::size_t most) const;
    // name.member.1.Key, name.member.1.Value and on, a missing value being empty; as list().
    account_result<std::vector<std::pair<std::string, std::string>>> pairs(std::string_view name,
                                                                           std::size_t most) const;
    // "true" or "false"; `otherwise` when it is not there.
    account_result<bool> flag(std::string_view name, bool otherwise) const;
    // A decimal number in [least, most]; `otherwise` when it is not there.
    account_result<std::int64_t> number(std::string_view name, std::int64_t least,
                                        std::int64_t most, std::int64_t otherwise) const;
    // validation_error for a parameter outside `known` and what every request carries: ignoring it
    // would change what was asked for. "ClientIDList.member" stands for all its numbers.
    account_result<> allow_only(std::initializer_list<std::string_view> known) const;

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

// Whether a request for the service itself (no bucket) is one of these.
bool speaks_query_protocol(http::request_head const& head);

}  // namespace sluice::s3
