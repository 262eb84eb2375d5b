#include "gateway/daemon/key_document_source.hpp"

#include <filesystem>
#include <fstream>

namespace sluice::gateway {
namespace {

result<std::string> read_file(std::string const& path, std::size_t most, blocking_token) {
    std::error_code problem;
    if (!std::filesystem::is_regular_file(path, problem))
        return failure{error::not_found, path + ": no file"};
    std::ifstream file(path, std::ios::binary);
    std::string text(most + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (!file.eof() && file.fail()))
        return failure{error::not_found, path + ": cannot be read"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > most) return failure{error::too_large, path + ": too long"};
    return text;
}

}  // namespace

task<result<std::string>> key_document_source::read(std::string place) {
    if (!place.starts_with('/')) co_return co_await fetch(std::move(place), options_, pool_);
    auto work = [&](blocking_token token) { return read_file(place, options_.most_bytes, token); };
    co_return co_await pool_.run(std::move(work));
}

}  // namespace sluice::gateway
