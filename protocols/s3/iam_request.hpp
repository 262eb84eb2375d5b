// What policies are told of an S3 request: its action, as IAM names it, and the values of condition keys that
// the request has. Pure.
#pragma once

#include "auth/guard/caller.hpp"
#include "protocols/s3/model/operations.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/tag_set.hpp"

namespace sluice::s3 {

// Sets caller::action.
void name_actions(operation_row const& row, s3_request const& request, auth::caller& who);

// What a request says of itself, for caller::more_context: most are decided without it. The request outlives
// it.
class request_conditions final : public auth::request_values {
public:
    // `region`: what the server calls its own.
    request_conditions(s3_request const& request, operation_row const& row,
                       auth::caller const& who, std::string_view region, unix_millis now)
        : request_(request),
          row_(row),
          region_(region),
          now_(now),
          is_anonymous_(who.is_anonymous()),
          is_in_query_(who.auth_method() == "sigv4-presigned") {}

    void add_to(std::vector<auth::context_value>& values) const override;

private:
    s3_request const& request_;
    operation_row const& row_;
    std::string_view const region_;
    unix_millis const now_;
    bool const is_anonymous_;
    bool const is_in_query_;
};

// For a form upload: adds to caller::action and caller::context what its fields, as the headers of `put`,
// say more than the request that carries them. `tags`: null: it has no field for them.
void describe_form(s3_request const& put, std::optional<std::string_view> signed_at,
                   tag_list const* tags, unix_millis now, auth::caller& who);
// Of a bucket that is to be made; empty: the document names none.
void describe_location(std::string_view location, auth::caller& who);
// Of tags that come in a body.
void describe_tags(tag_list const& tags, auth::caller& who);

// What a retention or legal hold that is put says, wherever the request says it. `until`: nothing when
// it is lifted.
void describe_retention(std::string_view mode, std::optional<unix_millis> until, unix_millis now,
                        auth::caller& who);
void describe_legal_hold(std::string_view status, auth::caller& who);

// The buckets that a request reaches into: its own, and that of a copy's source.
std::vector<std::string> buckets_of(s3_request const& request);

}  // namespace sluice::s3
