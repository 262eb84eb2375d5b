// Drives one open store with random verbs by several writers, no two on one key except where they
// race on purpose. Every answer is checked against the model; the first violation is kept. Every
// change that can bring an audit record brings one. Thread rule: one thread, which runs the
// coroutines too. The machine and model outlive it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "backend/store/engine.hpp"
#include "backend/store/log_verbs.hpp"
#include "backend/store/model/conditions.hpp"
#include "backend/store/payload_writer.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task.hpp"
#include "tests/fault/power_cut/machine.hpp"
#include "tests/fault/power_cut/store_model.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sluice::store {
class opened_object;
class table_transaction;
}

namespace sluice::fault {

// Mistakes that the comparison of the audit log must find.
enum class audit_bug {
    none,
    in_the_next_group,   // the records of a group come with the group behind it
    twice,
};

struct store_driver_options {
    store::engine_options engine;
    std::uint64_t seed = 1;
    std::size_t writers = 6;
    int keys = 12;          // per bucket
    bool backs_up = false;  // a backup is one of the verbs
    // A store in engine.folder and not the machine's: a restored backup.
    bool on_a_folder = false;
    audit_bug bug = audit_bug::none;
};

class store_driver {
public:
    store_driver(machine&, store_model&, store_driver_options const&);
    ~store_driver();

    result<void> start();
    store::engine& opened() { return *engine_; }
    // Runs about `verbs` verbs, then takes the power if `cut_after`, with the last ones under way.
    void run(std::size_t verbs, bool cut_after);
    // Buckets, listings, uploads and every byte are as the model allows; what was uncertain is
    // certain then.
    void check_everything();
    // Nothing is under way and all is certain: a backup has just that, restored; a part of it is
    // refused.
    void check_backup();
    void stop();
    std::optional<std::string> const& violation() const { return violation_; }

private:
    // A key nobody else works on; empty when all are taken.
    struct claim {
        std::string bucket;
        std::string key;
        explicit operator bool() const { return !key.empty(); }
    };
    claim claim_key();
    void release(claim const&);
    fate<content>& fate_of(claim const& at) { return model_.buckets[at.bucket].objects[at.key]; }
    content new_content(std::uint64_t most);
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool powered() const { return machine_.is_powered(); }
    bool going_on() const { return powered() && !violation_; }
    void violated(std::string what);
    // True: the change may or may not be there (the power went). A violation otherwise.
    bool is_lost_answer(failure const&, std::string const& verb);
    // What the audit log must hold of a change by its answer; `effects` if that was lost.
    template <class T>
    void audited(std::uint64_t record, result<T> const& answer,
                 std::vector<audit_model::effect> effects = {}) {
        if (answer.has_value()) model_.audit.must_be_there(record);
        else if (powered() || is_refusal(answer.error().code)) model_.audit.must_not_be_there(record);
        else model_.audit.may_be_there(record, std::move(effects));
    }
    static bool is_refusal(error code) {
        return code == error::precondition_failed || code == error::not_found ||
               code == error::not_empty;
    }
    void plant(audit_bug bug);

    // How a lost change would show; none where it would not. Asked before the model knows of it.
    using effects = std::vector<audit_model::effect>;
    struct sent_batch {
        std::string topic;
        int partition = 0;
        log_batch_model what;
        std::int64_t end = 0;   // of what was known to be before it
    };
    effects object_effect(claim const& at, std::optional<content> const& becomes);
    effects bucket_effect(std::string const& name, bool made);
    effects topic_effect(std::string const& name, bool made);
    effects new_upload_effect(claim const& at);
    effects log_effects(std::vector<sent_batch> const& sent);
    sent_batch about_to_send(std::string const& topic, int partition, log_batch_model const& what) {
        return {topic, partition, what, log_of(topic, partition).end()};
    }

    task<void> drive();
    task<void> writer();
    task<void> one_verb();
    task<void> put(claim at);
    task<void> race(claim at);
    task<void> erase(claim at);
    task<void> erase_many(claim at);
    task<void> copy(claim from, claim to);
    task<void> read(claim at);
    task<void> abandon_stream();
    task<void> change_spare_bucket();
    task<void> delete_spare_bucket(std::string name);
    task<void> change_settings_of_bucket();
    task<void> fill_spare_bucket(claim at);
    task<void> flush();
    task<void> record_a_decision();
    task<void> back_up();
    std::string new_folder(char const* what);
    std::unique_ptr<store_driver> open_restored(std::string const& from, store_model&);
    void judge_backup(std::string const& folder, std::size_t acknowledged_before);
    void expect_unusable(std::string const& folder);
    void cut_backup(std::string const& folder);
    task<void> upload(claim at);
    task<bool> put_part(store::upload_id id, std::uint32_t number);
    task<void> end_upload(store::upload_id id);
    task<void> end_old_upload();
    task<void> complete(store::upload_id id);
    task<void> abort(store::upload_id id);
    task<bool> conditional_put(claim at, content what, store::conditions when, bool expected);
    task<result<store::stored_payload>> write_payload(piece bytes);
    task<std::optional<content>> look_up(claim at);
    task<result<std::string>> read_bytes(claim at, std::string* etag);
    task<result<std::string>> rest_of(store::opened_object const& opened);

    // store_versions.cpp
    task<void> one_version_verb();
    task<bool> make_versions_bucket();
    task<void> put_version(std::string key);
    task<void> hide_versions(std::string key);
    task<void> erase_version(std::string key);
    task<void> read_version(std::string key);
    task<void> check_versions();

    // store_logs.cpp
    task<void> one_log_verb();
    task<void> make_main_topics();
    task<void> append_plain();
    task<void> append_as_producer();
    void producer_answered(std::string const& name, result<store::log_appended> const&);
    task<void> change_main_topic();
    task<void> remove_group();
    task<void> erase_log();
    task<void> keep_logs();
    task<void> change_spare_topic();
    task<void> change_group();
    task<void> read_log_somewhere();
    log_batch_model new_log_batch();
    store::append_part part_of(std::string const& topic, int partition, log_batch_model const&);
    log_partition_model& log_of(std::string const& topic, int partition) {
        return model_.topics[topic].partitions[partition];
    }

    // store_log_checks.cpp
    task<void> check_topics();
    void check_note(std::string const& topic);
    task<void> check_partition(std::string topic, int partition);
    task<void> check_groups();
    // -- store_transactions.cpp
    task<void> make_transaction_topic();
    task<void> run_transaction();
    task<bool> send_of_transaction(int number, std::int64_t epoch, std::int32_t (&sequences)[2]);
    task<bool> save_offset_of_transaction(int number, std::int64_t epoch);
    task<bool> end_of_transaction(int number, std::int64_t epoch, bool commits, bool has_offset);
    task<std::optional<std::vector<std::uint64_t>>> read_committed(int partition);
    task<void> check_transactions();
    task<bool> settle_transactions();
    task<void> check_offset_of_transactions(int number);
    // -- store_tables.cpp
    task<void> table_transaction_of_a_group();
    task<bool> work_in_group(store::table_transaction& in, int group, table_group& state);
    task<bool> make_tables(store::table_transaction& in, int group, table_group& state);
    task<bool> change_row(store::table_transaction& in, table_group& state, bool large);
    task<void> end_transaction(store::table_transaction& one, int group, table_group state);
    task<bool> append_with_rows(store::table_transaction& in, int group, table_group& state,
                                std::optional<std::pair<int, log_batch_model>>& sent);
    void check_sent_with_rows();
    bool answered(result<void> const& outcome, std::string const& verb);
    task<void> take_numbers();
    task<void> check_tables();
    task<std::optional<table_group>> read_group(int group);
    std::map<std::string, std::string> read_table(store::table_transaction& in, dataset_id table);
    task<std::set<std::pair<std::string, std::string>>> read_entries(store::table_transaction& in,
                                                                     dataset_id table,
                                                                     dataset_id index);

    task<void> check_all();
    task<void> check_audit();
    task<std::vector<std::string>> read_whole_audit();
    task<void> check_bucket(std::string name);
    task<std::set<std::string>> listed_keys(std::string bucket);
    task<void> check_object(claim at, bool listed);
    task<void> check_uploads(std::string bucket);
    task<void> check_parts(store::upload_id id);

    machine& machine_;
    store_model& model_;
    store_driver_options const options_;
    std::mt19937_64 random_;
    seeded_random ids_;
    boost::asio::io_context context_{1};
    std::unique_ptr<blocking_pool> pool_;
    std::unique_ptr<store::engine> engine_;
    std::unique_ptr<test_support::temporary_folder> scratch_;   // of backups, from the first on
    std::set<std::string> claimed_;
    std::size_t verbs_left_ = 0;
    bool cut_after_ = false;
    std::optional<std::string> violation_;
};

}  // namespace sluice::fault
