// Get, Put and Delete of BucketOwnershipControls and PublicAccessBlock: what bounds ACLs and
// policies.
#include <array>

#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

struct block_element {
    std::string_view name;
    bool public_access_block::*member;
};
constexpr std::array block_elements{
    block_element{"BlockPublicAcls", &public_access_block::block_public_acls},
    block_element{"IgnorePublicAcls", &public_access_block::ignore_public_acls},
    block_element{"BlockPublicPolicy", &public_access_block::block_public_policy},
    block_element{"RestrictPublicBuckets", &public_access_block::restrict_public_buckets},
};

s3_result<public_access_block> block_in(xml_element const& document) {
    if (document.children.empty())
        return s3_failure(error_code::invalid_request,
                          "Must specify at least one configuration.");
    public_access_block block;
    std::size_t taken = 0;
    for (auto const& [name, member] : block_elements) {
        auto const text = document.text_of(name);
        if (!text) continue;
        block.*member = http::equal_ignoring_case(*text, "true");
        if (!(block.*member) && !http::equal_ignoring_case(*text, "false"))
            return error_code::malformed_xml;
        ++taken;
    }
    if (taken != document.children.size()) return error_code::malformed_xml;
    return block;
}

// The only ownership there is. Under the others objects belong to who wrote them, and ACLs count.
constexpr std::string_view enforced = "BucketOwnerEnforced";

s3_result<> check_ownership(xml_element const& document) {
    auto const* rule = document.only("Rule");
    auto const ownership = rule == nullptr ? std::nullopt : rule->text_of("ObjectOwnership");
    if (!ownership || document.children.size() != 1 || rule->children.size() != 1)
        return error_code::malformed_xml;
    if (*ownership == enforced) return {};
    if (*ownership == "BucketOwnerPreferred" || *ownership == "ObjectWriter")
        return part_not_implemented("PutBucketOwnershipControls",
                                    "ObjectOwnership " + std::string(*ownership));
    return error_code::malformed_xml;
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_ownership_controls(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (settings->ownership_removed)
        co_return not_configured(call, error_code::ownership_controls_not_found);
    xml_writer out("OwnershipControls");
    out.open("Rule").element("ObjectOwnership", enforced);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_ownership_controls(operation_call& call) {
    auto const document = co_await read_document(call, "OwnershipControls", body_digest::demanded);
    if (!document) co_return document.error();
    if (auto const fine = check_ownership(*document); !fine) co_return fine.error();
    settings_edit const edit = [](bucket_settings& settings) {
        settings.ownership_removed = false;
    };
    co_return co_await edit_settings(call, edit, 200);
}

// The rule goes, and whoever reads it is told so; that ACLs stay disabled is what every ACL
// operation goes on answering.
task<s3_result<answer>> ops::delete_bucket_ownership_controls(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.ownership_removed = true; };
    co_return co_await edit_settings(call, edit, 204);
}

task<s3_result<answer>> ops::get_public_access_block(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (!settings->public_access)
        co_return not_configured(call, error_code::no_such_public_access_block);
    xml_writer out("PublicAccessBlockConfiguration");
    for (auto const& [name, member] : block_elements)
        out.element(name, (*settings->public_access).*member);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_public_access_block(operation_call& call) {
    auto const document =
        co_await read_document(call, "PublicAccessBlockConfiguration", body_digest::demanded);
    if (!document) co_return document.error();
    auto const block = block_in(*document);
    if (!block) co_return block.error();
    settings_edit const edit = [&](bucket_settings& settings) { settings.public_access = *block; };
    co_return co_await edit_settings(call, edit, 200);
}

task<s3_result<answer>> ops::delete_public_access_block(operation_call& call) {
    settings_edit const edit = [](bucket_settings& settings) { settings.public_access.reset(); };
    co_return co_await edit_settings(call, edit, 204);
}

}  // namespace sluice::s3
