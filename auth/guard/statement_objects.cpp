#include "auth/guard/statement_objects.hpp"

#include "auth/guard/capabilities.hpp"
#include "auth/guard/object_access.hpp"
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
    auto const so_far = co_await begin_read(core, who, wanted);
    if (so_far.has_error()) co_return so_far.error();
    store::open_object_request request{bucket, std::move(key)};
    auto opened = co_await implementation_->seen.open_object(std::move(request));
    std::optional<refusal> answer;
    if (opened.has_error())
        answer = co_await core.missing(std::move(bucket), missing_thing::object,
                                       std::move(opened).error());
    auto const* there = opened.has_value() ? &*opened : nullptr;
    auto const admitted = co_await finish_read(core, who, wanted, *so_far, there, answer);
    if (admitted.has_error()) co_return admitted.error();
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
