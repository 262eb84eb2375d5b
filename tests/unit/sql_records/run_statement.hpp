// Runs one statement over bytes that are fed in pieces, as the S3 front does.
#pragma once

#include <algorithm>
#include <string>
#include <variant>

#include "gateway/core/clock.hpp"
#include "protocols/sql/records/selection.hpp"

namespace sluice::sql::records {

struct statement_run {
    std::variant<csv_input, json_input> input = csv_input{};
    row_output output = json_output{};
    compression packed = compression::none;
    std::size_t piece = SIZE_MAX;  // of input at a time
    record_range range{};
    std::string header{};
    reader_limits limits{};
    std::uint64_t processed = 0;

    // The rows, or "fault: <name>".
    std::string over(std::string_view statement, std::string_view bytes);
};

inline char const* name_of(fault what) {
    switch (what) {
#define RECORD_FAULT(id) \
    case fault::id: return #id;
#include "protocols/sql/records/faults.def"
#undef RECORD_FAULT
    }
    return "";
}

inline std::string told(record_fault const& what) { return std::string("fault: ") + name_of(what.code); }

inline std::string statement_run::over(std::string_view statement, std::string_view bytes) {
    auto program = compile(statement);
    if (program.has_error()) return told(program.error());
    auto const* csv = std::get_if<csv_input>(&input);
    auto reader = csv != nullptr ? make_csv_reader(**program, *csv, limits, range, header)
                                 : make_json_reader(**program, std::get<json_input>(input), limits,
                                                    range, nullptr);
    if (reader.has_error()) return told(reader.error());

    selection_options options;
    options.packed = packed;
    options.output = output;
    options.output_bytes = 64;
    auto made = selection::make(*program, *std::move(reader), options, system_wall_clock());
    if (made.has_error()) return told(made.error());
    auto& one = **made;
    std::string out, held;
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), range.fed_from));
    while (true) {
        auto const ended = one.step(blocking_token::for_this_thread());
        out += one.take_output();
        if (ended.has_error()) return told(ended.error());
        if (*ended == step_end::finished) break;
        if (*ended != step_end::needs_input) continue;
        if (bytes.empty()) {
            one.finish_input();
            continue;
        }
        held = bytes.substr(0, piece);
        bytes.remove_prefix(held.size());
        one.feed(held);
    }
    processed = one.processed_bytes();
    return out;
}

}  // namespace sluice::sql::records
