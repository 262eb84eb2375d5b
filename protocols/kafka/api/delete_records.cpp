#include "protocols/kafka/schema/delete_records.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {

// Offset -1 is the high watermark.
task<delete_records_response> api::delete_records(api_call& call,
                                                  delete_records_request const& request) {
    delete_records_response out;
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        for (auto const& wanted : topic.partitions) {
            auto& one = shown.partitions.emplace_back();
            one.partition_index = wanted.partition_index;
            one.low_watermark = -1;
            if (wanted.offset < -1) {
                one.error_code = call.code(error_code::offset_out_of_range);
                continue;
            }
            partition_index const index{wanted.partition_index};
            log_offset const before{wanted.offset};
            auto const start =
                co_await call.logs().erase_before(call.who(), topic.name, index, before);
            if (start.has_error())
                one.error_code = call.code(topic_error(call, start.error()));
            else
                one.low_watermark = to_underlying(*start);
        }
    }
    co_return out;
}

}  // namespace sluice::kafka
