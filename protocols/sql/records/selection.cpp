#include "protocols/sql/records/selection.hpp"

namespace sluice::sql::records {
namespace {

constexpr std::size_t unpacked_bytes = 128 << 10;
// Records between two looks at the clock.
constexpr std::size_t records_per_look = 64;

}  // namespace

selection::selection(std::shared_ptr<program const> of, std::unique_ptr<record_reader> reader,
                     selection_options options, wall_clock const& clock)
    : program_(std::move(of)), reader_(std::move(reader)), options_(std::move(options)),
      clock_(clock), evaluator_(*program_, options_.now), writer_(options_.output),
      rows_left_(program_->limit.value_or(INT64_MAX)) {}

record_result<std::unique_ptr<selection>> selection::make(std::shared_ptr<program const> of,
                                                          std::unique_ptr<record_reader> reader,
                                                          selection_options options,
                                                          wall_clock const& clock) {
    auto const packed = options.packed;
    std::unique_ptr<selection> made(
        new selection(std::move(of), std::move(reader), std::move(options), clock));
    if (packed != compression::none) {
        SLUICE_TRY(made->decompressor_, make_decompressor(packed));
        made->unpacked_ = std::make_unique_for_overwrite<std::byte[]>(unpacked_bytes);
    }
    return made;
}

void selection::feed(std::string_view bytes) {
    if (decompressor_) {
        decompressor_->feed(bytes);
        return;
    }
    processed_ += bytes.size();
    reader_->feed(bytes);
}

// More bytes for the reader; false: there are none before more input.
record_result<bool> selection::refill() {
    if (decompressor_) {
        byte_span const room(unpacked_.get(), unpacked_bytes);
        SLUICE_TRY(auto const size, decompressor_->produce(room));
        if (size > 0) {
            processed_ += size;
            reader_->feed(as_chars(room.first(size)));
            return true;
        }
    }
    if (!input_finished_) return false;
    if (reader_finished_) return false;
    if (decompressor_ && !decompressor_->is_complete())
        return record_fault(fault::truncated_input,
                            "The compressed object ends before its end.");
    reader_finished_ = true;
    reader_->finish();
    return true;
}

record_result<void> selection::take_record() {
    auto const& record = reader_->record();
    SLUICE_TRY(auto const wanted, evaluator_.accepts(record));
    if (!wanted) return {};
    if (!program_->aggregates.empty()) return evaluator_.accumulate(record);
    row_.clear();
    SLUICE_CHECK(evaluator_.select(record, row_));
    --rows_left_;
    return writer_.write(row_, options_.row_bytes, output_);
}

record_result<step_end> selection::finish() {
    if (!done_ && !program_->aggregates.empty() && rows_left_ > 0) {
        row_.clear();
        SLUICE_CHECK(evaluator_.finish(row_));
        SLUICE_CHECK(writer_.write(row_, options_.row_bytes, output_));
    }
    done_ = true;
    return step_end::finished;
}

record_result<step_end> selection::step(blocking_token token) {
    auto const until = clock_.monotonic() + options_.step;
    for (std::size_t looked = 1;; ++looked) {
        if (done_ || rows_left_ <= 0) return finish();
        if (output_.size() >= options_.output_bytes) return step_end::has_output;
        if (looked % records_per_look == 0 && clock_.monotonic() >= until)
            return step_end::working;
        SLUICE_TRY(auto const what, reader_->next(token));
        switch (what) {
            case found::record: {
                SLUICE_CHECK(take_record());
                break;
            }
            case found::working:
                if (clock_.monotonic() >= until) return step_end::working;
                break;
            case found::end: return finish();
            case found::needs_input: {
                SLUICE_TRY(auto const more, refill());
                if (!more) return step_end::needs_input;
                if (decompressor_ && clock_.monotonic() >= until) return step_end::working;
                break;
            }
        }
    }
}

}  // namespace sluice::sql::records
