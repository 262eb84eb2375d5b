#include "gateway/core/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <ctime>
#include <memory>
#include <mutex>

#include "gateway/core/ids.hpp"
#include "gateway/core/log_line.hpp"

namespace sluice {
namespace {

class function_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit function_sink(std::function<void(std::string_view)> to) : to_(std::move(to)) {}

private:
    void sink_it_(spdlog::details::log_msg const& message) override {
        to_({message.payload.data(), message.payload.size()});
    }
    void flush_() override {}

    std::function<void(std::string_view)> to_;
};

// What a line needs, replaced as a whole: writers hold it while they write.
struct log_state {
    log_options options;
    wall_clock const* clock;
    std::shared_ptr<spdlog::logger> target;  // shared with nobody else; spdlog's type wants it so
};

std::atomic<log_level> current_level = log_level::info;

std::shared_ptr<log_state> make_state(log_options options, wall_clock const& clock) {
    spdlog::sink_ptr sink;
    if (options.sink) sink = std::make_shared<function_sink>(options.sink);
    else if (!options.file.empty()) sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    else sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto target = std::make_shared<spdlog::logger>("sluice", std::move(sink));
    target->set_pattern("%v");
    target->set_level(spdlog::level::trace);
    target->flush_on(spdlog::level::warn);
    return std::make_shared<log_state>(log_state{std::move(options), &clock, std::move(target)});
}

// Shared by configure_logging, which replaces it, and the lines being written.
class state_slot {
public:
    std::shared_ptr<log_state> load() {
        std::scoped_lock const lock{mutex_};
        if (!state_) state_ = make_state({}, system_wall_clock());
        return state_;
    }
    void store(std::shared_ptr<log_state> state) {
        std::scoped_lock const lock{mutex_};
        state_.swap(state);
    }

private:
    std::mutex mutex_;
    std::shared_ptr<log_state> state_;
};

// Never destroyed: lines may still be written while the process ends.
state_slot& current_state() {
    static auto& slot = *new state_slot;
    return slot;
}

spdlog::level::level_enum spdlog_level(log_level level) noexcept {
    switch (level) {
        case log_level::debug: return spdlog::level::debug;
        case log_level::info: return spdlog::level::info;
        case log_level::warning: return spdlog::level::warn;
        case log_level::error: return spdlog::level::err;
        case log_level::off: return spdlog::level::off;
    }
    return spdlog::level::off;
}

}  // namespace

std::string_view name_of(log_level level) noexcept {
    switch (level) {
        case log_level::debug: return "debug";
        case log_level::info: return "info";
        case log_level::warning: return "warning";
        case log_level::error: return "error";
        case log_level::off: return "off";
    }
    return "unknown";
}

result<log_level> parse_log_level(std::string_view text) {
    for (auto level : {log_level::debug, log_level::info, log_level::warning, log_level::error, log_level::off})
        if (text == name_of(level)) return level;
    return failure{error::invalid_argument,
                   "'" + std::string(text) + "' is none of debug, info, warning, error, off"};
}

log_field::log_field(std::string_view key, failure const& what) : key(key), owned(what.describe()) {
    value = std::string_view{owned};
}

result<void> configure_logging(log_options options, wall_clock const& clock) {
    auto const level = options.level;
    try {
        current_state().store(make_state(std::move(options), clock));
    } catch (spdlog::spdlog_ex const& refused) {
        return failure{error::io_failed, refused.what()};
    }
    current_level = level;
    return success();
}

void flush_log() { current_state().load()->target->flush(); }

bool log_enabled(log_level level) noexcept {
    return level >= current_level.load(std::memory_order_relaxed) && level != log_level::off;
}

bool log_site::admit(std::uint32_t lines_per_second, std::int64_t second, std::uint64_t& suppressed) noexcept {
    if (second_.exchange(second, std::memory_order_relaxed) != second)
        lines_.store(0, std::memory_order_relaxed);
    if (lines_.fetch_add(1, std::memory_order_relaxed) >= lines_per_second) {
        suppressed_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
    return true;
}

void log_site::write(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    auto const state = current_state().load();
    auto const now = to_underlying(state->clock->now());
    std::uint64_t suppressed = 0;
    if (!admit(state->options.lines_per_site_second, now / 1000, suppressed)) return;
    log_line_parts const parts{unix_millis{now}, level, message, file_, line_, suppressed};
    auto const line = state->options.format == log_format::json ? json_line(parts, fields)
                                                                : text_line(parts, fields);
    state->target->log(spdlog_level(level), spdlog::string_view_t{line});
}

}  // namespace sluice
