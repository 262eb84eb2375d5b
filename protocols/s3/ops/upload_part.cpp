#include "gateway/core/encoding.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/transfer.hpp"
#include "protocols/s3/ops/upload_settings.hpp"
#include "protocols/s3/wire/object_headers.hpp"

namespace sluice::s3 {
namespace {

// A part that declares another checksum than its upload was created for would make the object's
// impossible.
s3_result<> check_algorithm(upload_settings const& settings,
                            std::optional<store::checksum_algorithm> declared) {
    if (!settings.chosen || !declared || *declared == settings.algorithm) return {};
    auto const lower = [](store::checksum_algorithm algorithm) {
        return http::lower_cased(spelling_of(algorithm)->name);
    };
    return s3_failure(
        error_code::invalid_request,
        "Checksum Type mismatch occurred, expected checksum Type: " + lower(settings.algorithm) +
            ", actual checksum Type: " + lower(*declared));
}

}  // namespace

task<s3_result<answer>> ops::upload_part(operation_call& call) {
    if (auto const fits = check_length(call); !fits) co_return fits.error();
    auto const number = part_number_of(call.request, call.options.upload_parts);
    if (!number) co_return number.error();
    auto const name = upload_named(call.request);
    if (!name) co_return name.error();
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auto const upload = co_await call.uploads.find(call.who, *name);
    if (!upload) co_return to_s3(upload.error(), subject::object);
    auto const settings = kept_settings(upload->attributes);
    auto& check = call.body.check();
    auto const chosen = chosen_checksum_of(call, settings.scope);
    if (!chosen) co_return chosen.error();
    auto const declared = *chosen;
    if (auto const fits = check_algorithm(settings, declared); !fits) co_return fits.error();
    auto const demanded = demand_digest(upload->attributes, check.declares_digest(), "Put Part");
    if (!demanded) co_return demanded.error();
    auto target = co_await call.uploads.put_part(call.who, *name, *number, call.body.length(),
                                                 pointer_to(*key));
    if (!target) co_return to_s3(target.error(), subject::upload);
    auto const facts = target->encryption();
    bool const hides = hides_digest(facts.kind);
    if (!hides) check.want_md5();
    check.want_checksum(settings.algorithm);
    if (declared) check.want_checksum(*declared);
    auto const received = co_await receive(call, *target);
    if (!received) co_return received.error();
    // A checksum of another algorithm than the upload's is kept too: clients name parts by it.
    std::vector checksums{*check.checksum(settings.algorithm)};
    if (declared && *declared != settings.algorithm)
        checksums.push_back(*check.checksum(*declared));
    auto etag = hides ? target->fresh_etag() : hex_encode(check.md5());
    auto const part = co_await target->commit(std::move(etag), checksums);
    if (!part) co_return to_s3(part.error(), subject::object);

    auto out = empty_answer();
    out.head.set("ETag", quoted(part->etag));
    auto const shown = declared.value_or(settings.algorithm);
    out.head.set(spelling_of(shown)->header, base64_encode(check.checksum(shown)->value));
    set_encryption_headers(out.head, facts, call.options, pointer_to(*key));
    co_return out;
}

}  // namespace sluice::s3
