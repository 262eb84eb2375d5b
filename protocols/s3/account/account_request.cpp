#include "protocols/s3/account/account_request.hpp"

#include <algorithm>
#include <charconv>

#include "auth/authn/uri_encoding.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

bool belongs_to_all(std::string_view name) noexcept {
    return name == "Action" || name == "Version" ||
           http::starts_with_ignoring_case(name, "X-Amz-");
}

// "ClientIDList.member" of "ClientIDList.member.1", "Tags.member" of "Tags.member.1.Key"; any other name as
// it is.
std::string_view without_number(std::string_view name) noexcept {
    auto const dot = name.rfind(".member.");
    if (dot == name.npos) return name;
    auto number = name.substr(dot + std::string_view(".member.").size());
    for (std::string_view part : {".Key", ".Value"})
        if (number.ends_with(part)) number.remove_suffix(part.size());
    bool const digits = number.find_first_not_of("0123456789") == number.npos && !number.empty();
    return digits ? name.substr(0, dot + std::string_view(".member").size()) : name;
}

}  // namespace

bool speaks_query_protocol(http::request_head const& head) {
    if (head.verb != http::method::get && head.verb != http::method::post) return false;
    if (head.query.starts_with("Action=") || head.query.find("&Action=") != std::string_view::npos)
        return true;
    return head.verb == http::method::post &&
           http::starts_with_ignoring_case(head.find("content-type").value_or(""), form_type);
}

account_result<account_request> account_request::parse(std::string_view query,
                                                       std::string_view form,
                                                       std::size_t most_parameters) {
    account_request out;
    // A form writes a blank as '+' (HTML, application/x-www-form-urlencoded).
    std::string text(form);
    std::replace(text.begin(), text.end(), '+', ' ');
    for (std::string_view part : {query, std::string_view(text)}) {
        auto parameters = auth::parse_query(part, most_parameters);
        if (!parameters)
            return account_failure{account_error::malformed_input,
                                   "The parameters cannot be read, or are too many.", {}};
        for (auto& one : *parameters) {
            if (out.find(one.first))
                return account_failure{account_error::malformed_input,
                                       one.first + " was given twice.", {}};
            out.parameters_.push_back(std::move(one));
        }
    }
    return out;
}

std::optional<std::string_view> account_request::find(std::string_view name) const noexcept {
    for (auto const& [candidate, value] : parameters_)
        if (candidate == name) return value;
    return std::nullopt;
}

account_result<std::string_view> account_request::demand(std::string_view name) const {
    auto const value = find(name);
    if (!value || value->empty())
        return validation_error("The request must contain the parameter " + std::string(name) +
                                ".");
    return *value;
}

account_result<std::vector<std::string>> account_request::list(std::string_view name,
                                                               std::size_t most) const {
    auto const first = std::string(name) + ".member";
    auto const given = static_cast<std::size_t>(
        std::count_if(parameters_.begin(), parameters_.end(),
                      [&](auto const& one) { return without_number(one.first) == first; }));
    if (given > most)
        return validation_error(std::string(name) + " has more than " + std::to_string(most) +
                                " members.");
    std::vector<std::string> out;
    for (std::size_t i = 1; i <= given; ++i) {
        auto const value = find(first + "." + std::to_string(i));
        if (!value || value->empty())
            return validation_error(std::string(name) + " has a gap or an empty member.");
        out.emplace_back(*value);
    }
    return out;
}

account_result<std::vector<std::pair<std::string, std::string>>> account_request::pairs(
    std::string_view name, std::size_t most) const {
    auto const first = std::string(name) + ".member";
    auto const given = static_cast<std::size_t>(
        std::count_if(parameters_.begin(), parameters_.end(),
                      [&](auto const& one) { return without_number(one.first) == first; }));
    std::vector<std::pair<std::string, std::string>> out;
    for (std::size_t taken = 0; taken < given;) {
        auto const member = first + "." + std::to_string(out.size() + 1);
        auto const key = find(member + ".Key"), value = find(member + ".Value");
        if (!key || key->empty())
            return validation_error(std::string(name) + " has a gap or a member without a Key.");
        if (out.size() == most)
            return validation_error(std::string(name) + " has more than " + std::to_string(most) +
                                    " members.");
        out.emplace_back(*key, value.value_or(""));
        taken += value ? 2 : 1;
    }
    return out;
}

account_result<bool> account_request::flag(std::string_view name, bool otherwise) const {
    auto const text = find(name);
    if (!text) return otherwise;
    if (*text != "true" && *text != "false")
        return validation_error(std::string(name) + " is true or false.");
    return *text == "true";
}

account_result<std::int64_t> account_request::number(std::string_view name, std::int64_t least,
                                                     std::int64_t most,
                                                     std::int64_t otherwise) const {
    auto const text = find(name);
    if (!text) return otherwise;
    std::int64_t value = 0;
    auto const* end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most)
        return validation_error(std::string(name) + " must be a number between " +
                                std::to_string(least) + " and " + std::to_string(most) + ".");
    return value;
}

account_result<> account_request::allow_only(std::initializer_list<std::string_view> known) const {
    for (auto const& [name, value] : parameters_)
        if (!belongs_to_all(name) &&
            std::find(known.begin(), known.end(), without_number(name)) == known.end())
            return validation_error("The parameter " + name + " is not served.");
    return {};
}

}  // namespace sluice::s3
