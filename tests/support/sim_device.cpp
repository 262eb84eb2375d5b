#include "tests/support/sim_device.hpp"

#include <algorithm>
#include <cstring>

#include "gateway/core/assert.hpp"

namespace sluice::test_support {
namespace {

constexpr std::uint32_t all_sectors = 0xff;
constexpr std::size_t sector_bytes = flash::block_bytes / 8;

failure power_is_off() {
    return {error::io_failed, "simulated device: the power is off"};
}
failure no_such_path(std::string const& path) {
    return {error::not_found, "simulated device: no '" + path + "'"};
}

std::string normal(std::string path) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    return path == "." ? std::string() : path;
}
std::string parent_of(std::string const& path) {
    auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

class sim_device::sim_lock final : public flash::folder_lock {
public:
    sim_lock(sim_device& device, std::string path) : device_(device), path_(std::move(path)) {}
    ~sim_lock() override {
        std::lock_guard guard(device_.mutex_);
        device_.locked_.erase(path_);
    }

private:
    sim_device& device_;
    std::string path_;
};

class sim_device::sim_file final : public flash::file {
public:
    sim_file(sim_device& device, inode_ptr node) : device_(device), node_(std::move(node)) {}

    void write_durable(std::uint64_t offset, const_byte_span bytes,
                       flash::write_completion completion) override {
        device_.submit({node_, offset, bytes, false, std::nullopt, std::move(completion)});
    }
    void write_volatile(std::uint64_t offset, const_byte_span bytes,
                        flash::write_completion completion) override {
        device_.submit({node_, offset, bytes, true, std::nullopt, std::move(completion)});
    }
    result<void> read(std::uint64_t offset, byte_span into, blocking_token) override {
        return device_.read(*node_, offset, into);
    }
    result<void> read_kept(std::uint64_t offset, byte_span into, blocking_token) override {
        return device_.read_kept(*node_, offset, into);
    }
    void forget_kept(blocking_token) override {
        std::lock_guard guard(device_.mutex_);
        node_->kept.clear();
    }
    std::uint64_t size_bytes() const override {
        std::lock_guard guard(device_.mutex_);
        return node_->visible.size() * flash::block_bytes;
    }

private:
    sim_device& device_;
    inode_ptr node_;
};

sim_device::sim_device(sim_device_options const& options) : sim_device(options, name_space{}) {}

sim_device::sim_device(sim_device_options const& options, name_space image)
    : options_(options), random_(options.seed), visible_(image), durable_(std::move(image)),
      capacity_bytes_(options.capacity_bytes) {
    if (options_.schedule == sim_schedule::background) {
        pump_thread_ = worker_thread("sim-device", [this](std::stop_token) { pump_loop(); });
    }
}

sim_device::~sim_device() {
    {
        std::lock_guard guard(mutex_);
        stopping_ = true;
        paused_ = false;
        changed_.notify_all();
    }
    if (pump_thread_.running()) pump_thread_.join();
    pump(SIZE_MAX);
}

// -- names

bool sim_device::is_directory(std::string const& path) const {
    if (path.empty()) return true;
    auto found = visible_.find(path);
    return found != visible_.end() && !found->second.node;
}

sim_device::inode_ptr sim_device::find(std::string const& path) const {
    auto found = visible_.find(normal(path));
    return found == visible_.end() ? nullptr : found->second.node;
}

std::uint64_t sim_device::used_bytes() const {
    std::uint64_t used = 0;
    for (auto const& [path, entry] : visible_) {
        if (entry.node) used += entry.node->visible.size() * flash::block_bytes;
    }
    return used;
}

result<std::unique_ptr<flash::folder_lock>> sim_device::lock(std::string const& path,
                                                             blocking_token) {
    std::lock_guard guard(mutex_);
    if (!powered_) return power_is_off();
    if (!locked_.insert(path).second) {
        return failure{error::conflict, "simulated device: '" + path + "' is held"};
    }
    return std::unique_ptr<flash::folder_lock>(std::make_unique<sim_lock>(*this, path));
}

result<std::unique_ptr<flash::file>> sim_device::open(std::string const& path, blocking_token) {
    std::lock_guard guard(mutex_);
    if (!powered_) return power_is_off();
    auto node = find(path);
    if (!node) return no_such_path(path);
    return std::unique_ptr<flash::file>(std::make_unique<sim_file>(*this, std::move(node)));
}

result<void> sim_device::create_zeroed(std::string const& name, std::uint64_t size,
                                       flash::resting const&, blocking_token) {
    auto path = normal(name);
    if (size == 0 || size % flash::block_bytes != 0) {
        return failure{error::invalid_argument, "'" + path + "': size is not whole blocks"};
    }
    std::unique_lock lock(mutex_);
    if (!power_holds(lock)) return power_is_off();
    if (!is_directory(parent_of(path))) return no_such_path(parent_of(path));
    if (visible_.contains(path)) {
        return failure{error::already_exists, "simulated device: '" + path + "' exists"};
    }
    if (used_bytes() + size > capacity_bytes_) {
        return failure{error::no_space, "simulated device: full, creating '" + path + "'"};
    }
    auto node = std::make_shared<inode>();
    node->visible.resize(size / flash::block_bytes);
    node->durable = node->visible;
    visible_[path] = {std::move(node)};
    return {};
}

result<void> sim_device::create_directory(std::string const& name, blocking_token) {
    auto path = normal(name);
    std::unique_lock lock(mutex_);
    if (!power_holds(lock)) return power_is_off();
    if (is_directory(path)) return {};
    if (!is_directory(parent_of(path))) return no_such_path(parent_of(path));
    if (visible_.contains(path)) {
        return failure{error::already_exists, "simulated device: '" + path + "' is a file"};
    }
    visible_[path] = {};
    return {};
}

result<void> sim_device::remove(std::string const& name, blocking_token) {
    auto path = normal(name);
    std::unique_lock lock(mutex_);
    if (!power_holds(lock)) return power_is_off();
    if (!find(path)) return no_such_path(path);
    visible_.erase(path);
    return {};
}

result<std::vector<std::string>> sim_device::list(std::string const& name, blocking_token) {
    auto directory = normal(name);
    std::lock_guard guard(mutex_);
    if (!powered_) return power_is_off();
    if (!is_directory(directory)) return no_such_path(directory);
    std::vector<std::string> names;
    for (auto const& [path, entry] : visible_) {
        if (parent_of(path) != directory || path.empty()) continue;
        names.push_back(path.substr(directory.empty() ? 0 : directory.size() + 1));
    }
    std::sort(names.begin(), names.end());
    return names;
}

result<void> sim_device::sync_directory(std::string const& name, blocking_token) {
    auto directory = normal(name);
    std::unique_lock lock(mutex_);
    if (!power_holds(lock)) return power_is_off();
    if (!is_directory(directory)) return no_such_path(directory);
    std::erase_if(durable_, [&](auto const& named) {
        return parent_of(named.first) == directory && !visible_.contains(named.first);
    });
    for (auto const& [path, entry] : visible_) {
        if (parent_of(path) == directory) durable_[path] = entry;
    }
    return {};
}

result<std::uint64_t> sim_device::free_bytes(blocking_token) {
    std::lock_guard guard(mutex_);
    if (!powered_) return power_is_off();
    auto used = used_bytes();
    return used > capacity_bytes_ ? 0 : capacity_bytes_ - used;
}

// -- reads and writes

void sim_device::copy_page(page const* from, std::byte* to) noexcept {
    if (from != nullptr) std::memcpy(to, from->bytes.data(), flash::block_bytes);
    else std::memset(to, 0, flash::block_bytes);
}

result<void> sim_device::read(inode const& node, std::uint64_t offset, byte_span into) {
    SLUICE_ASSERT(offset % flash::block_bytes == 0 && into.size() % flash::block_bytes == 0);
    SLUICE_ASSERT(reinterpret_cast<std::uintptr_t>(into.data()) % flash::block_bytes == 0);
    std::lock_guard guard(mutex_);
    if (!powered_) return power_is_off();
    if (++reads_ == read_fault_) return failure{error::io_failed, "simulated device: EIO on read"};
    auto first = offset / flash::block_bytes;
    auto count = into.size() / flash::block_bytes;
    if (first > node.visible.size() || count > node.visible.size() - first) {
        return failure{error::io_failed, "simulated device: read past the end"};
    }
    for (std::size_t i = 0; i < count; ++i) {
        copy_page(node.visible[first + i].get(), into.data() + i * flash::block_bytes);
    }
    return {};
}

result<void> sim_device::read_kept(inode& node, std::uint64_t offset, byte_span into) {
    SLUICE_CHECK(read(node, offset, into));
    std::lock_guard guard(mutex_);
    for (std::size_t done = 0; done < into.size(); done += flash::block_bytes) {
        auto const at = (offset + done) / flash::block_bytes;
        auto const& page = node.kept.try_emplace(at, node.visible[at]).first->second;
        copy_page(page.get(), into.data() + done);
    }
    return {};
}

void sim_device::submit(pending_write write) {
    SLUICE_ASSERT(write.offset % flash::block_bytes == 0);
    SLUICE_ASSERT(write.bytes.size() % flash::block_bytes == 0 && !write.bytes.empty());
    SLUICE_ASSERT(reinterpret_cast<std::uintptr_t>(write.bytes.data()) % flash::block_bytes == 0);
    std::unique_lock lock(mutex_);
    auto number = ++statistics_.writes;
    if (lies_.erase(number) != 0) write.is_volatile = true;
    if (write.is_volatile) ++statistics_.volatile_writes;
    if (auto planned = write_faults_.extract(number)) write.fault = planned.mapped();
    if (!power_holds(lock, &write)) {
        lock.unlock();
        write.completion(power_is_off());
        return;
    }
    if (options_.schedule == sim_schedule::inline_completion) {
        auto done = apply(write);
        lock.unlock();
        write.completion(std::move(done));
        return;
    }
    in_flight_.push_back(std::move(write));
    changed_.notify_all();
}

// Writes the chosen sectors of block `index` of the write (bit 0 = the first 512 bytes).
void sim_device::put_block(pending_write const& write, std::uint64_t index,
                           std::uint32_t sectors) {
    auto block = write.offset / flash::block_bytes + index;
    auto const* from = write.bytes.data() + index * flash::block_bytes;
    auto& visible = write.target->visible;
    auto& durable = write.target->durable;
    if (visible.size() <= block) visible.resize(block + 1);
    auto fresh = std::make_shared<page>();
    if (sectors != all_sectors) {
        page_ptr before = block < durable.size() ? durable[block] : nullptr;
        if (before) fresh->bytes = before->bytes;
        else fresh->bytes.fill(std::byte{0});
    }
    for (std::size_t sector = 0; sector < 8; ++sector) {
        if ((sectors >> sector & 1u) == 0) continue;
        std::memcpy(fresh->bytes.data() + sector * sector_bytes, from + sector * sector_bytes,
                    sector_bytes);
    }
    if (!write.is_volatile) {
        if (durable.size() <= block) durable.resize(block + 1);
        durable[block] = fresh;
    }
    visible[block] = std::move(fresh);
}

result<void> sim_device::apply(pending_write const& write) {
    if (write.fault) {
        apply_partly(write);
        return failure{*write.fault, "simulated device: planned write failure"};
    }
    auto blocks = write.bytes.size() / flash::block_bytes;
    auto end = write.offset + write.bytes.size();
    auto size = write.target->visible.size() * flash::block_bytes;
    if (end > size && used_bytes() + (end - size) > capacity_bytes_) {
        return failure{error::no_space, "simulated device: full, growing a file"};
    }
    for (std::uint64_t i = 0; i < blocks; ++i) put_block(write, i, all_sectors);
    return {};
}

// A write that power or a fault interrupted: nothing, all, a prefix, or any sectors of it.
void sim_device::apply_partly(pending_write const& write) {
    auto blocks = write.bytes.size() / flash::block_bytes;
    auto fate = below(4);
    if (fate == 0) return;
    auto prefix_sectors = below(blocks * 8 + 1);
    for (std::uint64_t i = 0; i < blocks; ++i) {
        std::uint32_t sectors = all_sectors;
        if (fate == 2) {
            if (prefix_sectors <= i * 8) break;
            auto left = std::min<std::uint64_t>(prefix_sectors - i * 8, 8);
            sectors = (1u << left) - 1;
        } else if (fate == 3) {
            auto coin = below(4);
            sectors = coin == 0 ? 0 : coin == 1 ? all_sectors : std::uint32_t(below(256));
        }
        if (sectors != 0) put_block(write, i, sectors);
    }
}

void sim_device::complete_one(std::unique_lock<std::mutex>& lock) {
    auto chosen = in_flight_.begin() + std::ptrdiff_t(below(in_flight_.size()));
    std::iter_swap(chosen, in_flight_.end() - 1);
    auto write = std::move(in_flight_.back());
    in_flight_.pop_back();
    result<void> done = power_holds(lock, &write) ? apply(write) : result<void>(power_is_off());
    lock.unlock();
    write.completion(std::move(done));
    write.completion = nullptr;  // what it holds goes without our lock
    lock.lock();
}

void sim_device::fail_in_flight(std::unique_lock<std::mutex>& lock) {
    SLUICE_ASSERT(!powered_);
    while (!in_flight_.empty()) {
        auto write = std::move(in_flight_.back());
        in_flight_.pop_back();
        lock.unlock();
        write.completion(power_is_off());
        write.completion = nullptr;
        lock.lock();
    }
}

void sim_device::pump_loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] {
            return stopping_ || (!in_flight_.empty() && (!paused_ || !powered_));
        });
        if (!powered_) fail_in_flight(lock);
        else if (!in_flight_.empty()) complete_one(lock);
        if (stopping_ && in_flight_.empty()) return;
    }
}

std::size_t sim_device::pump(std::size_t count) {
    std::unique_lock lock(mutex_);
    std::size_t completed = 0;
    while (completed < count && !in_flight_.empty()) {
        if (!powered_) {
            completed += in_flight_.size();
            fail_in_flight(lock);
            return completed;
        }
        complete_one(lock);
        ++completed;
    }
    return completed;
}

void sim_device::pause() {
    std::lock_guard guard(mutex_);
    paused_ = true;
}

void sim_device::resume() {
    std::lock_guard guard(mutex_);
    paused_ = false;
    changed_.notify_all();
}

std::size_t sim_device::in_flight() const {
    std::lock_guard guard(mutex_);
    return in_flight_.size();
}

// -- power

bool sim_device::power_holds(std::unique_lock<std::mutex>& lock, pending_write const* concerned) {
    if (!powered_) return false;
    ++statistics_.events;
    if (off_at_event_ == 0 || statistics_.events < off_at_event_) return true;
    turn_off(lock, concerned);
    return false;
}

void sim_device::turn_off(std::unique_lock<std::mutex>& lock, pending_write const* concerned) {
    powered_ = false;
    std::vector<pending_write const*> interrupted;
    for (auto const& write : in_flight_) interrupted.push_back(&write);
    if (concerned != nullptr) interrupted.push_back(concerned);
    std::shuffle(interrupted.begin(), interrupted.end(), random_);
    for (auto const* write : interrupted) apply_partly(*write);
    changed_.notify_all();
    if (auto hook = std::move(off_hook_)) {
        off_hook_ = nullptr;
        lock.unlock();
        hook();
        lock.lock();
    }
}

void sim_device::power_off() {
    std::unique_lock lock(mutex_);
    if (powered_) turn_off(lock, nullptr);
    fail_in_flight(lock);
}

void sim_device::power_off_at(std::uint64_t event, std::function<void()> hook) {
    std::lock_guard guard(mutex_);
    off_at_event_ = statistics_.events + event;
    off_hook_ = std::move(hook);
}

bool sim_device::is_powered() const {
    std::lock_guard guard(mutex_);
    return powered_;
}

std::vector<sim_device::page_ptr> sim_device::surviving_pages(inode const& node) {
    auto pages = node.durable;
    auto fate = below(3);  // of what was never synced: lost, kept, or block by block
    for (std::size_t block = 0; block < node.visible.size(); ++block) {
        bool synced = block < node.durable.size() && node.durable[block] == node.visible[block];
        if (synced || fate == 0 || (fate == 2 && below(2) == 0)) continue;
        if (pages.size() <= block) pages.resize(block + 1);
        pages[block] = node.visible[block];
    }
    return pages;
}

sim_device::name_space sim_device::surviving_names() {
    auto names = durable_;
    for (auto const& [path, entry] : visible_) {
        auto known = durable_.find(path);
        if (known != durable_.end() && known->second.node == entry.node) continue;
        if (below(100) < options_.unsynced_name_survives_percent) names[path] = entry;
    }
    for (auto const& [path, entry] : durable_) {
        if (!visible_.contains(path) && below(2) == 0) names.erase(path);
    }
    // In path order a folder comes before what is in it.
    for (auto at = names.begin(); at != names.end();) {
        auto parent = parent_of(at->first);
        bool reachable = parent.empty() || names.contains(parent);
        at = reachable ? std::next(at) : names.erase(at);
    }
    return names;
}

std::unique_ptr<sim_device> sim_device::power_cut(sim_device_options const& next) {
    power_off();
    std::lock_guard guard(mutex_);
    auto names = surviving_names();
    for (auto& [path, entry] : names) {
        if (!entry.node) continue;
        auto node = std::make_shared<inode>();
        node->durable = surviving_pages(*entry.node);
        node->visible = node->durable;
        entry.node = std::move(node);
    }
    return std::unique_ptr<sim_device>(new sim_device(next, std::move(names)));
}

std::unique_ptr<sim_device> sim_device::copy(sim_device_options const& next) const {
    std::lock_guard guard(mutex_);
    SLUICE_ASSERT(in_flight_.empty());
    auto names = visible_;
    for (auto& [path, entry] : names) {
        if (!entry.node) continue;
        auto node = std::make_shared<inode>();
        node->visible = node->durable = entry.node->visible;
        entry.node = std::move(node);
    }
    return std::unique_ptr<sim_device>(new sim_device(next, std::move(names)));
}

// -- faults

void sim_device::fail_write(std::uint64_t nth, error code) {
    std::lock_guard guard(mutex_);
    write_faults_[statistics_.writes + nth] = code;
}

void sim_device::fail_read(std::uint64_t nth) {
    std::lock_guard guard(mutex_);
    read_fault_ = reads_ + nth;
}

void sim_device::lie_about_write(std::uint64_t nth) {
    std::lock_guard guard(mutex_);
    lies_.insert(statistics_.writes + nth);
}

void sim_device::flip_byte(std::string const& path, std::uint64_t offset, std::uint8_t mask) {
    std::lock_guard guard(mutex_);
    auto node = find(path);
    auto block = offset / flash::block_bytes;
    SLUICE_ASSERT(node && block < node->visible.size());
    auto fresh = std::make_shared<page>();
    if (auto const& before = node->visible[block]) fresh->bytes = before->bytes;
    else fresh->bytes.fill(std::byte{0});
    fresh->bytes[offset % flash::block_bytes] ^= std::byte{mask};
    if (block < node->durable.size()) node->durable[block] = fresh;
    node->visible[block] = std::move(fresh);
}

void sim_device::set_capacity(std::uint64_t bytes) {
    std::lock_guard guard(mutex_);
    capacity_bytes_ = bytes;
}

sim_statistics sim_device::statistics() const {
    std::lock_guard guard(mutex_);
    return statistics_;
}

std::vector<std::pair<std::string, std::uint64_t>> sim_device::files() const {
    std::lock_guard guard(mutex_);
    std::vector<std::pair<std::string, std::uint64_t>> found;
    for (auto const& [path, entry] : visible_) {
        if (entry.node) found.emplace_back(path, entry.node->visible.size() * flash::block_bytes);
    }
    return found;
}

std::string sim_device::peek(std::string const& path, std::uint64_t offset,
                             std::size_t length) const {
    std::lock_guard guard(mutex_);
    auto node = find(path);
    SLUICE_ASSERT(node != nullptr);
    std::string bytes(length, '\0');
    for (std::size_t i = 0; i < length; ++i) {
        auto at = offset + i;
        SLUICE_ASSERT(at / flash::block_bytes < node->visible.size());
        auto const& from = node->visible[at / flash::block_bytes];
        if (from) bytes[i] = static_cast<char>(from->bytes[at % flash::block_bytes]);
    }
    return bytes;
}

}  // namespace sluice::test_support
