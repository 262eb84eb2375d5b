#include "gateway/admin/control_commands.hpp"

#include <algorithm>
#include <array>

#include "auth/guard/guarded_policies.hpp"
#include "auth/guard/guarded_providers.hpp"
#include "gateway/admin/user_import.hpp"
#include "gateway/core/log_line.hpp"
#include "gateway/core/timer.hpp"
#include "gateway/core/units.hpp"

namespace sluice::gateway {
namespace {

using outcome = task<result<std::string>>;

constexpr std::uint64_t default_tail = 10;
constexpr std::uint64_t longest_tail = 100'000;
constexpr std::uint32_t audit_page = 500;
constexpr std::chrono::milliseconds audit_wait{500};

// One command on its way: what it was asked and with what it works.
struct command_call {
    control_request const& request;
    row_sink& sink;
    control_services const& services;
    auth::caller root;

    std::string text(std::string_view name) const {
        auto const* found = request.find(name);
        return found ? *found : std::string();
    }
    auth::guarded_admin& admin() const { return services.guard.admin(); }
};

std::string time_text(unix_millis at) { return to_underlying(at) == 0 ? "" : format_time(at); }

std::string joined(std::vector<std::string> const& words) {
    std::string out;
    for (auto const& word : words) out += (out.empty() ? "" : ",") + word;
    return out;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        auto const word = text.substr(0, text.find(','));
        if (!word.empty()) out.emplace_back(word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return out;
}

failure plain(auth::refusal refused) { return std::move(static_cast<failure&>(refused)); }

// The answer of a verb that changes something and has nothing to show.
result<std::string> closing(auth::guarded<void> const& done, std::string text) {
    if (done.has_error()) return plain(done.error());
    return text;
}

control_fields fields_of(auth::principal_summary const& one) {
    return {{"name", one.name},
            {"kind", std::string(name_of(one.kind))},
            {"enabled", one.enabled ? "yes" : "no"},
            {"password", one.has_password ? "yes" : "no"},
            {"access_keys", std::to_string(one.access_keys)},
            {"roles", joined(one.roles)},
            {"for", one.on_behalf_of},
            {"display_name", one.display_name},
            {"email", one.email},
            {"created", time_text(one.created)}};
}

control_fields fields_of(auth::key_summary const& one) {
    return {{"access_key", one.access_key_id},
            {"user", one.owner},
            {"enabled", one.enabled ? "yes" : "no"},
            {"created", time_text(one.created)},
            {"expires", time_text(one.expires)}};
}

control_fields fields_of(auth::encryption_key_summary const& one) {
    return {{"key", one.id},
            {"enabled", one.enabled ? "yes" : "no"},
            {"built_in", one.built_in ? "yes" : "no"},
            {"created", time_text(one.created)}};
}

control_fields fields_of(auth::rule_summary const& one) {
    return {{"id", one.id}, {"rule", one.text}, {"origin", one.origin}, {"grantor", one.grantor},
            {"created", time_text(one.created)}};
}

template <class Summary>
task<result<std::string>> send_rows(row_sink& sink, std::vector<Summary> rows) {
    for (auto const& one : rows) {
        auto const sent = co_await sink.row(fields_of(one));
        if (sent.has_error()) co_return sent.error();
    }
    co_return std::string();
}

outcome user_add(command_call& call) {
    auth::guarded_admin::new_principal wanted;
    wanted.name = call.text("name");
    if (auto const* kind = call.request.find("kind")) {
        auto const known = auth::principal_kind_named(*kind);
        if (!known) co_return failure{error::invalid_argument, "kind: user, service, agent, role or group"};
        wanted.kind = *known;
    }
    if (auto const* password = call.request.find("password")) wanted.password = *password;
    wanted.on_behalf_of = call.text("for");
    wanted.roles = split(call.text("roles"));
    auto const made = co_await call.admin().add_principal(call.root, std::move(wanted));
    if (made.has_error()) co_return plain(made.error());
    co_return std::string(name_of(made->kind)) + " '" + made->name + "' added";
}

// One after the other, each whole: an error says how many came before it.
outcome user_import(command_call& call) {
    auto users = parse_users(call.text("document"));
    if (users.has_error()) co_return std::move(users).error();
    std::size_t done = 0;
    for (auto& user : *users) {
        auto const name = user.name;
        auto const made = co_await call.admin().add_principal(call.root, std::move(user));
        if (made.has_error()) {
            auto why = plain(made.error());
            why.text = "user '" + name + "', after " + std::to_string(done) + " others: " + why.text;
            co_return why;
        }
        ++done;
    }
    co_return std::to_string(done) + (done == 1 ? " user" : " users") + " imported";
}

outcome user_list(command_call& call) {
    auto all = co_await call.admin().list_principals(call.root);
    if (all.has_error()) co_return plain(all.error());
    co_return co_await send_rows(call.sink, std::move(*all));
}

outcome user_delete(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.admin().delete_principal(call.root, name);
    co_return closing(done, "'" + name + "' deleted");
}

outcome user_password(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.admin().set_password(call.root, name, call.text("password"));
    co_return closing(done, "password of '" + name + "' set");
}

outcome user_enable(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.admin().set_enabled(call.root, name, true);
    co_return closing(done, "'" + name + "' enabled");
}

outcome user_disable(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.admin().set_enabled(call.root, name, false);
    co_return closing(done, "'" + name + "' disabled");
}

outcome user_join(command_call& call) {
    auto const done =
        co_await call.admin().set_membership(call.root, call.text("member"), call.text("role"), true);
    co_return closing(done, "'" + call.text("member") + "' is a member of '" + call.text("role") + "'");
}

outcome user_leave(command_call& call) {
    auto const done =
        co_await call.admin().set_membership(call.root, call.text("member"), call.text("role"), false);
    co_return closing(done, "'" + call.text("member") + "' is no member of '" + call.text("role") + "'");
}

outcome key_create(command_call& call) {
    unix_millis expires{};
    if (auto const* length = call.request.find("expires")) {
        auto const parsed = parse_duration(*length);
        if (parsed.has_error()) co_return parsed.error();
        auto const millis = std::chrono::duration_cast<std::chrono::milliseconds>(*parsed).count();
        expires = unix_millis{to_underlying(call.services.clock.now()) + millis};
    }
    auto const made = co_await call.admin().create_key(call.root, call.text("user"), expires);
    if (made.has_error()) co_return plain(made.error());
    control_fields fields{{"access_key", made->access_key_id}, {"secret", made->secret}};
    auto const sent = co_await call.sink.row(std::move(fields));
    if (sent.has_error()) co_return sent.error();
    co_return "the secret is shown this once";
}

outcome key_list(command_call& call) {
    auto keys = co_await call.admin().list_keys(call.root, call.text("user"));
    if (keys.has_error()) co_return plain(keys.error());
    co_return co_await send_rows(call.sink, std::move(*keys));
}

outcome key_delete(command_call& call) {
    auto const id = call.text("access_key");
    auto const done = co_await call.admin().delete_key(call.root, id);
    co_return closing(done, "access key '" + id + "' deleted");
}

outcome kms_create(command_call& call) {
    auto const made = co_await call.admin().create_encryption_key(call.root, call.text("name"));
    if (made.has_error()) co_return plain(made.error());
    co_return "encryption key '" + made->id + "' made";
}

outcome kms_list(command_call& call) {
    auto keys = co_await call.admin().list_encryption_keys(call.root);
    if (keys.has_error()) co_return plain(keys.error());
    co_return co_await send_rows(call.sink, std::move(*keys));
}

outcome kms_enable(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.admin().set_encryption_key_enabled(call.root, name, true);
    co_return closing(done, "encryption key '" + name + "' enabled");
}

outcome kms_disable(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.admin().set_encryption_key_enabled(call.root, name, false);
    co_return closing(done, "encryption key '" + name + "' disabled");
}

outcome oidc_add(command_call& call) {
    auth::guarded_providers::new_provider wanted;
    wanted.label = call.text("name");
    wanted.issuer = call.text("issuer");
    wanted.clients = split(call.text("audience"));
    wanted.keys = call.text("jwks");
    wanted.logins = call.text("logins") == "true";
    auto const made = co_await call.services.guard.providers().add(call.root, std::move(wanted));
    if (made.has_error()) co_return plain(made.error());
    co_return "tokens of '" + made->issuer + "' are believed";
}

outcome oidc_list(command_call& call) {
    auto const all = co_await call.services.guard.providers().list(call.root);
    if (all.has_error()) co_return plain(all.error());
    for (auto const& one : *all) {
        control_fields fields{{"name", one.label},
                              {"issuer", one.issuer},
                              {"audience", joined(one.clients)},
                              {"jwks", one.keys},
                              {"logins", one.logins ? "true" : "false"},
                              {"created", time_text(one.created)}};
        auto const sent = co_await call.sink.row(std::move(fields));
        if (sent.has_error()) co_return sent.error();
    }
    co_return std::string();
}

outcome oidc_delete(command_call& call) {
    auto const name = call.text("name");
    auto const done = co_await call.services.guard.providers().remove(call.root, name);
    co_return closing(done, "identity provider '" + name + "' deleted");
}

outcome policy_put(command_call& call) {
    auto const made = co_await call.admin().put_rule(call.root, call.text("rule"));
    if (made.has_error()) co_return plain(made.error());
    auto const sent = co_await call.sink.row(fields_of(*made));
    if (sent.has_error()) co_return sent.error();
    co_return std::string();
}

outcome policy_list(command_call& call) {
    auto rules = co_await call.admin().list_rules(call.root);
    if (rules.has_error()) co_return plain(rules.error());
    co_return co_await send_rows(call.sink, std::move(*rules));
}

outcome policy_show(command_call& call) {
    auto rules = co_await call.admin().list_rules(call.root);
    if (rules.has_error()) co_return plain(rules.error());
    auto const id = call.text("id");
    std::erase_if(*rules, [&](auto const& rule) { return rule.id != id; });
    if (rules->empty()) co_return failure{error::not_found, "no rule is called '" + id + "'"};
    co_return co_await send_rows(call.sink, std::move(*rules));
}

outcome policy_delete(command_call& call) {
    auto const id = call.text("id");
    auto const done = co_await call.admin().delete_rule(call.root, id);
    co_return closing(done, "rule '" + id + "' deleted");
}

outcome policy_attach(command_call& call) {
    auto const name = call.text("name"), holder = call.text("holder");
    auth::guarded_policies::identity_policy policy{holder, name, call.text("document")};
    auto const done = co_await call.services.guard.policies().put(call.root, std::move(policy));
    co_return closing(done, "policy '" + name + "' of '" + holder + "' is in force");
}

outcome policy_attached(command_call& call) {
    auto policies = co_await call.services.guard.policies().list(call.root);
    if (policies.has_error()) co_return plain(policies.error());
    for (auto const& one : *policies) {
        control_fields fields{
            {"holder", one.holder}, {"name", one.name}, {"document", one.document}};
        auto const sent = co_await call.sink.row(std::move(fields));
        if (sent.has_error()) co_return sent.error();
    }
    co_return std::string();
}

outcome policy_detach(command_call& call) {
    auto const name = call.text("name"), holder = call.text("holder");
    auto const done = co_await call.services.guard.policies().remove(call.root, holder, name);
    co_return closing(done, "policy '" + name + "' of '" + holder + "' is gone");
}

// Sends what `stream` has up to `end`, then, while following, what comes until the client leaves.
outcome send_audit(command_call& call, auth::audit_stream stream, std::int64_t next, std::int64_t end,
                   bool follow) {
    while (follow ? call.sink.is_open() : next < end) {
        auto const until = call.services.clock.monotonic() + audit_wait;
        auto const entries = co_await stream.next(audit_page, until);
        if (entries.has_error()) co_return entries.error();
        if (entries->empty() && !follow) break;
        for (auto const& entry : *entries) {
            next = to_underlying(entry.offset) + 1;
            if (!follow && next > end) break;
            control_fields fields{{std::string(record_field), entry.json}};
            auto const sent = co_await call.sink.row(std::move(fields));
            if (sent.has_error()) co_return sent.error();
        }
    }
    co_return std::string();
}

outcome audit_tail(command_call& call) {
    std::uint64_t count = default_tail;
    if (auto const* text = call.request.find("count")) {
        auto const parsed = parse_count(*text);
        if (parsed.has_error()) co_return parsed.error();
        count = std::min(*parsed, longest_tail);
    }
    auto const end = to_underlying(call.services.audit_end());
    auto const from = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(count));
    auto stream = co_await call.admin().open_audit(call.root, log_offset{from});
    if (stream.has_error()) co_return plain(stream.error());
    co_return co_await send_audit(call, std::move(*stream), from, end, call.text("follow") == "true");
}

outcome status(command_call& call) {
    auto const sent = co_await call.sink.row(call.services.status());
    if (sent.has_error()) co_return sent.error();
    co_return std::string();
}

outcome backup(command_call& call) { return call.services.backup(call.text("folder")); }

struct command_row {
    std::string_view name;
    outcome (*run)(command_call&);
    std::array<std::string_view, 5> arguments;  // known; those before `required` must be there
    std::size_t required;
};

// Sorted by name.
constexpr std::array rows{
    command_row{"audit.tail", audit_tail, {"count", "follow"}, 0},
    command_row{"backup", backup, {"folder"}, 1},
    command_row{"key.create", key_create, {"user", "expires"}, 1},
    command_row{"key.delete", key_delete, {"access_key"}, 1},
    command_row{"key.list", key_list, {"user"}, 0},
    command_row{"kms.create", kms_create, {"name"}, 1},
    command_row{"kms.disable", kms_disable, {"name"}, 1},
    command_row{"kms.enable", kms_enable, {"name"}, 1},
    command_row{"kms.list", kms_list, {}, 0},
    command_row{"oidc.add", oidc_add, {"name", "issuer", "audience", "jwks", "logins"}, 3},
    command_row{"oidc.delete", oidc_delete, {"name"}, 1},
    command_row{"oidc.list", oidc_list, {}, 0},
    command_row{"policy.attach", policy_attach, {"holder", "name", "document"}, 3},
    command_row{"policy.attached", policy_attached, {}, 0},
    command_row{"policy.delete", policy_delete, {"id"}, 1},
    command_row{"policy.detach", policy_detach, {"holder", "name"}, 2},
    command_row{"policy.list", policy_list, {}, 0},
    command_row{"policy.put", policy_put, {"rule"}, 1},
    command_row{"policy.show", policy_show, {"id"}, 1},
    command_row{"status", status, {}, 0},
    command_row{"user.add", user_add, {"name", "kind", "for", "roles", "password"}, 1},
    command_row{"user.delete", user_delete, {"name"}, 1},
    command_row{"user.disable", user_disable, {"name"}, 1},
    command_row{"user.enable", user_enable, {"name"}, 1},
    command_row{"user.import", user_import, {"document"}, 1},
    command_row{"user.join", user_join, {"member", "role"}, 2},
    command_row{"user.leave", user_leave, {"member", "role"}, 2},
    command_row{"user.list", user_list, {}, 0},
    command_row{"user.password", user_password, {"name", "password"}, 2},
};

constexpr auto row_names = [] {
    std::array<std::string_view, rows.size()> names{};
    for (std::size_t i = 0; i < rows.size(); ++i) names[i] = rows[i].name;
    return names;
}();
static_assert(std::is_sorted(row_names.begin(), row_names.end()));

result<void> check_arguments(command_row const& row, control_request const& request) {
    for (std::size_t i = 0; i < row.required; ++i)
        if (!request.find(row.arguments[i]))
            return failure{error::invalid_argument, std::string(row.arguments[i]) + ": missing"};
    for (auto const& argument : request.arguments)
        if (std::find(row.arguments.begin(), row.arguments.end(), argument.first) == row.arguments.end())
            return failure{error::invalid_argument, argument.first + ": unknown"};
    return {};
}

}  // namespace

std::span<std::string_view const> control_command_names() noexcept { return row_names; }

task<result<std::string>> run_control_command(control_request const& request, row_sink& sink,
                                              control_services const& services) {
    auto const row = std::find_if(rows.begin(), rows.end(),
                                  [&](auto const& candidate) { return candidate.name == request.command; });
    if (row == rows.end()) co_return failure{error::unsupported, "no command is called '" + request.command + "'"};
    auto const checked = check_arguments(*row, request);
    if (checked.has_error()) co_return checked.error();
    command_call call{request, sink, services, services.guard.control_socket_caller()};
    call.root.operation = request.command;
    co_return co_await row->run(call);
}

}  // namespace sluice::gateway
