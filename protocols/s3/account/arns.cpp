#include "protocols/s3/account/arns.hpp"

#include <fmt/format.h>

namespace sluice::s3 {

std::optional<std::string> role_of_arn(std::string_view arn, std::string_view account) {
    auto const prefix = fmt::format("arn:aws:iam::{}:role/", account);
    if (!arn.starts_with(prefix)) return std::nullopt;
    auto const name = arn.substr(prefix.size());
    if (name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
    return std::string(name);
}

std::string iam_arn(std::string_view account, std::string_view kind, std::string_view name) {
    return fmt::format("arn:aws:iam::{}:{}/{}", account, kind, name);
}

std::string assumed_role_arn(std::string_view account, std::string_view role,
                             std::string_view session) {
    return fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, role, session);
}

std::string arn_of(std::string_view account, auth::caller const& who) {
    if (who.id() == auth::root_id) return fmt::format("arn:aws:iam::{}:root", account);
    if (!who.session_name().empty())
        return assumed_role_arn(account, who.name(), who.session_name());
    return iam_arn(account, "user", who.name());
}

}  // namespace sluice::s3
