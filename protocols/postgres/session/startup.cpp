#include "protocols/postgres/session/startup.hpp"

#include <algorithm>

namespace sluice::postgres {
namespace {

using kind = startup_step::kind;

startup_step step(kind what) {
    startup_step out;
    out.what = what;
    return out;
}

startup_step refuse(front_error what, std::initializer_list<std::string_view> arguments = {}) {
    auto out = step(kind::refuse);
    out.error = make_error(what, arguments);
    return out;
}

constexpr std::string_view attack_detail =
    "This could be either a client-software bug or evidence of an attempted man-in-the-middle "
    "attack.";

startup_step refuse_early_data(front_error what) {
    auto out = refuse(what);
    out.error.detail = attack_detail;
    return out;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// PostgreSQL's spellings of a boolean: prefixes of these words, on, off, 1, 0.
bool means_false(std::string_view text) {
    auto const word = lower(text);
    if (word.empty()) return false;
    return std::string_view("false").starts_with(word) ||
           std::string_view("no").starts_with(word) ||
           (word.size() > 1 && std::string_view("off").starts_with(word)) || word == "0";
}
bool means_true(std::string_view text) {
    auto const word = lower(text);
    if (word.empty()) return false;
    return std::string_view("true").starts_with(word) ||
           std::string_view("yes").starts_with(word) || word == "on" || word == "1";
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    bool in_word = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        bool const space = c == ' ' || (c >= '\t' && c <= '\r');
        if (space) {
            in_word = false;
            continue;
        }
        if (!in_word) out.emplace_back();
        in_word = true;
        if (c == '\\' && ++i == text.size()) break;
        out.back() += text[i];
    }
    return out;
}

}  // namespace

std::string const* session_wish::setting(std::string_view name) const noexcept {
    auto const found = std::find_if(settings.rbegin(), settings.rend(),
                                    [&](auto const& each) { return each.first == name; });
    return found == settings.rend() ? nullptr : &found->second;
}

sql::sql_result<std::vector<std::pair<std::string, std::string>>> parse_server_arguments(
    std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    auto const words = words_of(text);
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string_view assignment = words[i];
        if (assignment == "-c" && i + 1 < words.size())
            assignment = words[++i];
        else if (assignment.starts_with("-c"))
            assignment.remove_prefix(2);
        else if (assignment.starts_with("--"))
            assignment.remove_prefix(2);
        else
            return make_error(front_error::bad_server_argument, {words[i]});
        auto const equals = assignment.find('=');
        if (equals == 0 || equals == std::string_view::npos)
            return make_error(front_error::bad_server_argument, {words[i]});
        std::string name(assignment.substr(0, equals));
        std::replace(name.begin(), name.end(), '-', '_');
        out.emplace_back(std::move(name), assignment.substr(equals + 1));
    }
    return out;
}

startup_step startup::take(std::string_view packet, bool more) {
    if (packet.size() == 1 && packet[0] == tls_handshake_byte) {
        bool const first = !asked_ssl_ && !asked_gss_ && !tls_;
        if (!tls_offered_ || !first)
            return refuse(front_error::startup_malformed, {"invalid length of startup packet"});
        direct_ = true;
        return step(kind::direct_tls);
    }
    auto decoded = decode_startup_packet(packet);
    if (decoded.has_error()) return refuse(front_error::startup_malformed, {decoded.error().text});
    if (auto* const cancel = std::get_if<cancel_request>(&*decoded)) {
        auto out = step(kind::cancel);
        out.to_cancel = std::move(*cancel);
        return out;
    }
    if (std::holds_alternative<ssl_request>(*decoded)) {
        // Once per connection, and not inside of what it asked for.
        if (asked_ssl_ || tls_) return refuse(front_error::unsupported_protocol, {"1234", "5679"});
        asked_ssl_ = true;
        if (more) return refuse_early_data(front_error::data_after_ssl_request);
        return step(tls_offered_ ? kind::answer_tls : kind::answer_no);
    }
    if (std::holds_alternative<gss_request>(*decoded)) {
        if (asked_gss_ || tls_) return refuse(front_error::unsupported_protocol, {"1234", "5680"});
        asked_gss_ = true;
        if (more) return refuse_early_data(front_error::data_after_gss_request);
        return step(kind::answer_no);
    }
    return take_request(std::get<startup_request>(*decoded));
}

sql::sql_result<void> startup::tls_active(std::string_view application_protocol) {
    tls_ = true;
    if (direct_ && application_protocol != "postgresql") return make_error(front_error::no_alpn);
    return {};
}

startup_step startup::take_request(startup_request const& request) const {
    auto const major = request.version >> 16, minor = request.version & 0xffff;
    if (major != 3)
        return refuse(front_error::unsupported_protocol,
                      {std::to_string(major), std::to_string(minor)});
    auto out = step(kind::proceed);
    auto& wish = out.wish;
    wish.version = std::min(request.version, protocol_3_2);
    wish.negotiate = request.version > protocol_3_2;
    for (auto const& [name, value] : request.parameters) {
        if (name == "user")
            wish.user = value;
        else if (name == "database")
            wish.database = value;
        else if (name == "replication") {
            if (means_false(value)) continue;
            if (value == "database" || means_true(value))
                return refuse(front_error::replication_refused);
            return refuse(front_error::bad_replication_value, {value});
        } else if (name == "options") {
            auto arguments = parse_server_arguments(value);
            if (arguments.has_error()) {
                out.what = kind::refuse;
                out.error = std::move(arguments).error();
                return out;
            }
            for (auto& each : *arguments) wish.settings.push_back(std::move(each));
        } else if (name.starts_with("_pq_.")) {
            wish.unknown_options.push_back(name);
            wish.negotiate = true;
        } else {
            wish.settings.emplace_back(name, value);
        }
    }
    if (wish.user.empty()) return refuse(front_error::no_user);
    if (wish.database.empty()) wish.database = wish.user;
    return out;
}

}  // namespace sluice::postgres
