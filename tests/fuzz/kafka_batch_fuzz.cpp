// Produced batches and group records: hostile bytes are refused; what is accepted can be read back.
// Each input is tried as it is and again with its length and crc made right, so that records and
// codecs are reached.
#include "backend/store/model/log_batch.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"
#include "protocols/kafka/api/produced_batch.hpp"
#include "protocols/kafka/coordinator/group_record.hpp"
#include "protocols/kafka/sasl/sasl_login.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;
using namespace sluice::kafka;

namespace {

constexpr std::size_t crc_at = 17, covered_from = 21;

std::string sealed(std::string_view bytes) {
    std::string batch(bytes);
    store_big(batch.data() + 8,
              static_cast<std::int32_t>(batch.size() - store::log_batch_prefix_bytes));
    store_big(batch.data() + crc_at, crc32c(as_bytes(batch).subspan(covered_from)));
    return batch;
}

void check_batch(std::string_view bytes) {
    batch_rules rules;
    rules.message_bytes = 64 * 1024;
    rules.before_max_ms = rules.after_max_ms = INT64_MAX;
    rules.decompressed_bytes = 256 * 1024;
    auto const verdict = check_produced(bytes, rules, unix_millis{1'700'000'000'000}, "t-0");
    auto const records = store::read_log_batch(bytes, rules.decompressed_bytes);
    if (verdict.error != error_code::none) return;
    fuzz::expect(records.has_value() && !records->empty());
    std::size_t total = 0;
    for (std::size_t i = 0; i < records->size(); ++i) {
        auto const& record = (*records)[i];
        fuzz::expect(to_underlying(record.offset) - to_underlying(records->front().offset) ==
                     static_cast<std::int64_t>(i));
        total += record.key.value_or("").size() + record.value.value_or("").size();
    }
    fuzz::expect(total <= rules.decompressed_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text_of(data, size);
    check_batch(bytes);
    if (size >= store::log_batch_header_bytes) check_batch(sealed(bytes));
    auto const record = decode_group_record(bytes);
    if (record.has_value()) fuzz::expect(decode_group_record(encode(*record)).value() == *record);
    auto const plain = parse_plain(bytes);
    if (plain.has_value()) fuzz::expect(!plain->user.empty() && !plain->password.empty());
    return 0;
}
