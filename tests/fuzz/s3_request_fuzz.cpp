// From a head to an operation: everything that is judged before a handler runs.
#include "protocols/http/head_parser.hpp"
#include "protocols/s3/model/parameter_rules.hpp"
#include "protocols/s3/ops/list_parameters.hpp"
#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/payload_check.hpp"
#include "protocols/s3/wire/range.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    s3::s3_options options;
    options.domains = {"s3.example.org"};
    auto head = http::parse_head(std::string(fuzz::text_of(data, size)), options.http);
    if (!head) return 0;
    auto const request = s3::s3_request::from(*std::move(head), options);
    if (!request) return 0;
    auto const level = request->where().level;
    fuzz::expect(request->bucket().empty() == (level == s3::resource_level::service));
    fuzz::expect(request->key().empty() == (level != s3::resource_level::object));
    auto const* row = s3::find_operation(request->head().verb, level, *request);
    if (row == nullptr) return 0;
    fuzz::expect(row->level == level && row->served != s3::serving::alias);
    auto const legal_key = s3::check_key(request->key()).has_value();
    fuzz::expect(!legal_key || request->key().size() <= s3::key_bytes_max);
    (void)s3::check_bucket_name(request->bucket());
    (void)s3::check_parameters(*row, *request, options);
    (void)s3::payload_check::declared_by(*request, true);
    (void)s3::conditions_of(*request, unix_millis{1});
    (void)s3::key_spelling::of(*request);
    (void)s3::read_token("scope", request->parameter("continuation-token").value_or(""));
    if (auto const source = request->header("x-amz-copy-source"))
        (void)s3::parse_copy_source(*source);
    if (auto const range = request->head().find("range"))
        if (auto const asked = s3::parse_range(*range))
            if (auto const resolved = store::resolve(*asked, 1000)) {
                fuzz::expect(resolved->length != 0 && resolved->offset + resolved->length <= 1000);
            }
    if (auto const attributes = s3::attributes_of(*request, options)) {
        store::object_stat stat;
        stat.attributes = *attributes;
        http::response_head answer;
        s3::set_object_headers(answer, stat);
        fuzz::expect(!http::serialized(answer, 0, true, 1).empty());
    }
    return 0;
}
