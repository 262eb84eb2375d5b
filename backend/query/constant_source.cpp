#include "backend/query/constant_source.hpp"

#include <algorithm>

namespace sluice::query {
namespace {

using row_list = std::vector<std::vector<value>>;

class constant_stream final : public row_stream {
public:
    constant_stream(std::shared_ptr<row_list const> rows, std::vector<std::uint32_t> columns)
        : rows_(std::move(rows)), columns_(std::move(columns)) {}

    result<std::size_t> next(row_sink& to, std::size_t most) override {
        auto const count = std::min(most, rows_->size() - given_);
        for (std::size_t row = 0; row < count; ++row, ++given_)
            for (std::size_t place = 0; place < columns_.size(); ++place)
                to.put(place, row, (*rows_)[given_][columns_[place]]);
        return count;
    }

private:
    std::shared_ptr<row_list const> rows_;
    std::vector<std::uint32_t> columns_;
    std::size_t given_ = 0;
};

class constant_source final : public row_source {
public:
    constant_source(std::vector<value_type> types, row_list rows)
        : types_(std::move(types)), rows_(std::make_shared<row_list const>(std::move(rows))) {}

    std::vector<value_type> types() const override { return types_; }
    std::uint64_t estimated_rows() const override { return rows_->size(); }
    result<std::unique_ptr<row_stream>> open(
        std::vector<std::uint32_t> const& columns) const override {
        for (auto const column : columns)
            if (column >= types_.size()) return error::invalid_argument;
        return std::make_unique<constant_stream>(rows_, columns);
    }

private:
    std::vector<value_type> types_;
    std::shared_ptr<row_list const> rows_;
};

}  // namespace

std::shared_ptr<row_source const> make_constant_source(std::vector<value_type> types,
                                                       std::vector<std::vector<value>> rows) {
    return std::make_shared<constant_source>(std::move(types), std::move(rows));
}

}  // namespace sluice::query
