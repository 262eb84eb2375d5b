// GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption: how objects are stored whose
// writers say nothing about it (object_encryption.hpp).
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

using kind = default_encryption::kind;

s3_result<> read_default(xml_element const& element, default_encryption& into) {
    if (!element.holds_only({"SSEAlgorithm", "KMSMasterKeyID"})) return error_code::malformed_xml;
    auto const method = element.text_of("SSEAlgorithm");
    if (!method) return error_code::malformed_xml;
    if (*method == "aws:kms:dsse" || *method == "aws:fsx")
        return part_not_implemented("PutBucketEncryption", "SSEAlgorithm " + std::string(*method));
    if (*method != "AES256" && *method != "aws:kms") return error_code::malformed_xml;
    into.method = *method == "AES256" ? kind::server_key : kind::named_key;
    if (element.children.size() == 1) return {};
    auto const key = element.text_of("KMSMasterKeyID");
    if (!key) return error_code::malformed_xml;
    if (into.method != kind::named_key)
        return invalid_argument("KMSMasterKeyID", *key,
                                "a KMSMasterKeyID is not applicable if the default sse algorithm "
                                "is not aws:kms or aws:kms:dsse");
    if (key->size() > default_encryption::key_bytes_max)
        return invalid_argument("KMSMasterKeyID", key->substr(0, 64), "The key's name is too long.");
    into.key = *key;
    return {};
}

s3_result<> read_blocked(xml_element const& element, default_encryption& into) {
    if (element.children.empty() || !element.holds_only({"EncryptionType"}))
        return error_code::malformed_xml;
    bool none = false;
    for (auto const& child : element.children) {
        if (child.text == "SSE-C") into.blocks_customer_keys = true;
        else if (child.text == "NONE") none = true;
        else return error_code::malformed_xml;
    }
    if (none && into.blocks_customer_keys) return error_code::malformed_xml;
    return {};
}

s3_result<default_encryption> encryption_in(xml_element const& document) {
    default_encryption out;
    auto const* rule = document.only("Rule");
    if (rule == nullptr || document.children.size() != 1 || rule->children.empty() ||
        !rule->holds_only({"ApplyServerSideEncryptionByDefault", "BucketKeyEnabled",
                           "BlockedEncryptionTypes"}))
        return error_code::malformed_xml;
    for (auto const& part : rule->children) {
        if (rule->only(part.name) == nullptr) return error_code::malformed_xml;
        s3_result<> read;
        if (part.name == "ApplyServerSideEncryptionByDefault") read = read_default(part, out);
        else if (part.name == "BlockedEncryptionTypes") read = read_blocked(part, out);
        else if (part.text == "true" || part.text == "false") out.bucket_key = part.text == "true";
        else return error_code::malformed_xml;
        if (!read) return read.error();
    }
    return out;
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_encryption(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (!settings->encryption)
        co_return not_configured(call, error_code::encryption_configuration_not_found);
    auto const& set = *settings->encryption;
    xml_writer out("ServerSideEncryptionConfiguration");
    out.open("Rule");
    if (set.method != kind::none) {
        out.open("ApplyServerSideEncryptionByDefault");
        out.element("SSEAlgorithm", set.method == kind::server_key ? "AES256" : "aws:kms");
        if (!set.key.empty()) out.element("KMSMasterKeyID", set.key);
        out.close();
    }
    out.element("BucketKeyEnabled", set.bucket_key.value_or(false));
    if (set.blocks_customer_keys)
        out.open("BlockedEncryptionTypes").element("EncryptionType", "SSE-C").close();
    out.close();
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_encryption(operation_call& call) {
    auto const document =
        co_await read_document(call, "ServerSideEncryptionConfiguration", body_digest::demanded);
    if (!document) co_return document.error();
    auto const wanted = encryption_in(*document);
    if (!wanted) co_return wanted.error();
    settings_edit const edit = [&](bucket_settings& settings) { settings.encryption = *wanted; };
    co_return co_await edit_settings(call, edit, 200);
}

task<s3_result<answer>> ops::delete_bucket_encryption(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.encryption.reset(); };
    co_return co_await edit_settings(call, edit, 204);
}

}  // namespace sluice::s3
