#include "auth/policy/json_tree.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

namespace sluice::auth {
namespace {

namespace json = boost::json;

// What the parser tells as it goes, put together. A false return ends the parse with `why`.
class builder {
public:
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;

    explicit builder(json_limits const& limits) : limits_(limits) {}

    json_tree root;
    error why = error::malformed;
    std::string name_twice;

    using code = boost::system::error_code;
    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code& status) { return open(json_tree::kind::object, status); }
    bool on_object_end(std::size_t, code& status) { return close(status); }
    bool on_array_begin(code& status) { return open(json_tree::kind::list, status); }
    bool on_array_end(std::size_t, code& status) { return close(status); }
    bool on_key_part(json::string_view part, std::size_t, code&) {
        key_.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t, code& status) {
        key_.append(part.data(), part.size());
        auto& names = open_.back().names;
        if (std::find(names.begin(), names.end(), key_) != names.end()) {
            name_twice = key_;
            return stop(error::already_exists, status);
        }
        names.push_back(std::move(key_));
        key_.clear();
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t, code& status) {
        text_.append(part.data(), part.size());
        return add(json_tree::kind::text, std::exchange(text_, {}), status);
    }
    bool on_number_part(json::string_view part, code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, json::string_view part, code& status) {
        return on_number(part, status);
    }
    bool on_uint64(std::uint64_t, json::string_view part, code& status) {
        return on_number(part, status);
    }
    bool on_double(double, json::string_view part, code& status) { return on_number(part, status); }
    bool on_bool(bool value, code& status) {
        return add(json_tree::kind::flag, value ? "true" : "false", status);
    }
    bool on_null(code& status) { return add(json_tree::kind::nothing, {}, status); }
    bool on_comment_part(json::string_view, code&) { return true; }
    bool on_comment(json::string_view, code&) { return true; }

private:
    bool on_number(json::string_view part, code& status) {
        text_.append(part.data(), part.size());
        return add(json_tree::kind::number, std::exchange(text_, {}), status);
    }
    bool stop(error what, code& status) {
        why = what;
        status = make_error_code(json::error::syntax);
        return false;
    }
    bool open(json_tree::kind what, code& status) {
        if (open_.size() >= limits_.depth || ++values_ > limits_.values)
            return stop(error::too_large, status);
        open_.emplace_back().what = what;
        return true;
    }
    bool close(code&) {
        auto done = std::move(open_.back());
        open_.pop_back();
        keep(std::move(done));
        return true;
    }
    bool add(json_tree::kind what, std::string text, code& status) {
        if (++values_ > limits_.values) return stop(error::too_large, status);
        json_tree one;
        one.what = what;
        one.text = std::move(text);
        keep(std::move(one));
        return true;
    }
    void keep(json_tree value) {
        if (open_.empty()) root = std::move(value);
        else open_.back().items.push_back(std::move(value));
    }

    json_limits const limits_;
    std::vector<json_tree> open_;  // outermost first
    std::string key_, text_;
    std::size_t values_ = 0;
};

}  // namespace

result<json_tree> parse_json(std::string_view text, json_limits const& limits) {
    if (text.size() > limits.bytes) return failure{error::too_large, "the document is too long"};
    json::basic_parser<builder> parser(json::parse_options{}, limits);
    boost::system::error_code status;
    auto const taken = parser.write_some(false, text.data(), text.size(), status);
    auto const& made = parser.handler();
    if (status) {
        if (made.why == error::too_large) return failure{error::too_large, "the document is too deep"};
        if (made.why == error::already_exists)
            return failure{error::already_exists, made.name_twice};
        return failure{error::malformed, "not JSON"};
    }
    if (taken != text.size()) return failure{error::malformed, "not JSON"};
    return std::move(parser.handler().root);
}

}  // namespace sluice::auth
