#include "auth/guard/statement_objects.hpp"

#include "auth/guard/capabilities.hpp"
#include "auth/guard/statement_objects_access.hpp"

namespace sluice::auth {

statement_objects::statement_objects(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
statement_objects::statement_objects(statement_objects&&) noexcept = default;
statement_objects& statement_objects::operator=(statement_objects&&) noexcept = default;
statement_objects::~statement_objects() = default;

task<guarded<store::list_page>> statement_objects::list(caller const& who,
                                                        guarded_objects::list_request request) {
    auto& core = implementation_->core;
    auto wanted = on_object(action::list, request.bucket, request.prefix);
    wanted.lists = true;
    auto const decided = co_await core.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    auto const counted = co_await core.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    auto of_store = to_store(std::move(request));
    auto page = co_await implementation_->seen.list_objects(std::move(of_store));
    if (page.has_value()) co_return std::move(*page);
    co_return co_await core.missing(wanted.name, missing_thing::bucket, std::move(page).error());
}

task<guarded<readable_object>> statement_objects::open(caller const& who, std::string bucket,
                                                       std::string key) {
    auto& core = implementation_->core;
    auto const wanted = on_object(action::read, bucket, key);
    auto const decided = co_await core.permit(who, wanted);
    if (decided.has_error()) co_return decided.error();
    store::open_object_request request{bucket, std::move(key)};
    auto opened = co_await implementation_->seen.open_object(std::move(request));
    std::optional<refusal> answer;
    if (opened.has_error()) {
        answer = co_await core.missing(std::move(bucket), missing_thing::object,
                                       std::move(opened).error());
        auto const told = co_await may_know_missing(core, who, wanted, *answer);
        if (told.has_error()) co_return told.error();
    }
    auto const counted = co_await core.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return counted.error();
    if (answer) co_return std::move(*answer);
    auto made = readable_object::implementation::make(core, std::move(*opened));
    if (made.has_error()) co_return refusal(std::move(made).error());
    readable_object object(std::move(*made));
    // No statement brings a customer's key.
    auto unlocked = object.unlock();
    if (unlocked.has_error()) co_return std::move(unlocked).error();
    co_return object;
}

}  // namespace sluice::auth
