#include "tests/fault/power_cut/store_driver.hpp"

#include "backend/store/audit_log.hpp"
#include "backend/store/audit_state.hpp"
#include "backend/store/bucket_verbs.hpp"
#include "backend/store/object_verbs.hpp"
#include "gateway/core/task_group.hpp"
#include "tests/fault/power_cut/value_bytes.hpp"
#include "tests/support/borrowed_device.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::fault {

store_driver::store_driver(machine& on, store_model& model, store_driver_options const& options)
    : machine_(on), model_(model), options_(options), random_(options.seed), ids_(options.seed) {}

store_driver::~store_driver() {
    stop();
}

result<void> store_driver::start() {
    pool_ = std::make_unique<blocking_pool>(
        blocking_pool_options{.name = "power-cut", .threads = 2, .queued_max = 4096});
    store::engine_environment environment;
    if (!options_.on_a_folder) {
        environment.device = std::make_unique<test_support::borrowed_device>(machine_.device());
        SLUICE_TRY(environment.index, machine_.open_index());
    }
    environment.random = &ids_;
    SLUICE_TRY(engine_, store::engine::open(options_.engine, *pool_,
                                            blocking_token::for_this_thread(),
                                            std::move(environment)));
    plant(options_.bug);
    return {};
}

void store_driver::plant(audit_bug bug) {
    if (bug == audit_bug::none) return;
    auto& audit = engine_->audit();
    auto closer = [&audit, bug, held = std::vector<std::string>()](
                      std::vector<std::string> const& records, lsn at,
                      journal::commit& into) mutable {
        auto written = records;
        if (bug == audit_bug::in_the_next_group) written = std::exchange(held, records);
        else written.insert(written.end(), records.begin(), records.end());
        into.on_done = [](result<lsn> const&) {};
        if (!written.empty()) audit.close_group(written, at, into);
    };
    engine_->journal().set_group_closer(std::move(closer));
}

void store_driver::stop() {
    engine_.reset();
    pool_.reset();
}

void store_driver::violated(std::string what) {
    if (!violation_) violation_ = std::move(what);
}

bool store_driver::is_lost_answer(failure const& what, std::string const& verb) {
    if (!powered()) return true;
    violated(verb + " fails on a healthy device: " + what.describe());
    return false;
}

// -- claims

store_driver::claim store_driver::claim_key() {
    for (int tries = 0; tries < 20; ++tries) {
        claim chosen{"b" + std::to_string(below(2)),
                     "k/" + std::to_string(below(std::uint64_t(options_.keys)))};
        if (claimed_.insert(chosen.bucket + "/" + chosen.key).second) return chosen;
    }
    return {};
}

void store_driver::release(claim const& at) {
    claimed_.erase(at.bucket + "/" + at.key);
}

content store_driver::new_content(std::uint64_t most) {
    auto number = model_.next_number++;
    auto kind = below(10);
    auto limit = kind < 4 ? 3000u : kind < 8 ? 60000u : most;
    return {{{number, below(std::min<std::uint64_t>(limit, most) + 1)}},
            "e" + std::to_string(number)};
}

// -- the run

void store_driver::run(std::size_t verbs, bool cut_after) {
    verbs_left_ = verbs;
    cut_after_ = cut_after;
    test::run_task(context_, drive());
}

task<void> store_driver::drive() {
    std::vector<std::string> const main_buckets{"b0", "b1"};
    for (auto const& name : main_buckets) {
        auto& exists = model_.buckets[name].exists;
        if (exists.now()) continue;
        auto const record = model_.audit.add("create_bucket " + name);
        store::create_bucket_request request;
        request.name = name;
        request.audit.push_back(model_.audit.text(record));
        auto made = co_await store::create_bucket(*engine_, std::move(request));
        audited(record, made, bucket_effect(name, true));
        if (made.has_value()) {
            exists.is(true);
        } else if (is_lost_answer(made.error(), "create_bucket")) {
            exists.may_become(true);
            co_return;
        }
    }
    co_await make_main_topics();
    if (going_on()) co_await make_transaction_topic();
    if (!going_on()) co_return;
    task_group writers(context_.get_executor());
    for (std::size_t i = 0; i < options_.writers; ++i) {
        if (!writers.spawn(writer())) violated("a writer does not start");
    }
    co_await writers.drain();
}

task<void> store_driver::writer() {
    while (going_on()) {
        if (verbs_left_ == 0) {
            if (!cut_after_) co_return;
            cut_after_ = false;
            machine_.cut_at(1 + below(16));
            verbs_left_ = 40;  // some of them are under way when the power goes
        }
        --verbs_left_;
        co_await one_verb();
    }
}

task<void> store_driver::one_verb() {
    if (below(3) == 0) co_return co_await one_log_verb();
    auto choice = below(100);
    if (choice < 2) co_return co_await flush();
    if (choice < 3) co_return co_await record_a_decision();
    if (choice < 4 && options_.backs_up) co_return co_await back_up();
    if (choice < 6) co_return co_await abandon_stream();
    if (choice < 13) co_return co_await change_spare_bucket();
    if (choice < 14) co_return co_await change_settings_of_bucket();
    if (choice < 18) co_return co_await end_old_upload();
    if (choice < 44) co_return co_await table_transaction_of_a_group();
    if (choice < 48) co_return co_await take_numbers();
    if (choice < 56) co_return co_await one_version_verb();
    choice = 18 + below(82);
    auto at = claim_key();
    if (!at) co_return;
    if (choice < 50) {
        co_await put(at);
    } else if (choice < 57) {
        co_await erase(at);
    } else if (choice < 60) {
        co_await erase_many(at);
    } else if (choice < 68) {
        co_await upload(at);
    } else if (choice < 76) {
        co_await race(at);
    } else if (choice < 84) {
        auto to = claim_key();
        if (to) {
            co_await copy(at, to);
            release(to);
        }
    } else {
        co_await read(at);
    }
    release(at);
}

task<void> store_driver::flush() {
    auto work = [this](blocking_token token) { return engine_->journal().flush_index(token); };
    auto done = co_await pool_->run(std::move(work));
    if (done.has_error()) is_lost_answer(done.error(), "flush");
}

// One that changed nothing.
task<void> store_driver::record_a_decision() {
    auto const record = model_.audit.add("append_audit");
    store::audit_records records{model_.audit.text(record)};
    auto const done = co_await store::append_audit(*engine_, std::move(records));
    audited(record, done);
    if (done.has_value()) ++model_.acknowledged;
    else is_lost_answer(done.error(), "append_audit");
}

// -- buckets

store_driver::effects store_driver::bucket_effect(std::string const& name, bool made) {
    auto const& before = model_.buckets[name].exists;
    if (!before.is_certain() || before.now().has_value() == made) return {};
    return {[&model = model_, name, made] {
        return std::optional(model.buckets[name].exists.now().has_value() == made);
    }};
}

task<void> store_driver::change_settings_of_bucket() {
    auto const name = "b" + std::to_string(below(2));
    if (!claimed_.insert("settings/" + name).second) co_return;
    auto& settings = model_.buckets[name].settings;
    auto const value = "s" + std::to_string(model_.next_number++);
    auto const record = model_.audit.add("change_bucket_settings " + name);
    store::change_bucket_request request;
    request.name = name;
    request.settings = value;
    request.audit.push_back(model_.audit.text(record));
    auto const done = co_await store::change_bucket_settings(*engine_, std::move(request));
    audited(record, done, {[&settings, value] { return std::optional(settings.now() == value); }});
    if (done.has_value()) {
        if (done->settings != value) violated("changing a bucket's settings answers others");
        ++model_.acknowledged;
        settings.is(value);
    } else if (is_lost_answer(done.error(), "change_bucket_settings")) {
        settings.may_become(value);
    }
    claimed_.erase("settings/" + name);
}

task<void> store_driver::change_spare_bucket() {
    claim at{"t" + std::to_string(below(3)), "only"};
    if (!claimed_.insert(at.bucket).second) co_return;
    auto& bucket = model_.buckets[at.bucket];
    if (!bucket.exists.now()) {
        auto const record = model_.audit.add("create_bucket " + at.bucket);
        store::create_bucket_request request;
        request.name = at.bucket;
        request.audit.push_back(model_.audit.text(record));
        auto made = co_await store::create_bucket(*engine_, std::move(request));
        audited(record, made, bucket_effect(at.bucket, true));
        if (made.has_value()) {
            bucket.exists.is(true);
            ++model_.acknowledged;
        } else if (is_lost_answer(made.error(), "create_bucket")) {
            bucket.exists.may_become(true);
        }
    } else if (below(2) == 0) {
        co_await fill_spare_bucket(at);
    } else {
        co_await delete_spare_bucket(at.bucket);
    }
    claimed_.erase(at.bucket);
}

task<void> store_driver::fill_spare_bucket(claim at) {
    auto choice = below(3);
    if (choice == 0) co_return co_await put(at);
    if (choice == 1) co_return co_await erase(at);
    co_await upload(at);
}

task<void> store_driver::delete_spare_bucket(std::string name) {
    auto& bucket = model_.buckets[name];
    bool empty = !bucket.objects["only"].now().has_value();
    auto const record = model_.audit.add("delete_bucket " + name);
    store::delete_bucket_request request;
    request.name = name;
    request.audit.push_back(model_.audit.text(record));
    auto done = co_await store::delete_bucket(*engine_, std::move(request));
    audited(record, done, bucket_effect(name, false));
    if (done.has_error() && done.error().code == error::not_empty && !empty) co_return;
    if (done.has_value() && !empty) co_return violated("a bucket with an object was deleted");
    if (done.has_error() && !is_lost_answer(done.error(), "delete_bucket")) co_return;
    if (done.has_value()) ++model_.acknowledged;
    for (auto& [id, upload] : model_.uploads) {
        if (upload.bucket != name) continue;
        if (done.has_value()) upload.open.is(std::nullopt);
        else upload.open.may_become(std::nullopt);
    }
    if (done.has_value()) bucket.exists.is(std::nullopt);
    else bucket.exists.may_become(std::nullopt);
}

}  // namespace sluice::fault
