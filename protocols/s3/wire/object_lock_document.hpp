// Object lock on the wire: ObjectLockConfiguration, Retention and LegalHold documents, and the
// headers that put the same into a request or an answer (API reference, PutObjectLockConfiguration,
// PutObjectRetention, PutObjectLegalHold, PutObject). Pure, thread-safe.
#pragma once

#include <optional>

#include "backend/store/model/attributes.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

inline constexpr std::uint32_t retention_days_max = 36'500;
inline constexpr std::uint32_t retention_years_max = 100;

// malformed_xml; invalid_argument for a period that is none.
s3_result<object_lock> object_lock_in(xml_element const& configuration);
void write_object_lock(xml_writer& out, object_lock const& lock);

// Nothing: an empty document, which lifts the retention. malformed_xml.
s3_result<std::optional<store::retention>> retention_in(xml_element const& document);
void write_retention(xml_writer& out, store::retention const& retained);
s3_result<bool> legal_hold_in(xml_element const& document);
std::string_view legal_hold_text(bool held) noexcept;
std::string_view name_of(store::retention_mode mode) noexcept;

// x-amz-object-lock-*; invalid_argument. Whether the date has passed is for who knows the time.
s3_result<> read_lock_headers(s3_request const& request, store::object_attributes& into);
// x-amz-bypass-governance-retention; invalid_argument.
s3_result<bool> asks_to_bypass(s3_request const& request);
void set_lock_headers(http::response_head& head, store::object_attributes const& attributes);

// Until when the default retains what is put at `at`.
unix_millis retained_until(default_retention const& rule, unix_millis at) noexcept;

}  // namespace sluice::s3
