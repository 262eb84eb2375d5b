#include "auth/guard/readable_object.hpp"

#include "auth/guard/capabilities.hpp"

namespace sluice::auth {

object_reader::object_reader(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
object_reader::object_reader(object_reader&&) noexcept = default;
object_reader& object_reader::operator=(object_reader&&) noexcept = default;
object_reader::~object_reader() = default;

std::uint64_t object_reader::remaining() const noexcept {
    return implementation_->reader.remaining();
}

task<result<store::chunk>> object_reader::next() { return implementation_->reader.next(); }

readable_object::readable_object(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
readable_object::readable_object(readable_object&&) noexcept = default;
readable_object& readable_object::operator=(readable_object&&) noexcept = default;
readable_object::~readable_object() = default;

store::object_stat const& readable_object::stat() const noexcept {
    return implementation_->object.stat();
}

std::string const& readable_object::bucket_settings() const noexcept {
    return implementation_->object.bucket_settings();
}

task<result<object_reader>> readable_object::read() const {
    SLUICE_CO_TRY(auto reader, co_await implementation_->object.read());
    co_return object_reader(std::make_unique<object_reader::implementation>(std::move(reader)));
}

task<result<object_reader>> readable_object::read(store::byte_range range) const {
    SLUICE_CO_TRY(auto reader, co_await implementation_->object.read(range));
    co_return object_reader(std::make_unique<object_reader::implementation>(std::move(reader)));
}

task<result<std::vector<store::object_part>>> readable_object::parts() const {
    return implementation_->object.parts();
}

}  // namespace sluice::auth
