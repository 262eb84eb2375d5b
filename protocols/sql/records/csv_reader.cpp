#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/sql/records/record_reader.hpp"
#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql::records {
namespace {

constexpr std::size_t whole_record = SIZE_MAX;

// 3 of "_3"; 0: it is no place.
std::size_t place_of(std::string_view name) {
    std::size_t place = 0;
    if (name.size() < 2 || name.front() != '_') return 0;
    auto const parsed = std::from_chars(name.data() + 1, name.data() + name.size(), place);
    return parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size() ? place : 0;
}

bool looks_like_place(std::string_view name) {
    return name.size() > 1 && name.front() == '_' &&
           name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

class csv_reader final : public record_reader, private record_scope {
public:
    csv_reader(program const& of, csv_input input, reader_limits const& limits,
               record_range const& range)
        : program_(of), input_(std::move(input)), limits_(limits), range_(range),
          offset_(range.fed_from), skips_to_delimiter_(range.first > 0) {
        stops_.fill(false);
        stops_[static_cast<unsigned char>(input_.field_delimiter.front())] = true;
        stops_[static_cast<unsigned char>(input_.record_delimiter.front())] = true;
    }

    record_result<void> begin(std::string_view header_record);
    void feed(std::string_view bytes) override {
        buffer_.erase(0, at_);
        offset_ += at_;
        at_ = 0;
        buffer_ += bytes;
    }
    void finish() override { finished_ = true; }
    record_result<found> next(blocking_token) override;
    record_scope const& record() const override { return *this; }

private:
    enum class outcome : std::uint8_t { complete, incomplete };
    struct piece {
        std::size_t begin = 0, size = 0;
        bool unescaped = false;  // in scratch_
    };

    record_result<value> at(std::size_t path) const override;
    void everything(value_fields& out) const override;

    record_result<outcome> parse();
    record_result<outcome> parse_field(std::size_t& position, bool& record_ends);
    record_result<outcome> parse_quoted(std::size_t& position);
    outcome skip_record();
    // Whether the delimiter is at `position`; undecided where the input ends within it.
    std::optional<bool> is_at(std::string_view delimiter, std::size_t position) const;
    bool is_comment() const;
    void set_fields();
    record_result<void> take_header();
    record_result<void> bind();
    record_result<std::size_t> column_of(path_step const& step) const;
    std::string name_of(std::size_t column) const {
        return column < names_.size() ? names_[column] : "_" + std::to_string(column + 1);
    }

    program const& program_;
    csv_input const input_;
    reader_limits const limits_;
    record_range const range_;
    std::array<bool, 256> stops_{};

    std::string buffer_;
    std::size_t at_ = 0;      // of the next record in buffer_
    std::uint64_t offset_;    // of buffer_ in the object
    bool finished_ = false;
    bool skips_to_delimiter_;
    bool begun_ = false;
    bool header_due_ = false;

    std::string scratch_;
    std::vector<piece> pieces_;
    std::vector<std::string_view> fields_;
    std::vector<std::string> names_;      // of the header
    std::vector<std::size_t> columns_;    // of the program's paths
};

record_result<void> csv_reader::begin(std::string_view header_record) {
    if (!program_.from.empty())
        return record_fault(fault::invalid_key_path, "Records of CSV have no paths.");
    if (input_.first_line == csv_input::header::none) return bind();
    if (range_.first == 0) {
        header_due_ = true;
        return input_.first_line == csv_input::header::ignore ? bind() : record_result<void>();
    }
    if (input_.first_line == csv_input::header::ignore) return bind();
    // The header is not part of what is fed.
    csv_input plain = input_;
    plain.first_line = csv_input::header::none;
    program const nothing;
    csv_reader first(nothing, plain, limits_, {});
    first.feed(header_record);
    first.finish();
    SLUICE_TRY(auto const got, first.next(blocking_token::for_this_thread()));
    if (got == found::record)
        for (auto const field : first.fields_) names_.emplace_back(field);
    return bind();
}

record_result<std::size_t> csv_reader::column_of(path_step const& step) const {
    std::optional<std::size_t> named;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        bool const same =
            step.exact ? names_[i] == step.name : same_ignoring_case(names_[i], step.name);
        if (!same) continue;
        if (named)
            return record_fault(fault::ambiguous_field_name,
                                "The name " + step.name + " matches several columns.");
        named = i;
    }
    if (named) return *named;
    if (auto const place = place_of(step.name); place != 0) return place - 1;
    if (input_.first_line == csv_input::header::use && !looks_like_place(step.name))
        return record_fault(fault::missing_headers,
                            "The file has no column " + step.name + ".");
    return record_fault(fault::invalid_column_index,
                        "The column index " + step.name + " is not valid.");
}

record_result<void> csv_reader::bind() {
    columns_.clear();
    for (auto const& steps : program_.paths) {
        if (steps.empty()) {
            columns_.push_back(whole_record);
            continue;
        }
        if (steps.size() != 1 || steps.front().what != path_step::kind::name)
            return record_fault(fault::invalid_key_path, "Columns of CSV have no paths.");
        SLUICE_TRY(auto const column, column_of(steps.front()));
        columns_.push_back(column);
    }
    return {};
}

record_result<value> csv_reader::at(std::size_t path) const {
    auto const column = columns_[path];
    if (column == whole_record) {
        value_fields all;
        everything(all);
        return value::object(std::move(all));
    }
    if (column >= fields_.size()) return value();
    return value(untyped{fields_[column]});
}

void csv_reader::everything(value_fields& out) const {
    out.reserve(out.size() + fields_.size());
    for (std::size_t i = 0; i < fields_.size(); ++i)
        out.emplace_back(name_of(i), value(untyped{fields_[i]}));
}

std::optional<bool> csv_reader::is_at(std::string_view delimiter, std::size_t position) const {
    auto const rest = std::string_view(buffer_).substr(position, delimiter.size());
    if (rest.size() == delimiter.size()) return rest == delimiter;
    if (!finished_ && delimiter.starts_with(rest)) return std::nullopt;
    return false;
}

bool csv_reader::is_comment() const {
    return !input_.comment.empty() &&
           std::string_view(buffer_).substr(at_).starts_with(input_.comment);
}

// Moves past the next record delimiter, heeding nothing else.
csv_reader::outcome csv_reader::skip_record() {
    auto const& delimiter = input_.record_delimiter;
    auto const end = buffer_.find(delimiter, at_);
    if (end != std::string::npos) {
        at_ = end + delimiter.size();
        return outcome::complete;
    }
    if (finished_) {
        at_ = buffer_.size();
        return outcome::complete;
    }
    return outcome::incomplete;
}

record_result<csv_reader::outcome> csv_reader::parse_quoted(std::size_t& position) {
    std::string_view const text(buffer_);
    auto const& quote = input_.quote;
    bool const doubled = input_.escape == quote;
    bool unescaped = false;
    auto const begin = position + quote.size();
    auto plain = begin;
    auto scratch_begin = scratch_.size();
    auto i = begin;
    auto const unescape = [&](std::size_t upto) {
        scratch_.append(text, plain, upto - plain);
        unescaped = true;
    };
    while (true) {
        if (i >= text.size()) {
            if (finished_)
                return record_fault(fault::csv_unescaped_quote, "A quote is never closed.");
            return outcome::incomplete;
        }
        auto const rest = text.substr(i);
        if (!doubled && !input_.escape.empty() && rest.starts_with(input_.escape)) {
            auto const after = rest.substr(input_.escape.size());
            if (after.empty() && !finished_) return outcome::incomplete;
            if (after.starts_with(quote) || after.starts_with(input_.escape)) {
                unescape(i);
                plain = i + input_.escape.size();
                i = plain + (after.starts_with(quote) ? quote.size() : input_.escape.size());
                continue;
            }
        } else if (rest.starts_with(quote)) {
            auto const after = i + quote.size();
            if (!doubled) break;
            if (after >= text.size() && !finished_) return outcome::incomplete;
            if (!text.substr(after).starts_with(quote)) break;
            unescape(after);
            plain = after + quote.size();
            i = plain;
            continue;
        } else if (!input_.allows_quoted_record_delimiter &&
                   stops_[static_cast<unsigned char>(rest.front())]) {
            auto const ends = is_at(input_.record_delimiter, i);
            if (!ends) return outcome::incomplete;
            if (*ends) return record_fault(fault::csv_escaping_record_delimiter);
        }
        ++i;
    }
    auto tail = i + quote.size();
    // Lines that end with \r\n where records end with \n.
    std::size_t returns = 0;
    if (input_.record_delimiter == "\n" && text.substr(tail).starts_with("\r")) {
        if (tail + 1 >= text.size() && !finished_) return outcome::incomplete;
        if (text.substr(tail).starts_with("\r\n")) returns = 1;
    }
    if (unescaped || returns > 0) {
        scratch_.append(text, plain, i - plain);
        scratch_.append(text, tail, returns);
        pieces_.push_back({scratch_begin, scratch_.size() - scratch_begin, true});
    } else {
        pieces_.push_back({begin, i - begin, false});
    }
    position = tail + returns;
    return outcome::complete;
}

record_result<csv_reader::outcome> csv_reader::parse_field(std::size_t& position,
                                                           bool& record_ends) {
    std::string_view const text(buffer_);
    auto const begin = position;
    bool const is_quoted = !input_.quote.empty() && text.substr(begin).starts_with(input_.quote);
    if (is_quoted) {
        SLUICE_TRY(auto const quoted, parse_quoted(position));
        if (quoted == outcome::incomplete) return quoted;
    }
    while (true) {
        while (position < text.size() && !stops_[static_cast<unsigned char>(text[position])] &&
               !is_quoted)
            ++position;
        if (position >= text.size()) {
            if (!finished_) return outcome::incomplete;
            record_ends = true;
            break;
        }
        auto const record_delimiter = is_at(input_.record_delimiter, position);
        auto const field_delimiter = is_at(input_.field_delimiter, position);
        if (!record_delimiter || !field_delimiter) return outcome::incomplete;
        if (*record_delimiter || *field_delimiter) {
            record_ends = *record_delimiter;
            break;
        }
        if (is_quoted)
            return record_fault(fault::csv_unescaped_quote,
                                "A quoted field goes on after its closing quote.");
        ++position;
    }
    if (!is_quoted) pieces_.push_back({begin, position - begin, false});
    if (position < text.size())
        position += record_ends ? input_.record_delimiter.size() : input_.field_delimiter.size();
    return outcome::complete;
}

record_result<csv_reader::outcome> csv_reader::parse() {
    scratch_.clear();
    pieces_.clear();
    auto position = at_;
    bool record_ends = false;
    while (!record_ends) {
        SLUICE_TRY(auto const field, parse_field(position, record_ends));
        if (field == outcome::incomplete) return field;
        if (pieces_.size() > limits_.columns) return record_fault(fault::over_max_column);
    }
    auto record = std::string_view(buffer_).substr(at_, position - at_);
    if (record.ends_with(input_.record_delimiter))
        record.remove_suffix(input_.record_delimiter.size());
    if (record.size() > limits_.record_bytes) return record_fault(fault::over_max_record_size);
    if (!is_utf8(record))
        return record_fault(fault::invalid_text_encoding);
    set_fields();
    at_ = position;
    return outcome::complete;
}

void csv_reader::set_fields() {
    fields_.clear();
    for (auto const& each : pieces_)
        fields_.push_back(std::string_view(each.unescaped ? scratch_ : buffer_)
                              .substr(each.begin, each.size));
}

record_result<void> csv_reader::take_header() {
    header_due_ = false;
    if (input_.first_line != csv_input::header::use) return {};
    for (auto const field : fields_) names_.emplace_back(field);
    return bind();
}

record_result<found> csv_reader::next(blocking_token) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    while (true) {
        if (!begun_ && range_.fed_from == 0) {
            auto const mark = is_at(byte_order_mark, 0);
            if (!mark) return found::needs_input;
            if (*mark) at_ = byte_order_mark.size();
        }
        begun_ = true;
        auto const waits = [this]() -> record_result<found> {
            if (buffer_.size() - at_ > limits_.record_bytes + input_.record_delimiter.size())
                return record_fault(fault::over_max_record_size);
            return found::needs_input;
        };
        if (skips_to_delimiter_) {
            if (skip_record() == outcome::incomplete) {
                // Nothing of what was passed is needed but the start of a delimiter.
                auto const kept = std::min(buffer_.size(), input_.record_delimiter.size() - 1);
                at_ = std::max(at_, buffer_.size() - kept);
                return found::needs_input;
            }
            skips_to_delimiter_ = false;
        }
        if (at_ == buffer_.size()) return finished_ ? found::end : found::needs_input;
        if (offset_ + at_ > range_.last) return found::end;
        auto const blank = is_at(input_.record_delimiter, at_);
        if (!blank) return found::needs_input;
        if (*blank) {
            at_ += input_.record_delimiter.size();
            continue;
        }
        if (is_comment()) {
            if (skip_record() == outcome::incomplete) return waits();
            continue;
        }
        SLUICE_TRY(auto const parsed, parse());
        if (parsed == outcome::incomplete) return waits();
        if (!header_due_) return found::record;
        SLUICE_CHECK(take_header());
    }
}

}  // namespace

record_result<std::unique_ptr<record_reader>> make_csv_reader(program const& of, csv_input input,
                                                              reader_limits const& limits,
                                                              record_range const& range,
                                                              std::string_view header_record) {
    auto made = std::make_unique<csv_reader>(of, std::move(input), limits, range);
    SLUICE_CHECK(made->begin(header_record));
    return std::unique_ptr<record_reader>(std::move(made));
}

}  // namespace sluice::sql::records
