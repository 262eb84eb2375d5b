#include <toml++/toml.h>

#include <fstream>

#include "gateway/config/load.hpp"
#include "gateway/core/bytes.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t file_bytes_limit = mebibyte;

failure refused(std::string_view name, toml::source_region const& at, std::string text) {
    return {error::invalid_argument,
            std::string(name) + ":" + std::to_string(at.begin.line) + ": " + std::move(text)};
}

result<std::string> value_text(toml::node const& node, std::string_view name, std::string const& key) {
    if (auto const* text = node.as_string()) return text->get();
    if (auto const* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
    if (auto const* number = node.as_integer()) return std::to_string(number->get());
    return refused(name, node.source(), key + ": expected text, a whole number or a boolean");
}

result<void> collect(toml::table const& table, std::string const& prefix, std::string_view name,
                     setting_texts& into) {
    for (auto const& [part, node] : table) {
        std::string const key = prefix + std::string(part.str());
        auto const* inner = node.as_table();
        if (inner && prefix.empty()) {
            SLUICE_CHECK(collect(*inner, key + ".", name, into));
            continue;
        }
        if (!find_setting(key))
            return refused(name, node.source(), "no setting is called '" + key + "'");
        SLUICE_TRY(auto text, value_text(node, name, key));
        into.emplace_back(key, std::move(text));
    }
    return {};
}

}  // namespace

result<setting_texts> parse_settings_text(std::string_view toml_text, std::string_view name) {
    try {
        auto const parsed = toml::parse(toml_text, name);
        setting_texts texts;
        SLUICE_CHECK(collect(parsed, "", name, texts));
        return texts;
    } catch (toml::parse_error const& problem) {
        return refused(name, problem.source(), std::string(problem.description()));
    }
}

result<setting_texts> read_settings_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return failure{error::not_found, path + ": cannot be read"};
    std::string text(file_bytes_limit + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return failure{error::io_failed, path + ": cannot be read"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > file_bytes_limit)
        return failure{error::too_large, path + ": a settings file has at most 1 MiB"};
    return parse_settings_text(text, path);
}

}  // namespace sluice::gateway
