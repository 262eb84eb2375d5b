#include "gateway/daemon/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "auth/guard/guard.hpp"
#include "auth/guard/system_caller.hpp"
#include "backend/store/audit_log.hpp"
#include "backend/store/backup.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/scrubber.hpp"
#include "gateway/admin/admin_session.hpp"
#include "gateway/admin/control_commands.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/task_group.hpp"
#include "gateway/daemon/kafka_front.hpp"
#include "gateway/daemon/key_document_source.hpp"
#include "gateway/daemon/options.hpp"
#include "gateway/daemon/pg_front.hpp"
#include "gateway/daemon/root_secret.hpp"
#include "gateway/daemon/s3_observer.hpp"
#include "gateway/daemon/server_metrics.hpp"
#include "gateway/daemon/sql_wiring.hpp"
#include "gateway/net/tls_engine.hpp"
#include "protocols/s3/access_log_writer.hpp"
#include "protocols/s3/journal_writer.hpp"
#include "protocols/s3/lifecycle_worker.hpp"

namespace sluice::gateway {
namespace {

result<void> make_data_folder(std::string const& folder) {
    std::error_code problem;
    if (std::filesystem::create_directories(folder, problem)) ::chmod(folder.c_str(), 0700);
    if (problem) return failure{error::io_failed, "data folder '" + folder + "': " + problem.message()};
    return {};
}

std::string host_of(settings const& chosen) {
    auto host = chosen.listen == "0.0.0.0" ? "127.0.0.1" : chosen.listen == "::" ? "::1" : chosen.listen;
    if (host.find(':') != host.npos) host = "[" + host + "]";
    return host;
}

std::string url_of(settings const& chosen, std::uint16_t port) {
    return (chosen.tls_cert.empty() ? "http://" : "https://") + host_of(chosen) + ":" + std::to_string(port);
}

// "1.3" of "TLSv1.3".
std::string number_of_tls(std::string const& version) {
    constexpr std::string_view family = "TLSv";
    return version.starts_with(family) ? version.substr(family.size()) : std::string();
}

task<void> serve_s3_connection(byte_stream& stream, connection_origin origin, s3::s3_services const& services) {
    auth::connection_facts const facts{"s3", std::move(origin.client_address), origin.encrypted,
                                       number_of_tls(origin.tls_version)};
    s3::transport_names transport{std::move(origin.tls_version), std::move(origin.tls_cipher)};
    co_await s3::serve_s3(stream, facts, services, std::move(transport));
}

}  // namespace

class server::state {
public:
    state(settings const& chosen, boost::asio::any_io_executor main)
        : chosen_(chosen),
          main_(main),
          clock_(system_wall_clock()),
          random_(system_random()),
          page_(metrics_options_of(chosen)),
          observer_(page_),
          kafka_observer_(page_),
          watched_(page_),
          background_(main, {.children_max = 8}),
          began_(clock_.monotonic()) {}

    result<void> bind(blocking_token) {
        auto& out = addresses_;
        out.data_folder = data_folder_of(chosen_);
        out.root_user = chosen_.root_user;
        out.certificate = chosen_.tls_cert;
        SLUICE_TRY(s3_options_, s3_options_of(chosen_));
        SLUICE_TRY(kafka_options_, kafka_options_of(chosen_));
        SLUICE_TRY(memory_parts_, memory_parts_of(chosen_));
        memory_.emplace(memory_parts_.requests);
        SLUICE_CHECK(make_data_folder(out.data_folder));
        if (!chosen_.tls_cert.empty()) {
            SLUICE_TRY(identity_, tls_identity::load(chosen_.tls_cert, chosen_.tls_key, {"http/1.1"}));
        }
        threads_.emplace(chosen_.io_threads);
        auto on_admin = [this](byte_stream& stream, connection_origin origin) {
            return serve_admin(stream, std::move(origin), admin_services_);
        };
        auto on_s3 = [this](byte_stream& stream, connection_origin origin) {
            return serve_s3_connection(stream, std::move(origin), *s3_services_);
        };
        auto on_kafka = [this](byte_stream& stream, connection_origin origin) {
            return kafka_front_->serve(stream, std::move(origin));
        };
        SLUICE_TRY(admin_, listener::open(*threads_, listener_options_of(chosen_, "admin", chosen_.admin_port),
                                          identity_.get(), on_admin));
        SLUICE_TRY(s3_, listener::open(*threads_, listener_options_of(chosen_, "s3", chosen_.s3_port),
                                       identity_.get(), on_s3));
        SLUICE_TRY(kafka_, listener::open(*threads_, listener_options_of(chosen_, "kafka", chosen_.kafka_port),
                                          identity_.get(), on_kafka));
        SLUICE_CHECK(bind_postgres());
        out.s3_port = s3_->port();
        out.kafka_port = kafka_->port();
        out.admin_port = admin_->port();
        out.s3 = url_of(chosen_, out.s3_port);
        out.kafka = host_of(chosen_) + ":" + std::to_string(out.kafka_port);
        out.admin = url_of(chosen_, out.admin_port);
        return {};
    }

    task<result<void>> start() {
        fill_admin_services();
        watched_.watch_process(addresses_.data_folder);
        watched_.watch(*admin_);
        watched_.watch(*s3_);
        watched_.watch(*kafka_);
        admin_->start();
        blocking_.emplace(blocking_options_of(chosen_));
        watched_.watch(*blocking_, "blocking");
        auto opening = [this](blocking_token token) { return open_store(token); };
        auto const opened = co_await blocking_->run(std::move(opening));
        if (opened.has_error()) co_return opened.error();
        watched_.watch(*engine_);
        watched_.watch(*guard_);
        watched_.watch(sql_->pool(), "sql");
        watched_.watch(sql_->read_engine());
        access_log_.emplace(*guard_, auth::system_caller(*guard_, "s3"), clock_, random_, s3_options_,
                            access_log_options_of(chosen_));
        watched_.watch(*access_log_);
        auto const logged = co_await access_log_->refresh();
        if (logged.has_error()) co_return logged.error();
        journals_.emplace(*guard_, auth::system_caller(*guard_, "s3"), clock_, random_, s3_options_,
                          journal_options_of(chosen_));
        watched_.watch(*journals_);
        parquet_reader_ = query::make_parquet_reader(clock_);
        selects_.emplace(select_options_of(chosen_), &*memory_, &*parquet_reader_);
        watched_.watch(selects_->pool(), "select");
        s3_services_.emplace(s3::s3_services{*guard_, clock_, random_, s3_options_, &observer_,
                                             &*access_log_, &*journals_, &*selects_});
        kafka_front_.emplace(kafka_options_, coordinator_options_of(chosen_, kafka_options_),
                             transaction_options_of(chosen_), topics_of(*engine_), *guard_,
                             *memory_, clock_, random_,
                             kafka_observer_, main_);
        auto const groups = co_await kafka_front_->load();
        if (groups.has_error()) co_return groups.error();
        auto timing = kafka_front_->run();
        SLUICE_ASSERT(background_.spawn(std::move(timing)));
        auto ending = kafka_front_->run_transactions();
        SLUICE_ASSERT(background_.spawn(std::move(ending)));
        auto auditing = guard_->run_audit();
        SLUICE_ASSERT(background_.spawn(std::move(auditing)));
        lifecycle_.emplace(*guard_, auth::system_caller(*guard_, "s3"), clock_, s3_options_,
                           lifecycle_options_of(chosen_));
        watched_.watch(*lifecycle_);
        auto logging = access_log_->run();
        SLUICE_ASSERT(background_.spawn(std::move(logging)));
        auto writing_out = journals_->run();
        SLUICE_ASSERT(background_.spawn(std::move(writing_out)));
        auto expiring = lifecycle_->run();
        SLUICE_ASSERT(background_.spawn(std::move(expiring)));
        auto const control = open_control();
        if (control.has_error()) co_return control.error();
        s3_->start();
        kafka_->start();
        if (postgres_) postgres_->start(*guard_, sql_->service(), *memory_, clock_);
        ready_ = true;
        co_return success();
    }

    task<void> stop() {
        ready_ = false;
        stopping_ = true;
        if (kafka_front_) kafka_front_->stop();
        task_group closing(main_, {.children_max = 4});
        if (postgres_) postgres_->announce_stop();
        for (auto* port : {s3_.get(), kafka_.get(), admin_.get(),
                           postgres_ ? &postgres_->port() : nullptr}) {
            if (!port) continue;
            auto end = port->stop(chosen_.limit_stop_grace);
            SLUICE_ASSERT(closing.spawn(std::move(end)));
        }
        if (control_) co_await control_->stop();
        co_await closing.drain();
        background_.cancel();
        co_await background_.drain();
        kafka_front_.reset();
        watched_.forget_all();
        if (access_log_) {
            auto const written = co_await access_log_->flush();
            if (written.has_error())
                SLUICE_LOG(log_level::error, "access log not written", {"failure", written.error()});
        }
        if (guard_) {
            auto const flushed = co_await guard_->flush_audit();
            if (flushed.has_error())
                SLUICE_LOG(log_level::error, "audit not flushed", {"failure", flushed.error()});
        }
        if (!engine_) co_return;
        auto closing_store = [this](blocking_token) { close_store(); };
        (void)co_await blocking_->run(std::move(closing_store));  // refused: the destructors do the same
    }

    void hurry() {
        s3_->cancel_connections();
        kafka_->cancel_connections();
        admin_->cancel_connections();
        if (postgres_) postgres_->port().cancel_connections();
    }

    result<void> reload() {
        if (postgres_) {
            SLUICE_CHECK(postgres_->reload());
        }
        return identity_ ? identity_->reload() : success();
    }
    server_addresses const& addresses() const noexcept { return addresses_; }

private:
    result<void> bind_postgres() {
        SLUICE_TRY(postgres_, pg_front::open(chosen_, *threads_, page_));
        watched_.watch(postgres_->port());
        auto const host = chosen_.listen == "0.0.0.0" ? "127.0.0.1" : chosen_.listen == "::" ? "::1" : chosen_.listen;
        addresses_.pg = "host=" + host + " port=" + std::to_string(postgres_->port().port());
        return {};
    }

    result<void> open_store(blocking_token token) {
        SLUICE_TRY(auto options, engine_options_of(chosen_));
        options.journal.on_group = watched_.journal_groups();
        options.on_failure = [](std::string_view where, failure const& what) {
            SLUICE_LOG(log_level::error, "store failure", {"where", where}, {"failure", what});
        };
        SLUICE_TRY(engine_, store::engine::open(std::move(options), *blocking_, token));
        log_recovery();
        SLUICE_TRY(kafka_options_.cluster_id, cluster_id_of(*engine_, random_, token));
        auto guard_options = guard_options_of(chosen_);
        guard_options.root_password = chosen_.root_password;
        if (guard_options.root_password.empty()) {
            bool const is_new = engine_->recovered().applied_after == lsn{0};
            SLUICE_TRY(auto secret, make_root_secret(guard_options.key_file, addresses_.data_folder, is_new,
                                                     random_, token));
            guard_options.root_password = secret.text;
            if (secret.show) addresses_.made_up_secret = secret.text;
        }
        root_secret_ = guard_options.root_password;
        SLUICE_TRY(guard_, auth::guard::open(std::move(guard_options), *engine_, clock_, random_, token));
        key_documents_.emplace(fetch_options{}, *blocking_);
        guard_->read_keys_with(*key_documents_);
        SLUICE_TRY(sql_, sql_wiring::open(chosen_, *engine_, *guard_, {memory_parts_.engine, *memory_}, clock_, random_, token));
        return {};
    }

    void close_store() {
        sql_.reset();
        guard_.reset();
        engine_->stop();
    }

    void log_recovery() const {
        auto const& report = engine_->recovered();
        SLUICE_LOG(log_level::info, "store recovered", {"applied_before", to_underlying(report.applied_before)},
                   {"applied_after", to_underlying(report.applied_after)},
                   {"replayed_commits", report.replayed_commits}, {"torn_tail", report.torn_tail});
    }

    result<void> open_control() {
        control_services_.emplace(control_services{
            *guard_, clock_, [this] { return status_fields(); }, [this] { return store::audit_end(*engine_); },
            [this](std::string folder) { return back_up(std::move(folder)); }});
        auto handler = [this](control_request const& request, row_sink& sink) {
            return run_control_command(request, sink, *control_services_);
        };
        SLUICE_TRY(control_, control_server::open(main_, control_options_of(chosen_), std::move(handler)));
        control_->start();
        return {};
    }

    task<result<std::string>> back_up(std::string folder) {
        auto work = [this, &folder](blocking_token token) { return store::backup(*engine_, folder, token); };
        auto const report = co_await blocking_->run(std::move(work));
        if (report.has_error()) co_return report.error();
        co_return "copied " + std::to_string(report->bytes) + " bytes in " + std::to_string(report->files) +
            " files, as of commit " + std::to_string(to_underlying(report->at)) + ", into " + folder;
    }

    void fill_admin_services() {
        admin_services_.http = http_options_of(chosen_);
        admin_services_.is_ready = [this] { return ready_.load(); };
        admin_services_.exposition = [this] { return page_.exposition(); };
        admin_services_.accepts_credentials = [this](std::string_view user, std::string_view password,
                                                     connection_origin const& origin) {
            return is_root(user, password, origin);
        };
    }

    // Until the store is open nobody is anybody.
    bool is_root(std::string_view user, std::string_view password, connection_origin const& origin) {
        if (!ready_) return false;
        bool const right_name = constant_time_equal(user, chosen_.root_user);
        if (constant_time_equal(password, root_secret_) && right_name) return true;
        guard_->count_failed_authentication({"admin", origin.client_address, origin.encrypted}, "wrong password");
        return false;
    }

    std::size_t connections() const {
        return s3_->counters().open + kafka_->counters().open + postgres_->port().counters().open;
    }

    std::string writes_field() const {
        if (!engine_->is_read_only()) return "accepted";
        return "refused until a restart: " + engine_->why_read_only();
    }

    std::string damage_field() const {
        auto const places = engine_->scrub().damaged();
        if (places.empty()) return "none found";
        return std::to_string(places.size()) + " places, the last: " + places.back();
    }

    control_fields status_fields() const {
        auto const up = std::chrono::duration_cast<std::chrono::seconds>(clock_.monotonic() - began_).count();
        return {{"pid", std::to_string(::getpid())},
                {"version", SLUICE_VERSION},
                {"data", addresses_.data_folder},
                {"s3", addresses_.s3},
                {"kafka", addresses_.kafka},
                {"pg", host_of(chosen_) + ":" + std::to_string(postgres_->port().port())},
                {"admin", addresses_.admin},
                {"uptime_seconds", std::to_string(up)},
                {"connections", std::to_string(connections())},
                {"writes", writes_field()},
                {"damage", damage_field()}};
    }

    settings const chosen_;
    boost::asio::any_io_executor main_;
    wall_clock const& clock_;
    random_source& random_;
    metrics page_;
    s3_observer observer_;
    kafka_observer kafka_observer_;
    server_metrics watched_;
    s3::s3_options s3_options_;
    kafka::kafka_options kafka_options_;
    memory_parts memory_parts_;
    admin_services admin_services_;
    server_addresses addresses_;
    std::string root_secret_;
    std::atomic<bool> ready_ = false, stopping_ = false;

    // Below here the order is that of construction: later parts refer to earlier ones.
    std::unique_ptr<tls_identity> identity_;
    std::optional<memory_allowance> memory_;  // limits.request_memory
    std::optional<blocking_pool> blocking_;
    std::optional<io_threads> threads_;
    std::unique_ptr<store::engine> engine_;
    std::optional<key_document_source> key_documents_;
    std::unique_ptr<auth::guard> guard_;
    std::unique_ptr<query::file_reader> parquet_reader_;
    std::optional<s3::select_service> selects_;
    std::optional<s3::s3_services> s3_services_;
    std::optional<s3::lifecycle_worker> lifecycle_;
    std::optional<s3::access_log_writer> access_log_;
    std::optional<s3::journal_writer> journals_;
    std::optional<kafka_front> kafka_front_;
    std::optional<control_services> control_services_;
    std::unique_ptr<control_server> control_;
    std::unique_ptr<listener> admin_, s3_, kafka_;
    std::unique_ptr<sql_wiring> sql_;
    std::unique_ptr<pg_front> postgres_;
    task_group background_;
    monotonic_time const began_;
};

server::server(std::unique_ptr<state> parts) : state_(std::move(parts)) {}
server::~server() = default;

result<std::unique_ptr<server>> server::bind(settings const& chosen, boost::asio::any_io_executor main,
                                             blocking_token token) {
    auto parts = std::make_unique<state>(chosen, std::move(main));
    SLUICE_CHECK(parts->bind(token));
    return std::unique_ptr<server>(new server(std::move(parts)));
}

task<result<void>> server::start() { return state_->start(); }
task<void> server::stop() { return state_->stop(); }
void server::hurry() { state_->hurry(); }
result<void> server::reload() { return state_->reload(); }
server_addresses const& server::addresses() const noexcept { return state_->addresses(); }

}  // namespace sluice::gateway
