#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/schema/api_versions.hpp"

namespace sluice::kafka {
namespace {

// KIP-511: letters, digits, '-' and '.', the latter two not at the ends.
bool is_software_name(std::string_view text) {
    auto const alphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
    for (char const c : text)
        if (!alphanumeric(c) && c != '-' && c != '.') return false;
    return true;
}

// What is finalised, which clients take for granted: version 2 of transactions (KIP-890: new
// producers add partitions by writing to them), the newer protocol of consumer groups (KIP-848).
struct feature {
    std::string_view name;
    std::int16_t version;
};
constexpr feature features[] = {{"group.version", 1}, {"transaction.version", 2}};

void show_features(api_versions_response& out, int version) {
    // Clients of version 3 take no feature that begins at 0.
    std::int16_t const first = version >= 4 ? 0 : 1;
    out.finalized_features_epoch = 0;
    for (auto const& one : features) {
        out.supported_features.push_back({std::string(one.name), first, one.version});
        out.finalized_features.push_back({std::string(one.name), one.version, one.version});
    }
}

}  // namespace

task<api_versions_response> api::api_versions(api_call& call, api_versions_request const& request) {
    api_versions_response out;
    if (call.version() >= 3 && (!is_software_name(request.client_software_name) ||
                                !is_software_name(request.client_software_version))) {
        out.error_code = call.code(error_code::invalid_request);
        co_return out;
    }
    for (auto const& row : api_rows)
        out.api_keys.push_back({row.key, advertised_first(row), row.last});
    show_features(out, call.version());
    co_return out;
}

wire_writer unsupported_api_versions() {
    api_versions_response answer;
    answer.error_code = wire(error_code::unsupported_version);
    auto const* row = find_api(api_key::api_versions);
    answer.api_keys.push_back({row->key, row->first, row->last});
    wire_writer out;
    encode(out, answer, 0);
    return out;
}

}  // namespace sluice::kafka
