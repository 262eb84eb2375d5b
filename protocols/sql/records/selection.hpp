// One running statement over the bytes of one object: bytes in, rows out, a bounded step at a time.
// It reads nothing itself: whoever drives it feeds what it asks for and takes what it made, so its
// memory is one piece of input, one record and one piece of output. One thread at a time; a step may
// run on a pool thread.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "gateway/core/clock.hpp"
#include "protocols/sql/records/decompressor.hpp"
#include "protocols/sql/records/record_reader.hpp"
#include "protocols/sql/records/row_writer.hpp"

namespace sluice::sql::records {

struct selection_options {
    compression packed = compression::none;
    row_output output;
    std::size_t output_bytes = 256 << 10;  // a step ends with so many
    std::size_t row_bytes = 1 << 20;       // S3's
    std::chrono::nanoseconds step{50'000'000};
    unix_millis now{0};
};

enum class step_end : std::uint8_t { needs_input, has_output, working, finished };

class selection {
public:
    // `reader` reads records for `of`. fault::busy: no memory to decompress with.
    static record_result<std::unique_ptr<selection>> make(std::shared_ptr<program const> of,
                                                          std::unique_ptr<record_reader> reader,
                                                          selection_options options,
                                                          wall_clock const& clock);

    // Only when a step asked for it; the bytes stay until the next step that asks.
    void feed(std::string_view bytes);
    void finish_input() { input_finished_ = true; }

    record_result<step_end> step(blocking_token token);
    // What was made so far.
    std::string take_output() { return std::exchange(output_, {}); }
    // Bytes of records that were looked at, decompressed.
    std::uint64_t processed_bytes() const noexcept { return processed_; }

private:
    selection(std::shared_ptr<program const> of, std::unique_ptr<record_reader> reader,
              selection_options options, wall_clock const& clock);
    record_result<void> take_record();
    record_result<bool> refill();
    record_result<step_end> finish();

    std::shared_ptr<program const> program_;
    std::unique_ptr<record_reader> reader_;
    selection_options options_;
    wall_clock const& clock_;
    evaluator evaluator_;
    record_writer writer_;
    std::unique_ptr<decompressor> decompressor_;
    std::unique_ptr<std::byte[]> unpacked_;
    std::string output_;
    value_fields row_;
    std::int64_t rows_left_;
    std::uint64_t processed_ = 0;
    bool input_finished_ = false;
    bool reader_finished_ = false;
    bool done_ = false;
};

}  // namespace sluice::sql::records
