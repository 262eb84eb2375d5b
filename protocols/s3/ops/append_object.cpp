#include "protocols/s3/ops/append_object.hpp"

#include <charconv>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/compose_upload.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/transfer.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

constexpr std::array combinable{store::checksum_algorithm::crc64nvme,
                                store::checksum_algorithm::crc32,
                                store::checksum_algorithm::crc32c};

// What the body brings to an object that is there.
struct appended_body {
    store::object_attributes attributes;   // that the request names
    std::string md5;                       // raw
    std::uint64_t length = 0;
    std::vector<store::object_checksum> checksums;   // its own, of all that can be combined
};

// The ETag is no digest of the bytes: it says so, as those of multipart uploads do, by the number
// behind it, and changes with every append.
std::string grown_etag(std::string const& before, std::string const& md5) {
    running_checksum digest(store::checksum_algorithm::md5);
    digest.update(as_bytes(before));
    digest.update(as_bytes(md5));
    std::uint64_t pieces = 1;
    if (auto const dash = before.rfind('-'); dash != std::string::npos) {
        auto const text = std::string_view(before).substr(dash + 1);
        std::from_chars(text.data(), text.data() + text.size(), pieces);
    }
    return hex_encode(digest.finish()) + "-" + std::to_string(pieces + 1);
}

// The whole object's checksum follows from the two when the algorithm allows; else there is none.
std::vector<store::object_checksum> grown_checksums(store::object_stat const& current,
                                                    appended_body const& body) {
    std::vector<store::object_checksum> grown;
    for (auto const& before : current.attributes.checksums) {
        if (before.scope != store::checksum_scope::full_object) continue;
        for (auto const& behind : body.checksums)
            if (behind.algorithm == before.algorithm)
                grown.push_back({before.algorithm, before.scope,
                                 combined_checksum(before.algorithm, before.value, behind.value,
                                                   body.length)});
    }
    return grown;
}

// An append changes nothing else: what it names must be what is so.
std::string_view named_otherwise(store::object_attributes const& named,
                                 store::object_attributes const& held) {
    struct text_field {
        std::string_view header;
        std::string store::object_attributes::*member;
    };
    static constexpr std::array texts{
        text_field{"Content-Type", &store::object_attributes::content_type},
        text_field{"Content-Encoding", &store::object_attributes::content_encoding},
        text_field{"Content-Disposition", &store::object_attributes::content_disposition},
        text_field{"Content-Language", &store::object_attributes::content_language},
        text_field{"Cache-Control", &store::object_attributes::cache_control},
        text_field{"Expires", &store::object_attributes::expires},
        text_field{"x-amz-storage-class", &store::object_attributes::storage_class},
        text_field{"x-amz-website-redirect-location",
                   &store::object_attributes::redirect_location}};
    for (auto const& [header, member] : texts)
        if (!(named.*member).empty() && named.*member != held.*member) return header;
    if (!named.user_metadata.empty() && named.user_metadata != held.user_metadata)
        return "x-amz-meta-*";
    if (!named.tags.empty() && named.tags != held.tags) return "x-amz-tagging";
    if (named.retained || named.legal_hold) return "x-amz-object-lock-*";
    return {};
}

// Keeps why S3 refuses an append; runs in the store.
class growth {
public:
    growth(appended_body const& body, store::object_attributes first, std::string first_etag,
           unix_millis now)
        : body_(body), first_(std::move(first)), first_etag_(std::move(first_etag)), now_(now) {}

    result<auth::writable_object::appended> operator()(store::object_stat const* current) {
        if (current == nullptr || current->size == 0)
            return auth::writable_object::appended{first_etag_, first_};
        auto attributes = current->attributes;
        if (!is_readable(attributes, now_)) return refuse(archived_failure(attributes));
        if (!attributes.encryption.empty())
            return refuse(s3_failure(error_code::not_implemented,
                                     "An encrypted object cannot be appended to"));
        if (auto const header = named_otherwise(body_.attributes, attributes); !header.empty())
            return refuse(s3_failure(error_code::invalid_request,
                                     "An append leaves the object's attributes as they are")
                              .detail("Header", header));
        attributes.checksums = grown_checksums(*current, body_);
        return auth::writable_object::appended{grown_etag(current->etag, body_.md5),
                                               std::move(attributes)};
    }
    std::optional<s3_failure> const& refused() const noexcept { return refused_; }

private:
    failure refuse(s3_failure why) {
        refused_ = std::move(why);
        return failure{error::precondition_failed, "the object does not take the append"};
    }
    appended_body const& body_;
    store::object_attributes const first_;
    std::string const first_etag_;
    unix_millis const now_;
    std::optional<s3_failure> refused_;
};

s3_failure append_failure(auth::refusal const& what, std::uint64_t offset) {
    if (what.code == error::out_of_range) return error_code::invalid_write_offset;
    if (what.code == error::too_large && offset != 0) return error_code::too_many_parts;
    return to_s3(what, subject::object);
}

}  // namespace

s3_result<std::optional<std::uint64_t>> write_offset_of(s3_request const& request) {
    auto const text = request.header("x-amz-write-offset-bytes");
    if (!text) return std::optional<std::uint64_t>{};
    std::uint64_t offset = 0;
    auto const* end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data(), end, offset);
    if (text->empty() || parsed.ec != std::errc{} || parsed.ptr != end || offset > INT64_MAX)
        return invalid_argument("x-amz-write-offset-bytes", *text, "Not a number of bytes.");
    return std::optional(offset);
}

task<s3_result<answer>> append_to_object(operation_call& call, std::uint64_t offset) {
    if (auto const fits = check_length(call); !fits) co_return fits.error();
    auto attributes = attributes_of(call.request, call.options);
    if (!attributes) co_return attributes.error();
    auto when = write_conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    // Each piece would need a key of its own.
    auto const encryption = co_await choose_encryption(call, call.request);
    if (!encryption) co_return encryption.error();
    if (encryption->kind != auth::encryption_kind::none)
        co_return s3_failure(error_code::not_implemented, "What is encrypted cannot be appended to");
    auto access = access_choice_of(call, call.request, access_subject::object);
    if (!access) co_return access.error();
    if (offset != 0 && (call.request.header("x-amz-acl") || access->grants))
        co_return s3_failure(error_code::invalid_request,
                             "An append leaves the object's attributes as they are")
            .detail("Header", access->grants ? "x-amz-grant-*" : "x-amz-acl");
    auto& check = call.body.check();
    auto const algorithm = upload_checksum_of(call);
    if (!algorithm) co_return algorithm.error();
    if (offset != 0 && call.request.header("x-amz-checksum-algorithm"))
        co_return s3_failure(error_code::invalid_request,
                             "An append leaves the object's attributes as they are")
            .detail("Header", "x-amz-checksum-algorithm");
    check.want_md5();
    check.want_checksum(*algorithm);
    for (auto const one : combinable) check.want_checksum(one);

    // Said, though it is the default: g++ 12 destroys an aggregate that is made for an argument twice.
    auto target = co_await call.objects.create(call.who, call.request.bucket(), call.request.key(),
                                               call.body.length(), *encryption,
                                               *std::move(access));
    if (!target) co_return to_s3(target.error(), subject::object);
    auto const received = co_await receive(call, *target);
    if (!received) co_return received.error();
    appended_body body{*attributes, check.md5(), call.body.length(), {}};
    for (auto const one : combinable) body.checksums.push_back(*check.checksum(one));
    attributes->checksums.push_back(*check.checksum(*algorithm));
    growth grow(body, *std::move(attributes), hex_encode(check.md5()), call.clock.now());
    auth::writable_object::append_finish how;
    how.offset = offset;
    how.describe = std::ref(grow);
    how.when = *std::move(when);
    how.announce = announcer_of(call, "Put");
    how.rule = rule_for_put(check.declares_digest());
    auto const stored = co_await target->commit_behind(std::move(how));
    if (!stored && grow.refused()) co_return *grow.refused();
    if (!stored) co_return append_failure(stored.error(), offset);

    auto out = empty_answer();
    out.head.set("ETag", quoted(stored->etag));
    out.head.set("x-amz-object-size", std::to_string(stored->size));
    set_checksum_headers(out.head, *stored);
    co_return out;
}

}  // namespace sluice::s3
