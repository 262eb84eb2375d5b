// Rows as the client wants them: CSV or JSON, one record after another. Pure, one thread at a time.
#pragma once

#include <string>
#include <variant>

#include "protocols/sql/records/value.hpp"

namespace sluice::sql::records {

struct csv_output {
    bool quotes_always = false;
    std::string quote = "\"";  // empty: nothing is quoted
    std::string escape = "\"";
    std::string record_delimiter = "\n";
    std::string field_delimiter = ",";
};
struct json_output {
    std::string record_delimiter = "\n";
};
using row_output = std::variant<csv_output, json_output>;

class record_writer {
public:
    explicit record_writer(row_output how) : how_(std::move(how)) {}
    // Appends the row. over_max_record_size: it is longer than `bytes_max`.
    record_result<void> write(value_fields const& row, std::size_t bytes_max, std::string& out);

private:
    void write_csv(csv_output const& how, value_fields const& row, std::string& out);
    void write_field(csv_output const& how, std::string_view text, std::string& out);
    void write_json(json_output const& how, value_fields const& row, std::string& out);

    row_output how_;
    std::string room_;
};

}  // namespace sluice::sql::records
