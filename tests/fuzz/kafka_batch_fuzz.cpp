// Produced batches and group records: hostile bytes are refused; what is accepted can be read back.
#include "backend/store/model/log_batch.hpp"
#include "protocols/kafka/api/produced_batch.hpp"
#include "protocols/kafka/coordinator/group_record.hpp"
#include "protocols/kafka/sasl/sasl_login.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;
using namespace sluice::kafka;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text_of(data, size);
    batch_rules rules;
    rules.message_bytes = 64 * 1024;
    rules.before_max_ms = rules.after_max_ms = INT64_MAX;
    rules.decompressed_bytes = 256 * 1024;
    auto const verdict = check_produced(bytes, rules, unix_millis{1'700'000'000'000});
    if (verdict.error == error_code::none) {
        auto const records = store::read_log_batch(bytes, rules.decompressed_bytes);
        fuzz::expect(records.has_value() && !records->empty());
    }
    auto const record = decode_group_record(bytes);
    if (record.has_value()) fuzz::expect(decode_group_record(encode(*record)).value() == *record);
    auto const plain = parse_plain(bytes);
    if (plain.has_value()) fuzz::expect(!plain->user.empty() && !plain->password.empty());
    return 0;
}
