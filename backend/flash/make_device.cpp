#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <future>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/flash/posix_device.hpp"

namespace sluice::flash {
namespace {

// Writes one block through the method and reads it back.
result<void> try_write(device& candidate, std::string const& path, blocking_token blocking) {
    SLUICE_TRY(auto probe, candidate.open(path, blocking));
    aligned_buffer written(block_bytes);
    std::memset(written.data(), 0x5a, block_bytes);
    std::promise<result<void>> done;
    probe->write_durable(0, written.span(0, block_bytes),
                         [&done](result<void> outcome) { done.set_value(std::move(outcome)); });
    SLUICE_CHECK(done.get_future().get());
    aligned_buffer read_back(block_bytes);
    SLUICE_CHECK(probe->read(0, read_back.span(0, block_bytes), blocking));
    if (std::memcmp(written.data(), read_back.data(), block_bytes) != 0) {
        return failure{error::unsupported, "a test write did not read back"};
    }
    return {};
}

result<void> probe(device& candidate) {
    auto blocking = blocking_token::for_this_thread();
    auto path = ".flash-probe-" + std::to_string(::getpid());
    auto cleared = candidate.remove(path, blocking);
    if (cleared.has_error() && cleared.error().code != error::not_found) return cleared.error();
    SLUICE_CHECK(candidate.create_zeroed(path, block_bytes, blocking));
    auto outcome = try_write(candidate, path, blocking);
    SLUICE_CHECK(candidate.remove(path, blocking));
    return outcome;
}

}  // namespace

result<std::unique_ptr<device>> make_device(method chosen, device_options const& options) {
    SLUICE_TRY(auto folder, open_file(AT_FDCWD, options.folder, O_RDONLY | O_DIRECTORY, false));
    switch (chosen) {
        case method::sync: return make_sync_device(std::move(folder), options);
        case method::worker: return make_worker_device(std::move(folder), options);
        case method::io_uring: break;
    }
    SLUICE_TRY(auto made, make_io_uring_device(std::move(folder), options));
    auto works = probe(*made);
    if (works.has_value()) return made;
    if (works.error().code == error::no_space) return works.error();
    return failure{error::unsupported, "io_uring: " + works.error().text};
}

result<std::unique_ptr<device>> make_best_device(device_options const& options) {
    auto best = make_device(method::io_uring, options);
    if (best.has_value() || best.error().code != error::unsupported) return best;
    return make_device(method::worker, options);
}

}  // namespace sluice::flash
