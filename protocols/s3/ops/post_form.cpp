#include "protocols/s3/ops/post_form.hpp"

#include <algorithm>
#include <array>

#include "protocols/s3/model/parameter_rules.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view file_name_variable = "${filename}";
constexpr std::string_view metadata_prefix = "x-amz-meta-";

// What the fields named x-amz-* may be, besides those of the signature.
constexpr operation_row field_row{operation::post_object,
                                  "PostObject",
                                  http::method::post,
                                  resource_level::bucket,
                                  serving::served,
                                  "",
                                  "x-amz-acl x-amz-storage-class x-amz-meta-* "
                                  "x-amz-website-redirect-location x-amz-checksum-algorithm "
                                  "x-amz-server-side-encryption "
                                  "x-amz-server-side-encryption-aws-kms-key-id "
                                  "x-amz-server-side-encryption-context "
                                  "x-amz-server-side-encryption-bucket-key-enabled "
                                  "x-amz-server-side-encryption-customer-algorithm "
                                  "x-amz-server-side-encryption-customer-key "
                                  "x-amz-server-side-encryption-customer-key-md5"};

struct signature_field {
    std::string_view name;
    std::string_view shown;
};
constexpr std::array signature_fields{
    signature_field{"x-amz-algorithm", "X-Amz-Algorithm"},
    signature_field{"x-amz-credential", "X-Amz-Credential"},
    signature_field{"x-amz-date", "X-Amz-Date"},
    signature_field{"x-amz-signature", "X-Amz-Signature"},
};

template <class Names>
bool is_one_of(std::string_view name, Names const& names) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_of_signature(std::string_view name) noexcept {
    if (name == "x-amz-security-token") return true;
    return std::any_of(signature_fields.begin(), signature_fields.end(),
                       [&](auto const& one) { return one.name == name; });
}

s3_failure missing_field(std::string_view shown) {
    return invalid_argument(shown, "",
                            "Bucket POST must contain a field named '" + std::string(shown) +
                                "'.  If it is specified, please check the order of the fields.");
}

s3_failure field_refused(form_field const& field) {
    return s3_failure(error_code::not_implemented,
                      "A field you provided implies functionality that is not implemented")
        .detail("Field", field.spelled);
}

// Clients send whole paths, with the separators of their own system.
std::string_view without_path(std::string_view name) noexcept {
    auto const end = name.find_last_of("/\\");
    return end == name.npos ? name : name.substr(end + 1);
}

// nullopt: longer than `most`.
std::optional<std::string> expanded(std::string_view text, std::string_view file_name,
                                    std::size_t most) {
    std::string out;
    while (true) {
        auto const at = text.find(file_name_variable);
        out.append(text.substr(0, at));
        if (at != text.npos) out.append(file_name);
        if (out.size() > most) return std::nullopt;
        if (at == text.npos) return out;
        text.remove_prefix(at + file_name_variable.size());
    }
}

// Who signs a policy cannot know a name that the browser chooses: the signed text stays as it is.
bool is_expanded(std::string_view name) noexcept {
    return name != "policy" && !is_of_signature(name);
}

s3_result<> expand(std::vector<form_field>& fields, std::string_view file_name, std::size_t most) {
    std::size_t bytes = 0;
    for (auto& field : fields) {
        if (is_expanded(field.name)) {
            auto value = expanded(field.value, file_name, most);
            if (!value) return error_code::max_post_pre_data_length_exceeded;
            field.value = *std::move(value);
        }
        bytes += field.name.size() + field.value.size();
    }
    if (bytes > most) return error_code::max_post_pre_data_length_exceeded;
    return {};
}

// Whether the field is a header of the upload; those that mean nothing here are left to S3's rule
// that a policy must allow them.
s3_result<bool> is_header(form_field const& field, s3_options const& options) {
    static constexpr std::array<std::string_view, 7> headers{
        "content-type",     "content-encoding", "content-disposition", "content-language",
        "content-md5",      "cache-control",    "expires"};
    static constexpr std::array<std::string_view, 6> not_served{
        "if-match",      "if-none-match", "if-modified-since", "if-unmodified-since",
        "content-range", "content-length"};
    if (is_one_of(field.name, headers) || checksum_of_header(field.name) != nullptr) return true;
    if (is_one_of(field.name, not_served)) return field_refused(field);
    if (field.name == "acl") {
        auto const fine = check_amz_header(field_row, "x-amz-acl", field.value, options);
        if (!fine) return fine.error();
        return true;
    }
    if (!field.name.starts_with("x-amz-") || is_of_signature(field.name)) return false;
    if (auto fine = check_amz_header(field_row, field.name, field.value, options); !fine)
        return fine.error();
    return field.name.starts_with(metadata_prefix) || field.name == "x-amz-storage-class" ||
           field.name.starts_with("x-amz-server-side-encryption") ||
           field.name == "x-amz-acl" ||
           field.name == "x-amz-website-redirect-location";
}

// x-amz-checksum-algorithm only repeats which checksum comes along.
s3_result<> check_algorithm(post_form const& form) {
    auto const named = form.find("x-amz-checksum-algorithm");
    if (!named) return {};
    auto const* spelling = checksum_named(*named);
    if (spelling != nullptr && form.find(spelling->header)) return {};
    return s3_failure(error_code::invalid_request,
                      "x-amz-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
                      "field was found.");
}

http::request_head head_of(std::string const& target,
                           std::vector<std::pair<std::string_view, std::string_view>> const& from) {
    std::string text = target;
    for (auto const& [name, value] : from) text.append(name).append(value);
    http::request_head head;
    head.text = std::make_shared<std::string const>(std::move(text));
    head.verb = http::method::put;
    head.verb_text = "PUT";
    std::string_view rest = *head.text;
    auto const take = [&rest](std::size_t size) {
        auto const taken = rest.substr(0, size);
        rest.remove_prefix(size);
        return taken;
    };
    head.target = head.path = take(target.size());
    for (auto const& [name, value] : from) {
        auto const taken = take(name.size());
        head.headers.push_back({taken, take(value.size())});
    }
    return head;
}

// An address that a browser can be sent to: absolute, of the web, without bytes that could end a
// header. Any other counts as none, as S3 has it.
bool is_redirect(std::string_view url) noexcept {
    auto const scheme = http::starts_with_ignoring_case(url, "https://") ? std::size_t{8}
                        : http::starts_with_ignoring_case(url, "http://") ? std::size_t{7}
                                                                          : url.size();
    auto const has_host = scheme < url.size() && url[scheme] != '/' && url[scheme] != '?' &&
                          url[scheme] != '#';
    auto const plain = [](char c) { return c > ' ' && c < 0x7f; };
    return has_host && std::all_of(url.begin(), url.end(), plain);
}

std::string form_encoded(std::string_view text) {
    auto out = auth::uri_encode(text, false);
    for (auto at = out.find("%20"); at != out.npos; at = out.find("%20", at + 1))
        out.replace(at, 3, "+");
    return out;
}

std::string redirect_to(std::string_view url, std::string_view bucket, std::string_view key,
                        std::string_view etag) {
    auto const mark = std::min(url.find('#'), url.size());
    std::string out(url.substr(0, mark));
    out += out.find('?') == out.npos ? '?' : '&';
    out += "bucket=" + form_encoded(bucket) + "&key=" + form_encoded(key) +
           "&etag=" + form_encoded(quoted(etag));
    return out.append(url.substr(mark));
}

}  // namespace

s3_result<post_form> post_form::from(std::vector<form_field> fields,
                                     std::optional<std::string> const& file_name,
                                     std::size_t most) {
    post_form out;
    for (auto& field : fields) {
        auto const same = std::find_if(out.fields_.begin(), out.fields_.end(),
                                       [&](auto const& one) { return one.name == field.name; });
        if (same == out.fields_.end()) out.fields_.push_back(std::move(field));
        else if (field.name.starts_with(metadata_prefix)) same->value.append("," + field.value);
        else return invalid_argument(field.spelled, field.value, "A field was given twice.");
    }
    if (file_name)
        if (auto fits = expand(out.fields_, without_path(*file_name), most); !fits)
            return fits.error();
    auto const key = out.find("key");
    if (!key) return missing_field("key");
    if (key->empty())
        return invalid_argument("key", "", "User key must have a length greater than 0.");
    if (auto fine = check_key(*key); !fine) return fine.error();
    return out;
}

std::optional<std::string_view> post_form::find(std::string_view name) const noexcept {
    for (auto const& field : fields_)
        if (field.name == name) return field.value;
    return std::nullopt;
}

s3_result<bool> post_form::is_signed() const {
    if (find("awsaccesskeyid") || find("signature"))
        return s3_failure(error_code::invalid_request,
                          "The authorization mechanism you have provided is not supported. Please "
                          "use AWS4-HMAC-SHA256.");
    bool const any = std::any_of(signature_fields.begin(), signature_fields.end(),
                                 [&](auto const& one) { return find(one.name).has_value(); });
    if (!any) return false;
    for (auto const& one : signature_fields)
        if (!find(one.name)) return missing_field(one.shown);
    if (!find("policy")) return missing_field("Policy");
    return true;
}

auth::sigv4_form post_form::signature() const noexcept {
    auth::sigv4_form out;
    out.algorithm = find("x-amz-algorithm").value_or("");
    out.credential = find("x-amz-credential").value_or("");
    out.date = find("x-amz-date").value_or("");
    out.signature = find("x-amz-signature").value_or("");
    out.policy = find("policy").value_or("");
    out.session_token = find("x-amz-security-token").value_or("");
    return out;
}

s3_failure post_form::refused(auth::sigv4_refusal const& why, std::string_view region) const {
    auto const about = [&](std::string_view shown, std::string message) {
        auto const value = find(http::lower_cased(shown)).value_or("");
        return invalid_argument(shown, value, std::move(message));
    };
    switch (why.code) {
        case auth::sigv4_error::malformed:
            return about(why.expected, "The value of " + why.expected + " is not valid.");
        case auth::sigv4_error::unsupported_algorithm:
            return about("X-Amz-Algorithm", "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
        case auth::sigv4_error::wrong_scope:
            return about("X-Amz-Credential",
                         "the credential scope is wrong; expecting '" + why.expected + "'")
                .detail("Region", region);
        default: return to_s3(why, true);
    }
}

s3_result<s3_request> post_form::as_put(s3_request const& post, s3_options const& options) const {
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    for (auto const& field : fields_) {
        auto const header = is_header(field, options);
        if (!header) return header.error();
        auto const name = field.name == "acl" ? std::string_view("x-amz-acl") : field.name;
        if (*header) headers.emplace_back(name, field.value);
    }
    if (auto fine = check_algorithm(*this); !fine) return fine.error();
    if (auto const bucket = find("bucket"); bucket && *bucket != post.bucket())
        return invalid_argument("bucket", *bucket, "The bucket is not the one that was posted to.");
    auto const target =
        "/" + auth::uri_encode(post.bucket(), false) + "/" + auth::uri_encode(key(), true);
    return s3_request::from(head_of(target, headers), options);
}

s3_result<store::object_attributes> post_form::attributes(s3_request const& put,
                                                          s3_options const& options) const {
    auto out = attributes_of(put, options);
    auto const document = find("tagging");
    if (!out || !document) return out;
    auto const root =
        parse_xml(*document, "Tagging", {options.small_document_bytes, options.document_elements});
    if (!root) return root.error();
    auto tags = tags_of_document(*root, object_tags_max);
    if (!tags) return tags.error();
    out->tags = *std::move(tags);
    return out;
}

answer post_form::stored(s3_request const& post, bool over_tls,
                         store::object_stat const& object) const {
    std::string location = over_tls ? "https://" : "http://";
    location.append(post.head().host);
    if (!post.where().bucket_in_host) location.append("/").append(post.bucket());
    location.append("/").append(auth::uri_encode(key(), false));
    auto const etag = quoted(object.etag);
    auto const status = find("success_action_status").value_or("");
    auto const redirect = find("success_action_redirect") ? find("success_action_redirect")
                                                          : find("redirect");
    auto out = empty_answer(status == "200" ? 200 : 204);
    if (redirect && is_redirect(*redirect)) {
        out.head.status = 303;
        location = redirect_to(*redirect, post.bucket(), key(), object.etag);
    } else if (status == "201") {
        auto document = xml_writer::plain("PostResponse");
        document.element("Location", location)
            .element("Bucket", post.bucket())
            .element("Key", key())
            .element("ETag", etag);
        out = xml_answer(std::move(document));
        out.head.status = 201;
    }
    out.head.set("ETag", etag);
    out.head.set("Location", location);
    set_new_version_header(out.head, object);
    set_checksum_headers(out.head, object);
    return out;
}

}  // namespace sluice::s3
