#include "gateway/core/encoding.hpp"
#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/append_object.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/transfer.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::put_object(operation_call& call) {
    auto const offset = write_offset_of(call.request);
    if (!offset) co_return offset.error();
    if (*offset) co_return co_await append_to_object(call, **offset);
    if (auto const fits = check_length(call); !fits) co_return fits.error();
    auto attributes = attributes_of(call.request, call.options);
    if (!attributes) co_return attributes.error();
    auto when = write_conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    auto const encryption = co_await choose_encryption(call, call.request);
    if (!encryption) co_return encryption.error();
    auto access = access_choice_of(call, call.request, access_subject::object);
    if (!access) co_return access.error();
    bool const hides = hides_digest(encryption->kind);
    auto& check = call.body.check();
    auto const demanded = demand_digest(*attributes, check.declares_digest(), "Put Object");
    if (!demanded) co_return demanded.error();
    auto const algorithm = upload_checksum_of(call);
    if (!algorithm) co_return algorithm.error();
    if (!hides) check.want_md5();
    check.want_checksum(*algorithm);

    auto target = co_await call.objects.create(call.who, call.request.bucket(), call.request.key(),
                                               call.body.length(), *encryption,
                                               *std::move(access));
    if (!target) co_return to_s3(target.error(), subject::object);
    auto const received = co_await receive(call, *target);
    if (!received) co_return received.error();
    attributes->checksums.push_back(*check.checksum(*algorithm));
    lifecycle_rules rules;
    auto const facts = target->encryption();
    auto etag = hides ? target->fresh_etag() : hex_encode(check.md5());
    auth::writable_object::finish how{std::move(etag), *std::move(attributes),
                                      *std::move(when), announcer_of(call, "Put", &rules),
                                      rule_for_put(check.declares_digest())};
    auto const stored = co_await target->commit(std::move(how));
    if (!stored) co_return to_s3(stored.error(), subject::object);

    auto out = empty_answer();
    out.head.set("ETag", quoted(stored->etag));
    set_new_version_header(out.head, *stored);
    set_checksum_headers(out.head, *stored);
    set_expiration_header(out.head, rules, *stored, call.options);
    set_encryption_headers(out.head, facts, call.options, &encryption->customer);
    set_context_header(out.head, *encryption);
    co_return out;
}

}  // namespace sluice::s3
