#include "protocols/s3/wire/website_document.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/http/response.hpp"

namespace sluice::s3 {
namespace {

s3_failure refused(std::string message) {
    return {error_code::invalid_request, std::move(message)};
}

s3_result<> check_protocol(std::string_view protocol) {
    if (protocol == "http" || protocol == "https") return {};
    return refused("Invalid protocol, protocol can be http or https. If not defined the protocol "
                   "will be selected automatically.");
}

// A host, and a port if it likes: it goes into a header and in front of a path.
s3_result<> check_host(std::string_view host) {
    auto const plain = [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("/\\?#@\"<>").find(c) == std::string_view::npos;
    };
    if (!host.empty() && host.size() <= website_text_bytes_max &&
        std::all_of(host.begin(), host.end(), plain))
        return {};
    return refused("The host name of a redirect is not well formed.");
}

// At most `most` children of these names, each once and without children of its own.
s3_result<> check_leaves(xml_element const& element, std::initializer_list<std::string_view> names) {
    if (!element.holds_only(names)) return error_code::malformed_xml;
    for (auto const& child : element.children) {
        if (!child.children.empty() || element.only(child.name) == nullptr)
            return error_code::malformed_xml;
        if (child.text.size() > website_text_bytes_max)
            return refused(child.name + " is too long.");
    }
    return {};
}

std::optional<std::uint16_t> status_in(std::string_view text) noexcept {
    std::uint16_t status = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, status);
    if (text.size() != 3 || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return status;
}

std::optional<std::string> kept(std::optional<std::string_view> text) {
    if (!text) return std::nullopt;
    return std::string(*text);
}

s3_result<> take_condition(website_rule& rule, xml_element const& condition) {
    auto const fine =
        check_leaves(condition, {"KeyPrefixEquals", "HttpErrorCodeReturnedEquals"});
    if (!fine) return fine;
    if (condition.children.empty())
        return refused("Condition cannot be empty. To redirect all requests without a condition, "
                       "the condition element shouldn't be present.");
    rule.key_prefix = kept(condition.text_of("KeyPrefixEquals"));
    auto const code = condition.text_of("HttpErrorCodeReturnedEquals");
    if (!code) return {};
    auto const status = status_in(*code);
    if (!status || *status < 400 || *status >= 600)
        return refused("The provided HTTP error code (" + std::string(*code) +
                       ") is not valid. Valid codes are 4XX or 5XX.");
    rule.error_code = *status;
    return {};
}

s3_result<> take_redirect(website_rule& rule, xml_element const& redirect) {
    auto const fine = check_leaves(redirect, {"Protocol", "HostName", "ReplaceKeyPrefixWith",
                                              "ReplaceKeyWith", "HttpRedirectCode"});
    if (!fine) return fine;
    if (redirect.children.empty()) return error_code::malformed_xml;
    rule.protocol = redirect.text_of("Protocol").value_or("");
    rule.host = redirect.text_of("HostName").value_or("");
    rule.replace_prefix = kept(redirect.text_of("ReplaceKeyPrefixWith"));
    rule.replace_key = kept(redirect.text_of("ReplaceKeyWith"));
    if (rule.replace_prefix && rule.replace_key)
        return refused("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
    if (redirect.text_of("Protocol"))
        if (auto const right = check_protocol(rule.protocol); !right) return right;
    if (redirect.text_of("HostName"))
        if (auto const right = check_host(rule.host); !right) return right;
    auto const code = redirect.text_of("HttpRedirectCode");
    if (!code) return {};
    auto const status = status_in(*code);
    if (!status || *status < 301 || *status >= 400 || *status == 304)
        return refused("The provided HTTP redirect code (" + std::string(*code) +
                       ") is not valid. Valid codes are 3XX except 300.");
    rule.status = *status;
    return {};
}

s3_result<> take_rule(std::vector<website_rule>& rules, xml_element const& element) {
    auto const* redirect = element.only("Redirect");
    auto const* condition = element.only("Condition");
    auto const expected = std::size_t{1} + (condition == nullptr ? 0 : 1);
    if (redirect == nullptr || element.children.size() != expected)
        return error_code::malformed_xml;
    auto& rule = rules.emplace_back();
    if (condition != nullptr)
        if (auto const taken = take_condition(rule, *condition); !taken) return taken;
    return take_redirect(rule, *redirect);
}

s3_result<website> redirect_all_in(xml_element const& configuration, xml_element const& all) {
    if (configuration.children.size() != 1)
        return invalid_argument("RedirectAllRequestsTo", "not null",
                                "RedirectAllRequestsTo cannot be provided in conjunction with other "
                                "Routing Rules.");
    if (auto const fine = check_leaves(all, {"HostName", "Protocol"}); !fine) return fine.error();
    website site;
    site.all_host = all.text_of("HostName").value_or("");
    site.all_protocol = all.text_of("Protocol").value_or("");
    if (auto const fine = check_host(site.all_host); !fine) return fine.error();
    if (all.text_of("Protocol"))
        if (auto const fine = check_protocol(site.all_protocol); !fine) return fine.error();
    return site;
}

s3_result<> take_documents(website& site, xml_element const& configuration) {
    auto const* index = configuration.only("IndexDocument");
    if (index == nullptr)
        return invalid_argument("IndexDocument", "null",
                                "A value for IndexDocument Suffix must be provided if "
                                "RedirectAllRequestsTo is empty");
    if (auto const fine = check_leaves(*index, {"Suffix"}); !fine) return fine;
    site.index_suffix = index->text_of("Suffix").value_or("");
    if (site.index_suffix.empty() || site.index_suffix.find('/') != std::string::npos)
        return invalid_argument("IndexDocument", site.index_suffix,
                                "The IndexDocument Suffix is not well formed");
    auto const* error = configuration.only("ErrorDocument");
    if (error == nullptr) return {};
    if (auto const fine = check_leaves(*error, {"Key"}); !fine) return fine;
    site.error_key = error->text_of("Key").value_or("");
    if (site.error_key.empty())
        return invalid_argument("ErrorDocument", "", "The ErrorDocument Key is not well formed");
    return {};
}

}  // namespace

s3_result<website> website_in(xml_element const& configuration) {
    if (!configuration.holds_only(
            {"IndexDocument", "ErrorDocument", "RedirectAllRequestsTo", "RoutingRules"}))
        return error_code::malformed_xml;
    for (auto const& child : configuration.children)
        if (configuration.only(child.name) == nullptr) return error_code::malformed_xml;
    if (auto const* all = configuration.only("RedirectAllRequestsTo"))
        return redirect_all_in(configuration, *all);
    website site;
    if (auto const taken = take_documents(site, configuration); !taken) return taken.error();
    auto const* rules = configuration.only("RoutingRules");
    if (rules == nullptr) return site;
    if (rules->children.empty() || !rules->holds_only({"RoutingRule"}))
        return error_code::malformed_xml;
    if (rules->children.size() > website_rules_max)
        return refused("The number of routing rules must not exceed the allowed limit of " +
                       std::to_string(website_rules_max) + ".");
    for (auto const& rule : rules->children)
        if (auto const taken = take_rule(site.rules, rule); !taken) return taken.error();
    return site;
}

void write_website(xml_writer& out, website const& site) {
    if (!site.all_host.empty()) {
        out.open("RedirectAllRequestsTo").element("HostName", site.all_host);
        if (!site.all_protocol.empty()) out.element("Protocol", site.all_protocol);
        out.close();
        return;
    }
    out.open("IndexDocument").element("Suffix", site.index_suffix).close();
    if (!site.error_key.empty()) out.open("ErrorDocument").element("Key", site.error_key).close();
    if (site.rules.empty()) return;
    out.open("RoutingRules");
    for (auto const& rule : site.rules) {
        out.open("RoutingRule");
        if (rule.key_prefix || rule.error_code != 0) {
            out.open("Condition");
            if (rule.error_code != 0)
                out.element("HttpErrorCodeReturnedEquals", std::uint64_t{rule.error_code});
            if (rule.key_prefix) out.element("KeyPrefixEquals", *rule.key_prefix);
            out.close();
        }
        out.open("Redirect");
        if (!rule.host.empty()) out.element("HostName", rule.host);
        if (rule.status != 0) out.element("HttpRedirectCode", std::uint64_t{rule.status});
        if (!rule.protocol.empty()) out.element("Protocol", rule.protocol);
        if (rule.replace_prefix) out.element("ReplaceKeyPrefixWith", *rule.replace_prefix);
        if (rule.replace_key) out.element("ReplaceKeyWith", *rule.replace_key);
        out.close().close();
    }
    out.close();
}

}  // namespace sluice::s3
