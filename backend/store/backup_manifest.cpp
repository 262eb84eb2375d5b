// The text form of backup_manifest (format: backup.hpp).
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "backend/store/backup_files.hpp"
#include "gateway/core/checksum.hpp"

namespace sluice::store {
namespace {

constexpr std::string_view first_line = "sluice-backup 1";

std::string hex(std::string_view bytes) {
    std::string text;
    for (char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

// Takes words and lines from the front; latches the first mismatch.
class text_reader {
public:
    explicit text_reader(std::string_view text) : rest_(text) {}

    std::string_view until(char end) {
        auto const at = rest_.find(end);
        if (at == std::string_view::npos) return fail();
        auto const taken = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return taken;
    }
    void expect(std::string_view word, char end) {
        if (until(end) != word) fail();
    }
    std::uint64_t number(char end, int base = 10) {
        auto const word = until(end);
        std::uint64_t value = 0;
        auto const [stop, problem] = std::from_chars(word.data(), word.data() + word.size(), value,
            base);
        if (problem != std::errc{} || stop != word.data() + word.size()) fail();
        return value;
    }
    bool starts_with(std::string_view word) const { return rest_.starts_with(word); }
    std::string_view rest() const { return rest_; }
    bool ok() const { return ok_; }
    std::string_view fail() {
        ok_ = false;
        rest_ = {};
        return {};
    }

private:
    std::string_view rest_;
    bool ok_ = true;
};

std::optional<std::string> from_hex(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        unsigned value = 0;
        auto const [stop, problem] = std::from_chars(text.data() + at, text.data() + at + 2, value,
            16);
        if (problem != std::errc{} || stop != text.data() + at + 2) return std::nullopt;
        bytes.push_back(static_cast<char>(value));
    }
    if (bytes.size() * 2 != text.size()) return std::nullopt;
    return bytes;
}

// "kv/NAME" or "segments/NAME": nothing that could lead elsewhere.
bool is_known_place(std::string_view path) {
    auto const slash = path.find('/');
    if (slash == std::string_view::npos) return false;
    auto const folder = path.substr(0, slash), name = path.substr(slash + 1);
    return (folder == "kv" || folder == "segments") && !name.empty() && name.front() != '.' &&
           name.find('/') == std::string_view::npos;
}

failure not_a_manifest(std::string const& what) {
    return {error::corrupt, "backup MANIFEST: " + what};
}

}  // namespace

std::string encode(backup_manifest const& manifest) {
    auto text = fmt::format("{}\nstore {} segment_bytes {} lsn {}\n", first_line,
                            hex(manifest.store_id),
                            manifest.segment_bytes, to_underlying(manifest.at));
    for (auto const& file : manifest.files)
        text += fmt::format("file {:08x} {} {}\n", file.sum.crc, file.sum.bytes, file.path);
    return text + fmt::format("end {:08x}\n", crc32c(as_bytes(text)));
}

result<backup_manifest> decode_manifest(std::string_view text) {
    text_reader in(text);
    backup_manifest manifest;
    auto const version = in.until('\n');
    if (in.ok() && version != first_line && version.starts_with("sluice-backup "))
        return failure{error::unsupported, "backup MANIFEST: " + std::string(version)};
    if (version != first_line) return not_a_manifest("is none");
    in.expect("store", ' ');
    auto const id = from_hex(in.until(' '));
    in.expect("segment_bytes", ' ');
    manifest.segment_bytes = static_cast<std::uint32_t>(in.number(' '));
    in.expect("lsn", ' ');
    manifest.at = lsn{in.number('\n')};
    while (in.ok() && in.starts_with("file ")) {
        in.expect("file", ' ');
        backup_manifest::file file;
        file.sum.crc = static_cast<std::uint32_t>(in.number(' ', 16));
        file.sum.bytes = in.number(' ');
        file.path = in.until('\n');
        if (in.ok() && !is_known_place(file.path)) return not_a_manifest("names " + file.path);
        manifest.files.push_back(std::move(file));
    }
    auto const covered = text.substr(0, text.size() - in.rest().size());
    in.expect("end", ' ');
    auto const crc = in.number('\n', 16);
    if (!in.ok() || !in.rest().empty() || !id || id->size() != 16)
        return not_a_manifest("does not parse");
    if (crc != crc32c(as_bytes(covered))) return not_a_manifest("fails its check");
    manifest.store_id = *id;
    return manifest;
}

}  // namespace sluice::store
