// A guard over a real engine on a simulated device, with a clock that tests turn; requests are
// signed as a client would. One I/O thread: the calling one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "auth/guard/guard.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sim_device.hpp"
#include "tests/support/sim_index.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sluice::auth {

inline constexpr char root_password[] = "root-secret-never-logged";

class guard_world {
public:
    // `real`: RocksDB and files in a temporary folder, so that restart() finds what was there.
    // `writes`: when those of a device that is not real complete.
    explicit guard_world(
        guard_options wanted = {}, bool real = false,
        test_support::sim_schedule writes = test_support::sim_schedule::inline_completion)
        : options(std::move(wanted)),
          real_(real),
          writes_(writes) {
        start();
    }
    ~guard_world() { stop(); }

    guard_options options;
    test::fake_clock clock;
    seeded_random random{42};

    void restart() {
        stop();
        start();
    }
    guard& door() { return *guard_; }
    store::engine& engine() { return *engine_; }
    test_support::sim_device& flash() { return *flash_; }

    template <class T>
    T run(task<T> body) {
        return test::run_task(std::move(body));
    }

    // The caller that a signed request of `access_key` makes; the refusal's name when it is
    // refused.
    struct signer {
        std::string access_key, secret;
        std::string client_address = "192.0.2.1";
    };
    sigv4_result<guard::s3_request> sign_in(signer const& with, std::string const& path = "/");
    caller as(signer const& with);
    caller root() { return as({"root", root_password}); }
    caller stranger(std::string address = "198.51.100.9");

    // A user with an access key, and rules in our grammar.
    signer add_user(std::string const& name, std::vector<std::string> const& rules = {});

    guarded<store::object_stat> put(caller const& who, std::string bucket, std::string key,
                                    std::string bytes, encryption_choice encryption = {});
    result<std::string> get(caller const& who, std::string bucket, std::string key);

    // All audit records so far, after a flush.
    std::vector<std::string> audit();

private:
    void start();
    void stop();

    bool const real_;
    test_support::sim_schedule const writes_;
    test_support::sim_device* flash_ = nullptr;  // the engine's
    test_support::temporary_folder folder_;
    std::unique_ptr<test_support::sim_index_disk> disk_ =
        std::make_unique<test_support::sim_index_disk>();
    std::unique_ptr<blocking_pool> pool_;
    std::unique_ptr<store::engine> engine_;
    std::unique_ptr<guard> guard_;
};

}  // namespace sluice::auth
