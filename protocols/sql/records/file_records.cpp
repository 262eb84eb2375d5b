#include "protocols/sql/records/file_records.hpp"

#include <algorithm>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

// Puts cells together to values.
class value_sink final : public query::cell_sink {
public:
    void null() override { put(value::null()); }
    void boolean(bool held) override { put(held); }
    void integer(std::int64_t held) override { put(held); }
    void decimal(std::string_view digits) override {
        auto made = number_of(digits);
        put(made.is_missing() ? value::null() : std::move(made));
    }
    void floating(double held) override { put(held); }
    void text(std::string_view held) override {
        count(held.size());
        put(std::string(held));
    }
    void bytes(std::string_view held) override {
        if (!is_utf8(held)) not_text_ = true;
        text(held);
    }
    void date(std::int64_t days) override {
        timestamp made;
        made.known = timestamp::precision::day;
        made.offset_known = false;
        made.seconds = days * 86'400;
        put(checked(made));
    }
    void moment(std::int64_t seconds, std::uint32_t nanos, unsigned digits) override {
        timestamp made;
        made.seconds = seconds;
        made.nanos = nanos;
        made.fraction_digits = static_cast<std::uint8_t>(digits);
        put(checked(made));
    }
    void begin_list() override { open_.push_back({false, {}, {}}); }
    void end_list() override { close(); }
    void begin_object() override { open_.push_back({true, {}, {}}); }
    void key(std::string_view name) override {
        count(name.size());
        open_.back().fields.emplace_back(std::string(name), value());
    }
    void end_object() override { close(); }

    void begin_row() {
        row_.clear();
        open_.clear();
        held_ = 0;
        not_text_ = false;
        out_of_years_ = false;
    }
    value_list& row() noexcept { return row_; }
    std::size_t held() const noexcept { return held_; }
    bool not_text() const noexcept { return not_text_; }
    bool out_of_years() const noexcept { return out_of_years_; }

private:
    struct container {
        bool is_object = false;
        value_list items;
        value_fields fields;
    };

    void count(std::size_t bytes) { held_ += bytes; }
    value checked(timestamp const& made) {
        constexpr std::int64_t first = -62'135'596'800, last = 253'402'300'799;
        if (made.seconds >= first && made.seconds <= last) return made;
        out_of_years_ = true;
        return value::null();
    }
    void put(value made) {
        count(sizeof(value));
        if (open_.empty()) row_.push_back(std::move(made));
        else if (open_.back().is_object) open_.back().fields.back().second = std::move(made);
        else open_.back().items.push_back(std::move(made));
    }
    void close() {
        auto done = std::move(open_.back());
        open_.pop_back();
        put(done.is_object ? value::object(std::move(done.fields))
                           : value::list(std::move(done.items)));
    }

    value_list row_;
    std::vector<container> open_;
    std::size_t held_ = 0;
    bool not_text_ = false;
    bool out_of_years_ = false;
};

class file_records final : public record_reader {
public:
    file_records(program const& of, std::unique_ptr<query::file_rows> rows,
                 reader_limits const& limits)
        : limits_(limits), rows_(std::move(rows)), scope_(of) {}

    record_result<void> begin(program const& of);
    record_result<found> next(blocking_token token) override;
    record_scope const& record() const override { return scope_; }

private:
    static constexpr std::chrono::milliseconds patience{50};
    reader_limits const limits_;
    std::unique_ptr<query::file_rows> rows_;
    std::vector<std::size_t> chosen_;
    value_sink sink_;
    value_scope scope_;
};

record_result<void> file_records::begin(program const& of) {
    if (!of.from.empty())
        return record_fault(fault::invalid_key_path, "Records of Parquet have no paths in FROM.");
    auto const& names = rows_->columns();
    auto const uses = [&](std::size_t column) {
        if (of.reads_everything()) return true;
        return std::any_of(of.paths.begin(), of.paths.end(), [&](auto const& steps) {
            auto const& first = steps.front();
            return first.exact ? first.name == names[column]
                               : same_ignoring_case(first.name, names[column]);
        });
    };
    for (auto const& steps : of.paths) {
        if (steps.empty() || steps.front().what != path_step::kind::name) continue;
        bool const known = std::any_of(names.begin(), names.end(), [&](auto const& name) {
            auto const& first = steps.front();
            return first.exact ? first.name == name : same_ignoring_case(first.name, name);
        });
        if (!known)
            return record_fault(fault::missing_headers,
                                "The file has no column " + steps.front().name + ".");
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        if (uses(i)) chosen_.push_back(i);
    if (chosen_.size() > limits_.columns) return record_fault(fault::over_max_column);
    if (auto const done = rows_->choose(chosen_); done.has_error())
        return to_fault(done.error());
    return {};
}

record_result<found> file_records::next(blocking_token token) {
    scope_.set({});
    sink_.begin_row();
    auto const got = rows_->next(sink_, patience, token);
    if (got.has_error()) return to_fault(got.error());
    if (*got == query::row_found::working) return found::working;
    if (*got == query::row_found::end) return found::end;
    if (sink_.held() > limits_.value_bytes) return record_fault(fault::over_max_record_size);
    if (sink_.not_text())
        return record_fault(fault::unsupported_parquet_type,
                            "A binary column holds bytes that are no text.");
    if (sink_.out_of_years())
        return record_fault(fault::unsupported_parquet_type,
                            "A time is outside the years 1 to 9999.");
    value_fields fields;
    auto& cells = sink_.row();
    fields.reserve(chosen_.size());
    for (std::size_t i = 0; i < chosen_.size(); ++i)
        fields.emplace_back(rows_->columns()[chosen_[i]], std::move(cells[i]));
    scope_.set(value::object(std::move(fields)));
    return found::record;
}

}  // namespace

record_fault to_fault(failure const& what) {
    switch (what.code) {
        case error::malformed: return {fault::parquet_parsing_error};
        case error::unsupported: return {fault::unsupported_parquet_type};
        case error::too_large: return {fault::over_max_parquet_block_size};
        default: return {fault::busy};
    }
}

record_result<std::unique_ptr<record_reader>> make_file_records(
    program const& of, std::unique_ptr<query::file_rows> rows, reader_limits const& limits) {
    auto made = std::make_unique<file_records>(of, std::move(rows), limits);
    SLUICE_CHECK(made->begin(of));
    return std::unique_ptr<record_reader>(std::move(made));
}

}  // namespace sluice::sql::records
