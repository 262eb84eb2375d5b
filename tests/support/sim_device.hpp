// A flash device in memory that can lose power. It keeps what is durable and what is only visible
// apart: a write is in flight until its completion, and power_cut() hands back a new device with
// what would have survived. Chosen by seed:
//   - a write in flight at the cut is applied not at all, wholly, or torn per 512-byte sector;
//   - a file or folder whose parent folder was not synced vanishes (see sim_device_options);
//   - a removal that was not synced may be undone;
//   - writes by write_volatile, and write_durable while the device lies, survive per block or not.
// After the power is off every operation, and every write in flight, fails with io_failed, so that
// the journal on top of the old device can stop; the old device outlives that journal.
//
// Pages are shared and copied on write: empty space costs nothing, copying a device is cheap.
// Thread rule: every method from any thread; power_cut, copy and pump not from a completion.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "backend/flash/device.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::test_support {

// When a write completes.
enum class sim_schedule {
    inline_completion,  // inside write_durable: nothing is ever in flight
    background,         // on a thread of the device, in random order; pause() holds them back
    manual,             // only in pump(), in random order
};

struct sim_device_options {
    std::uint64_t seed = 1;
    sim_schedule schedule = sim_schedule::inline_completion;
    std::uint64_t capacity_bytes = 4 * gibibyte;
    unsigned unsynced_name_survives_percent = 0;
};

struct sim_statistics {
    std::uint64_t events = 0;  // submissions, completions, creations, removals, directory syncs
    std::uint64_t writes = 0;  // submissions
    std::uint64_t volatile_writes = 0;
};

class sim_device final : public flash::device {
public:
    explicit sim_device(sim_device_options const& options = {});
    ~sim_device() override;

    std::string_view method_name() const noexcept override { return "simulated"; }
    result<std::unique_ptr<flash::folder_lock>> lock(std::string const& path,
                                                     blocking_token) override;
    result<std::unique_ptr<flash::file>> open(std::string const& path, blocking_token) override;
    using flash::device::create_zeroed;
    result<void> create_zeroed(std::string const& path, std::uint64_t size, flash::resting const&,
                               blocking_token) override;
    result<void> create_directory(std::string const& path, blocking_token) override;
    result<void> remove(std::string const& path, blocking_token) override;
    result<std::vector<std::string>> list(std::string const& directory, blocking_token) override;
    result<void> sync_directory(std::string const& directory, blocking_token) override;
    result<std::uint64_t> free_bytes(blocking_token) override;

    // -- completions
    // Completes up to `count` writes in random order on the calling thread; how many it completed.
    std::size_t pump(std::size_t count);
    void pause();
    void resume();
    std::size_t in_flight() const;

    // -- power
    void power_off();
    // Power goes at the `event`-th event from now (1 = the next), before that event has an effect.
    // `hook` runs then, on the thread that caused the event, without locks: it may cut another
    // simulated store, and must not call this device.
    void power_off_at(std::uint64_t event, std::function<void()> hook = {});
    bool is_powered() const;
    // power_off(), then what survived as a device of its own.
    std::unique_ptr<sim_device> power_cut(sim_device_options const& next);
    // All that is visible now, made durable, as a device of its own. Nothing may be in flight.
    std::unique_ptr<sim_device> copy(sim_device_options const& next) const;

    // -- faults
    // The `nth` write from now (1 = the next) fails with `code` after a random part of it was
    // written.
    void fail_write(std::uint64_t nth, error code);
    void fail_read(std::uint64_t nth);
    // The `nth` write from now completes without being durable.
    void lie_about_write(std::uint64_t nth);
    void flip_byte(std::string const& path, std::uint64_t offset, std::uint8_t mask = 0xff);
    void set_capacity(std::uint64_t bytes);

    sim_statistics statistics() const;
    // Every file with its size, sorted by path.
    std::vector<std::pair<std::string, std::uint64_t>> files() const;
    // Reads without alignment rules, faults or power: for tests that look at stored bytes.
    std::string peek(std::string const& path, std::uint64_t offset, std::size_t length) const;

private:
    struct page {
        std::array<std::byte, flash::block_bytes> bytes;
    };
    using page_ptr = std::shared_ptr<page const>;  // shared by devices that hold the same bytes
    struct inode {
        std::vector<page_ptr> visible;  // null: zeroes
        std::vector<page_ptr> durable;
        std::map<std::uint64_t, page_ptr> kept;  // by page; null: zeroes
    };
    using inode_ptr = std::shared_ptr<inode>;  // shared by the name and its open files
    struct pending_write {
        inode_ptr target;
        std::uint64_t offset = 0;
        const_byte_span bytes;
        bool is_volatile = false;
        std::optional<error> fault;
        flash::write_completion completion;
    };
    struct entry {
        inode_ptr node;  // null: a folder
    };
    using name_space = std::map<std::string, entry>;
    class sim_file;
    class sim_lock;

    sim_device(sim_device_options const& options, name_space image);
    bool power_holds(std::unique_lock<std::mutex>&, pending_write const* concerned = nullptr);
    void turn_off(std::unique_lock<std::mutex>&, pending_write const* concerned);
    void submit(pending_write);
    void complete_one(std::unique_lock<std::mutex>&);
    void fail_in_flight(std::unique_lock<std::mutex>&);
    void pump_loop();
    result<void> apply(pending_write const&);
    void put_block(pending_write const&, std::uint64_t index, std::uint32_t sectors);
    void apply_partly(pending_write const&);
    std::vector<page_ptr> surviving_pages(inode const&);
    name_space surviving_names();
    std::uint64_t used_bytes() const;
    bool is_directory(std::string const& path) const;
    inode_ptr find(std::string const& path) const;
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    static void copy_page(page const* from, std::byte* to) noexcept;
    result<void> read(inode const&, std::uint64_t offset, byte_span into);
    // Never notices a write: what it keeps goes only with forget_kept.
    result<void> read_kept(inode&, std::uint64_t offset, byte_span into);

    sim_device_options const options_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::mt19937_64 random_;
    name_space visible_;
    name_space durable_;
    std::vector<pending_write> in_flight_;
    std::uint64_t capacity_bytes_;
    bool powered_ = true;
    bool paused_ = false;
    bool stopping_ = false;
    std::set<std::string> locked_;
    std::uint64_t off_at_event_ = 0;
    std::function<void()> off_hook_;
    std::map<std::uint64_t, error> write_faults_;
    std::set<std::uint64_t> lies_;
    std::uint64_t reads_ = 0;
    std::uint64_t read_fault_ = 0;
    sim_statistics statistics_;
    worker_thread pump_thread_;
};

}  // namespace sluice::test_support
