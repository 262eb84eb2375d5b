#include "protocols/sql/execute/stored_rows.hpp"

#include "protocols/sql/types/row_values.hpp"

namespace sluice::sql {
namespace {

class stored_cells final : public cell_stream {
public:
    stored_cells(stored_pages pages, table_shape_ptr shape, std::vector<std::uint32_t> columns,
                 statement_run& run)
        : pages_(std::move(pages)), shape_(std::move(shape)), columns_(std::move(columns)),
          run_(run) {
        for (auto const column : columns_)
            missing_.push_back(to_column_value(shape_->table().columns[column].type.oid,
                                               shape_->missing(column), run_.context.io));
    }

    sql_result<std::size_t> next(relational::row_sink& to, std::size_t most) override {
        auto const stopped = run_.check_cancelled();
        if (stopped.has_error()) return stopped.error();
        std::size_t row = 0;
        while (row < most) {
            auto page = pages_.next(std::min(most - row, most_per_page));
            if (page.has_error()) return std::move(page).error();
            if (page->empty()) break;
            for (auto const& each : *page) {
                auto const put = put_row(each.row, to, row++);
                if (put.has_error()) return put.error();
            }
        }
        return row;
    }

private:
    static constexpr std::size_t most_per_page = 1024;

    sql_result<void> put_row(std::string_view stored, relational::row_sink& to, std::size_t row) {
        auto const decoded = store::decode_row(stored, shape_->kinds(), present_);
        if (decoded.has_error()) return to_sql_error(decoded.error());
        for (std::size_t place = 0; place < columns_.size(); ++place) {
            auto const column = columns_[place];
            if (column < present_.size()) to.put(place, row, present_[column]);
            else put_missing(missing_[place], to, place, row);
        }
        return {};
    }

    static void put_missing(store::column_value const& from, relational::row_sink& to,
                            std::size_t place, std::size_t row) {
        auto const view = [](auto const& held) -> store::column_view { return held; };
        to.put(place, row, std::visit(view, from));
    }

    stored_pages pages_;
    table_shape_ptr shape_;
    std::vector<std::uint32_t> columns_;
    statement_run& run_;
    std::vector<store::column_value> missing_;
    std::vector<store::column_view> present_;
};

}  // namespace

sql_result<std::vector<store::stored_row>> stored_pages::next(std::size_t most) {
    while (true) {
        if (!cursor_) {
            if (range_ >= ranges_.size()) return std::vector<store::stored_row>();
            auto opened = session_.store_transaction().scan(grant_, ranges_[range_++]);
            if (opened.has_error()) return session_.error_of(opened.error());
            cursor_ = std::move(*opened);
        }
        auto rows = cursor_->next(most, blocking_token::for_this_thread());
        if (rows.has_error()) return session_.error_of(rows.error());
        if (!rows->empty()) return std::move(*rows);
        cursor_.reset();
    }
}

std::unique_ptr<cell_stream> make_cell_stream(stored_pages pages, table_shape_ptr shape,
                                              std::vector<std::uint32_t> columns,
                                              statement_run& run) {
    return std::make_unique<stored_cells>(std::move(pages), std::move(shape), std::move(columns),
                                          run);
}

std::uint64_t row_bytes_of(table_shape const& shape) {
    constexpr std::uint64_t key_and_slot = 24, bytes_value = 16;
    std::uint64_t bytes = key_and_slot;
    for (auto const kind : shape.kinds()) {
        switch (kind) {
            case store::column_kind::boolean: bytes += 1; break;
            case store::column_kind::int16: bytes += 2; break;
            case store::column_kind::int32:
            case store::column_kind::float32: bytes += 4; break;
            case store::column_kind::int64:
            case store::column_kind::float64: bytes += 8; break;
            case store::column_kind::bytes:
            case store::column_kind::interval:
            case store::column_kind::uuid: bytes += bytes_value; break;
        }
    }
    return bytes;
}

}  // namespace sluice::sql
