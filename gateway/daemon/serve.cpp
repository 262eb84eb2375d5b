#include "gateway/daemon/serve.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>

#include "gateway/core/async.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/task_group.hpp"
#include "gateway/daemon/greeting.hpp"
#include "gateway/daemon/options.hpp"
#include "gateway/daemon/server.hpp"
#include "gateway/daemon/service_notify.hpp"

namespace sluice::gateway {
namespace {

// Descriptors that the store and the process itself need beside connections.
constexpr std::uint64_t descriptors_kept = 512;

void prepare_process(settings const& chosen) {
    ::umask(077);
    std::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < chosen.limit_connections + descriptors_kept)
        SLUICE_LOG(log_level::warning, "fewer descriptors than limits.connections asks for",
                   {"descriptors", files.rlim_cur}, {"connections", chosen.limit_connections});
}

// Waits for signals: true for one that stops, after doing what the others ask for.
task<bool> stop_signal(boost::asio::signal_set& signals, server& running) {
    for (;;) {
        auto const [code, number] = co_await signals.async_wait(awaiting_tuple);
        if (code) co_return false;
        if (number != SIGHUP) co_return true;
        auto const reloaded = running.reload();
        if (reloaded.has_error())
            SLUICE_LOG(log_level::error, "certificate not reloaded", {"failure", reloaded.error()});
        else SLUICE_LOG(log_level::info, "certificate reloaded");
    }
}

task<void> stop_server(boost::asio::signal_set& signals, server& running) {
    auto hurry = [&running](boost::system::error_code code, int) {
        if (!code) running.hurry();
    };
    signals.async_wait(hurry);
    co_await running.stop();
    signals.cancel();
}

task<void> run_server(server& running, int& exit_code) {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::signal_set signals(executor, SIGTERM, SIGINT, SIGHUP);
    auto const started = co_await running.start();
    if (started.has_error()) {
        SLUICE_LOG(log_level::error, "not started", {"failure", started.error()});
        std::cerr << "sluice: " << started.error().describe() << std::endl;
        exit_code = 1;
        co_await running.stop();
        co_return;
    }
    auto const& addresses = running.addresses();
    SLUICE_LOG(log_level::info, "ready", {"s3", addresses.s3}, {"kafka", addresses.kafka}, {"pg", addresses.pg},
               {"admin", addresses.admin}, {"data", addresses.data_folder});
    std::cout << greeting(addresses) << std::flush;
    notify_service_manager("READY=1");
    (void)co_await stop_signal(signals, running);
    SLUICE_LOG(log_level::info, "stopping");
    notify_service_manager("STOPPING=1");
    co_await stop_server(signals, running);
    SLUICE_LOG(log_level::info, "stopped");
}

int report(failure const& what) {
    std::cerr << "sluice: " << what.text << std::endl;
    return 1;
}

}  // namespace

int serve(loaded_settings const& loaded) {
    auto const& chosen = loaded.values;
    auto const logging = configure_logging(log_options_of(chosen));
    if (logging.has_error()) return report(logging.error());
    for (auto const& name : loaded.unknown_environment_names)
        SLUICE_LOG(log_level::warning, "environment variable names no setting", {"name", name});
    prepare_process(chosen);
    boost::asio::io_context main(1);
    auto bound = server::bind(chosen, main.get_executor(), blocking_token::for_this_thread());
    if (bound.has_error()) return report(bound.error());
    int exit_code = 0;
    task_group group(main.get_executor(), {.children_max = 1});
    auto running = run_server(**bound, exit_code);
    SLUICE_ASSERT(group.spawn(std::move(running)));
    main.run();
    bound->reset();
    flush_log();
    return exit_code;
}

}  // namespace sluice::gateway
