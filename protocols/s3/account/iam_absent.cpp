// Lists of what no user, role or account has here: instance profiles, second factors, certificates, keys for
// other services, aliases. Nothing makes one, so the lists are empty; tools ask for them before they delete
// a user or a role (IAM API reference, version 2010-05-08).
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

task<account_result<>> nothing_of(account_call const& call, xml_writer& out, person_kind kind,
                                  std::string_view element) {
    auto const parameter = name_element(kind);
    auto const known = call.request.allow_only({parameter, "Marker", "MaxItems", "ServiceName"});
    if (!known) co_return known.error();
    auto const name = call.request.find(parameter);
    if (!name && kind != person_kind::user) co_return call.request.demand(parameter).error();
    std::string const whose(name.value_or(call.who.name()));
    auto const found = co_await find_person(call, whose, kind);
    if (!found) co_return found.error();
    out.open(element).close().element("IsTruncated", false);
    co_return account_result<>{};
}

task<account_result<>> nothing_at_all(account_call const& call, xml_writer& out,
                                      std::string_view element) {
    auto const known = call.request.allow_only({"Marker", "MaxItems", "AssignmentStatus"});
    if (!known) co_return known.error();
    out.open(element).close().element("IsTruncated", false);
    co_return account_result<>{};
}

}  // namespace

task<account_result<>> account::list_account_aliases(account_call const& call, xml_writer& out) {
    return nothing_at_all(call, out, "AccountAliases");
}
task<account_result<>> account::list_instance_profiles_for_role(account_call const& call,
                                                                xml_writer& out) {
    return nothing_of(call, out, person_kind::role, "InstanceProfiles");
}
task<account_result<>> account::list_mfa_devices(account_call const& call, xml_writer& out) {
    return nothing_of(call, out, person_kind::user, "MFADevices");
}
task<account_result<>> account::list_service_specific_credentials(account_call const& call,
                                                                  xml_writer& out) {
    return nothing_of(call, out, person_kind::user, "ServiceSpecificCredentials");
}
task<account_result<>> account::list_signing_certificates(account_call const& call,
                                                          xml_writer& out) {
    return nothing_of(call, out, person_kind::user, "Certificates");
}
task<account_result<>> account::list_ssh_public_keys(account_call const& call, xml_writer& out) {
    return nothing_of(call, out, person_kind::user, "SSHPublicKeys");
}
task<account_result<>> account::list_virtual_mfa_devices(account_call const& call,
                                                         xml_writer& out) {
    return nothing_at_all(call, out, "VirtualMFADevices");
}

}  // namespace sluice::s3
