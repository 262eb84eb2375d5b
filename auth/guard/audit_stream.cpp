#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "backend/store/audit_log.hpp"

namespace sluice::auth {
namespace {

constexpr char audit_name[] = "__audit";

}  // namespace

class audit_stream::implementation {
public:
    implementation(store::engine& engine, log_offset from) : engine_(engine), next_(from) {}

    task<result<std::vector<entry>>> next(std::uint32_t most, monotonic_time until) {
        if (next_ >= store::audit_end(engine_)) {
            auto end = co_await store::wait_for_audit(engine_, next_, until);
            if (end.has_error() && end.error().code == error::deadline_exceeded)
                co_return std::vector<entry>();
            if (end.has_error()) co_return std::move(end).error();
        }
        store::read_audit_request request;
        request.from = next_;
        request.max_records = most;
        SLUICE_CO_TRY(auto page, co_await store::read_audit(engine_, request));
        std::vector<entry> out;
        for (auto& record : page.records)
            out.push_back({record.offset, std::move(record.value).value_or("")});
        next_ = page.next;
        co_return out;
    }

private:
    store::engine& engine_;
    log_offset next_;
};

audit_stream::audit_stream(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
audit_stream::audit_stream(audit_stream&&) noexcept = default;
audit_stream& audit_stream::operator=(audit_stream&&) noexcept = default;
audit_stream::~audit_stream() = default;

task<result<std::vector<audit_stream::entry>>> audit_stream::next(std::uint32_t most,
                                                                  monotonic_time until) {
    return implementation_->next(most, until);
}

task<guarded<audit_stream>> guarded_admin::open_audit(caller const& who, log_offset from) {
    auto const wanted = on_bucket(action::read, audit_name);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    // A record of its own and at once: counting it would make every tail see itself a moment later.
    std::vector<std::string> records;
    records.push_back(encode(core_.record_of(who, wanted, *decided)));
    auto const end = store::audit_end(core_.engine);
    auto written = co_await core_.audit.append(std::move(records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    auto const start = from < log_offset{0} ? end : from;
    co_return audit_stream(std::make_unique<audit_stream::implementation>(core_.engine, start));
}

}  // namespace sluice::auth
