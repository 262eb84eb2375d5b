#include "protocols/s3/log_object.hpp"

#include "gateway/core/crypto.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/running_checksum.hpp"

namespace sluice::s3 {

task<result<void>> put_log_object(auth::guard& guard, auth::caller const& who,
                                  s3_options const& front, log_object_request request) {
    auto const into = co_await guard.buckets().head(who, request.bucket);
    if (into.has_error()) co_return into.error();
    // It may have gone and come back since it was named.
    if (into->owner != request.owner)
        co_return failure{error::permission_denied,
                          "'" + request.bucket + "' has another owner than the logged bucket"};
    auto const encryption = default_choice(into->settings, front);
    if (!encryption)
        co_return failure{error::unsupported, "how '" + request.bucket + "' is encrypted by default"};
    auto writing = co_await guard.objects().create(who, request.bucket, std::move(request.key),
                                                   request.lines.size(), *encryption);
    if (writing.has_error()) co_return std::move(writing).error();
    SLUICE_CO_CHECK(co_await writing->append(as_bytes(request.lines)));
    auth::writable_object::finish how;
    how.etag = hides_digest(encryption->kind) ? writing->fresh_etag()
                                              : hash(digest_kind::md5, request.lines).hex();
    how.attributes.content_type = "text/plain";
    how.attributes.checksums.push_back(
        {default_checksum, store::checksum_scope::full_object,
         running_checksum::of(default_checksum, request.lines)});
    if (request.is_new) how.when.if_none_match = store::etag_match{true};
    how.announce = std::move(request.announce);
    how.rule = rule_for_put(true);
    how.advance = std::move(request.advance);
    auto const stored = co_await writing->commit(std::move(how));
    if (stored.has_error()) co_return stored.error();
    co_return success();
}

}  // namespace sluice::s3
