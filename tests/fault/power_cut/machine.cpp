#include "tests/fault/power_cut/machine.hpp"

#include "tests/support/small_index.hpp"

namespace sluice::fault {

using namespace test_support;

machine::machine(std::uint64_t seed, machine_options const& options)
    : options_(options), random_(seed) {
    if (options_.index == index_kind::memory) {
        now_.disk = std::make_unique<sim_index_disk>(
            sim_index_options{random_(), unsigned(random_() % 3) * 10});
    } else {
        now_.environment = std::make_unique<sim_env>(sim_env_options{.seed = random_()});
    }
    now_.device = std::make_unique<sim_device>(next_device());
}

machine::~machine() = default;

std::unique_ptr<machine> machine::copy() {
    auto made = std::make_unique<machine>(random_(), options_);
    if (now_.disk) made->now_.disk = now_.disk->copy({.seed = random_()});
    if (now_.environment) made->now_.environment = now_.environment->copy({.seed = random_()});
    made->now_.device = now_.device->copy(next_device());
    return made;
}

sim_device_options machine::next_device() {
    return {.seed = random_(), .schedule = options_.schedule,
            .capacity_bytes = options_.capacity_bytes,
            .unsynced_name_survives_percent = random_() % 2 == 0 ? 0u : 50u};
}

result<std::unique_ptr<kv::index>> machine::open_index() {
    if (now_.disk) return now_.disk->open();
    return kv::index::open(small_index_options(now_.environment->environment()));
}

void machine::index_power_off() {
    if (now_.disk) now_.disk->power_off();
    if (now_.environment) now_.environment->power_off();
}

void machine::cut_at(std::uint64_t event) {
    now_.device->power_off_at(event, [this] { index_power_off(); });
}

void machine::power_off() {
    now_.device->power_off();
    index_power_off();
}

void machine::power_cut() {
    power_off();
    parts next;
    if (now_.disk) {
        next.disk = now_.disk->power_cut({random_(), unsigned(random_() % 3) * 10});
    }
    if (now_.environment) next.environment = now_.environment->power_cut({.seed = random_()});
    next.device = now_.device->power_cut(next_device());
    old_.push_back(std::move(now_));
    now_ = std::move(next);
}

}  // namespace sluice::fault
