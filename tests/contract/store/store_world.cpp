#include "tests/support/borrowed_device.hpp"
#include "tests/contract/store/store_world.hpp"

#include <stdexcept>

namespace sluice::test {

namespace {

// The simulated device belongs to the engine while it is open; this hands out copies of what is on
// it.
std::unique_ptr<test_support::sim_device> new_device(world_options const& options) {
    test_support::sim_device_options wanted;
    wanted.schedule = options.schedule;
    wanted.capacity_bytes = options.capacity_bytes;
    return std::make_unique<test_support::sim_device>(wanted);
}

}  // namespace

store_world::store_world(world_options given) : options_(std::move(given)) {
    if (options_.kind == world_kind::simulated) {
        disk_ = std::make_unique<test_support::sim_index_disk>();
        simulated_ = new_device(options_);
    }
    open();
}

store_world::~store_world() {
    close();
}

void store_world::close() {
    engine_.reset();
    pool_.reset();
}

void store_world::open() {
    try_open().value();
}

result<void> store_world::try_open() {
    pool_ = std::make_unique<blocking_pool>(blocking_pool_options{.name = "test-blocking"});
    store::engine_options wanted;
    wanted.folder = folder_ / "data";
    wanted.memory_bytes = 64 * mebibyte;
    wanted.limits = options_.limits;
    wanted.background_work = options_.background_work;
    wanted.on_failure = options_.on_failure;
    wanted.journal.segment_bytes = options_.segment_bytes;
    store::engine_environment environment;
    environment.clock = &clock_;
    environment.random = &random_;
    if (simulated_) {
        environment.device = std::make_unique<test_support::borrowed_device>(*simulated_);
        environment.index = disk_->open().value();
    }
    SLUICE_TRY(engine_,
               store::engine::open(std::move(wanted), *pool_, blocking_token::for_this_thread(),
                                   std::move(environment)));
    return success();
}

void store_world::make_bucket(std::string name) {
    run(store::create_bucket(store(), {std::move(name), principal_id{7}, {}, {}})).value();
}

store::put_object_request put_request(std::string key, store::stored_payload payload,
                                      std::string bucket) {
    store::put_object_request request;
    request.bucket = std::move(bucket);
    request.key = std::move(key);
    request.etag = "etag-" + std::to_string(payload.length());
    request.payload = std::move(payload);
    return request;
}

store::object_stat store_world::put(std::string key, std::string bytes, std::string bucket) {
    auto payload = bytes.size() <= options_.limits.inline_payload_bytes
                       ? store::small_payload(std::move(bytes))
                       : streamed(bytes);
    return run(store::put_object(
                   store(), put_request(std::move(key), std::move(payload), std::move(bucket))))
        .value();
}

namespace {

task<result<store::stored_payload>> write_stream(store::engine& store, std::string_view bytes,
                                                 std::size_t step) {
    store::payload_writer writer(store);
    while (!bytes.empty()) {
        SLUICE_CO_CHECK(co_await writer.append(as_bytes(bytes.substr(0, step))));
        bytes.remove_prefix(std::min(step, bytes.size()));
    }
    co_return co_await writer.finish();
}

task<result<std::string>> open_and_read(store::engine& store, std::string bucket, std::string key) {
    store::open_object_request request{std::move(bucket), std::move(key)};
    SLUICE_CO_TRY(auto object, co_await store::open_object(store, std::move(request)));
    SLUICE_CO_TRY(auto reader, co_await object.read());
    co_return co_await read_all(std::move(reader));
}

}  // namespace

task<result<std::string>> read_all(store::payload_reader reader) {
    std::string bytes;
    for (;;) {
        SLUICE_CO_TRY(auto const piece, co_await reader.next());
        if (piece.empty()) co_return bytes;
        bytes.append(piece.bytes());
    }
}

store::stored_payload store_world::streamed(std::string const& bytes, std::size_t step) {
    return run(write_stream(store(), bytes, step)).value();
}

result<std::string> store_world::try_get(std::string key, std::string bucket) {
    return run(open_and_read(store(), std::move(bucket), std::move(key)));
}

std::string store_world::get(std::string key, std::string bucket) {
    return try_get(std::move(key), std::move(bucket)).value();
}

std::string pattern(std::size_t size, std::uint64_t seed) {
    std::string bytes(size, '\0');
    seeded_random random(seed);
    random.fill({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
    return bytes;
}

}  // namespace sluice::test
