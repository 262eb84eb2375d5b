#include "auth/policy/managed_policy.hpp"

#include <algorithm>

#include "auth/policy/rule.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::string_view attachment_prefix = "managed-policy:";
constexpr std::size_t id_digits = 16;

bool is_policy_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@-").find(c) != std::string_view::npos;
}

managed_policy aws_policy(std::uint64_t id, std::string name, std::string description,
                          std::string document) {
    managed_policy out;
    out.id = id;
    out.name = std::move(name);
    out.description = std::move(description);
    out.versions.push_back({1, {}, std::move(document)});
    return out;
}

}  // namespace

policy_version const* managed_policy::find(std::uint32_t number) const noexcept {
    auto const at = std::find_if(versions.begin(), versions.end(),
                                 [&](auto const& one) { return one.number == number; });
    return at == versions.end() ? nullptr : &*at;
}

result<void> check_policy_name(std::string_view name) {
    if (name.empty() || name.size() > longest_policy_name ||
        !std::all_of(name.begin(), name.end(), is_policy_char))
        return failure{error::invalid_argument,
                       "a policy's name is 1 to 128 letters, digits and _+=,.@-"};
    return {};
}

std::string encode(managed_policy const& value) {
    std::string out;
    byte_writer writer(out);
    writer.little(record_version)
        .little(value.id)
        .little(to_underlying(value.created))
        .little(to_underlying(value.updated))
        .sized(value.name)
        .sized(value.description)
        .little(value.default_version)
        .little(value.last_version)
        .varint(value.versions.size());
    for (auto const& one : value.versions)
        writer.little(one.number).little(to_underlying(one.created)).sized(one.document);
    return out;
}

result<managed_policy> decode_managed_policy(std::string_view bytes) {
    byte_reader reader(bytes);
    auto const version = reader.little<std::uint8_t>();
    if (reader.ok() && version != record_version)
        return failure{error::unsupported,
                       "managed policy: unknown version " + std::to_string(version)};
    managed_policy value;
    value.id = reader.little<std::uint64_t>();
    value.created = unix_millis{reader.little<std::int64_t>()};
    value.updated = unix_millis{reader.little<std::int64_t>()};
    value.name = reader.sized();
    value.description = reader.sized();
    value.default_version = reader.little<std::uint32_t>();
    value.last_version = reader.little<std::uint32_t>();
    auto const versions = reader.varint();
    if (versions > most_policy_versions) reader.fail();
    for (std::uint64_t i = 0; i < versions && reader.ok(); ++i) {
        policy_version one;
        one.number = reader.little<std::uint32_t>();
        one.created = unix_millis{reader.little<std::int64_t>()};
        one.document = reader.sized();
        value.versions.push_back(std::move(one));
    }
    if (value.find(value.default_version) == nullptr) reader.fail();
    SLUICE_CHECK(reader.finish("managed policy"));
    return value;
}

std::span<managed_policy const> aws_policies() {
    static std::vector<managed_policy> const all{
        aws_policy(1, "AdministratorAccess", "Everything that policies can allow.",
                   R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"),
        aws_policy(
            2, "AmazonS3FullAccess", "All of S3.",
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]})"),
        aws_policy(3, "AmazonS3ReadOnlyAccess", "Reading and listing all of S3.",
                   R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                   R"("Action":["s3:Get*","s3:List*"],"Resource":"*"}]})"),
        aws_policy(
            4, "IAMFullAccess", "All of IAM.",
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]})"),
        aws_policy(5, "IAMReadOnlyAccess", "Reading all of IAM.",
                   R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                   R"("Action":["iam:Get*","iam:List*"],"Resource":"*"}]})"),
    };
    return all;
}

std::string attachment_name(principal_id holder, std::string_view arn) {
    return std::string(attachment_prefix) + to_text(rule_id{to_underlying(holder)}) + ":" +
           std::string(arn);
}

std::string_view attached_arn(std::string_view document) noexcept {
    auto const before = attachment_prefix.size() + id_digits + 1;
    if (!document.starts_with(attachment_prefix) || document.size() < before) return {};
    return document.substr(before);
}

}  // namespace sluice::auth
