#include "backend/store/backup_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "gateway/core/checksum.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t piece_bytes = mebibyte;

failure system_failure(std::string const& path) {
    auto const why = errno;
    auto code = error::io_failed;
    if (why == ENOENT) code = error::not_found;
    if (why == EEXIST) code = error::already_exists;
    if (why == ENOSPC || why == EDQUOT) code = error::no_space;
    return {code, path + ": " + std::strerror(why)};
}

// Open for reading; closed at the end.
class reading {
public:
    explicit reading(std::string const& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~reading() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    reading(reading const&) = delete;
    reading& operator=(reading const&) = delete;
    int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

// Each: result<void>(const_byte_span). Everything, piece by piece.
template <class Each>
result<file_sum> read_pieces(std::string const& path, Each each) {
    reading file(path);
    if (file.descriptor() < 0) return system_failure(path);
    std::vector<std::byte> piece(piece_bytes);
    file_sum sum;
    for (;;) {
        auto const taken = ::read(file.descriptor(), piece.data(), piece.size());
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return system_failure(path);
        if (taken == 0) return sum;
        const_byte_span const bytes{piece.data(), static_cast<std::size_t>(taken)};
        sum.crc = crc32c(bytes, sum.crc);
        sum.bytes += bytes.size();
        SLUICE_CHECK(each(bytes));
    }
}

}  // namespace

result<new_file> new_file::create(std::string path) {
    auto const descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return system_failure(path);
    return new_file(std::move(path), descriptor);
}

new_file::new_file(new_file&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)),
        sum_(other.sum_) {}

new_file::~new_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

result<void> new_file::append(const_byte_span bytes) {
    sum_.crc = crc32c(bytes, sum_.crc);
    sum_.bytes += bytes.size();
    while (!bytes.empty()) {
        auto const written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_failure(path_);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

result<void> new_file::append_zeroes(std::uint64_t count) {
    std::vector<std::byte> const zeroes(std::min<std::uint64_t>(count, piece_bytes));
    while (count > 0) {
        auto const now = std::min<std::uint64_t>(count, zeroes.size());
        SLUICE_CHECK(append({zeroes.data(), now}));
        count -= now;
    }
    return {};
}

result<file_sum> new_file::finish() {
    if (::fsync(descriptor_) != 0) return system_failure(path_);
    if (::close(std::exchange(descriptor_, -1)) != 0) return system_failure(path_);
    return sum_;
}

result<file_sum> copy_into(std::string const& from, new_file& into) {
    return read_pieces(from, [&into](const_byte_span bytes) { return into.append(bytes); });
}

result<file_sum> sum_of(std::string const& path) {
    return read_pieces(path, [](const_byte_span) { return success(); });
}

result<void> read_start(std::string const& path, byte_span into) {
    reading file(path);
    if (file.descriptor() < 0) return system_failure(path);
    while (!into.empty()) {
        auto const taken = ::read(file.descriptor(), into.data(), into.size());
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return system_failure(path);
        if (taken == 0) return failure{error::corrupt, path + ": is too short"};
        into = into.subspan(static_cast<std::size_t>(taken));
    }
    return {};
}

result<std::string> read_small_file(std::string const& path, std::size_t limit) {
    std::string text;
    SLUICE_TRY(auto const sum, read_pieces(path, [&](const_byte_span bytes) -> result<void> {
        if (text.size() + bytes.size() > limit) return failure{error::too_large, path};
        text.append(as_chars(bytes));
        return {};
    }));
    static_cast<void>(sum);
    return text;
}

result<void> sync_folder(std::string const& path) {
    reading folder(path);
    if (folder.descriptor() < 0 || ::fsync(folder.descriptor()) != 0) return system_failure(path);
    return {};
}

result<std::vector<std::string>> files_in(std::string const& folder) {
    std::vector<std::string> names;
    std::error_code code;
    std::filesystem::directory_iterator at(folder, code);
    for (; !code && at != std::filesystem::directory_iterator(); at.increment(code))
        if (at->is_regular_file()) names.push_back(at->path().filename().string());
    if (code) return failure{error::io_failed, folder + ": " + code.message()};
    std::ranges::sort(names);
    return names;
}

}  // namespace sluice::store
