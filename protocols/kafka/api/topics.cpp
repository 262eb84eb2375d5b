#include "protocols/kafka/api/topics.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

#include "auth/policy/grammar_kafka.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t longest_topic_name = 249;

// Bits of the operations on `resource` whose every verb `may` allows.
template <class May>
std::int32_t operation_bits(auth::acl_resource resource, May const& may) {
    std::int32_t bits = 0;
    for (auto const& row : auth::acl_operations()) {
        if (row.resource != resource) continue;
        bool all = true;
        for (std::size_t verb = 0; verb < auth::action_count; ++verb) {
            auto const one = static_cast<auth::action>(verb);
            if (row.verbs.has(one)) all = all && may(one, row.asked_as);
        }
        if (all) bits |= 1 << static_cast<unsigned>(row.operation);
    }
    return bits;
}

}  // namespace

store::topic_uuid to_store(uuid const& id) noexcept {
    store::topic_uuid out;
    std::memcpy(out.data(), id.data(), out.size());
    return out;
}

uuid to_wire(store::topic_uuid const& id) noexcept {
    uuid out;
    std::memcpy(out.data(), id.data(), out.size());
    return out;
}

bool is_zero(uuid const& id) noexcept {
    return std::all_of(id.begin(), id.end(), [](auto byte) { return byte == 0; });
}

std::string_view why_no_topic_name(std::string_view name) noexcept {
    if (name.empty()) return "the topic name is empty";
    if (name == "." || name == "..") return "the topic name cannot be . or ..";
    if (name.size() > longest_topic_name) return "the topic name is longer than 249 characters";
    for (char const c : name) {
        bool const legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!legal)
            return "the topic name has a character other than letters, digits, '.', '_', '-'";
    }
    return {};
}

task<found_topic> find_topic(api_call& call, std::string name, uuid id) {
    found_topic out;
    bool const by_name = !name.empty();
    if (!by_name && is_zero(id)) {
        out.error = call.version() >= 10 ? error_code::unknown_topic_id
                                         : error_code::invalid_topic_exception;
        co_return out;
    }
    auto const& who = call.who();
    auto lookup =
        by_name ? call.logs().find(who, std::move(name)) : call.logs().find(who, to_store(id));
    auto found = co_await std::move(lookup);
    if (found.has_error()) {
        out.error = topic_error(call, found.error());
        if (!by_name && found.error().code != error::permission_denied &&
            out.error == error_code::unknown_topic_or_partition)
            out.error = error_code::unknown_topic_id;
        out.text = text_of(out.error, found.error());
        co_return out;
    }
    out.topic = std::move(*found);
    co_return out;
}

task<found_topic> find_named_topic(api_call& call, std::string name) {
    return find_topic(call, std::move(name), uuid{});
}

task<found_topic> find_topic_of_id(api_call& call, uuid id) {
    return find_topic(call, std::string(), id);
}

std::int64_t number_setting(store::topic_info const& topic, std::string const& name,
                            std::int64_t otherwise) {
    auto const found = topic.settings.find(name);
    if (found == topic.settings.end()) return otherwise;
    std::int64_t value = otherwise;
    auto const& text = found->second;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

std::int32_t topic_operations(api_call& call, std::string const& name) {
    auto const may = [&](auth::action verb, std::string_view asked_as) {
        return call.logs().may_topic(call.who(), verb, name, asked_as);
    };
    return operation_bits(auth::acl_resource::topic, may);
}

std::int32_t group_operations(api_call& call, std::string const& group) {
    auto const may = [&](auth::action verb, std::string_view) {
        return call.logs().may_group(call.who(), verb, group);
    };
    return operation_bits(auth::acl_resource::group, may);
}

std::int32_t cluster_operations(api_call& call) {
    auto const may = [&](auth::action verb, std::string_view asked_as) {
        return call.logs().may_cluster(call.who(), verb, asked_as);
    };
    return operation_bits(auth::acl_resource::cluster, may);
}

task<refused_call> permit_on_cluster(api_call& call, auth::action verb) {
    refused_call out;
    auto const allowed = co_await call.logs().permit_cluster(call.who(), verb);
    if (allowed.has_value()) co_return out;
    out.error = cluster_error(call, allowed.error());
    out.text = text_of(out.error, allowed.error());
    co_return out;
}

}  // namespace sluice::kafka
