#include "tests/support/sim_env.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include "tests/support/sim_file_tree.hpp"

namespace sluice::test_support {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using operation = sim_env_operation;

namespace {

class silent_logger final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(char const*, va_list) override {}
};

// RocksDB waits a second after every failed background write; nobody wants to wait for that.
class impatient_clock final : public rocksdb::SystemClockWrapper {
public:
    impatient_clock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
    char const* Name() const override { return "impatient"; }
    void SleepForMicroseconds(int) override { std::this_thread::yield(); }
};

class simulated_environment final : public rocksdb::EnvWrapper {
public:
    explicit simulated_environment(std::shared_ptr<rocksdb::FileSystem> const& files)
        : EnvWrapper(rocksdb::NewCompositeEnv(files)) {
        file_system_ = files;
        system_clock_ = std::make_shared<impatient_clock>();
    }
    char const* Name() const override { return "simulated"; }
};

class path_lock final : public rocksdb::FileLock {
public:
    explicit path_lock(std::string path) : path(std::move(path)) {}
    std::string const path;
};

IOStatus no_such(std::string const& path) { return IOStatus::PathNotFound("no such file", path); }

}  // namespace

struct sim_env::state {
    explicit state(sim_env_options const& options) : options(options), random(options.seed) {}

    // Before an operation, under the lock: power, faults, events. The hook runs after the lock is
    // gone.
    IOStatus enter(operation what, std::string const& path, std::unique_lock<std::mutex>& lock);
    void turn_off(std::unique_lock<std::mutex>& lock);
    IOStatus append(sim_file_node& node, std::string const& path, Slice data);

    sim_env_options const options;
    mutable std::mutex mutex;
    sim_file_tree tree;
    std::mt19937_64 random;
    bool powered = true;
    std::uint64_t off_at_event = 0;
    std::function<void()> off_hook;
    std::vector<sim_env_fault> faults;
    std::set<std::string> locked;
    sim_env_statistics counted;
};

void sim_env::state::turn_off(std::unique_lock<std::mutex>& lock) {
    powered = false;
    auto hook = std::exchange(off_hook, {});
    if (!hook) return;
    lock.unlock();
    hook();
    lock.lock();
}

IOStatus sim_env::state::enter(operation what, std::string const& path,
                               std::unique_lock<std::mutex>& lock) {
    if (powered && what != operation::read) {
        ++counted.events;
        if (off_at_event != 0 && --off_at_event == 0) turn_off(lock);
    }
    if (!powered && what != operation::read) return IOStatus::IOError("power is off", path);
    for (auto at = faults.begin(); at != faults.end(); ++at) {
        if (at->operation != what || path.find(at->path) == std::string::npos) continue;
        if (at->nth > 1) {
            --at->nth;
            continue;
        }
        auto failed = at->no_space ? IOStatus::NoSpace("injected", path)
            : IOStatus::IOError("injected", path);
        if (!at->all_later) faults.erase(at);
        return failed;
    }
    return IOStatus::OK();
}

IOStatus sim_env::state::append(sim_file_node& node, std::string const& path, Slice data) {
    std::unique_lock lock(mutex);
    auto status = enter(operation::append, path, lock);
    if (status.ok() && tree.used_bytes() + data.size() > options.capacity_bytes)
        status = IOStatus::NoSpace("full", path);
    auto taken = status.ok() ? data.size() : powered ? random() % (data.size() + 1) : 0;
    node.bytes.append(data.data(), taken);
    return status;
}

namespace {
using node_ptr = sim_file_tree::node_ptr;
}

class sim_env::file_system final : public rocksdb::FileSystem {
public:
    explicit file_system(std::shared_ptr<state> shared) : shared_(std::move(shared)) {}
    char const* Name() const override { return "simulated"; }

    class writable;
    class readable;
    class sequential;
    class folder;

    IOStatus NewSequentialFile(std::string const& name, FileOptions const&,
                               std::unique_ptr<rocksdb::FSSequentialFile>* made,
                                   IODebugContext*) override;
    IOStatus NewRandomAccessFile(std::string const& name, FileOptions const&,
                                 std::unique_ptr<rocksdb::FSRandomAccessFile>* made,
                                     IODebugContext*) override;
    IOStatus NewWritableFile(std::string const& name, FileOptions const&,
                             std::unique_ptr<rocksdb::FSWritableFile>* made,
                                 IODebugContext*) override;
    IOStatus NewDirectory(std::string const& name, IOOptions const&,
                          std::unique_ptr<rocksdb::FSDirectory>* made, IODebugContext*) override;

    IOStatus FileExists(std::string const& name, IOOptions const&, IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        auto path = sim_file_tree::normalised(name);
        return shared_->tree.find(path) ? IOStatus::OK() : IOStatus::NotFound(path);
    }
    IOStatus GetChildren(std::string const& name, IOOptions const&, std::vector<std::string>* found,
                         IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        node_ptr node;
        auto status = lookup(name, node);
        if (status.ok()) *found = shared_->tree.children(sim_file_tree::normalised(name));
        return status;
    }
    IOStatus DeleteFile(std::string const& name, IOOptions const&, IODebugContext*) override {
        return remove(name);
    }
    IOStatus DeleteDir(std::string const& name, IOOptions const&, IODebugContext*) override {
        return remove(name);
    }
    IOStatus CreateDir(std::string const& name, IOOptions const&, IODebugContext*) override {
        return add(name, true, false).first;
    }
    IOStatus CreateDirIfMissing(std::string const& name, IOOptions const&,
                                IODebugContext*) override {
        return add(name, true, true).first;
    }
    IOStatus GetFileSize(std::string const& name, IOOptions const&, std::uint64_t* size,
                         IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        node_ptr node;
        auto status = lookup(name, node);
        if (status.ok()) *size = node->bytes.size();
        return status;
    }
    IOStatus GetFileModificationTime(std::string const&, IOOptions const&, std::uint64_t* at,
                                     IODebugContext*) override {
        *at = 0;
        return IOStatus::OK();
    }
    IOStatus RenameFile(std::string const& from, std::string const& to, IOOptions const&,
                        IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        auto status = shared_->enter(operation::rename, sim_file_tree::normalised(to), lock);
        node_ptr node;
        if (status.ok()) status = lookup(from, node);
        if (status.ok())
            shared_->tree.rename(sim_file_tree::normalised(from), sim_file_tree::normalised(to));
        return status;
    }
    IOStatus LinkFile(std::string const& from, std::string const& to, IOOptions const&,
                      IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        auto path = sim_file_tree::normalised(to);
        auto status = shared_->enter(operation::create, path, lock);
        node_ptr node;
        if (status.ok()) status = lookup(from, node);
        if (status.ok() && shared_->tree.find(path)) status = IOStatus::IOError("exists", path);
        if (status.ok()) shared_->tree.link(path, node);
        return status;
    }
    IOStatus NumFileLinks(std::string const&, IOOptions const&, std::uint64_t* count,
                          IODebugContext*) override {
        *count = 1;
        return IOStatus::OK();
    }
    IOStatus LockFile(std::string const& name, IOOptions const&, rocksdb::FileLock** lock_made,
                      IODebugContext*) override {
        auto [status, node] = add(name, false, true);
        if (!status.ok()) return status;
        std::unique_lock lock(shared_->mutex);
        auto path = sim_file_tree::normalised(name);
        if (!shared_->locked.insert(path).second) return IOStatus::IOError("While lock file", path);
        *lock_made = new path_lock(path);
        return IOStatus::OK();
    }
    IOStatus UnlockFile(rocksdb::FileLock* held, IOOptions const&, IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        std::unique_ptr<path_lock> owned(static_cast<path_lock*>(held));
        shared_->locked.erase(owned->path);
        return IOStatus::OK();
    }
    IOStatus GetTestDirectory(IOOptions const&, std::string* path, IODebugContext*) override {
        *path = "/";
        return IOStatus::OK();
    }
    IOStatus NewLogger(std::string const&, IOOptions const&, std::shared_ptr<rocksdb::Logger>* made,
                       IODebugContext*) override {
        *made = std::make_shared<silent_logger>();
        return IOStatus::OK();
    }
    IOStatus GetAbsolutePath(std::string const& name, IOOptions const&, std::string* path,
                             IODebugContext*) override {
        *path = name;
        return IOStatus::OK();
    }
    IOStatus IsDirectory(std::string const& name, IOOptions const&, bool* answer,
                         IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        node_ptr node;
        auto status = lookup(name, node);
        if (status.ok()) *answer = node->is_folder;
        return status;
    }

private:
    IOStatus lookup(std::string const& name, node_ptr& node) const {   // under the lock
        node = shared_->tree.find(sim_file_tree::normalised(name));
        return node ? IOStatus::OK() : no_such(name);
    }
    IOStatus open_for_reading(std::string const& name, node_ptr& node) const {
        std::unique_lock lock(shared_->mutex);
        return lookup(name, node);
    }
    IOStatus remove(std::string const& name) {
        std::unique_lock lock(shared_->mutex);
        auto path = sim_file_tree::normalised(name);
        auto status = shared_->enter(operation::remove, path, lock);
        node_ptr node;
        if (status.ok()) status = lookup(path, node);
        if (status.ok() && !shared_->tree.children(path).empty())
            status = IOStatus::IOError("not empty", path);
        if (status.ok()) shared_->tree.remove(path);
        return status;
    }
    std::pair<IOStatus, node_ptr> add(std::string const& name, bool is_folder, bool may_exist) {
        std::unique_lock lock(shared_->mutex);
        auto path = sim_file_tree::normalised(name);
        auto there = shared_->tree.find(path);
        if (there && shared_->powered && may_exist) return {IOStatus::OK(), there};
        auto status = shared_->enter(operation::create, path, lock);
        if (!status.ok()) return {status, nullptr};
        if (there && is_folder) return {IOStatus::IOError("exists", path), nullptr};
        auto parent = shared_->tree.find(sim_file_tree::parent_of(path));
        if (!parent || !parent->is_folder)
            return {no_such(sim_file_tree::parent_of(path)), nullptr};
        return {IOStatus::OK(), shared_->tree.add(path, is_folder)};
    }

    std::shared_ptr<state> const shared_;   // shared with sim_env and open files
};

class sim_env::file_system::writable final : public rocksdb::FSWritableFile {
public:
    writable(std::shared_ptr<state> shared, node_ptr node, std::string path,
             FileOptions const& options)
        : FSWritableFile(options), shared_(std::move(shared)), node_(std::move(node)),
            path_(std::move(path)) {}

    using FSWritableFile::Append;
    IOStatus Append(Slice const& data, IOOptions const&, IODebugContext*) override {
        return shared_->append(*node_, path_, data);
    }
    IOStatus Truncate(std::uint64_t size, IOOptions const&, IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        if (!shared_->powered) return IOStatus::IOError("power is off", path_);
        node_->bytes.resize(size);
        node_->synced = std::min<std::size_t>(node_->synced, size);
        return IOStatus::OK();
    }
    IOStatus Close(IOOptions const&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Flush(IOOptions const&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Sync(IOOptions const&, IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        auto status = shared_->enter(operation::sync, path_, lock);
        if (!status.ok()) return status;
        ++shared_->counted.syncs;
        node_->synced = node_->bytes.size();
        return status;
    }
    bool IsSyncThreadSafe() const override { return true; }
    std::uint64_t GetFileSize(IOOptions const&, IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        return node_->bytes.size();
    }

private:
    std::shared_ptr<state> const shared_;   // shared with the file system
    node_ptr const node_;
    std::string const path_;
};

// Copies out what there is; a short answer is the end of the file.
namespace {
void read_at(sim_file_node const& node, std::uint64_t offset, std::size_t length, Slice* answer,
             char* into) {
    auto at = std::min<std::uint64_t>(offset, node.bytes.size());
    auto taken = std::min<std::size_t>(length, node.bytes.size() - at);
    std::memcpy(into, node.bytes.data() + at, taken);
    *answer = Slice(into, taken);
}
}  // namespace

class sim_env::file_system::readable final : public rocksdb::FSRandomAccessFile {
public:
    readable(std::shared_ptr<state> shared, node_ptr node, std::string path)
        : shared_(std::move(shared)), node_(std::move(node)), path_(std::move(path)) {}

    IOStatus Read(std::uint64_t offset, std::size_t length, IOOptions const&, Slice* answer,
                  char* into,
                  IODebugContext*) const override {
        std::unique_lock lock(shared_->mutex);
        auto status = shared_->enter(operation::read, path_, lock);
        if (status.ok()) read_at(*node_, offset, length, answer, into);
        return status;
    }

private:
    std::shared_ptr<state> const shared_;   // shared with the file system
    node_ptr const node_;
    std::string const path_;
};

class sim_env::file_system::sequential final : public rocksdb::FSSequentialFile {
public:
    sequential(std::shared_ptr<state> shared, node_ptr node, std::string path)
        : shared_(std::move(shared)), node_(std::move(node)), path_(std::move(path)) {}

    IOStatus Read(std::size_t length, IOOptions const&, Slice* answer, char* into,
                  IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        auto status = shared_->enter(operation::read, path_, lock);
        if (!status.ok()) return status;
        read_at(*node_, at_, length, answer, into);
        at_ += answer->size();
        return status;
    }
    IOStatus Skip(std::uint64_t count) override {
        at_ += count;
        return IOStatus::OK();
    }

private:
    std::shared_ptr<state> const shared_;   // shared with the file system
    node_ptr const node_;
    std::string const path_;
    std::uint64_t at_ = 0;
};

class sim_env::file_system::folder final : public rocksdb::FSDirectory {
public:
    folder(std::shared_ptr<state> shared, std::string path) : shared_(std::move(shared)),
        path_(std::move(path)) {}
    IOStatus Fsync(IOOptions const&, IODebugContext*) override {
        std::unique_lock lock(shared_->mutex);
        auto status = shared_->enter(operation::sync_folder, path_, lock);
        if (status.ok()) shared_->tree.sync_folder(path_);
        return status;
    }

private:
    std::shared_ptr<state> const shared_;   // shared with the file system
    std::string const path_;
};

IOStatus sim_env::file_system::NewSequentialFile(std::string const& name, FileOptions const&,
                                                 std::unique_ptr<rocksdb::FSSequentialFile>* made,
                                                 IODebugContext*) {
    node_ptr node;
    auto status = open_for_reading(name, node);
    if (status.ok()) made->reset(new sequential(shared_, node, sim_file_tree::normalised(name)));
    return status;
}

IOStatus sim_env::file_system::NewRandomAccessFile(
    std::string const& name, FileOptions const&, std::unique_ptr<rocksdb::FSRandomAccessFile>* made,
    IODebugContext*) {
    node_ptr node;
    auto status = open_for_reading(name, node);
    if (status.ok()) made->reset(new readable(shared_, node, sim_file_tree::normalised(name)));
    return status;
}

IOStatus sim_env::file_system::NewWritableFile(std::string const& name, FileOptions const& options,
                                               std::unique_ptr<rocksdb::FSWritableFile>* made,
                                                   IODebugContext*) {
    auto [status, node] = add(name, false, false);
    if (status.ok())
        made->reset(new writable(shared_, node, sim_file_tree::normalised(name), options));
    return status;
}

IOStatus sim_env::file_system::NewDirectory(std::string const& name, IOOptions const&,
                                            std::unique_ptr<rocksdb::FSDirectory>* made,
                                                IODebugContext*) {
    node_ptr node;
    auto status = open_for_reading(name, node);
    if (status.ok() && !node->is_folder) status = IOStatus::IOError("not a folder", name);
    if (status.ok()) made->reset(new folder(shared_, sim_file_tree::normalised(name)));
    return status;
}

sim_env::sim_env(sim_env_options const& options) : sim_env(std::make_shared<state>(options)) {}
sim_env::sim_env(std::shared_ptr<state> shared)
    : state_(std::move(shared)) {
    auto files = std::make_shared<file_system>(state_);
    environment_ = std::make_unique<simulated_environment>(std::move(files));
}
sim_env::~sim_env() = default;

rocksdb::Env* sim_env::environment() noexcept { return environment_.get(); }

void sim_env::power_off() {
    std::unique_lock lock(state_->mutex);
    if (state_->powered) state_->turn_off(lock);
}

void sim_env::power_off_at(std::uint64_t event, std::function<void()> hook) {
    std::unique_lock lock(state_->mutex);
    state_->off_at_event = event;
    state_->off_hook = std::move(hook);
}

bool sim_env::is_powered() const {
    std::unique_lock lock(state_->mutex);
    return state_->powered;
}

std::unique_ptr<sim_env> sim_env::power_cut(sim_env_options const& next) {
    power_off();
    auto made = std::make_shared<state>(next);
    std::unique_lock lock(state_->mutex);
    made->tree = state_->tree.survivors(made->random);
    return std::unique_ptr<sim_env>(new sim_env(std::move(made)));
}

std::unique_ptr<sim_env> sim_env::copy(sim_env_options const& next) const {
    auto made = std::make_shared<state>(next);
    std::unique_lock lock(state_->mutex);
    made->tree = state_->tree.durable_copy();
    return std::unique_ptr<sim_env>(new sim_env(std::move(made)));
}

void sim_env::fail(sim_env_fault fault) {
    std::unique_lock lock(state_->mutex);
    state_->faults.push_back(std::move(fault));
}

void sim_env::clear_faults() {
    std::unique_lock lock(state_->mutex);
    state_->faults.clear();
}

void sim_env::flip_byte(std::string const& path, std::uint64_t offset, std::uint8_t mask) {
    std::unique_lock lock(state_->mutex);
    auto node = state_->tree.find(path);
    node->bytes.at(offset) = static_cast<char>(node->bytes.at(offset) ^ mask);
}

void sim_env::truncate(std::string const& path, std::uint64_t size) {
    std::unique_lock lock(state_->mutex);
    auto node = state_->tree.find(path);
    node->bytes.resize(size);
    node->synced = std::min<std::size_t>(node->synced, size);
}

void sim_env::remove_file(std::string const& path) {
    std::unique_lock lock(state_->mutex);
    state_->tree.remove(path);
    state_->tree.sync_folder(sim_file_tree::parent_of(path));
}

sim_env_statistics sim_env::statistics() const {
    std::unique_lock lock(state_->mutex);
    return state_->counted;
}

std::vector<std::string> sim_env::files() const {
    std::unique_lock lock(state_->mutex);
    return state_->tree.files();
}

std::string sim_env::peek(std::string const& path) const {
    std::unique_lock lock(state_->mutex);
    auto node = state_->tree.find(path);
    return node ? node->bytes : std::string();
}

}  // namespace sluice::test_support
