#include "auth/keys/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "gateway/core/crypto.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view head = "sluice-key-file 1 ";
constexpr std::size_t key_bytes = 32;
constexpr std::size_t file_bytes = head.size() + 2 * key_bytes + 1;

class descriptor {
public:
    explicit descriptor(int number) noexcept : number_(number) {}
    descriptor(descriptor const&) = delete;
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const noexcept { return number_; }

private:
    int number_;
};

failure system_failure(std::string const& path, char const* what) {
    return failure{error::io_failed,
                   "key file '" + path + "': " + what + ": " + std::strerror(errno)};
}

result<void> check_place(key_file_options const& options) {
    namespace fs = std::filesystem;
    std::error_code problem;
    if (options.path.empty() || options.path[0] != '/')
        return failure{error::invalid_argument, "the key file needs an absolute path"};
    if (options.data_folder.empty()) return {};
    auto file = fs::weakly_canonical(options.path, problem);
    if (problem)
        return failure{error::io_failed, "key file '" + options.path + "': " + problem.message()};
    auto folder = fs::weakly_canonical(options.data_folder, problem);
    if (problem)
        return failure{error::io_failed,
                       "data folder '" + options.data_folder + "': " + problem.message()};
    auto relative = file.lexically_relative(folder);
    if (!relative.empty() && *relative.begin() != "..")
        return failure{error::invalid_argument, "the key file must lie outside the data folder"};
    return {};
}

result<std::string> read_key(std::string const& path, int file) {
    struct stat about{};
    if (::fstat(file, &about) != 0) return system_failure(path, "stat");
    if (!S_ISREG(about.st_mode))
        return failure{error::permission_denied, "key file '" + path + "' is not a file"};
    if ((about.st_mode & 077) != 0 || about.st_uid != ::geteuid())
        return failure{error::permission_denied,
                       "key file '" + path + "' must be its owner's alone (mode 0600)"};
    std::string text(file_bytes + 1, '\0');
    auto count = ::read(file, text.data(), text.size());
    if (count < 0) return system_failure(path, "read");
    text.resize(static_cast<std::size_t>(count));
    auto not_one = failure{error::malformed, "'" + path + "' is not a key file"};
    if (text.size() != file_bytes || !text.starts_with(head) || text.back() != '\n') return not_one;
    auto key = hex_decode(std::string_view(text).substr(head.size(), 2 * key_bytes));
    wipe(text);
    if (key.has_error()) return not_one;
    return std::move(*key);
}

result<void> sync_folder_of(std::string const& path) {
    auto folder = std::filesystem::path(path).parent_path().string();
    descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number() < 0 || ::fsync(opened.number()) != 0) return system_failure(folder, "sync");
    return {};
}

// Written under another name first: a crash leaves either no key file or a whole one.
result<std::string> create_key(std::string const& path, random_source& random) {
    std::string key(key_bytes, '\0');
    random.fill(byte_span(reinterpret_cast<std::byte*>(key.data()), key.size()));
    auto text = std::string(head) + hex_encode(key) + "\n";
    auto fresh = path + ".new";
    ::unlink(fresh.c_str());
    {
        descriptor file(
            ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (file.number() < 0) return system_failure(fresh, "create");
        auto written = ::write(file.number(), text.data(), text.size());
        wipe(text);
        if (written != static_cast<ssize_t>(file_bytes) || ::fsync(file.number()) != 0)
            return system_failure(fresh, "write");
    }
    // link, not rename: whoever made the file meanwhile keeps his.
    if (::link(fresh.c_str(), path.c_str()) != 0) return system_failure(path, "create");
    ::unlink(fresh.c_str());
    SLUICE_CHECK(sync_folder_of(path));
    return key;
}

}  // namespace

result<std::string> load_key_file(key_file_options const& options, random_source& random,
                                  blocking_token) {
    SLUICE_CHECK(check_place(options));
    descriptor file(::open(options.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.number() >= 0) return read_key(options.path, file.number());
    if (errno != ENOENT) return system_failure(options.path, "open");
    if (!options.may_create)
        return failure{error::not_found,
                       "key file '" + options.path +
                           "' is missing, and the store holds access keys sealed by it"};
    return create_key(options.path, random);
}

}  // namespace sluice::auth
