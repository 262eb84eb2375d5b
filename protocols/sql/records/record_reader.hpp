// Where records come from: bytes are fed in pieces of any size and records come out, one at a time.
// A record's scope is valid until the next one is asked for. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/memory_allowance.hpp"
#include "protocols/sql/records/evaluate.hpp"

namespace sluice::sql::records {

struct reader_limits {
    std::size_t record_bytes = 1 << 20;     // S3's
    std::size_t document_bytes = 8 << 20;   // of one JSON document
    std::size_t columns = 16'384;           // of a CSV record
    std::size_t nesting = 128;              // of a JSON value
    std::size_t value_bytes = 64 << 20;     // one record in memory, taken apart
};

enum class found : std::uint8_t {
    record,
    needs_input,
    working,  // nothing yet: ask again
    end
};

class record_reader {
public:
    virtual ~record_reader() = default;
    // Bytes of the object, decompressed.
    virtual void feed(std::string_view) {}
    virtual void finish() {}
    virtual record_result<found> next(blocking_token) = 0;
    virtual record_scope const& record() const = 0;
};

struct csv_input {
    enum class header : std::uint8_t { none, use, ignore };
    header first_line = header::none;
    std::string comment = "#";  // empty: there are none
    std::string quote = "\"";   // empty: nothing is quoted
    std::string escape = "\"";
    std::string record_delimiter = "\n";
    std::string field_delimiter = ",";
    bool allows_quoted_record_delimiter = false;
};

struct json_input {
    bool lines = false;
};

// Records that begin in a part of the object. The first byte fed is the object's at `fed_from`:
// before `first` by as much as tells whether a record begins there.
struct record_range {
    std::uint64_t fed_from = 0;
    std::uint64_t first = 0;
    std::uint64_t last = UINT64_MAX;
};

// The program outlives the reader. Names that cannot be found are refused with the first record, or
// here where they are already known.
record_result<std::unique_ptr<record_reader>> make_csv_reader(program const& of, csv_input input,
                                                              reader_limits const& limits,
                                                              record_range const& range,
                                                              std::string_view header_record);
// `memory` is shared with others.
record_result<std::unique_ptr<record_reader>> make_json_reader(program const& of, json_input input,
                                                               reader_limits const& limits,
                                                               record_range const& range,
                                                               memory_allowance* memory);

bool is_utf8(std::string_view text) noexcept;

// The scope of one value that was taken apart.
class value_scope final : public record_scope {
public:
    explicit value_scope(program const& of) : program_(of) {}
    void set(value root) { root_ = std::move(root); }
    value const& root() const noexcept { return root_; }
    record_result<value> at(std::size_t path) const override;
    void everything(value_fields& out) const override;

private:
    program const& program_;
    value root_;
};

}  // namespace sluice::sql::records
