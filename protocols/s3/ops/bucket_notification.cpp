// GetBucketNotificationConfiguration, PutBucketNotificationConfiguration.
#include "protocols/s3/model/notification.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

s3_failure bad_destination(notification_rule const& rule) {
    return s3_failure(error_code::invalid_argument,
                      "Unable to validate the following destination configurations")
        .detail("ArgumentName", rule.arn)
        .detail("ArgumentValue", "There is no such topic, or you may not append to it.");
}

// Whoever sets the bucket up answers for its records: they are appended in nobody else's name.
task<s3_result<>> check_topics(operation_call& call, std::vector<notification_rule> const& rules) {
    for (auto const& rule : rules) {
        std::string const topic(rule.topic());
        auto const allowed =
            co_await call.logs.permit_topic(call.who, auth::action::append, topic);
        if (!allowed) co_return bad_destination(rule);
        auto const found = co_await call.logs.find(call.who, topic);
        if (!found) co_return bad_destination(rule);
    }
    co_return s3_result<>{};
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_notification_configuration(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    xml_writer out("NotificationConfiguration");
    write_notifications(out, settings->notifications);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_notification_configuration(operation_call& call) {
    auto const root =
        co_await read_document(call, "NotificationConfiguration", body_digest::optional);
    if (!root) co_return root.error();
    auto const rules = notifications_of(*root);
    if (!rules) co_return rules.error();
    // On no-one's word: a destination that is not there would lose events from the first one on.
    auto const fine = co_await check_topics(call, *rules);
    if (!fine) co_return fine.error();
    settings_edit edit = [&rules](bucket_settings& settings) { settings.notifications = *rules; };
    co_return co_await edit_settings(call, std::move(edit), 200);
}

}  // namespace sluice::s3
