#include "backend/store/check.hpp"

#include <fmt/format.h>

#include "backend/store/check_run.hpp"

namespace sluice::store {

std::string_view name_of(check_rule rule) noexcept {
    switch (rule) {
        case check_rule::folder: return "folder";
        case check_rule::chain: return "chain";
        case check_rule::lsn: return "lsn";
        case check_rule::record: return "record";
        case check_rule::counter: return "counter";
        case check_rule::payload: return "payload";
        case check_rule::reverse: return "reverse";
        case check_rule::place: return "place";
        case check_rule::bytes: return "bytes";
        case check_rule::reference: return "reference";
        case check_rule::log: return "log";
    }
    return "unknown";
}

std::string to_text(check_report const& report) {
    auto text = fmt::format(
        "applied lsn {}, durable lsn {}\n"
        "{} segments, {} buckets, {} objects, {} uploads, {} parts\n"
        "{} payloads ({} on their way out), {} extents, {} reverse entries, {} log runs of {} topics\n"
        "{} rows, {} index entries, {} dropped tables and indexes on their way out\n"
        "{} frames read, {} bytes\n",
        to_underlying(report.applied), to_underlying(report.durable), report.segments,
            report.buckets, report.objects,
        report.uploads, report.parts, report.payloads, report.unreferenced_payloads, report.extents,
        report.reverse_entries, report.log_runs, report.topics, report.rows,
        report.index_entries, report.dropped_datasets, report.frames_read, report.bytes_read);
    for (auto const& one : report.violations)
        text += fmt::format("violation [{}] {}: {}\n", name_of(one.rule), one.where, one.what);
    if (report.violations_found > report.violations.size())
        text += fmt::format("... and {} more\n",
                            report.violations_found - report.violations.size());
    text += report.is_clean() ? "clean\n" : fmt::format("{} violations\n", report.violations_found);
    return text;
}

check_run::check_run(flash::device& device, kv::index& index, check_options const& options,
                     blocking_token token)
    : device_(device), index_(index), options_(options), token_(token),
        body_(journal::frame_body_limit) {}

void check_run::violate(check_rule rule, std::string where, std::string what) {
    ++report_.violations_found;
    if (report_.violations.size() < options_.violations_kept)
        report_.violations.push_back({rule, std::move(where), std::move(what)});
}

void check_run::violate_at(check_rule rule, std::string_view key, std::string what) {
    violate(rule, kv::key_space::describe(key), std::move(what));
}

void check_run::scan(kv::family where, kv::key_space::key_range range, each_record const& each) {
    auto cursor = index_.scan(view_, where, std::move(range.lower), std::move(range.upper),
                              kv::read_tier::may_block);
    for (; cursor->valid(); cursor->next()) each(cursor->key(), cursor->value());
    if (auto status = cursor->status(); !status)
        violate(check_rule::folder, "index", status.error().describe());
}

std::optional<std::string> check_run::get(kv::family where, std::string const& key) {
    auto found = index_.get(*view_, where, key, kv::read_tier::may_block);
    if (found) return std::move(*found);
    violate_at(check_rule::folder, key, found.error().describe());
    return std::nullopt;
}

void check_run::check_commit_lsn(std::string_view key, lsn changed) {
    if (changed == lsn{}) violate_at(check_rule::lsn, key, "has no commit LSN");
    if (changed > report_.applied)
        violate_at(check_rule::lsn, key, fmt::format("is from lsn {}, behind the applied one",
            to_underlying(changed)));
}

result<void> check_run::run() {
    auto complain = [this](check_rule rule, std::string where, std::string what) {
        violate(rule, std::move(where), std::move(what));
    };
    SLUICE_TRY(segments_, closed_segments::open(device_, index_, complain, token_));
    if (!segments_) return {};
    report_.segments = segments_->headers().size();
    report_.applied = index_.applied_lsn();
    if (auto verified = index_.verify_checksums(); !verified)
        violate(check_rule::folder, "index", verified.error().describe());
    SLUICE_TRY(report_.durable, segments_->follow_chain(report_.applied, complain, token_));
    if (report_.applied > report_.durable)
        violate(check_rule::lsn, "index",
                fmt::format("applied lsn {} is behind the end of the journal, {}",
                            to_underlying(report_.applied),
                            to_underlying(report_.durable)));
    view_ = index_.take_snapshot();
    check_buckets();
    check_objects();
    check_null_versions();
    check_uploads();
    check_logs();
    check_tables();
    check_payloads();
    check_reverse_entries();
    check_unreferenced();
    check_references();
    check_counter("payload", highest_payload_);
    check_counter("dataset", highest_dataset_);
    check_counter("upload", highest_upload_);
    check_counter("version", highest_version_);
    return {};
}

result<check_report> check(flash::device& device, kv::index& index, check_options const& options,
                           blocking_token token) {
    SLUICE_TRY(auto const lock, device.lock("LOCK", token));
    check_run running(device, index, options, token);
    SLUICE_CHECK(running.run());
    return running.take();
}

result<check_report> check_folder(std::string const& folder, check_options const& options,
                                  blocking_token token) {
    flash::device_options where;
    where.folder = folder;
    SLUICE_TRY(auto const device, flash::make_device(flash::method::sync, where));
    kv::index_options reading;
    reading.folder = folder + "/kv";
    reading.read_only = true;
    auto index = kv::index::open(reading);
    if (!index) {
        check_report report;
        report.violations_found = 1;
        report.violations.push_back({check_rule::folder, "index", index.error().describe()});
        return report;
    }
    return check(*device, **index, options, token);
}

}  // namespace sluice::store
