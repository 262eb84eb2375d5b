#include "gateway/admin/user_import.hpp"

#include <boost/json.hpp>

namespace sluice::gateway {
namespace {

namespace json = boost::json;
using new_principal = auth::guarded_admin::new_principal;

constexpr std::size_t deepest = 4;

struct text_member {
    std::string_view name;
    std::string new_principal::*member;
};
constexpr text_member members[] = {
    {"name", &new_principal::name},
    {"id", &new_principal::canonical_id},
    {"display_name", &new_principal::display_name},
    {"email", &new_principal::email},
    {"access_key", &new_principal::access_key_id},
    {"secret_key", &new_principal::secret},
};

failure wrong(std::size_t number, std::string_view what) {
    return failure{error::invalid_argument,
                   "user " + std::to_string(number) + ": " + std::string(what)};
}

result<new_principal> parse_user(json::value const& value, std::size_t number) {
    auto const* object = value.if_object();
    if (object == nullptr) return wrong(number, "must be an object");
    new_principal out;
    for (auto const& one : *object) {
        auto const* text = one.value().if_string();
        text_member const* known = nullptr;
        for (auto const& candidate : members)
            if (candidate.name == std::string_view(one.key())) known = &candidate;
        if (known == nullptr)
            return wrong(number, "'" + std::string(one.key()) + "' is not known");
        if (text == nullptr) return wrong(number, std::string(one.key()) + " must be a text");
        out.*(known->member) = std::string(*text);
    }
    if (out.name.empty()) return wrong(number, "needs a name");
    if (out.access_key_id.empty() != out.secret.empty())
        return wrong(number, "access_key and secret_key go together");
    return out;
}

}  // namespace

result<std::vector<new_principal>> parse_users(std::string_view text) {
    json::parse_options options;
    options.max_depth = deepest;
    boost::system::error_code problem;
    auto const document = json::parse({text.data(), text.size()}, problem, {}, options);
    if (problem)
        return failure{error::invalid_argument, "the document is not JSON: " + problem.message()};
    json::array one;
    auto const* list = document.if_array();
    if (list == nullptr) {
        one.push_back(document);
        list = &one;
    }
    if (list->size() > most_imported_users)
        return failure{error::too_large, "a document has at most 1000 users"};
    std::vector<new_principal> out;
    for (auto const& value : *list) {
        SLUICE_TRY(auto user, parse_user(value, out.size() + 1));
        out.push_back(std::move(user));
    }
    return out;
}

}  // namespace sluice::gateway
