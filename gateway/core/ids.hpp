// Strong ids: no arithmetic by accident, no way back without to_underlying. Zero is never a valid id
// except where said.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sluice {

// Position in the one order of all commits; every frame of the commit lane has one. 0 = before all.
enum class lsn : std::uint64_t {};
// A segment file's number (its name on disk); reused with another incarnation after recycling.
enum class segment_id : std::uint32_t {};
// Stored bytes owned by one or more records. Never reused.
enum class payload_id : std::uint64_t {};
// A bucket, topic or table. The upper 16 bits are the branch, 0 until branches exist.
enum class dataset_id : std::uint64_t {};
// 0 is the null version: the one that buckets without versioning have. Newer versions of a key are greater.
enum class object_version : std::uint64_t {};
// A multipart upload. Never reused; its text form is the protocol's.
enum class upload_id : std::uint64_t {};
enum class principal_id : std::uint64_t {};
enum class log_offset : std::int64_t {};
enum class partition_index : std::int32_t {};

template <class Enum>
    requires std::is_enum_v<Enum>
constexpr std::underlying_type_t<Enum> to_underlying(Enum value) noexcept {
    return static_cast<std::underlying_type_t<Enum>>(value);
}

template <class Enum>
    requires std::is_enum_v<Enum>
constexpr Enum next(Enum value) noexcept {
    return static_cast<Enum>(to_underlying(value) + 1);
}

}  // namespace sluice
