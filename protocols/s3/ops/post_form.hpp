// The fields of a form upload and what they ask for (S3 API reference, "POST Object" and "HTML form
// fields"): checked one by one, and turned into the PutObject that the form stands for. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authn/sigv4.hpp"
#include "backend/store/model/object_stat.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/form_reader.hpp"

namespace sluice::s3 {

class post_form {
public:
    // `${filename}` becomes the file's name without its path; without a name it stays as it is.
    // invalid_argument: no key, or a field twice (those of x-amz-meta-* are joined by commas);
    // max_post_pre_data_length_exceeded: more than `most` bytes once expanded.
    static s3_result<post_form> from(std::vector<form_field> fields,
                                     std::optional<std::string> const& file_name,
                                     std::size_t most);

    std::vector<form_field> const& fields() const noexcept { return fields_; }
    std::optional<std::string_view> find(std::string_view lower_case_name) const noexcept;
    std::string_view key() const noexcept { return *find("key"); }

    // False: the form is anonymous. invalid_argument names what is missing of a signature;
    // invalid_request for signature version 2.
    s3_result<bool> is_signed() const;
    auth::sigv4_form signature() const noexcept;
    // What a client sees of a signature that was refused.
    s3_failure refused(auth::sigv4_refusal const& why, std::string_view region) const;

    // The upload as headers: "PUT /bucket/key", Content-Type, x-amz-meta-* and so on. Fields that
    // are not served are refused by name.
    s3_result<s3_request> as_put(s3_request const& post, s3_options const& options) const;
    // With those of the form's `tagging` document.
    s3_result<store::object_attributes> attributes(s3_request const& put,
                                                   s3_options const& options) const;

    // 303, 201, 200 or 204, as the form wants it.
    answer stored(s3_request const& post, bool over_tls, store::object_stat const& object) const;

private:
    std::vector<form_field> fields_;
};

}  // namespace sluice::s3
