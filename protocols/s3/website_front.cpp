#include "protocols/s3/website_front.hpp"

#include <array>

#include "auth/policy/iam_keys.hpp"
#include "protocols/s3/iam_request.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/read_object.hpp"
#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {
namespace {

// Of a visitor's request, the last two by policies; all else asks for nothing that a website has.
constexpr std::array<std::string_view, 8> heeded_headers{
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    "range",    "if-range",      "referer",           "user-agent"};

bool is_heeded(std::string_view name) noexcept {
    for (auto const heeded : heeded_headers)
        if (http::equal_ignoring_case(name, heeded)) return true;
    return false;
}

answer redirect_to(unsigned status, std::string_view location) {
    auto out = empty_answer(status);
    out.head.set("Location", location);
    return out;
}

// A page that says what went wrong, as S3's do.
answer error_page(s3_failure const& what, std::string_view key, std::string_view request_id) {
    auto const& row = row_of(what.code);
    auto const message = what.message.empty() ? row.message : std::string_view(what.message);
    auto const title = std::to_string(row.status) + " " +
                       std::string(http::reason_phrase(row.status));
    auto page = xml_writer::plain("html");
    page.open("head").element("title", title).close();
    page.open("body").element("h1", title).open("ul");
    page.element("li", "Code: " + std::string(row.code));
    page.element("li", "Message: " + std::string(message));
    if (!key.empty()) page.element("li", "Key: " + std::string(key));
    page.element("li", "RequestId: " + std::string(request_id));
    page.close().close();
    answer out;
    auto text = std::move(page).finish();
    out.text = text.substr(text.find('\n') + 1);   // the declaration is not HTML's
    out.length = out.text.size();
    out.head.status = row.status;
    out.head.set("Content-Type", "text/html; charset=utf-8");
    out.head.set("x-amz-error-code", row.code);
    if (http::valid_header_value(message)) out.head.set("x-amz-error-message", message);
    return out;
}

class visit {
public:
    visit(website_services const& services, http::request_head const& head, std::string bucket,
          std::string request_id)
        : services_(services),
          head_(head),
          bucket_(std::move(bucket)),
          request_id_(std::move(request_id)) {}

    task<website_page> run();

private:
    struct page {
        answer out;
        std::string redirect;  // x-amz-website-redirect-location; empty: none
    };

    s3_result<> check_request();
    task<s3_result<std::optional<website>>> site_of_bucket();
    task<s3_result<page>> read(std::string key, bool heeds_conditions);
    task<answer> error_answer(website const& site, s3_failure what);
    task<bool> is_there(std::string key);
    website_request asked() const noexcept {
        return {services_.facts.tls ? "https" : "http", head_.host, key_, head_.query};
    }
    answer told(s3_failure const& what) {
        error_ = row_of(what.code).code;
        if (!what.cause.empty()) cause_ = what.cause;
        return error_page(what, key_, request_id_);
    }

    website_services const& services_;
    http::request_head const& head_;
    std::string const bucket_;
    std::string const request_id_;
    std::optional<auth::caller> who_;
    bool restricted_ = false;  // public policies give strangers nothing (RestrictPublicBuckets)
    std::string key_;
    std::string wanted_;     // the object that is looked for
    std::string_view error_;
    std::string cause_;
};

s3_result<> visit::check_request() {
    if (head_.verb != http::method::get && head_.verb != http::method::head)
        return error_code::method_not_allowed;
    if (head_.framing != http::body_framing::none) return error_code::unexpected_content;
    auto path = auth::decode_path(head_.path);
    if (!path || !path->starts_with('/')) return error_code::invalid_uri;
    key_ = path->substr(1);
    if (!key_.empty())
        if (auto fine = check_key(key_); !fine) return fine;
    // Nothing of the request proves anybody.
    auto stranger = services_.guard.authenticate_s3({head_.verb_text, head_.path, {}, {}},
                                                    services_.facts);
    if (!stranger) return error_code::access_denied;
    who_ = std::move(stranger->who);
    who_->operation = head_.verb == http::method::head ? "HeadObject" : "GetObject";
    who_->request_id = request_id_;
    who_->client_id = head_.find("user-agent").value_or("");
    return {};
}

task<s3_result<std::optional<website>>> visit::site_of_bucket() {
    auto const stored = co_await services_.guard.buckets().settings_of(bucket_);
    if (stored.has_error()) co_return to_s3(stored.error(), subject::bucket);
    auto settings = decode_bucket_settings(*stored);
    if (settings.has_error()) co_return to_s3(settings.error(), subject::bucket);
    restricted_ = settings->public_access && settings->public_access->restrict_public_buckets;
    co_return std::move(settings->site);
}

// GetObject's or HeadObject's answer for that key.
task<s3_result<visit::page>> visit::read(std::string key, bool heeds_conditions) {
    auto const path = "/" + auth::uri_encode(bucket_, false) + "/" + auth::uri_encode(key, true);
    auto head = head_;
    head.target = head.path = path;
    head.query = {};
    head.host = {};
    std::erase_if(head.headers, [&](http::header_field const& field) {
        return !heeds_conditions || !is_heeded(field.name);
    });
    auto const request = s3_request::from(std::move(head), services_.options);
    if (!request) co_return request.error();
    who_->context.clear();
    auto const id = head_.verb == http::method::head ? operation::head_object
                                                     : operation::get_object;
    auto const& row = row_of(id);
    name_actions(row, *request, *who_);
    request_conditions(*request, row, *who_, services_.options.region, services_.clock.now())
        .add_to(who_->context);
    if (restricted_) who_->context.push_back({std::string(auth::restricted_key), bucket_});
    request_body none(services_.connection, request_body::plan{});
    auto& guard = services_.guard;
    operation_call call{*request,        *who_,        none,
                        guard.buckets(), guard.objects(), guard.uploads(),
                        guard.logs(),    services_.options, guard, services_.clock};
    auto described = co_await describe_object(call);
    if (!described) co_return described.error();
    auto const& attributes = described->object.stat().attributes;
    page out{std::move(described->out), attributes.redirect_location};
    if (!out.redirect.empty()) co_return out;
    if (!is_readable(attributes, services_.clock.now())) co_return archived_failure(attributes);
    if (head_.verb == http::method::get && described->range && out.out.head.status != 304) {
        auto reader = co_await described->object.read(*described->range);
        if (reader.has_error()) co_return to_s3(reader.error(), subject::object);
        out.out.stream = *std::move(reader);
    }
    co_return out;
}

task<bool> visit::is_there(std::string key) {
    auto const object = co_await services_.guard.objects().open(*who_, bucket_, std::move(key));
    co_return object.has_value() && !object->stat().is_delete_marker;
}

// What a failure becomes: a rule's redirect, the error document, or a page of ours.
task<answer> visit::error_answer(website const& site, s3_failure what) {
    auto const status = row_of(what.code).status;
    if (auto const redirect = redirect_by_rule(site, asked(), status))
        co_return redirect_to(redirect->status, redirect->location);
    auto ours = told(what);
    if (site.error_key.empty()) co_return ours;
    auto document = co_await read(site.error_key, false);
    if (!document || !document->redirect.empty()) co_return ours;
    document->out.head.status = status;
    document->out.head.set("x-amz-error-code", error_);
    co_return std::move(document->out);
}

task<website_page> visit::run() {
    website_page out;
    auto const finish = [&](answer given) {
        out.out = std::move(given);
        out.error = error_;
        out.cause = cause_;
        out.key = wanted_.empty() ? key_ : wanted_;
    };
    if (auto const fine = check_request(); !fine) {
        finish(told(fine.error()));
        co_return out;
    }
    auto const site = co_await site_of_bucket();
    if (!site || !*site) {
        finish(told(site ? s3_failure(error_code::no_such_website_configuration) : site.error()));
        co_return out;
    }
    auto redirect = redirect_of_all(**site, asked());
    if (!redirect) redirect = redirect_by_rule(**site, asked(), 0);
    if (redirect) {
        finish(redirect_to(redirect->status, redirect->location));
        co_return out;
    }
    bool const is_folder = key_.empty() || key_.ends_with('/');
    wanted_ = is_folder ? key_ + (*site)->index_suffix : key_;
    auto found = co_await read(wanted_, true);
    if (found) {
        finish(found->redirect.empty() ? std::move(found->out)
                                       : redirect_to(301, found->redirect));
        co_return out;
    }
    auto const status = row_of(found.error().code).status;
    if (!is_folder && (status == 404 || status == 403)) {
        auto const index = key_ + "/" + (*site)->index_suffix;
        bool const has_index = co_await is_there(index);
        if (has_index) {
            finish(redirect_to(302, "/" + auth::uri_encode(key_, true) + "/"));
            co_return out;
        }
    }
    auto page = co_await error_answer(**site, found.error());
    finish(std::move(page));
    co_return out;
}

}  // namespace

task<website_page> answer_website(website_services services, http::request_head const& head,
                                  std::string bucket, std::string request_id) {
    visit one(services, head, std::move(bucket), std::move(request_id));
    co_return co_await one.run();
}

}  // namespace sluice::s3
