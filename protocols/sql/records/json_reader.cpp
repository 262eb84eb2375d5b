#include <simdjson.h>

#include <algorithm>

#include "protocols/sql/records/record_reader.hpp"

namespace sluice::sql::records {
namespace {

namespace ondemand = simdjson::ondemand;

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Finds where values end in a stream of them, without a second look at any byte.
class value_splitter {
public:
    // Where the value at the start of `text` ends; npos: not in there.
    std::size_t end_of(std::string_view text, bool finished) {
        if (seen_ == 0 && !text.empty()) {
            depth_ = 0;
            in_string_ = escaped_ = false;
            is_scalar_ = text[0] != '{' && text[0] != '[' && text[0] != '"';
        }
        for (; seen_ < text.size(); ++seen_) {
            auto const c = text[seen_];
            if (is_scalar_) {
                if (is_blank(c) || c == '{' || c == '[' || c == '"') return take();
                continue;
            }
            if (in_string_) {
                if (escaped_) escaped_ = false;
                else if (c == '\\') escaped_ = true;
                else if (c == '"') in_string_ = false;
                if (!in_string_ && depth_ == 0) return ++seen_, take();
                continue;
            }
            if (c == '"') in_string_ = true;
            else if (c == '{' || c == '[') ++depth_;
            else if ((c == '}' || c == ']') && --depth_ == 0) return ++seen_, take();
        }
        if (finished && !text.empty()) return take();
        return std::string_view::npos;
    }

private:
    std::size_t take() { return std::exchange(seen_, 0); }

    std::size_t seen_ = 0;
    std::int64_t depth_ = 0;
    bool in_string_ = false, escaped_ = false, is_scalar_ = false;
};

// Builds values, counting what they hold.
class value_builder {
public:
    value_builder(reader_limits const& limits, memory_allowance* memory)
        : limits_(limits), account_(limits.value_bytes, memory) {}

    record_result<value> build(std::string_view text);
    void forget() {
        account_.drop(held_);
        held_ = 0;
    }

private:
    record_result<value> any(ondemand::value from, std::size_t depth);
    record_result<value> array(ondemand::array from, std::size_t depth);
    record_result<value> object(ondemand::object from, std::size_t depth);
    record_result<value> token(std::string_view raw);
    record_result<void> hold(std::size_t bytes) {
        held_ += bytes;
        if (account_.add(bytes)) return {};
        if (account_.has_room(0)) return record_fault(fault::busy);
        return record_fault(fault::over_max_record_size);
    }
    static record_fault bad(simdjson::error_code why) {
        if (why == simdjson::UTF8_ERROR) return fault::invalid_text_encoding;
        return {fault::json_parsing_error,
                std::string("The JSON is not valid: ") + simdjson::error_message(why)};
    }

    reader_limits const& limits_;
    memory_account account_;
    std::size_t held_ = 0;
    ondemand::parser parser_;
    std::string padded_;
};

record_result<value> value_builder::build(std::string_view text) {
    if (text[0] != '{' && text[0] != '[' && text[0] != '"') return token(text);
    // As the only element of an array: the library takes strings apart in another way. That nothing
    // follows is known, for the splitter found where the value ends.
    padded_.reserve(text.size() + 2 + simdjson::SIMDJSON_PADDING);
    padded_.assign("[").append(text).append("]");
    ondemand::document document;
    if (auto const why = parser_.iterate(padded_.data(), padded_.size(), padded_.capacity())
                             .get(document))
        return bad(why);
    ondemand::array items;
    if (auto const why = document.get_array().get(items)) return bad(why);
    std::optional<value> out;
    for (auto item : items) {
        ondemand::value held;
        if (auto const why = item.get(held)) return bad(why);
        if (out) return bad(simdjson::TAPE_ERROR);
        SLUICE_TRY(out, any(held, 0));
    }
    if (!out) return bad(simdjson::TAPE_ERROR);
    return *std::move(out);
}

record_result<value> value_builder::any(ondemand::value from, std::size_t depth) {
    if (depth > limits_.nesting) return bad(simdjson::DEPTH_ERROR);
    SLUICE_CHECK(hold(sizeof(value)));
    ondemand::json_type kind;
    if (auto const why = from.type().get(kind)) return bad(why);
    switch (kind) {
        case ondemand::json_type::array: {
            ondemand::array items;
            if (auto const why = from.get_array().get(items)) return bad(why);
            return array(items, depth + 1);
        }
        case ondemand::json_type::object: {
            ondemand::object fields;
            if (auto const why = from.get_object().get(fields)) return bad(why);
            return object(fields, depth + 1);
        }
        case ondemand::json_type::string: {
            std::string_view text;
            if (auto const why = from.get_string().get(text)) return bad(why);
            SLUICE_CHECK(hold(text.size()));
            return value(std::string(text));
        }
        default: return token(from.raw_json_token());
    }
}

record_result<value> value_builder::array(ondemand::array from, std::size_t depth) {
    value_list out;
    for (auto item : from) {
        ondemand::value held;
        if (auto const why = item.get(held)) return bad(why);
        SLUICE_TRY(auto made, any(held, depth));
        out.push_back(std::move(made));
    }
    return value::list(std::move(out));
}

record_result<value> value_builder::object(ondemand::object from, std::size_t depth) {
    value_fields out;
    for (auto each : from) {
        ondemand::field field;
        if (auto const why = std::move(each).get(field)) return bad(why);
        std::string_view name;
        if (auto const why = field.unescaped_key().get(name)) return bad(why);
        SLUICE_CHECK(hold(sizeof(std::string) + name.size()));
        std::string owned(name);
        SLUICE_TRY(auto made, any(field.value(), depth));
        out.emplace_back(std::move(owned), std::move(made));
    }
    return value::object(std::move(out));
}

// Numbers keep every digit: they are decimals, not doubles.
record_result<value> value_builder::token(std::string_view raw) {
    while (!raw.empty() && is_blank(raw.back())) raw.remove_suffix(1);
    if (raw == "null") return value::null();
    if (raw == "true") return true;
    if (raw == "false") return false;
    auto digits = raw;
    if (digits.starts_with('-')) digits.remove_prefix(1);
    bool const leading_zero =
        digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    bool const begins_well = !digits.empty() && digits[0] >= '0' && digits[0] <= '9';
    auto const point = digits.find('.');
    bool const ends_well = point == std::string_view::npos ||
                           (point + 1 < digits.size() && digits[point + 1] >= '0' &&
                            digits[point + 1] <= '9');
    auto made = begins_well && ends_well && !leading_zero ? number_of(raw) : value();
    if (made.is_missing()) return bad(simdjson::NUMBER_ERROR);
    if (made.get<numeric>() != nullptr) {
        SLUICE_CHECK(hold(raw.size()));
    }
    return made;
}

class json_reader final : public record_reader {
public:
    json_reader(program const& of, json_input input, reader_limits const& limits,
                record_range const& range, memory_allowance* memory)
        : program_(of), limits_(limits), range_(range),
          record_bytes_(input.lines ? limits.record_bytes : limits.document_bytes),
          builder_(limits_, memory), scope_(of), offset_(range.fed_from),
          skips_to_line_(range.first > 0) {}

    void feed(std::string_view bytes) override {
        buffer_.erase(0, at_);
        offset_ += at_;
        at_ = 0;
        buffer_ += bytes;
    }
    void finish() override { finished_ = true; }
    record_scope const& record() const override { return scope_; }
    record_result<found> next(blocking_token) override;

private:
    record_result<bool> next_row();
    bool skip_line();

    program const& program_;
    reader_limits const limits_;
    record_range const range_;
    std::size_t const record_bytes_;
    value_builder builder_;
    value_scope scope_;
    value_splitter splitter_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::uint64_t offset_;
    bool finished_ = false;
    bool skips_to_line_;
    bool begun_ = false;
    value_list rows_;  // of the last document
    std::size_t row_ = 0;
};

bool json_reader::skip_line() {
    auto const end = buffer_.find('\n', at_);
    at_ = end == std::string::npos ? buffer_.size() : end + 1;
    return end != std::string::npos;
}

record_result<bool> json_reader::next_row() {
    if (row_ == rows_.size()) {
        rows_.clear();
        row_ = 0;
        return false;
    }
    scope_.set(std::move(rows_[row_++]));
    return true;
}

record_result<found> json_reader::next(blocking_token) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    SLUICE_TRY(auto const has_row, next_row());
    if (has_row) return found::record;
    scope_.set({});
    builder_.forget();
    if (skips_to_line_) {
        if (!skip_line()) return finished_ ? found::end : found::needs_input;
        skips_to_line_ = false;
    }
    if (!begun_ && range_.fed_from == 0) {
        if (buffer_.size() < byte_order_mark.size() && !finished_) return found::needs_input;
        if (buffer_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
    }
    begun_ = true;
    while (at_ < buffer_.size() && is_blank(buffer_[at_])) ++at_;
    if (at_ == buffer_.size()) return finished_ ? found::end : found::needs_input;
    if (offset_ + at_ > range_.last) return found::end;
    auto const rest = std::string_view(buffer_).substr(at_);
    auto const size = splitter_.end_of(rest, finished_);
    if (size == std::string_view::npos) {
        if (rest.size() > record_bytes_) return record_fault(fault::over_max_record_size);
        return found::needs_input;
    }
    if (size > record_bytes_) return record_fault(fault::over_max_record_size);
    SLUICE_TRY(auto root, builder_.build(rest.substr(0, size)));
    at_ += size;
    if (program_.from.empty()) {
        scope_.set(std::move(root));
        return found::record;
    }
    SLUICE_TRY(rows_, spread(std::move(root), program_.from, limits_.value_bytes / sizeof(value)));
    row_ = 0;
    return found::working;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    return simdjson::validate_utf8(text.data(), text.size());
}

record_result<std::unique_ptr<record_reader>> make_json_reader(program const& of, json_input input,
                                                               reader_limits const& limits,
                                                               record_range const& range,
                                                               memory_allowance* memory) {
    return std::unique_ptr<record_reader>(
        std::make_unique<json_reader>(of, input, limits, range, memory));
}

}  // namespace sluice::sql::records
