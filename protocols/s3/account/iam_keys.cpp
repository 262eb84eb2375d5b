// CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey (IAM API reference, version
// 2010-05-08). Without UserName they are about the caller.
#include <algorithm>

#include "protocols/http/date.hpp"
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

std::string owner_of(account_call const& call) {
    return std::string(call.request.find("UserName").value_or(call.who.name()));
}

constexpr std::string_view status_of(bool enabled) noexcept {
    return enabled ? "Active" : "Inactive";
}

// no_such_entity unless the key named is that user's.
task<account_result<std::string>> find_key(account_call const& call) {
    auto const id = call.request.demand("AccessKeyId");
    if (!id) co_return id.error();
    auto const keys = co_await call.guard.admin().list_keys(call.who, owner_of(call));
    if (!keys) co_return to_account(keys.error());
    for (auto const& one : *keys)
        if (one.access_key_id == *id) co_return one.access_key_id;
    co_return account_failure{account_error::no_such_entity,
                              "The Access Key with id " + std::string(*id) + " cannot be found.",
                              {}};
}

}  // namespace

task<account_result<>> account::create_access_key(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName"});
    if (!known) co_return known.error();
    auto const owner = owner_of(call);
    auto const made = co_await call.guard.admin().create_key(call.who, owner);
    if (!made) co_return to_account(made.error());
    out.open("AccessKey").element("UserName", owner);
    out.element("AccessKeyId", made->access_key_id).element("Status", status_of(true));
    out.element("SecretAccessKey", made->secret).close();
    co_return account_result<>{};
}

task<account_result<>> account::list_access_keys(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"UserName", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const keys = co_await call.guard.admin().list_keys(call.who, owner_of(call));
    if (!keys) co_return to_account(keys.error());
    std::vector<auth::key_summary const*> behind;
    for (auto const& one : *keys)
        if (one.access_key_id > page->after) behind.push_back(&one);
    std::sort(behind.begin(), behind.end(), [](auto const* a, auto const* b) {
        return a->access_key_id < b->access_key_id;
    });
    bool const more = behind.size() > page->most;
    if (more) behind.resize(page->most);
    out.open("AccessKeyMetadata");
    for (auto const* one : behind) {
        out.open("member").element("UserName", one->owner);
        out.element("AccessKeyId", one->access_key_id);
        out.element("Status", status_of(one->enabled));
        out.element("CreateDate", http::iso_date(one->created)).close();
    }
    out.close().element("IsTruncated", more);
    if (more) out.element("Marker", behind.back()->access_key_id);
    co_return account_result<>{};
}

task<account_result<>> account::update_access_key(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"UserName", "AccessKeyId", "Status"});
    if (!known) co_return known.error();
    auto const status = call.request.demand("Status");
    if (!status) co_return status.error();
    bool const enabled = *status == status_of(true);
    if (!enabled && *status != status_of(false))
        co_return validation_error("Status is Active or Inactive.");
    auto const id = co_await find_key(call);
    if (!id) co_return id.error();
    auto const done = co_await call.guard.admin().set_key_enabled(call.who, *id, enabled);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::delete_access_key(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"UserName", "AccessKeyId"});
    if (!known) co_return known.error();
    auto const id = co_await find_key(call);
    if (!id) co_return id.error();
    auto const done = co_await call.guard.admin().delete_key(call.who, *id);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

}  // namespace sluice::s3
