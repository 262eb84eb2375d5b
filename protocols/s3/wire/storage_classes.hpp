// Storage classes, which are labels here: all objects lie in one place, and a class says how the
// client wants it called. Two of them are archives, whose objects can be read once they are
// restored (S3 user guide, "Working with archived objects"); that takes no time here. Pure,
// thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "backend/store/model/attributes.hpp"
#include "protocols/s3/wire/s3_error.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

// What attributes keep of x-amz-storage-class: empty for STANDARD. invalid_storage_class for what is
// none, or is one of buckets of another kind.
s3_result<std::string> parse_storage_class(std::string_view name);
std::string_view storage_class_of(store::object_attributes const& attributes) noexcept;

bool is_archived(store::object_attributes const& attributes) noexcept;
// Until when an archived object can be read.
std::optional<unix_millis> restored_until(store::object_attributes const& attributes) noexcept;
bool is_readable(store::object_attributes const& attributes, unix_millis now) noexcept;
void keep_restored(store::object_attributes& attributes, unix_millis until);
void drop_restored(store::object_attributes& attributes);
// invalid_object_state, with the class.
s3_failure archived_failure(store::object_attributes const& attributes);

// The element RestoreStatus of listings, if there is anything to say.
void write_restore_status(xml_writer& out, store::object_attributes const& attributes,
                          unix_millis now);

}  // namespace sluice::s3
