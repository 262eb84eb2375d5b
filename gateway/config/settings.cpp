#include "gateway/config/settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <cctype>

#include "gateway/core/assert.hpp"
#include "gateway/core/log.hpp"

namespace sluice::gateway {
namespace {

result<std::uint64_t> parse_within(setting_kind kind, std::string_view text, std::string_view minimum,
                                   std::string_view maximum) {
    SLUICE_TRY(auto const value, parse_number(kind, text));
    if (!minimum.empty() && value < parse_number(kind, minimum).value())
        return failure{error::invalid_argument, "must be at least " + std::string(minimum)};
    if (!maximum.empty() && value > parse_number(kind, maximum).value())
        return failure{error::invalid_argument, "must be at most " + std::string(maximum)};
    return value;
}

template <setting_kind kind>
result<void> assign_value(setting_type_t<kind>& member, std::string_view text,
                          std::string_view minimum, std::string_view maximum) {
    if constexpr (kind == setting_kind::text || kind == setting_kind::secret) {
        if (text.find('\0') != text.npos)
            return failure{error::invalid_argument, "must not contain a zero byte"};
        member = std::string(text);
    } else {
        SLUICE_TRY(auto const value, parse_within(kind, text, minimum, maximum));
        member = setting_type_t<kind>(value);
    }
    return {};
}

template <setting_kind kind>
std::string render_value(setting_type_t<kind> const& member) {
    if constexpr (kind == setting_kind::text || kind == setting_kind::secret) return member;
    else if constexpr (kind == setting_kind::duration)
        return render_number(kind, static_cast<std::uint64_t>(member.count()));
    else return render_number(kind, static_cast<std::uint64_t>(member));
}

constexpr setting_description table[] = {
#define SLUICE_SETTING(kind_, member_, key_, default_, minimum_, maximum_, help_)               \
    setting_description{                                                                        \
        setting_kind::kind_, key_, default_, minimum_, maximum_, help_,                         \
        [](settings& into, std::string_view text) -> result<void> {                             \
            return assign_value<setting_kind::kind_>(into.member_, text, minimum_, maximum_);   \
        },                                                                                      \
        [](settings const& from) { return render_value<setting_kind::kind_>(from.member_); }},
#include "gateway/config/settings.def"
#undef SLUICE_SETTING
};

std::string spelled(std::string_view key, std::string_view prefix, char separator, bool capitals) {
    std::string out(prefix);
    for (char const c : key) {
        if (c == '.' || c == '_') out += separator;
        else out += capitals ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    return out;
}

}  // namespace

settings::settings() {
    for (auto const& row : table) SLUICE_ASSERT(row.assign(*this, row.default_text).has_value());
}

std::string setting_description::environment_name() const { return spelled(key, "SLUICE_", '_', true); }
std::string setting_description::flag_name() const { return spelled(key, "--", '-', false); }

std::string_view setting_description::table() const {
    auto const dot = key.find('.');
    return dot == key.npos ? std::string_view{} : key.substr(0, dot);
}

std::string_view setting_description::name() const {
    auto const dot = key.find('.');
    return dot == key.npos ? key : key.substr(dot + 1);
}

std::span<setting_description const> all_settings() noexcept { return table; }

setting_description const* find_setting(std::string_view key) noexcept {
    for (auto const& row : table)
        if (row.key == key) return &row;
    return nullptr;
}

namespace {

result<void> check_ports(settings const& chosen) {
    struct named_port {
        char const* key;
        std::uint16_t port;
    };
    named_port const all[] = {{"s3.port", chosen.s3_port},
                              {"kafka.port", chosen.kafka_port},
                              {"pg.port", chosen.pg_port},
                              {"admin.port", chosen.admin_port}};
    for (auto one = std::begin(all); one != std::end(all); ++one)
        for (auto other = std::next(one); other != std::end(all); ++other)
            if (one->port != 0 && one->port == other->port)
                return failure{error::invalid_argument, std::string(one->key) + " and " + other->key + ": must differ"};
    return {};
}

}  // namespace

result<void> validate(settings const& chosen) {
    auto const refused = [](std::string text) { return failure{error::invalid_argument, std::move(text)}; };
    if (chosen.data.empty()) return refused("data: must name a folder");
    boost::system::error_code status;
    boost::asio::ip::make_address(chosen.listen, status);
    if (status) return refused("listen: '" + chosen.listen + "' is not an IP address");
    if (chosen.tls_cert.empty() != chosen.tls_key.empty())
        return refused("tls.cert and tls.key: both or neither");
    SLUICE_CHECK(check_ports(chosen));
    if (chosen.root_user.empty()) return refused("root.user: must not be empty");
    if (chosen.limit_connections_per_source > chosen.limit_connections)
        return refused("limits.connections_per_source: more than limits.connections");
    auto const level = parse_log_level(chosen.log_level);
    if (level.has_error()) return refused("log.level: " + level.error().text);
    if (chosen.log_format != "json" && chosen.log_format != "text")
        return refused("log.format: json or text");
    return {};
}

}  // namespace sluice::gateway
