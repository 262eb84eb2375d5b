// From settings to the options of each module: the only place that knows both. Pure, except that paths are made
// absolute against the working folder.
#pragma once

#include "auth/guard/guard_options.hpp"
#include "backend/store/engine.hpp"
#include "gateway/admin/control_server.hpp"
#include "gateway/config/settings.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/metrics.hpp"
#include "gateway/net/listener.hpp"
#include "protocols/http/options.hpp"
#include "protocols/kafka/coordinator/group_coordinator.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"
#include "protocols/kafka/kafka_options.hpp"
#include "protocols/postgres/pg_options.hpp"
#include "protocols/s3/access_log_writer.hpp"
#include "protocols/s3/journal_writer.hpp"
#include "protocols/s3/lifecycle_worker.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/select_service.hpp"

namespace sluice::gateway {

// Absolute, without "." and "..".
std::string data_folder_of(settings const&);
// key_file, or <data folder>.key.
std::string key_file_of(settings const&);

// memory.total divided: what is set by name, and shares of the rest. invalid_argument: it does not fit,
// or a part has less than it needs.
struct memory_parts {
    std::uint64_t store = 0;     // store.memory
    std::uint64_t engine = 0;    // limits.sql_engine_memory
    std::uint64_t requests = 0;  // limits.request_memory
};
result<memory_parts> memory_parts_of(settings const&);

log_options log_options_of(settings const&);
metrics_options metrics_options_of(settings const&);
blocking_pool_options blocking_options_of(settings const&);
// invalid_argument: store.method is none.
result<store::engine_options> engine_options_of(settings const&);
// Without root's password.
auth::guard_options guard_options_of(settings const&);
http::http_options http_options_of(settings const&);
// invalid_argument: s3.default_encryption is neither AES256 nor none.
s3::select_options select_options_of(settings const&);
result<s3::s3_options> s3_options_of(settings const&);
s3::lifecycle_options lifecycle_options_of(settings const&);
s3::access_log_options access_log_options_of(settings const&);
s3::journal_options journal_options_of(settings const&);
// Without the cluster's id. invalid_argument: kafka.advertised is no host:port, kafka.message is more than the
// store takes.
result<kafka::kafka_options> kafka_options_of(settings const&);
kafka::coordinator_options coordinator_options_of(settings const&, kafka::kafka_options const&);
kafka::transaction_options transaction_options_of(settings const&);
postgres::pg_options pg_options_of(settings const&);
listener_options listener_options_of(settings const&, std::string name, std::uint16_t port);
control_server_options control_options_of(settings const&);

}  // namespace sluice::gateway
