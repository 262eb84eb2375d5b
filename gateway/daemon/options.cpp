#include "gateway/daemon/options.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "auth/keys/object_cipher.hpp"

namespace sluice::gateway {
namespace {

result<std::optional<flash::method>> method_of(std::string const& text) {
    if (text.empty()) return std::optional<flash::method>{};
    if (text == "io_uring") return std::optional(flash::method::io_uring);
    if (text == "worker") return std::optional(flash::method::worker);
    if (text == "sync") return std::optional(flash::method::sync);
    return failure{error::invalid_argument, "store.method: io_uring, worker or sync"};
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        auto const word = text.substr(0, text.find(','));
        if (!word.empty()) out.emplace_back(word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return out;
}

journal::journal_options store_journal_options_of(settings const& from) {
    journal::journal_options out;
    out.segment_bytes = static_cast<std::uint32_t>(from.store_segment);
    out.capacity_bytes = from.store_capacity;
    out.segments_kept_ready = static_cast<std::uint32_t>(from.limit_journal_segments_ready);
    out.groups_in_flight = static_cast<std::uint32_t>(from.limit_journal_groups_in_flight);
    out.overlap_bytes = from.limit_journal_overlap;
    out.group_bytes = static_cast<std::uint32_t>(from.limit_journal_group);
    out.queued_bytes = from.limit_journal_queued;
    out.waiting_commits = static_cast<std::uint32_t>(from.limit_journal_waiting_commits);
    out.bulk_bytes_in_flight = from.limit_journal_bulk;
    out.waiting_bulk_frames = static_cast<std::uint32_t>(from.limit_journal_waiting_bulk_frames);
    out.open_segment_files = static_cast<std::uint32_t>(from.limit_journal_open_segments);
    out.reads_remembered = static_cast<std::uint32_t>(from.limit_journal_reads_remembered);
    out.index_ballast_bytes = from.limit_journal_index_ballast;
    out.maximum_snapshot_age = from.limit_snapshot_age;
    out.unflushed_bytes = from.limit_journal_unflushed;
    out.reserved_segments = static_cast<std::uint32_t>(from.limit_journal_reserved_segments);
    return out;
}

store::store_limits store_limits_of(settings const& from) {
    store::store_limits out;
    // What one that is encrypted takes up.
    out.payload_bytes = auth::sealed_size(from.limit_s3_object);
    out.upload_parts = static_cast<std::uint32_t>(from.limit_s3_upload_parts);
    out.payload_frames_in_flight = static_cast<std::uint32_t>(from.limit_payload_frames_in_flight);
    out.payload_frames_total = static_cast<std::uint32_t>(from.limit_payload_frames);
    out.payload_frame_wait = from.limit_payload_frame_wait;
    out.payload_frame_fill = from.limit_payload_frame_fill;
    out.payload_pieces_ahead = static_cast<std::uint32_t>(from.limit_payload_pieces_ahead);
    out.payload_read_bytes = from.limit_payload_read;
    out.list_steps = from.limit_store_list_steps;
    out.locks = from.limit_store_locks;
    out.lock_waiters = from.limit_store_lock_waiters;
    out.lock_wait = from.limit_store_lock_wait;
    out.row_lock_wait = from.limit_store_row_lock_wait;
    out.transaction_bytes = from.limit_store_transaction;
    out.all_transactions_bytes = from.limit_store_transactions;
    out.sequences_cached = from.limit_store_sequences_cached;
    out.append_bytes = from.limit_store_append;
    out.partitions = from.limit_store_partitions;
    out.log_waiters = from.limit_store_log_waiters;
    out.producers = from.limit_store_producers;
    out.producer_idle = from.limit_store_producer_idle;
    out.retention_interval = from.limit_store_retention_interval;
    out.log_cleaner_bytes = from.limit_store_log_cleaner;
    out.journal_records = static_cast<std::int64_t>(from.limit_store_journal_records);
    out.decompressed_batch_bytes = from.limit_kafka_decompressed_batch;
    out.offset_metadata_bytes = from.limit_kafka_offset_metadata;
    out.cache_entry_bytes = from.limit_store_cache_entry;
    out.cache_on_write_bytes = from.limit_store_cache_on_write;
    out.reclaim_bytes_per_second = from.limit_reclaim_rate;
    out.scrub_bytes_per_second = from.limit_scrub_rate;
    return out;
}

}  // namespace

std::string data_folder_of(settings const& from) {
    auto folder = std::filesystem::absolute(from.data).lexically_normal().string();
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    return folder;
}

std::string key_file_of(settings const& from) {
    if (from.key_file.empty()) return data_folder_of(from) + ".key";
    return std::filesystem::absolute(from.key_file).lexically_normal().string();
}

result<memory_parts> memory_parts_of(settings const& from) {
    struct part {
        std::string_view key;
        std::uint64_t given, least, weight;
        std::uint64_t memory_parts::*into;
    };
    part const parts[] = {
        {"store.memory", from.store_memory, 32 * mebibyte, 2, &memory_parts::store},
        {"limits.sql_engine_memory", from.limit_sql_engine_memory, 16 * mebibyte, 2, &memory_parts::engine},
        {"limits.request_memory", from.limit_request_memory, 16 * mebibyte, 3, &memory_parts::requests},
    };
    auto left = from.memory_total;
    std::uint64_t weights = 0;
    for (auto const& each : parts) {
        if (each.given > left)
            return failure{error::invalid_argument, "memory.total: " + std::to_string(from.memory_total) +
                                                        " bytes are less than the parts that are set (" +
                                                        std::string(each.key) + " is one); raise it"};
        left -= each.given;
        if (each.given == 0) weights += each.weight;
    }
    memory_parts out;
    for (auto const& each : parts) {
        out.*each.into = each.given > 0 ? each.given : left / weights * each.weight;
        if (out.*each.into < each.least)
            return failure{error::invalid_argument, std::string(each.key) + ": " +
                                                        std::to_string(out.*each.into) + " bytes, at least " +
                                                        std::to_string(each.least) +
                                                        " are needed; set it, or raise memory.total"};
    }
    return out;
}

log_options log_options_of(settings const& from) {
    log_options out;
    out.level = parse_log_level(from.log_level).value();  // validated with the settings
    out.format = from.log_format == "text" ? log_format::text : log_format::json;
    out.file = from.log_file;
    out.lines_per_site_second = static_cast<std::uint32_t>(from.limit_log_lines_per_site_second);
    return out;
}

metrics_options metrics_options_of(settings const& from) { return {.series_max = from.limit_metrics_series}; }

blocking_pool_options blocking_options_of(settings const& from) {
    return {.threads = static_cast<unsigned>(from.blocking_threads), .queued_max = from.limit_blocking_queued};
}

result<store::engine_options> engine_options_of(settings const& from) {
    store::engine_options out;
    out.folder = data_folder_of(from);
    SLUICE_TRY(out.method, method_of(from.store_method));
    SLUICE_TRY(auto const memory, memory_parts_of(from));
    out.memory_bytes = memory.store;
    out.journal = store_journal_options_of(from);
    out.limits = store_limits_of(from);
    out.flash_queue_depth = static_cast<std::uint32_t>(from.limit_flash_queue_depth);
    out.flash_queued_writes = static_cast<std::uint32_t>(from.limit_flash_queued_writes);
    return out;
}

auth::guard_options guard_options_of(settings const& from) {
    auth::guard_options out;
    out.root_user = from.root_user;
    out.key_file = key_file_of(from);
    out.data_folder = data_folder_of(from);
    out.directory.root_name = from.root_user;
    out.directory.principals = from.limit_principals;
    out.directory.credentials = from.limit_credentials;
    out.directory.delegation_depth = from.limit_delegation_depth;
    out.policy.rules = from.limit_policy_rules;
    out.policy.compiled_principals = from.limit_compiled_principals;
    out.sigv4.region = from.s3_region;
    out.sigv4.signed_headers = from.limit_sigv4_signed_headers;
    out.sigv4.query_parameters = from.limit_sigv4_query_parameters;
    out.sigv4.canonical_bytes = from.limit_sigv4_canonical;
    out.signing_keys_cached = from.limit_signing_keys_cached;
    out.audit_flush = from.limit_audit_flush;
    out.counted_reads = from.limit_audit_counted_reads;
    out.counted_read_wait = from.limit_audit_counted_read_wait;
    out.strict_reads = words_of(from.audit_strict_reads);
    out.failure_sources = from.limit_audit_failure_sources;
    out.writes_under_way = from.limit_writes_under_way;
    out.changes_waiting = from.limit_access_changes_waiting;
    out.password_checks = from.limit_password_checks;
    out.token_checks = from.limit_token_checks;
    return out;
}

http::http_options http_options_of(settings const& from) {
    http::http_options out;
    out.request_line_bytes = from.limit_http_request_line;
    out.head_bytes = from.limit_http_head;
    out.header_count = from.limit_http_headers;
    out.head_deadline = from.limit_http_head_deadline;
    out.idle_deadline = from.limit_http_idle_deadline;
    out.body_deadline = from.limit_http_body_deadline;
    out.body_stall = from.limit_http_body_stall;
    out.write_deadline = from.limit_http_write_deadline;
    out.linger_deadline = from.limit_http_linger;
    out.requests_per_connection = from.limit_http_requests_per_connection;
    return out;
}

result<s3::s3_options> s3_options_of(settings const& from) {
    s3::s3_options out;
    out.http = http_options_of(from);
    out.region = from.s3_region;
    out.domains = words_of(from.s3_domains);
    out.encrypts_new_buckets = from.s3_default_encryption == "AES256";
    if (!out.encrypts_new_buckets && from.s3_default_encryption != "none")
        return failure{error::invalid_argument, "s3.default_encryption: AES256 or none"};
    out.website_domains = words_of(from.s3_website_domains);
    out.query_parameters = from.limit_s3_query_parameters;
    out.document_bytes = from.limit_s3_document;
    out.document_elements = from.limit_s3_document_elements;
    out.object_bytes = from.limit_s3_object;
    out.upload_parts = static_cast<std::uint32_t>(from.limit_s3_upload_parts);
    out.minimum_part_bytes = from.limit_s3_minimum_part;
    out.refusal_delay = from.limit_s3_refusal_delay;
    out.lifecycle_day = from.s3_lifecycle_day;
    return out;
}

s3::select_options select_options_of(settings const& from) {
    s3::select_options out;
    out.threads = static_cast<unsigned>(from.limit_s3_select_threads);
    out.running_max = from.limit_s3_select_running;
    out.parquet_running_max = from.limit_s3_select_parquet_running;
    out.parquet_memory_bytes = from.limit_s3_select_parquet_memory;
    out.time_max = from.limit_s3_select_time;
    out.reader.record_bytes = from.limit_s3_select_record;
    out.reader.document_bytes = from.limit_s3_select_document;
    out.reader.value_bytes = from.limit_s3_select_values;
    return out;
}

s3::access_log_options access_log_options_of(settings const& from) {
    s3::access_log_options out;
    out.interval = from.s3_access_log_interval;
    out.bytes = from.s3_access_log_bytes;
    out.look_every = std::min(out.look_every, out.interval);
    return out;
}

s3::journal_options journal_options_of(settings const& from) {
    s3::journal_options out;
    out.interval = from.s3_access_log_interval;
    out.look_every = std::min(out.look_every, out.interval);
    return out;
}

s3::lifecycle_options lifecycle_options_of(settings const& from) {
    s3::lifecycle_options out;
    out.interval = from.s3_lifecycle_interval;
    // A day that is shorter is there to be watched.
    if (from.s3_lifecycle_day != s3::real_day)
        out.interval = std::min(out.interval, std::max(from.s3_lifecycle_day / 4,
                                                       std::chrono::milliseconds(50)));
    return out;
}

postgres::pg_options pg_options_of(settings const& from) {
    postgres::pg_options out;
    out.frames.large_bytes = from.limit_pg_message;
    out.output_bytes = from.limit_pg_output;
    out.prepared.statements = from.limit_pg_statements;
    out.prepared.bytes = from.limit_pg_statement_bytes;
    out.portals = from.limit_pg_portals;
    out.sessions = from.limit_pg_sessions;
    out.authentication = from.limit_pg_authentication;
    out.message = from.limit_pg_message_deadline;
    out.write = from.limit_pg_write_deadline;
    out.idle = from.limit_pg_idle;
    out.linger = from.limit_pg_linger;
    out.refusal_delay = from.limit_pg_refusal_delay;
    out.tls_required = !from.tls_cert.empty() && !from.insecure;
    return out;
}

result<kafka::kafka_options> kafka_options_of(settings const& from) {
    kafka::kafka_options out;
    if (!from.kafka_advertised.empty()) {
        auto const colon = from.kafka_advertised.rfind(':');
        auto const port = colon == std::string::npos ? "" : from.kafka_advertised.substr(colon + 1);
        auto const [end, problem] =
            std::from_chars(port.data(), port.data() + port.size(), out.advertised_port);
        if (colon == 0 || port.empty() || problem != std::errc{} || end != port.data() + port.size())
            return failure{error::invalid_argument, "kafka.advertised: host:port"};
        out.advertised_host = from.kafka_advertised.substr(0, colon);
    }
    out.auto_create_topics = from.kafka_auto_create_topics;
    out.default_partitions = static_cast<std::uint32_t>(from.kafka_default_partitions);
    out.message_bytes = static_cast<std::uint32_t>(from.kafka_message);
    SLUICE_TRY(auto const store, engine_options_of(from));
    out.batch_bytes = static_cast<std::uint32_t>(store::append_bytes_of(store));
    if (from.kafka_message > out.batch_bytes)
        return failure{error::invalid_argument,
                       "kafka.message: " + std::to_string(from.kafka_message) +
                           " bytes, but the store takes at most " + std::to_string(out.batch_bytes) +
                           " as one batch (limits.store_append, within limits.journal_group and store.segment)"};
    out.retention_ms = from.kafka_retention.count() == 0 ? -1 : from.kafka_retention.count();
    out.retention_bytes =
        from.kafka_retention_size == 0 ? -1 : static_cast<std::int64_t>(from.kafka_retention_size);
    out.offsets_retention = from.kafka_offsets_retention;
    out.groups.initial_rebalance_delay = from.kafka_group_initial_delay;
    out.groups.max_size = from.limit_kafka_group_members;
    if (from.kafka_consumer_heartbeat >= from.kafka_consumer_session_timeout)
        return failure{error::invalid_argument,
                       "kafka.consumer_heartbeat: shorter than kafka.consumer_session_timeout"};
    out.consumers.session_timeout = from.kafka_consumer_session_timeout;
    out.consumers.heartbeat_interval = from.kafka_consumer_heartbeat;
    out.consumers.max_size = from.limit_kafka_group_members;
    out.consumers.regex_bytes = from.limit_kafka_group_regex;
    out.consumers.regexes_max = from.limit_kafka_group_regexes;
    out.frame_bytes = from.limit_kafka_request;
    out.frame_bytes_before_login = from.limit_kafka_request_before_login;
    out.produces_under_way = from.limit_kafka_pipelined_produces;
    out.fetch_bytes = from.limit_kafka_fetch;
    out.fetch_wait = from.limit_kafka_fetch_wait;
    out.offset_metadata_bytes = from.limit_kafka_offset_metadata;
    out.decompressed_bytes = from.limit_kafka_decompressed_batch;
    out.request_elements = from.limit_kafka_elements;
    out.idle_deadline = from.limit_kafka_idle;
    out.login_deadline = from.limit_kafka_login;
    out.longest_login = from.kafka_max_reauth;
    out.frame_deadline = from.limit_kafka_frame;
    out.write_deadline = from.limit_kafka_write;
    out.refusal_delay = from.limit_kafka_refusal_delay;
    return out;
}

kafka::coordinator_options coordinator_options_of(settings const& from,
                                                  kafka::kafka_options const& front) {
    kafka::coordinator_options out;
    out.groups = front.groups;
    out.consumers = front.consumers;
    out.topics_check = from.kafka_topics_check;
    out.groups_max = from.limit_kafka_groups;
    out.offsets_retention = front.offsets_retention;
    return out;
}

kafka::transaction_options transaction_options_of(settings const& from) {
    kafka::transaction_options out;
    out.longest = from.kafka_transaction_timeout_max;
    out.idle = from.kafka_transactional_id_retention;
    out.sweep_every = from.kafka_transaction_check;
    out.ids_max = from.limit_kafka_transactional_ids;
    return out;
}

listener_options listener_options_of(settings const& from, std::string name, std::uint16_t port) {
    listener_options out;
    out.name = std::move(name);
    out.address = from.listen;
    out.port = port;
    out.plaintext_off_loopback = from.insecure;
    out.backlog = static_cast<int>(from.limit_accept_backlog);
    out.socket_receive_bytes = from.limit_socket_receive;
    out.gate.connections = from.limit_connections;
    out.gate.connections_per_source = from.limit_connections_per_source;
    out.tls_handshake = from.limit_tls_handshake;
    return out;
}

control_server_options control_options_of(settings const& from) {
    control_server_options out;
    out.folder = data_folder_of(from);
    out.connections = from.limit_control_connections;
    out.message_bytes = from.limit_control_message;
    return out;
}

}  // namespace sluice::gateway
