#include "protocols/sql/execute/transaction_reader.hpp"

#include "protocols/sql/execute/access_path.hpp"
#include "gateway/core/block_on.hpp"
#include "protocols/sql/execute/foreign_relations.hpp"
#include "protocols/sql/execute/row_writer.hpp"
#include "protocols/sql/execute/stored_rows.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t hits_per_read = 256;

// Rows of key ranges, in key order.
class range_rows final : public box_stream {
public:
    range_rows(stored_pages pages, table_shape_ptr shape, std::vector<bool> read, io_context io)
        : pages_(std::move(pages)), shape_(std::move(shape)), read_(std::move(read)),
          io_(std::move(io)) {}

    sql_result<row_box_ptr> next() override {
        if (at_ >= rows_.size()) {
            auto more = pages_.next();
            if (more.has_error()) return std::move(more).error();
            rows_ = std::move(*more);
            at_ = 0;
            if (rows_.empty()) return row_box_ptr();
        }
        auto& row = rows_[at_++];
        return shape_->decode(std::move(row.key), row.row, read_, io_);
    }

private:
    stored_pages pages_;
    table_shape_ptr shape_;
    std::vector<bool> read_;
    io_context io_;
    std::size_t at_ = 0;
    std::vector<store::stored_row> rows_;
};

// Rows that an index leads to, in index order.
class index_rows final : public box_stream {
public:
    index_rows(session_context& session, auth::table_grant const& grant, table_shape_ptr shape,
               dataset_id index, std::vector<bool> read, std::vector<store::row_range> ranges,
               io_context io)
        : session_(session), grant_(grant), shape_(std::move(shape)), index_(index),
          read_(std::move(read)), ranges_(std::move(ranges)), io_(std::move(io)) {}

    sql_result<row_box_ptr> next() override {
        while (true) {
            if (at_ >= hits_.size()) {
                auto const more = fill();
                if (more.has_error()) return more.error();
                if (!*more) return row_box_ptr();
            }
            auto const& key = hits_[at_++].primary_key;
            auto const row = block_on(session_.executor,
                                      session_.store_transaction().get(grant_, key),
                                      blocking_token::for_this_thread());
            if (row.has_error()) return session_.error_of(row.error());
            if (*row) return shape_->decode(key, (*row)->row, read_, io_);
        }
    }

private:
    sql_result<bool> fill() {
        at_ = 0;
        while (range_ < ranges_.size()) {
            auto hits = block_on(session_.executor,
                                 session_.store_transaction().find_in_index(
                                     grant_, index_, ranges_[range_], hits_per_read),
                                 blocking_token::for_this_thread());
            if (hits.has_error()) return session_.error_of(hits.error());
            if (hits->size() < hits_per_read) ++range_;
            else ranges_[range_].first = hits->back().key + '\0';
            hits_ = std::move(*hits);
            if (!hits_.empty()) return true;
        }
        hits_.clear();
        return false;
    }

    session_context& session_;
    auth::table_grant grant_;
    table_shape_ptr shape_;
    dataset_id index_;
    std::vector<bool> read_;
    std::vector<store::row_range> ranges_;
    io_context io_;
    std::size_t range_ = 0, at_ = 0;
    std::vector<store::index_hit> hits_;
};

}  // namespace

sql_error permission_error(relation const& of) {
    char const* kind = of.kind == relation_kind::sequence ? "sequence "
                       : of.kind == relation_kind::view   ? "view "
                                                          : "table ";
    return sql_error("42501", "permission denied for " + (kind + of.name));
}

auth::table_grant const* transaction_reader::grant_of(object_oid relation) const noexcept {
    auto const found = grants_.find(relation);
    return found == grants_.end() ? nullptr : &found->second;
}

task<sql_result<void>> transaction_reader::permit(relation_ptr const& each) {
    if (grants_.contains(each->oid)) co_return sql_result<void>();
    if (is_foreign(*each)) {
        auto const permitted = co_await foreign_.permit(each);
        co_return permitted;
    }
    if (each->kind != relation_kind::table && each->kind != relation_kind::sequence)
        co_return sql_result<void>();
    auto granted = co_await session_.use_table(*each, auth::action::read);
    if (granted.has_error()) {
        if (granted.error().code == error::permission_denied) co_return permission_error(*each);
        co_return session_.error_of(granted.error());
    }
    grants_.emplace(each->oid, std::move(*granted));
    co_return sql_result<void>();
}

task<sql_result<void>> transaction_reader::permit(planned_statement const& plan) {
    for (auto const& each : plan.read_relations) {
        auto const permitted = co_await permit(each);
        if (permitted.has_error()) co_return permitted;
    }
    co_return sql_result<void>();
}

sql_result<std::unique_ptr<box_stream>> transaction_reader::open(
    range_entry const& entry, std::uint32_t self, std::vector<expression_ptr> const& conditions,
    frame const& seen, statement_run& run) {
    auto const oid = std::get<range_entry::table>(entry.source).relation;
    auto const relation = session_.catalog()->find_relation(oid);
    if (!relation) return sql_error("42P01", "relation \"" + entry.alias + "\" does not exist");
    switch (relation->kind) {
        case relation_kind::table: return open_table(relation, entry, self, conditions, seen, run);
        case relation_kind::sequence: return open_sequence(relation);
        case relation_kind::topic:
        case relation_kind::bucket:
        case relation_kind::audit:
            return foreign_.open(relation, entry, {self, conditions, seen, run});
        case relation_kind::catalog:
        case relation_kind::catalog_view: return open_catalog_rows(session_, relation);
        case relation_kind::view:
        case relation_kind::materialized_view:
        case relation_kind::partitioned_table:
        case relation_kind::index:
        case relation_kind::composite: break;
    }
    return sql_error("0A000", "relation \"" + relation->name + "\" cannot be read");
}

sql_result<std::unique_ptr<box_stream>> transaction_reader::open_table(
    relation_ptr const& table, range_entry const& entry, std::uint32_t self,
    std::vector<expression_ptr> const& conditions, frame const& seen, statement_run& run) {
    auto found = path_of(table, self, conditions, seen, run);
    if (found.has_error()) return std::move(found).error();
    auto& [grant, shape, path] = *found;
    auto const& io = run.context.io;
    if (path.index == nullptr || path.index->primary)
        return std::unique_ptr<box_stream>(std::make_unique<range_rows>(
            stored_pages(session_, grant, std::move(path.ranges)), shape, entry.read, io));
    return std::unique_ptr<box_stream>(std::make_unique<index_rows>(
        session_, grant, shape, path.index->dataset, entry.read, std::move(path.ranges), io));
}

sql_result<transaction_reader::table_path> transaction_reader::path_of(
    relation_ptr const& table, std::uint32_t self, std::vector<expression_ptr> const& conditions,
    frame const& seen, statement_run& run) {
    auto const* grant = grant_of(table->oid);
    if (grant == nullptr) return permission_error(*table);
    auto shape = session_.shape_of(table);
    if (shape.has_error()) return std::move(shape).error();
    auto path = choose_path(**shape, self, conditions, seen, run);
    if (path.has_error()) return std::move(path).error();
    return table_path{*grant, std::move(*shape), std::move(*path)};
}

sql_result<std::unique_ptr<cell_stream>> transaction_reader::open_cells(
    range_entry const& entry, std::uint32_t self, std::vector<std::uint32_t> const& columns,
    std::vector<expression_ptr> const& conditions, frame const& seen, statement_run& run) {
    auto const table =
        session_.catalog()->find_relation(std::get<range_entry::table>(entry.source).relation);
    if (!table || table->kind != relation_kind::table) return std::unique_ptr<cell_stream>();
    auto found = path_of(table, self, conditions, seen, run);
    if (found.has_error()) return std::move(found).error();
    auto& [grant, shape, path] = *found;
    if (path.index != nullptr && !path.index->primary) return std::unique_ptr<cell_stream>();
    return make_cell_stream(stored_pages(session_, grant, std::move(path.ranges)), shape, columns,
                            run);
}

std::uint64_t transaction_reader::estimated_rows(range_entry const& entry, std::uint32_t self,
                                                 std::vector<expression_ptr> const& conditions,
                                                 frame const& seen, statement_run& run) {
    auto const table =
        session_.catalog()->find_relation(std::get<range_entry::table>(entry.source).relation);
    if (!table || table->kind != relation_kind::table) return 0;
    auto const found = path_of(table, self, conditions, seen, run);
    if (found.has_error()) return 0;
    auto const& path = found->path;
    bool const by_index = path.index != nullptr && !path.index->primary;
    // How much of a range an index leads to is not known: a little.
    if (path.points || by_index) return path.ranges.size();
    std::uint64_t bytes = 0;
    for (auto const& each : path.ranges)
        bytes += session_.store_transaction().approximate_bytes(found->grant, each);
    return bytes / row_bytes_of(*found->shape);
}

void transaction_reader::running(relational::result_stream* stream) { session_.running(stream); }

sql_result<std::unique_ptr<box_stream>> transaction_reader::open_sequence(
    relation_ptr const& sequence) {
    auto const now = block_on(session_.executor,
                              session_.services.sequences.read(session_.who, *sequence),
                              blocking_token::for_this_thread());
    if (now.has_error()) return now.error();
    auto box = std::make_shared<row_box>();
    box->values = {now->last, std::int64_t{0}, now->is_called};
    row_boxes rows{std::move(box)};
    return std::unique_ptr<box_stream>(std::make_unique<kept_boxes>(std::move(rows)));
}

// Who locks rows means to change them.
task<sql_result<auth::table_grant>> transaction_reader::locking_grant(relation_ptr table) {
    auto const found = locking_.find(table->oid);
    if (found != locking_.end()) co_return found->second;
    auto const shared =
        co_await session_.lock_relation(*table, relation_lock_mode::row_share, true);
    if (shared.has_error()) co_return shared.error();
    auto name = policy_name(*table, *session_.catalog());
    auto granted = co_await session_.store_transaction().use(
        session_.who, std::move(name), table->dataset, auth::action::update, table->maker);
    if (granted.has_error()) {
        if (granted.error().code == error::permission_denied) co_return permission_error(*table);
        co_return session_.error_of(granted.error());
    }
    locking_.emplace(table->oid, *granted);
    co_return std::move(*granted);
}

task<sql_result<locked_row_box>> transaction_reader::lock_step(row_box_ptr row,
                                                               store::row_lock_mode mode,
                                                               store::lock_wait wait) {
    auto const table = session_.catalog()->find_relation(row->table);
    if (!table || table->kind != relation_kind::table)
        co_return sql_error("0A000", "rows of this relation cannot be locked");
    auto const grant = co_await locking_grant(table);
    if (grant.has_error()) co_return grant.error();
    auto const got = co_await session_.store_transaction().lock_row(*grant, row->key, mode, wait);
    if (got.has_error()) {
        if (got.error().code == error::deadline_exceeded)
            co_return sql_error("55P03",
                                "could not obtain lock on row in relation \"" + table->name + "\"");
        co_return session_.error_of(got.error());
    }
    auto const shape = session_.shape_of(table);
    if (shape.has_error()) co_return shape.error();
    co_return row_writer::locked_box(*got, std::move(row), **shape, session_.base_context().io);
}

sql_result<locked_row_box> transaction_reader::lock(row_box_ptr row, store::row_lock_mode mode,
                                                    store::lock_wait wait) {
    auto const writable = session_.refuse_read_only("SELECT FOR UPDATE");
    if (writable.has_error()) return writable.error();
    return block_on(session_.executor, lock_step(std::move(row), mode, wait),
                    blocking_token::for_this_thread());
}

}  // namespace sluice::sql
