#include "protocols/s3/wire/access_document.hpp"

#include <algorithm>
#include <array>

namespace sluice::s3 {
namespace {

using canned = auth::access_choice::canned;
using naming = named_grant::naming;
using auth::access_grantee;
using auth::access_permission;

struct canned_row {
    std::string_view name;
    canned is;
    bool of_objects;
};
constexpr std::array canned_rows{
    canned_row{"private", canned::owner_only, true},
    canned_row{"public-read", canned::public_read, true},
    canned_row{"public-read-write", canned::public_read_write, true},
    canned_row{"authenticated-read", canned::known_read, true},
    canned_row{"bucket-owner-read", canned::bucket_owner_read, true},
    canned_row{"bucket-owner-full-control", canned::bucket_owner_full, true},
    canned_row{"log-delivery-write", canned::log_delivery_write, false},
};
constexpr std::string_view of_machine_images = "aws-exec-read";

struct group_row {
    std::string_view uri;
    access_grantee group;
};
constexpr std::array group_rows{
    group_row{"http://acs.amazonaws.com/groups/global/AllUsers", access_grantee::everyone},
    group_row{"http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
              access_grantee::anyone_known},
    group_row{"http://acs.amazonaws.com/groups/s3/LogDelivery", access_grantee::log_delivery},
};

struct permission_row {
    std::string_view name;
    access_permission what;
    std::string_view header;
};
constexpr std::array permission_rows{
    permission_row{"FULL_CONTROL", access_permission::full_control, "x-amz-grant-full-control"},
    permission_row{"READ", access_permission::read, "x-amz-grant-read"},
    permission_row{"WRITE", access_permission::write, "x-amz-grant-write"},
    permission_row{"READ_ACP", access_permission::read_acp, "x-amz-grant-read-acp"},
    permission_row{"WRITE_ACP", access_permission::write_acp, "x-amz-grant-write-acp"},
};

struct naming_row {
    std::string_view in_header;
    std::string_view element;
    std::string_view type;  // xsi:type
    naming by;
};
constexpr std::array naming_rows{
    naming_row{"id", "ID", "CanonicalUser", naming::canonical_id},
    naming_row{"emailAddress", "EmailAddress", "AmazonCustomerByEmail", naming::email},
    naming_row{"uri", "URI", "Group", naming::group},
};

s3_failure too_many() {
    return s3_failure(error_code::malformed_acl,
                      "An access control list holds at most " +
                          std::to_string(auth::most_access_grants) + " grants");
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The text up to the next comma that stands in no quotes, and whether there is one.
std::string_view take_piece(std::string_view& rest, bool& more) noexcept {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size() && (quoted || rest[at] != ','); ++at)
        if (rest[at] == '"') quoted = !quoted;
    more = at < rest.size();
    auto const piece = rest.substr(0, at);
    rest.remove_prefix(std::min(rest.size(), at + 1));
    return trimmed(piece);
}

// id="..."; the quotes may be left out.
std::optional<named_grant> grant_in(std::string_view piece, access_permission what) {
    auto const equals = piece.find('=');
    if (equals == piece.npos) return std::nullopt;
    auto const name = trimmed(piece.substr(0, equals));
    auto value = trimmed(piece.substr(equals + 1));
    bool const is_quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    if (is_quoted) value = value.substr(1, value.size() - 2);
    if (value.empty() || value.find('"') != value.npos) return std::nullopt;
    for (auto const& row : naming_rows)
        if (http::equal_ignoring_case(row.in_header, name))
            return named_grant{row.by, std::string(value), what};
    return std::nullopt;
}

s3_result<> take_header(permission_row const& row, std::string_view text,
                        std::vector<named_grant>& into) {
    auto rest = text;
    bool more = false;
    do {
        auto grant = grant_in(take_piece(rest, more), row.what);
        if (!grant)
            return invalid_argument(row.header, text, "Argument format not recognized");
        into.push_back(*std::move(grant));
        if (into.size() > auth::most_access_grants) return too_many();
    } while (more);
    return {};
}

s3_result<canned> canned_named(std::string_view name, access_subject about) {
    if (name == of_machine_images)
        return s3_failure(error_code::not_implemented,
                          "The canned ACL aws-exec-read is not implemented")
            .detail("Header", "x-amz-acl");
    auto const* const row = std::find_if(canned_rows.begin(), canned_rows.end(),
                                         [&](auto const& one) { return one.name == name; });
    if (row == canned_rows.end() || (about == access_subject::object && !row->of_objects))
        return invalid_argument("x-amz-acl", name, "Unknown canned ACL");
    return row->is;
}

s3_result<named_grant> grant_in(xml_element const& grant) {
    s3_failure const malformed(error_code::malformed_acl);
    auto const* grantee = grant.only("Grantee");
    auto const permission = grant.text_of("Permission");
    if (grantee == nullptr || !permission || grant.children.size() != 2 ||
        !grantee->holds_only({"ID", "DisplayName", "EmailAddress", "URI"}))
        return malformed;
    auto const* what = std::find_if(permission_rows.begin(), permission_rows.end(),
                                    [&](auto const& row) { return row.name == *permission; });
    if (what == permission_rows.end()) return malformed;
    naming_row const* named = nullptr;
    for (auto const& row : naming_rows) {
        if (grantee->only(row.element) == nullptr) continue;
        if (named != nullptr) return malformed;
        named = &row;
    }
    bool const fits = named != nullptr && (grantee->type.empty() || grantee->type == named->type) &&
                      !grantee->text_of(named->element)->empty();
    if (!fits) return malformed;
    return named_grant{named->by, std::string(*grantee->text_of(named->element)), what->what};
}

}  // namespace

s3_result<asked_access> access_asked_by(s3_request const& request, access_subject about) {
    asked_access out;
    for (auto const& row : permission_rows) {
        auto const text = request.header(row.header);
        if (!text) continue;
        if (!out.grants) out.grants.emplace();
        if (auto taken = take_header(row, *text, *out.grants); !taken) return taken.error();
    }
    auto const name = request.header("x-amz-acl");
    if (name && out.grants)
        return s3_failure(error_code::invalid_request,
                          "Specifying both Canned ACLs and Header Grants is not allowed");
    out.says_something = name || out.grants;
    if (!name) return out;
    auto const is = canned_named(*name, about);
    if (!is) return is.error();
    out.name = *is;
    return out;
}

s3_result<access_document> access_document_in(std::string_view text) {
    s3_failure const malformed(error_code::malformed_acl);
    auto const policy = parse_xml(text, "AccessControlPolicy");
    if (!policy) {
        if (policy.error().code == error_code::malformed_xml) return malformed;
        return policy.error();
    }
    auto const* owner = policy->only("Owner");
    auto const* list = policy->only("AccessControlList");
    if (owner == nullptr || list == nullptr || policy->children.size() != 2 ||
        !owner->holds_only({"ID", "DisplayName"}) || !owner->text_of("ID") ||
        !list->holds_only({"Grant"}))
        return malformed;
    if (list->children.size() > auth::most_access_grants) return too_many();
    access_document out;
    out.owner = *owner->text_of("ID");
    for (auto const& child : list->children) {
        auto grant = grant_in(child);
        if (!grant) return grant.error();
        out.grants.push_back(*std::move(grant));
    }
    return out;
}

std::optional<access_grantee> group_named(std::string_view uri) noexcept {
    for (auto const& row : group_rows)
        if (row.uri == uri) return row.group;
    return std::nullopt;
}

std::string_view uri_of(access_grantee group) noexcept {
    for (auto const& row : group_rows)
        if (row.group == group) return row.uri;
    return {};
}

std::string_view name_of(access_permission what) noexcept {
    for (auto const& row : permission_rows)
        if (row.what == what) return row.name;
    return {};
}

}  // namespace sluice::s3
