#include "protocols/s3/access_log_sink.hpp"

#include <charconv>

#include "auth/authn/uri_encoding.hpp"
#include "protocols/s3/ops/principal_names.hpp"

namespace sluice::s3 {
namespace {

// Of a request line that was accepted; more of them tell nothing.
constexpr std::size_t query_parameters_max = 1000;

// Where S3's name for what an operation is about is not its first selector in capitals.
struct resource_name {
    operation id;
    std::string_view name;
};
constexpr std::array resource_names{
    resource_name{operation::list_objects_v2, "BUCKET"},
    resource_name{operation::list_object_versions, "BUCKETVERSIONS"},
    resource_name{operation::get_bucket_logging, "LOGGING_STATUS"},
    resource_name{operation::put_bucket_logging, "LOGGING_STATUS"},
    resource_name{operation::get_bucket_policy, "BUCKETPOLICY"},
    resource_name{operation::put_bucket_policy, "BUCKETPOLICY"},
    resource_name{operation::delete_bucket_policy, "BUCKETPOLICY"},
    resource_name{operation::get_bucket_request_payment, "REQUEST_PAYMENT"},
    resource_name{operation::put_bucket_request_payment, "REQUEST_PAYMENT"},
    resource_name{operation::get_public_access_block, "PUBLIC_ACCESS_BLOCK"},
    resource_name{operation::put_public_access_block, "PUBLIC_ACCESS_BLOCK"},
    resource_name{operation::delete_public_access_block, "PUBLIC_ACCESS_BLOCK"},
    resource_name{operation::delete_objects, "MULTI_OBJECT_DELETE"},
    resource_name{operation::get_object_tagging, "OBJECT_TAGGING"},
    resource_name{operation::put_object_tagging, "OBJECT_TAGGING"},
    resource_name{operation::delete_object_tagging, "OBJECT_TAGGING"},
    resource_name{operation::copy_object, "OBJECT"},
    resource_name{operation::upload_part, "PART"},
    resource_name{operation::upload_part_copy, "PART"},
    resource_name{operation::list_parts, "UPLOAD"},
    resource_name{operation::complete_multipart_upload, "UPLOAD"},
    resource_name{operation::abort_multipart_upload, "UPLOAD"},
    resource_name{operation::post_object, "OBJECT"},
};

std::string_view plain_name(resource_level level) noexcept {
    switch (level) {
        case resource_level::service: return "SERVICE";
        case resource_level::bucket: return "BUCKET";
        case resource_level::object: return "OBJECT";
    }
    return "SERVICE";
}

// "?legal-hold ?x=1" -> "LEGAL_HOLD"
std::string selector_name(std::string_view selectors) {
    auto const first = selectors.substr(1, selectors.find_first_of(" =", 1) - 1);
    std::string out;
    for (auto const c : first)
        out.push_back(c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return out;
}

std::string resource_of(operation_row const& row) {
    for (auto const& [id, name] : resource_names)
        if (id == row.id) return std::string(name);
    if (row.selectors.empty()) return std::string(plain_name(row.level));
    return selector_name(row.selectors);
}

// Of the whole object, where the answer tells it.
std::optional<std::uint64_t> size_in(http::response_head const& head, std::uint64_t length) {
    if (head.status == 200) return length;
    for (auto const& [name, value] : head.headers) {
        auto const slash = value.rfind('/');
        if (head.status != 206 || name != "Content-Range" || slash == value.npos) continue;
        std::uint64_t size = 0;
        auto const* end = value.data() + value.size();
        if (std::from_chars(value.data() + slash + 1, end, size).ptr == end) return size;
    }
    return std::nullopt;
}

}  // namespace

std::string log_operation(operation_row const* row, std::string_view verb, resource_level level) {
    if (row == nullptr)
        return "REST." + std::string(verb) + "." + std::string(plain_name(level));
    bool const copies =
        row->id == operation::copy_object || row->id == operation::upload_part_copy;
    return "REST." + std::string(copies ? "COPY" : verb) + "." + resource_of(*row);
}

std::optional<access_log_notes> access_log_notes::begin(access_log_sink const& sink,
                                                        http::request_head const& head,
                                                        s3_options const& options,
                                                        unix_millis now) {
    if (!sink.is_on()) return std::nullopt;
    if (auto site = website_bucket(head.host, options.website_domains)) {
        if (!sink.wants(*site)) return std::nullopt;
        auto const path = auth::decode_path(head.path);
        address about{resource_level::object, *std::move(site)};
        if (path && path->starts_with('/')) about.key = path->substr(1);
        access_log_notes notes(head, std::move(about), now);
        notes.is_website_ = true;
        return notes;
    }
    auto where = resolve_address(head.host, head.path, options.domains);
    if (!where || where->bucket.empty() || !sink.wants(where->bucket)) return std::nullopt;
    return access_log_notes(head, *std::move(where), now);
}

access_log_notes::access_log_notes(http::request_head head, address where, unix_millis now)
    : head_(std::move(head)), where_(std::move(where)), time_(now) {}

void access_log_notes::know(auth::caller const& who) {
    if (who.is_anonymous()) return;
    requester_ = who.canonical_id();
    authentication_ = who.auth_method() == "sigv4-presigned" ? "QueryString" : "AuthHeader";
}

// S3 has no name for a signature among the fields of a form.
void access_log_notes::know_form(auth::caller const& who, std::string_view key) {
    if (!who.is_anonymous()) requester_ = who.canonical_id();
    where_.key = key;
}

void access_log_notes::add_deletion(std::string key, std::string version, unsigned status,
                                    std::string_view error_code) {
    deletions_.push_back({std::move(key), std::move(version), status, error_code});
}

std::string access_log_notes::named_version() const {
    if (is_website_) return {};
    if (auto const query = auth::parse_query(head_.query, query_parameters_max))
        for (auto const& [name, value] : *query)
            if (name == "versionId") return value;
    return {};
}

std::optional<std::uint64_t> access_log_notes::object_size(http::response_head const& head,
                                                           outcome const& what) const {
    if (is_website_) return size_in(head, what.length);
    if (row_ == nullptr) return std::nullopt;
    if (row_->id == operation::get_object || row_->id == operation::head_object)
        return size_in(head, what.length);
    if (row_->id == operation::put_object || row_->id == operation::upload_part)
        return what.bytes_in;
    return std::nullopt;
}

void access_log_notes::write(access_log_sink& sink, http::response_head const& head,
                             outcome const& what) const noexcept {
    using std::chrono::duration_cast, std::chrono::milliseconds;
    access_log_entry entry;
    entry.bucket = where_.bucket;
    entry.time = time_;
    entry.address = what.address;
    entry.requester = requester_;
    entry.request_id = what.request_id;
    auto const named = is_website_ ? "WEBSITE." + std::string(head_.verb_text) + ".OBJECT"
                                   : log_operation(row_, head_.verb_text, where_.level);
    entry.operation = named;
    entry.key = where_.key;
    std::string line(head_.verb_text);
    line.append(" ").append(head_.target).append(head_.minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1");
    entry.request_line = line;
    entry.status = head.status;
    entry.error_code = what.error_code;
    entry.bytes_sent = what.bytes_out;
    auto const size = object_size(head, what);
    entry.has_object = size.has_value();
    entry.object_bytes = size.value_or(0);
    entry.total = duration_cast<milliseconds>(what.total);
    if (what.turn_around) entry.turn_around = duration_cast<milliseconds>(*what.turn_around);
    entry.referer = head_.find("referer").value_or("");
    entry.user_agent = head_.find("user-agent").value_or("");
    auto const version = named_version();
    entry.version = version;
    entry.host_id = what.request_id;
    entry.signature = requester_.empty() ? "" : "SigV4";
    entry.authentication = authentication_;
    entry.host = head_.host;
    if (what.transport != nullptr) {
        entry.cipher = what.transport->cipher;
        entry.tls_version = what.transport->version;
    }
    sink.add(entry);
    entry.operation = "BATCH.DELETE.OBJECT";
    entry.bytes_sent = 0;
    for (auto const& each : deletions_) {
        entry.key = each.key;
        entry.version = each.version;
        entry.status = each.status;
        entry.error_code = each.error_code;
        sink.add(entry);
    }
}

}  // namespace sluice::s3
