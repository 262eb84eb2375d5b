#include "gateway/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <list>

#include "gateway/cli/control_client.hpp"
#include "gateway/cli/remote_commands.hpp"
#include "gateway/cli/secret_input.hpp"
#include "gateway/cli/table_text.hpp"
#include "gateway/config/render.hpp"
#include "gateway/core/bytes.hpp"

namespace sluice::gateway {
namespace {

constexpr int failed = 1, misused = 2;

int report(failure const& what, int exit_code) {
    std::cerr << "sluice: " << what.text << (what.text.empty() ? std::string(name_of(what.code)) : "")
              << "\n";
    return exit_code;
}

// Flags of all settings on one subcommand, in groups by table.
class setting_flags {
public:
    void add_to(CLI::App& app) {
        app.add_option("--config", file_, "TOML file with settings")->envname("SLUICE_CONFIG");
        for (auto const& row : all_settings()) {
            auto& text = texts_.emplace_back();
            auto const help = std::string(row.help) + " [" + row.environment_name() + "]";
            auto* option = row.kind == setting_kind::boolean
                               ? app.add_flag(row.flag_name(), text, help)
                               : app.add_option(row.flag_name(), text, help);
            option->group(row.table().empty() ? "Settings" : "Settings: " + std::string(row.table()));
            options_.push_back(option);
        }
    }
    result<loaded_settings> load() const {
        setting_layers layers;
        layers.file_path = file_;
        layers.environment = process_environment();
        auto text = texts_.begin();
        for (std::size_t i = 0; i < options_.size(); ++i, ++text)
            if (options_[i]->count() > 0) layers.flags.emplace_back(all_settings()[i].key, *text);
        return load_settings(std::move(layers));
    }

private:
    std::string file_;
    std::list<std::string> texts_;  // CLI11 keeps addresses
    std::vector<CLI::Option*> options_;
};

// One remote command as CLI11 fills it in.
struct remote_subcommand {
    remote_command const* command = nullptr;
    std::list<std::string> texts;               // parallel to command->arguments
    std::list<std::vector<std::string>> words;  // for argument_kind::words
    std::string data;
    std::string config;
    std::string field;
    bool json = false;
};

void add_argument(CLI::App& app, remote_argument const& argument, remote_subcommand& into) {
    auto& text = into.texts.emplace_back();
    std::string const name(argument.name), help(argument.help);
    auto const flag = (argument.short_flag.empty() ? "" : std::string(argument.short_flag) + ",") + "--" + name;
    switch (argument.kind) {
        case argument_kind::positional:
        case argument_kind::file:
        case argument_kind::folder: app.add_option(name, text, help)->required(); return;
        case argument_kind::optional_positional: app.add_option(name, text, help); return;
        case argument_kind::words:
            app.add_option(name, into.words.emplace_back(), help)->required();
            return;
        case argument_kind::place:
        case argument_kind::option: app.add_option(flag, text, help); return;
        case argument_kind::flag:
        case argument_kind::secret_flag: app.add_flag(flag, text, help); return;
        case argument_kind::secret: return;
    }
}

std::string joined(std::vector<std::string> const& words) {
    std::string out;
    for (auto const& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

constexpr std::size_t longest_document = 64 * kibibyte;

result<std::string> read_document(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(longest_document + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (!file.eof() && file.fail()))
        return failure{error::invalid_argument, path + ": cannot be read"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > longest_document)
        return failure{error::invalid_argument, path + ": more than 64 KiB"};
    if (text.empty()) return failure{error::invalid_argument, path + ": empty, or no file"};
    return text;
}

result<control_request> request_of(remote_subcommand const& parsed) {
    control_request request{parsed.command->name(), {}};
    auto text = parsed.texts.begin();
    for (auto const& argument : parsed.command->arguments) {
        std::string value = *text++;
        bool const asked = argument.kind == argument_kind::secret ||
                           (argument.kind == argument_kind::secret_flag && !value.empty());
        if (asked) {
            SLUICE_TRY(value, read_secret(std::string(argument.name), blocking_token::for_this_thread()));
        } else if (argument.kind == argument_kind::words) {
            value = joined(parsed.words.front());
        } else if (argument.kind == argument_kind::folder) {
            value = std::filesystem::absolute(value).string();
        } else if (argument.kind == argument_kind::place) {
            bool const is_file = !value.empty() && value.find("://") == std::string::npos;
            if (is_file) value = std::filesystem::absolute(value).string();
        } else if (argument.kind == argument_kind::file) {
            SLUICE_TRY(value, read_document(value));
        }
        if (!value.empty()) request.arguments.emplace_back(argument.name, std::move(value));
    }
    return request;
}

std::string data_folder_of(remote_subcommand const& parsed, settings const& values) {
    return parsed.data.empty() ? values.data : parsed.data;
}

int run_remote(remote_subcommand const& parsed) {
    auto const loaded = load_settings({parsed.config, process_environment(), {}});
    if (loaded.has_error()) return report(loaded.error(), misused);
    auto const request = request_of(parsed);
    if (request.has_error()) return report(request.error(), misused);
    std::vector<control_fields> rows;
    auto const on_row = [&](control_fields const& fields) {
        if (!parsed.field.empty()) {
            for (auto const& [name, text] : fields)
                if (name == parsed.field) std::cout << text << std::endl;
        } else if (fields.size() == 1 && fields.front().first == record_field) {
            std::cout << fields.front().second << std::endl;
        } else if (parsed.json) {
            std::cout << json_object(fields) << std::endl;
        } else {
            rows.push_back(fields);
        }
    };
    auto const done = call_server(data_folder_of(parsed, loaded->values), *request, on_row,
                                  loaded->values.limit_control_message, blocking_token::for_this_thread());
    std::cout << table_text(rows);
    if (done.has_error()) return report(done.error(), failed);
    if (!done->empty() && parsed.field.empty()) std::cerr << *done << "\n";
    return 0;
}

void add_remote(CLI::App& app, remote_command const& command, remote_subcommand& into, int& exit_code) {
    into.command = &command;
    auto* const sub = app.add_subcommand(std::string(command.verb), std::string(command.help));
    for (auto const& argument : command.arguments) add_argument(*sub, argument, into);
    sub->add_option("--data", into.data, "the server's data folder [SLUICE_DATA]");
    sub->add_option("--config", into.config, "the server's TOML file")->envname("SLUICE_CONFIG");
    sub->add_option("--field", into.field, "print only this field of each row");
    sub->add_flag("--json", into.json, "one JSON object per row");
    sub->callback([&into, &exit_code] { exit_code = run_remote(into); });
}

// All commands; the object outlives parsing because CLI11 keeps addresses into it.
class command_line {
public:
    explicit command_line(offline_commands const& offline) : offline_(offline) {
        app_.require_subcommand(1);
        add_serve();
        add_remotes();
        add_check_and_restore();
        add_config();
        app_.add_subcommand("version", "the version of this program")->callback([] {
            std::cout << "sluice " << SLUICE_VERSION << "\n";
        });
    }

    int run(int argc, char const* const* argv) {
        try {
            app_.parse(argc, argv);
        } catch (CLI::ParseError const& problem) {
            return app_.exit(problem) == 0 ? 0 : misused;
        }
        return exit_code_;
    }

private:
    void add_serve() {
        auto* const sub = app_.add_subcommand("serve", "run the server");
        flags_.emplace_back().add_to(*sub);
        sub->callback([this, &flags = flags_.back()] {
            auto const loaded = flags.load();
            exit_code_ = loaded.has_error() ? report(loaded.error(), misused) : offline_.serve(*loaded);
        });
    }

    void add_remotes() {
        for (auto const& group : command_groups()) {
            auto* const sub = app_.add_subcommand(std::string(group.name), std::string(group.help));
            sub->require_subcommand(1);
            for (auto const& command : remote_commands())
                if (command.group == group.name)
                    add_remote(*sub, command, remotes_.emplace_back(), exit_code_);
        }
        for (auto const& command : remote_commands())
            if (command.group.empty()) add_remote(app_, command, remotes_.emplace_back(), exit_code_);
    }

    void add_check_and_restore() {
        if (offline_.check) add_check();
        if (offline_.restore) add_restore();
    }

    void add_check() {
        auto* const check = app_.add_subcommand("check", "prove the invariants of a data folder that no server uses");
        flags_.emplace_back().add_to(*check);
        check->callback([this, &flags = flags_.back()] {
            auto const loaded = flags.load();
            if (loaded.has_error()) {
                exit_code_ = report(loaded.error(), misused);
            } else {
                finish(offline_.check(loaded->values, blocking_token::for_this_thread()));
            }
        });
    }

    void add_restore() {
        auto* const restore = app_.add_subcommand("restore", "make a data folder from a backup");
        restore->add_option("backup", backup_, "the folder that `sluice backup` made")->required();
        flags_.emplace_back().add_to(*restore);
        restore->callback([this, &flags = flags_.back()] {
            auto const loaded = flags.load();
            if (loaded.has_error()) {
                exit_code_ = report(loaded.error(), misused);
            } else {
                finish(offline_.restore(loaded->values, backup_, blocking_token::for_this_thread()));
            }
        });
    }

    void add_config() {
        auto* const sub = app_.add_subcommand("config", "settings as they would be in force, or a sample file");
        sub->add_flag("--print", print_, "the effective settings with where each comes from (default)");
        sub->add_flag("--sample", sample_, "every setting with its default and meaning");
        flags_.emplace_back().add_to(*sub);
        sub->callback([this, &flags = flags_.back()] {
            if (sample_) {
                std::cout << sample_file();
                return;
            }
            auto const loaded = flags.load();
            if (loaded.has_error()) exit_code_ = report(loaded.error(), misused);
            else std::cout << effective_file(*loaded);
        });
    }

    void finish(result<std::string> const& outcome) {
        if (outcome.has_error()) exit_code_ = report(outcome.error(), failed);
        else std::cout << *outcome << "\n";
    }

    offline_commands const& offline_;
    CLI::App app_{"One server and one copy of the data behind S3, Kafka and PostgreSQL."};
    std::list<setting_flags> flags_;
    std::list<remote_subcommand> remotes_;
    std::string backup_;
    bool print_ = false, sample_ = false;
    int exit_code_ = 0;
};

}  // namespace

int run_command_line(int argc, char const* const* argv, offline_commands const& offline) {
    return command_line(offline).run(argc, argv);
}

}  // namespace sluice::gateway
