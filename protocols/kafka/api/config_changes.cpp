#include "protocols/kafka/api/config_changes.hpp"

#include <algorithm>
#include <set>

#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/config/topic_settings.hpp"

namespace sluice::kafka {
namespace {

constexpr std::int8_t topic_resource = 2;
constexpr std::int8_t broker_resource = 4;

config_outcome refused(error_code error, std::string text) {
    return {error, bounded(std::move(text))};
}

// What is wrong with the edits whatever the resource has now.
config_outcome check_edits(std::vector<config_edit> const& edits) {
    std::set<std::string_view> names;
    for (auto const& one : edits) {
        if (!names.insert(one.name).second)
            return refused(error_code::invalid_request,
                           "Error due to duplicate config keys: " + one.name);
        if (one.how < config_edit_kind::set || one.how > config_edit_kind::subtract)
            return refused(error_code::invalid_request,
                           "Unknown operation on " + one.name + ": " +
                               std::to_string(static_cast<int>(one.how)));
        if (one.how != config_edit_kind::remove && !one.value)
            return refused(error_code::invalid_request,
                           "Null value not supported for : " + one.name);
    }
    return {};
}

std::vector<std::string> split(std::string const& list) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < list.size();) {
        auto const end = std::min(list.find(',', at), list.size());
        auto first = list.find_first_not_of(' ', at);
        auto last = list.find_last_not_of(' ', end - 1);
        if (first < end && last != list.npos && last >= first)
            out.push_back(list.substr(first, last - first + 1));
        at = end + 1;
    }
    return out;
}

std::string join(std::vector<std::string> const& parts) {
    std::string out;
    for (auto const& one : parts) out += (out.empty() ? "" : ",") + one;
    return out;
}

// Adds to a list or takes from it; what it has now is its default when nothing was given.
result<void> edit_list(config_edit const& edit, std::map<std::string, std::string>& settings) {
    auto const* row = find_config(config_scope::topic, edit.name);
    bool const appends = edit.how == config_edit_kind::append;
    if (row == nullptr || row->type != config_type::list_)
        return failure{error::invalid_argument, std::string("Can't ") +
                                                    (appends ? "append to" : "subtract from") +
                                                    " key " + edit.name +
                                                    " because its type is not LIST."};
    auto const given = settings.find(edit.name);
    auto parts = split(given != settings.end() ? given->second
                                               : std::string(row->default_value.value_or("")));
    for (auto const& one : split(*edit.value)) {
        bool const is_there = std::find(parts.begin(), parts.end(), one) != parts.end();
        if (appends && !is_there) parts.push_back(one);
        if (!appends) std::erase(parts, one);
    }
    settings.insert_or_assign(edit.name, join(parts));
    return {};
}

result<auth::guarded_logs::changed_settings> edit_settings(config_edits const& wanted,
                                                           store::topic_info const& now,
                                                           kafka_options const& options) {
    auto settings = now.settings;
    if (wanted.replaces_all) settings.clear();
    for (auto const& one : wanted.edits) {
        switch (one.how) {
            case config_edit_kind::set: settings.insert_or_assign(one.name, *one.value); break;
            case config_edit_kind::remove: settings.erase(one.name); break;
            case config_edit_kind::append:
            case config_edit_kind::subtract: {
                SLUICE_CHECK(edit_list(one, settings));
                break;
            }
        }
    }
    given_configs given(settings.begin(), settings.end());
    SLUICE_TRY(auto checked, check_topic_settings(given, options));
    return auth::guarded_logs::changed_settings{std::move(checked.given), checked.retention};
}

task<config_outcome> change_topic(api_call& call, config_edits const& wanted) {
    if (auto const why = why_no_topic_name(wanted.resource_name); !why.empty())
        co_return refused(error_code::invalid_topic_exception, std::string(why));
    auth::guarded_logs::settings_change change = [&](store::topic_info const& now) {
        return edit_settings(wanted, now, call.options());
    };
    auto const done = co_await call.logs().change_settings(
        call.who(), wanted.resource_name, std::move(change), wanted.validate_only);
    if (done.has_value()) co_return config_outcome{};
    auto const& why = done.error();
    if (why.code == error::invalid_argument || why.code == error::too_large)
        co_return refused(error_code::invalid_config, why.text);
    auto const error = topic_error(call, why);
    co_return refused(error, text_of(error, why));
}

// Nothing of it changes while the server runs.
task<config_outcome> change_broker(api_call& call, config_edits const& wanted) {
    auto const& name = wanted.resource_name;
    if (!name.empty() && name != std::to_string(this_node))
        co_return refused(error_code::invalid_request,
                          "Unexpected broker id, expected " + std::to_string(this_node) +
                              " or empty string, but received " + name);
    auto const denied = co_await permit_on_cluster(call, auth::action::alter);
    if (denied.error != error_code::none) co_return refused(denied.error, denied.text);
    std::string fixed;
    for (auto const& one : wanted.edits) {
        // None has a value of its own that could go.
        if (one.how == config_edit_kind::remove) continue;
        if (find_config(config_scope::broker, one.name) == nullptr)
            co_return refused(error_code::invalid_config, "Unknown broker config name: " + one.name);
        fixed += (fixed.empty() ? "" : ", ") + one.name;
    }
    if (fixed.empty()) co_return config_outcome{};
    co_return refused(error_code::invalid_request,
                      "Cannot update these configs dynamically: Set(" + fixed +
                          "): this server takes its configuration when it starts");
}

}  // namespace

task<config_outcome> change_configs(api_call& call, config_edits wanted) {
    auto const bad = check_edits(wanted.edits);
    if (bad.error != error_code::none) co_return bad;
    if (wanted.resource_type == topic_resource) co_return co_await change_topic(call, wanted);
    if (wanted.resource_type == broker_resource) co_return co_await change_broker(call, wanted);
    co_return refused(error_code::invalid_request,
                      "This server has configurations of topics and brokers only");
}

}  // namespace sluice::kafka
