#include "protocols/postgres/pg_session.hpp"

#include "gateway/core/timer.hpp"
#include "protocols/postgres/session/conversation.hpp"
#include "protocols/postgres/session/login.hpp"
#include "protocols/postgres/wire/error_response.hpp"

namespace sluice::postgres {
namespace {

constexpr std::size_t key_bytes_3_0 = 4, key_bytes_3_2 = 32;

class session {
public:
    session(byte_stream& stream, transport_security& security, auth::connection_facts facts,
            pg_services const& services)
        : channel_(stream, services.options, services.memory),
          security_(security),
          facts_(std::move(facts)),
          services_(services) {}

    task<void> run();

private:
    task<std::unique_ptr<sql::sql_session>> open(logged_in& client,
                                                 session_registry::ticket const& place);
    sql::sql_result<void> apply_settings(sql::sql_session& made, session_wish const& wish);
    void greet(sql::sql_session& made, session_registry::ticket const& place);
    task<void> serve(logged_in client);
    void refuse(sql::sql_error const& what) { append_error(channel_.out(), "FATAL", what); }

    message_channel channel_;
    transport_security& security_;
    auth::connection_facts facts_;
    pg_services const& services_;
};

task<void> session::run() {
    auto const small = services_.options.login_message_bytes;
    channel_.limit_frames({small, small});
    login entry(channel_, security_, facts_, services_);
    auto entering = entry.run();
    auto client = co_await with_deadline(services_.options.authentication, std::move(entering));
    if (client.has_value() && *client) {
        channel_.limit_frames(services_.options.frames);
        co_await serve(std::move(**client));
    }
    co_await channel_.finish();
    if (services_.observer)
        services_.observer->on_session_end(channel_.bytes_in(), channel_.bytes_out());
}

task<void> session::serve(logged_in client) {
    session_facts about;
    about.user = client.wish.user;
    about.database = client.wish.database;
    if (auto const* name = client.wish.setting("application_name")) about.application_name = *name;
    about.client_address = facts_.client_address;
    about.began = services_.clock.now();
    about.tls = facts_.tls;
    auto const key_bytes = client.wish.version >= protocol_3_2 ? key_bytes_3_2 : key_bytes_3_0;
    channel_.put(authentication_ok_message{});
    auto place = services_.sessions.add(std::move(about), key_bytes);
    if (place.has_error()) {
        refuse(make_error(front_error::too_many_sessions));
        co_return;
    }
    auto const made = co_await open(client, *place);
    if (!made) co_return;
    place->on_cancel([session = made.get()] { session->cancel(); });
    greet(*made, *place);
    conversation_services needed{services_.options, services_.clock, services_.observer,
                                 services_.stopping};
    {
        conversation talk(channel_, *made, std::move(needed));
        co_await talk.run();
    }
    // The entry goes before the session that it cancels.
    auto const gone = std::move(*place);
}

task<std::unique_ptr<sql::sql_session>> session::open(logged_in& client,
                                                      session_registry::ticket const& place) {
    if (auto const* name = client.wish.setting("application_name")) client.who.client_id = *name;
    sql::session_request wanted;
    wanted.database = client.wish.database;
    wanted.process_id = place.process_id();
    wanted.prepared = services_.options.prepared;
    auto made = co_await services_.sql.make_session(client.who, std::move(wanted));
    if (made.has_error()) {
        refuse(made.error());
        co_return nullptr;
    }
    auto const applied = apply_settings(**made, client.wish);
    if (applied.has_error()) {
        refuse(applied.error());
        co_return nullptr;
    }
    co_return std::move(*made);
}

sql::sql_result<void> session::apply_settings(sql::sql_session& made, session_wish const& wish) {
    for (auto const& [name, value] : wish.settings) {
        auto const set = made.set_at_startup(name, value);
        if (set.has_error()) return set.error();
    }
    return {};
}

// What stands between AuthenticationOk and the first ReadyForQuery.
void session::greet(sql::sql_session& made, session_registry::ticket const& place) {
    for (auto const& each : made.reported_settings()) {
        parameter_status_message message;
        message.name = each.name;
        message.value = each.value;
        channel_.put(message);
    }
    (void)made.take_changed_settings();  // reported just now
    backend_key_data_message key;
    key.process_id = place.process_id();
    key.secret_key = place.secret_key();
    channel_.put(key);
}

}  // namespace

task<void> serve_postgres(byte_stream& stream, transport_security& security,
                          auth::connection_facts facts, pg_services const& services) {
    session one(stream, security, std::move(facts), services);
    co_await one.run();
}

}  // namespace sluice::postgres
