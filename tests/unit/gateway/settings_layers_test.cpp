// Precedence of the layers, refusals of the file, and the texts made from the declaration.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gateway/config/load.hpp"
#include "gateway/config/render.hpp"

namespace sluice::gateway {
namespace {

class settings_file : public ::testing::Test {
protected:
    std::string write(std::string const& text) {
        std::string const path = ::testing::TempDir() + "/settings_" + std::to_string(::getpid()) + ".toml";
        std::ofstream(path) << text;
        path_ = path;
        return path;
    }
    void TearDown() override {
        if (!path_.empty()) std::remove(path_.c_str());
    }

private:
    std::string path_;
};

setting_source source_of(loaded_settings const& loaded, std::string_view key) {
    return loaded.sources[static_cast<std::size_t>(find_setting(key) - all_settings().data())];
}

TEST_F(settings_file, flag_beats_environment_beats_file_beats_default) {
    setting_layers layers;
    layers.file_path = write("data = \"/file\"\nlisten = \"::1\"\n[s3]\nport = 1000\n");
    layers.environment = {{"SLUICE_S3_PORT", "2000"}, {"SLUICE_LISTEN", "127.0.0.2"}, {"PATH", "/bin"}};
    layers.flags = {{"s3.port", "3000"}};
    auto const loaded = load_settings(layers).value();
    EXPECT_EQ(loaded.values.s3_port, 3000);
    EXPECT_EQ(loaded.values.listen, "127.0.0.2");
    EXPECT_EQ(loaded.values.data, "/file");
    EXPECT_EQ(loaded.values.admin_port, 9001);
    EXPECT_EQ(source_of(loaded, "s3.port"), setting_source::flag);
    EXPECT_EQ(source_of(loaded, "listen"), setting_source::environment);
    EXPECT_EQ(source_of(loaded, "data"), setting_source::file);
    EXPECT_EQ(source_of(loaded, "admin.port"), setting_source::default_value);
}

TEST_F(settings_file, unknown_keys_and_wrong_types_are_refused_with_their_line) {
    auto const refusal = [](std::string_view text) {
        auto const answer = parse_settings_text(text, "x.toml");
        return answer.has_error() ? answer.error().text : std::string("accepted");
    };
    EXPECT_EQ(refusal("data = \"a\"\n[s3]\nprot = 9000\n"), "x.toml:3: no setting is called 's3.prot'");
    EXPECT_EQ(refusal("[mcp]\nport = 1\n"), "x.toml:2: no setting is called 'mcp.port'");
    EXPECT_EQ(refusal("s3.port = 1.5\n"), "x.toml:1: s3.port: expected text, a whole number or a boolean");
    EXPECT_EQ(refusal("s3.port = [1]\n"), "x.toml:1: s3.port: expected text, a whole number or a boolean");
    EXPECT_EQ(refusal("s3.port = 9000\n"), "accepted");
    EXPECT_TRUE(refusal("data = \n").starts_with("x.toml:1: ")) << refusal("data = \n");
    EXPECT_TRUE(refusal("data = \"a\"\ndata = \"b\"\n").starts_with("x.toml:2: "));
}

TEST_F(settings_file, a_bad_value_names_its_layer) {
    auto const path = write("[s3]\nport = 70000\n");
    EXPECT_EQ(load_settings({path, {}, {}}).error().text,
              path + ": s3.port: expected a port (0 to 65535), got '70000'");
    EXPECT_EQ(load_settings({"", {{"SLUICE_S3_PORT", "x"}}, {}}).error().text,
              "SLUICE_S3_PORT: expected a port (0 to 65535), got 'x'");
    EXPECT_EQ(load_settings({"", {}, {{"s3.port", "x"}}}).error().text,
              "--s3-port: expected a port (0 to 65535), got 'x'");
    EXPECT_EQ(load_settings({"", {}, {{"nope", "x"}}}).error().text, "no setting is called 'nope'");
    EXPECT_EQ(load_settings({"/nonexistent/x.toml", {}, {}}).error().code, error::not_found);
}

TEST_F(settings_file, an_oversized_file_is_refused) {
    auto const path = write(std::string(1024 * 1024 + 1, '#'));
    EXPECT_EQ(read_settings_file(path).error().code, error::too_large);
}

TEST_F(settings_file, unknown_environment_names_are_reported_and_nothing_else) {
    auto const loaded = load_settings({"", {{"SLUICE_MCP_PORT", "9092"}, {"SLUICE_CONFIG", "x"},
                                            {"SLUICE_SERVICE_HOST", "10.0.0.1"}, {"HOME", "/"}}, {}}).value();
    EXPECT_EQ(loaded.unknown_environment_names,
              (std::vector<std::string>{"SLUICE_MCP_PORT", "SLUICE_SERVICE_HOST"}));
}

TEST_F(settings_file, the_effective_file_masks_secrets_and_loads_back) {
    auto const loaded = load_settings({"", {}, {{"root.password", "hunter\"2"}, {"data", "/a\"b\\c\n"}}}).value();
    auto const text = effective_file(loaded);
    EXPECT_EQ(text.find("hunter"), text.npos);
    EXPECT_NE(text.find("password = \"********\"  # flag"), text.npos) << text;
    auto const again = parse_settings_text(text, "printed").value();
    EXPECT_EQ(again.size(), all_settings().size());
    for (auto const& [key, value] : again) {
        if (key == "data") { EXPECT_EQ(value, "/a\"b\\c\n"); }
    }
}

TEST_F(settings_file, the_sample_names_every_setting_and_parses_when_uncommented) {
    std::istringstream lines(sample_file());
    std::string uncommented;
    for (std::string line; std::getline(lines, line);) {
        bool const setting_line = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        uncommented += (setting_line ? line.substr(1) : line) + "\n";
    }
    auto const texts = parse_settings_text(uncommented, "sample");
    ASSERT_TRUE(texts.has_value()) << texts.error().text;
    EXPECT_EQ(texts->size(), all_settings().size());
    for (auto const& row : all_settings())
        EXPECT_NE(uncommented.find(row.environment_name()), uncommented.npos) << row.key;
}

TEST_F(settings_file, the_committed_sample_is_current) {
    std::string const path = std::string(SLUICE_SOURCE_FOLDER) + "/deploy/examples/sluice.toml";
    if (std::getenv("SLUICE_UPDATE_GOLDEN")) std::ofstream(path) << sample_file();
    std::ostringstream committed;
    committed << std::ifstream(path).rdbuf();
    EXPECT_EQ(committed.str(), sample_file()) << "rerun with SLUICE_UPDATE_GOLDEN=1 and review the change";
}

}  // namespace
}  // namespace sluice::gateway
