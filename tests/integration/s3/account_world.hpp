// An S3 front and its STS and IAM calls, for tests of roles, policies and identity providers.
#pragma once

#include <string>

#include "auth/authn/uri_encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {

class account_world : public s3_world {
public:
    using s3_world::s3_world;
    using signer = auth::guard_world::signer;

    struct session {
        signer who;
        std::string token;
    };

    static std::string quoted(std::string_view text) { return auth::uri_encode(text, false); }
    static session session_of(s3_reply const& reply) {
        return {{reply.element("AccessKeyId"), reply.element("SecretAccessKey")},
                reply.element("SessionToken")};
    }

    // As `with`, or as root.
    s3_reply iam(std::string const& parameters) { return iam(root_signer(), parameters); }
    s3_reply iam(signer const& with, std::string const& parameters, header_list headers = {}) {
        return ask("iam", "2010-05-08", with, parameters, std::move(headers));
    }
    s3_reply sts(signer const& with, std::string const& parameters, header_list headers = {}) {
        return ask("sts", "2011-06-15", with, parameters, std::move(headers));
    }
    s3_reply sts(session const& with, std::string const& parameters) {
        return sts(with.who, parameters, {{"x-amz-security-token", with.token}});
    }
    s3_reply unsigned_sts(std::string const& parameters) {
        return send_unsigned({"POST", "/", "Action=" + parameters + "&Version=2011-06-15",
                              {{"Content-Type", "application/x-www-form-urlencoded"}}});
    }
    s3_reply assume(signer const& with, std::string const& role, std::string const& more = {}) {
        return sts(with, "AssumeRole&RoleSessionName=nightly&RoleArn=" + quoted(role_arn(role)) + more);
    }
    static std::string role_arn(std::string const& role) {
        return "arn:aws:iam::000000000000:role/" + role;
    }
    s3_reply get_as(session const& with, std::string const& target) {
        who = with.who;
        return get(target, {{"x-amz-security-token", with.token}});
    }
    s3_reply get_as(signer const& with, std::string const& target) {
        who = with;
        return get(target);
    }
    signer root_signer() const { return {"root", auth::root_password}; }

    // One statement as a document.
    static std::string document(std::string const& statement) {
        return R"({"Version":"2012-10-17","Statement":[)" + statement + "]}";
    }

private:
    s3_reply ask(std::string const& named, std::string const& version, signer const& with,
                 std::string const& parameters, header_list headers) {
        auto const before = who;
        who = with;
        service = named;
        headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
        auto reply = post("/", "Action=" + parameters + "&Version=" + version, std::move(headers));
        service = "s3";
        who = before;
        return reply;
    }
};

}  // namespace sluice::s3
