// A browser's form upload: cut anywhere, the same bytes mean the same; what its fields ask for and
// its policy are judged without harm.
#include <optional>
#include <string>

#include "protocols/http/head_parser.hpp"
#include "protocols/s3/model/post_policy.hpp"
#include "protocols/s3/ops/post_form.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

struct outcome {
    std::vector<s3::form_field> fields;
    std::optional<std::string> file_name;
    std::string bytes;
    std::string refused;
};

bool same(outcome const& a, outcome const& b) {
    if (a.refused != b.refused || a.bytes != b.bytes) return false;
    if (!a.refused.empty()) return true;
    if (a.file_name != b.file_name || a.fields.size() != b.fields.size()) return false;
    for (std::size_t at = 0; at < a.fields.size(); ++at)
        if (a.fields[at].spelled != b.fields[at].spelled ||
            a.fields[at].value != b.fields[at].value)
            return false;
    return true;
}

outcome read(std::string_view body, std::size_t piece) {
    s3::form_limits limits;
    limits.bytes = 512;
    limits.fields = 8;
    limits.part_head_bytes = 128;
    limits.tail_bytes = 64;
    s3::form_reader reader("B", limits);
    outcome out;
    int idle = 0;
    while (!body.empty()) {
        auto const shown = body.substr(0, piece);
        auto const step = reader.read(shown);
        if (!step) {
            out.refused = s3::row_of(step.error().code).code;
            return out;
        }
        idle = step->consumed == 0 ? idle + 1 : 0;
        fuzz::expect(idle <= 1 && step->consumed <= shown.size());
        out.bytes.append(step->file_bytes);
        body.remove_prefix(step->consumed);
    }
    if (auto const ended = reader.end(); !ended) out.refused = s3::row_of(ended.error().code).code;
    out.file_name = reader.file_name();
    out.fields = std::move(reader.fields());
    fuzz::expect(out.fields.size() <= limits.fields);
    return out;
}

void judge(outcome const& form) {
    s3::s3_options const options;
    auto const fields = s3::post_form::from(form.fields, form.file_name, options.form_bytes);
    if (!fields) return;
    (void)fields->is_signed();
    if (auto const document = fields->find("policy"))
        if (auto const policy = s3::post_policy::parse(*document))
            (void)policy->check(fields->fields(), "bucket", unix_millis{0});
    auto head = http::parse_head("POST /bucket HTTP/1.1\r\nHost: h\r\n\r\n", options.http);
    auto const post = s3::s3_request::from(*std::move(head), options);
    auto const put = fields->as_put(*post, options);
    if (!put) return;
    fuzz::expect(put->key() == fields->key());
    (void)fields->attributes(*put, options);
    store::object_stat const object;
    auto const answer = fields->stored(*post, true, object);
    for (auto const& [name, value] : answer.head.headers)
        fuzz::expect(http::valid_header_value(value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text_of(data, size);
    auto const whole = read(bytes, SIZE_MAX);
    fuzz::expect(same(read(bytes, 1), whole));
    fuzz::expect(same(read(bytes, 5), whole));
    if (whole.refused.empty()) judge(whole);
    return 0;
}
