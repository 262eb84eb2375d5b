// The inside of readable_log. Inside auth/guard only.
#pragma once

#include "auth/guard/guarded_logs.hpp"
#include "backend/store/log_table.hpp"

namespace sluice::auth {

class readable_log::implementation {
public:
    implementation(store::engine& engine, store::topic_handle topic)
        : engine(engine),
          topic(std::move(topic)),
          description(this->topic->describe()) {}

    store::engine& engine;
    store::topic_handle const topic;
    // As it was when it was opened; shared with the topic.
    std::shared_ptr<store::topic_log::description const> const description;
};

}  // namespace sluice::auth
