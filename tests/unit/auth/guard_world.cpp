#include "tests/unit/auth/guard_world.hpp"

#include "auth/authn/amz_date.hpp"
#include "backend/store/audit_log.hpp"

namespace sluice::auth {
namespace {

task<guarded<store::object_stat>> put_bytes(guard& door, caller const& who, std::string bucket,
                                            std::string key, std::string bytes,
                                            encryption_choice encryption) {
    auto writing = co_await door.objects().create(who, std::move(bucket), std::move(key),
                                                  bytes.size(), std::move(encryption));
    if (writing.has_error()) co_return std::move(writing).error();
    auto appended = co_await writing->append(as_bytes(bytes));
    if (appended.has_error()) co_return refusal(std::move(appended).error());
    writable_object::finish how;
    how.etag = "etag";
    co_return co_await writing->commit(std::move(how));
}

task<result<std::string>> get_bytes(guard& door, caller const& who, std::string bucket,
                                    std::string key) {
    auto opened = co_await door.objects().open(who, std::move(bucket), std::move(key));
    if (opened.has_error()) co_return failure(std::move(opened).error());
    SLUICE_CO_TRY(auto reader, co_await opened->read());
    std::string out;
    for (;;) {
        SLUICE_CO_TRY(auto chunk, co_await reader.next());
        if (chunk.empty()) co_return out;
        out += chunk.bytes();
    }
}

task<std::vector<std::string>> read_all_audit(store::engine& engine) {
    std::vector<std::string> out;
    store::read_audit_request request;
    for (;;) {
        auto page = (co_await store::read_audit(engine, request)).value();
        for (auto& record : page.records) out.push_back(record.value.value());
        request.from = page.next;
        if (page.next >= page.end) co_return out;
    }
}

}  // namespace

void guard_world::start() {
    pool_ = std::make_unique<blocking_pool>(blocking_pool_options{});
    store::engine_options of_engine;
    of_engine.folder = folder_.path() + "/data";
    of_engine.memory_bytes = 64 * mebibyte;
    of_engine.journal.segment_bytes = 4 * mebibyte;
    of_engine.background_work = false;
    store::engine_environment environment;
    if (!real_) {
        test_support::sim_device_options simulated;
        simulated.schedule = writes_;
        auto device = std::make_unique<test_support::sim_device>(simulated);
        flash_ = device.get();
        environment.device = std::move(device);
        environment.index = disk_->open().value();
    }
    environment.clock = &clock;
    environment.random = &random;
    auto const token = blocking_token::for_this_thread();
    engine_ =
        store::engine::open(std::move(of_engine), *pool_, token, std::move(environment)).value();
    options.root_password = root_password;
    options.key_file = folder_.path() + "/key";
    options.data_folder = folder_.path() + "/data";
    guard_ = guard::open(options, *engine_, clock, random, token).value();
}

void guard_world::stop() {
    guard_.reset();
    engine_.reset();
    pool_.reset();
}

sigv4_result<guard::s3_request> guard_world::sign_in(signer const& with, std::string const& path) {
    sigv4_claim claim;
    claim.timestamp = format_amz_date(clock.now());
    claim.date = claim.timestamp.substr(0, 8);
    claim.region = "us-east-1";
    claim.service = "s3";
    claim.payload_hash = "UNSIGNED-PAYLOAD";
    claim.signed_headers = {"host", "x-amz-content-sha256", "x-amz-date"};
    std::vector<http_header_view> headers{{"Host", "localhost"},
                                          {"X-Amz-Date", claim.timestamp},
                                          {"X-Amz-Content-Sha256", claim.payload_hash}};
    auto canonical = canonical_request(claim, {"GET", path, "", headers}, {}).value();
    auto signature =
        signature_of(signing_key(with.secret, claim), string_to_sign(claim, canonical));
    auto authorization =
        "AWS4-HMAC-SHA256 Credential=" + with.access_key + "/" + claim.scope() +
        ", SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + signature;
    headers.push_back({"Authorization", authorization});
    return guard_->authenticate_s3({"GET", path, "", headers}, {"s3", with.client_address, true});
}

caller guard_world::as(signer const& with) {
    auto who = sign_in(with).value().who;
    who.operation = "TestOperation";
    who.request_id = "request-1";
    return who;
}

caller guard_world::stranger(std::string address) {
    return guard_->authenticate_s3({"GET", "/", "", {}}, {"s3", std::move(address), false})
        .value()
        .who;
}

guard_world::signer guard_world::add_user(std::string const& name,
                                          std::vector<std::string> const& rules) {
    auto const boss = guard_->control_socket_caller();
    guarded_admin::new_principal wanted;
    wanted.name = name;
    run(guard_->admin().add_principal(boss, wanted)).value();
    auto key = run(guard_->admin().create_key(boss, name)).value();
    for (auto const& rule : rules) run(guard_->admin().put_rule(boss, rule)).value();
    return {key.access_key_id, key.secret};
}

guarded<store::object_stat> guard_world::put(caller const& who, std::string bucket, std::string key,
                                             std::string bytes, encryption_choice encryption) {
    return run(put_bytes(*guard_, who, std::move(bucket), std::move(key), std::move(bytes),
                         std::move(encryption)));
}

result<std::string> guard_world::get(caller const& who, std::string bucket, std::string key) {
    return run(get_bytes(*guard_, who, std::move(bucket), std::move(key)));
}

std::vector<std::string> guard_world::audit() {
    run(guard_->flush_audit()).value();
    return run(read_all_audit(*engine_));
}

}  // namespace sluice::auth
