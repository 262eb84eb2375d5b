// Event notifications of a bucket (S3 user guide, "Amazon S3 Event Notifications"): which events go
// to which topic of this server. A destination is an ARN whose last piece is the topic's name.
// Plain values and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/s3/wire/s3_error.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

struct notification_rule {
    std::string id;
    bool is_queue = false;             // written as QueueConfiguration: the client's own word
    std::string arn;                   // as the client wrote it
    std::vector<std::string> events;   // "s3:ObjectCreated:*"
    std::string prefix, suffix;        // of the key
    bool operator==(notification_rule const&) const = default;

    std::string_view topic() const noexcept;
    // `event` without "s3:", as events name themselves: "ObjectCreated:Put".
    bool covers(std::string_view event, std::string_view key) const noexcept;
};

// Of a NotificationConfiguration. malformed_xml; invalid_argument: an event, a filter or an
// ARN that is none, or rules that overlap; not_implemented: destinations and events that this
// server does not have.
s3_result<std::vector<notification_rule>> notifications_of(xml_element const& document);
void write_notifications(xml_writer& out, std::vector<notification_rule> const& rules);

}  // namespace sluice::s3
