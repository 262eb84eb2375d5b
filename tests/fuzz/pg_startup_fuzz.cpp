// The first packets of a connection, several in a row, through the startup machine.
#include "protocols/postgres/session/startup.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;
using namespace sluice::postgres;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto bytes = fuzz::text_of(data, size);
    startup machine(size % 2 == 0);
    for (int packets = 0; bytes.size() >= 4; ++packets) {
        auto const length = read_startup_length(bytes.substr(0, 4), 10'000);
        if (length.has_error() || *length > bytes.size()) return 0;
        auto const packet = bytes.substr(4, *length - 4);
        bytes.remove_prefix(*length);
        auto const step = machine.take(packet, false);
        switch (step.what) {
            case startup_step::kind::answer_no:
                fuzz::expect(packets < 2);
                continue;
            case startup_step::kind::answer_tls:
                fuzz::expect(machine.tls_active("").has_value());
                continue;
            case startup_step::kind::direct_tls:
                return 0;
            case startup_step::kind::cancel:
                fuzz::expect(step.to_cancel.secret_key.size() <= 256);
                return 0;
            case startup_step::kind::proceed:
                fuzz::expect(!step.wish.user.empty() && !step.wish.database.empty());
                fuzz::expect(step.wish.version >> 16 == 3);
                return 0;
            case startup_step::kind::refuse:
                fuzz::expect(!step.error.message.empty());
                return 0;
        }
    }
    return 0;
}
