#include "tests/fault/power_cut/value_bytes.hpp"

#include <cstring>

#include "gateway/core/bytes.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::fault {
namespace {

std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ull;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

}  // namespace

std::string bytes_of(std::uint64_t number, std::size_t length) {
    std::string bytes(align_up(length, 8), '\0');
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        store_little(bytes.data() + i, mixed(number * 0x100000000ull + i));
    }
    bytes.resize(length);
    return bytes;
}

kv::family family_of_key(int key) {
    constexpr kv::family families[] = {kv::family::object, kv::family::log, kv::family::row};
    return families[key % 3];
}

std::string name_of_key(int key) {
    return "k" + std::to_string(1000 + key);
}

result<int> key_of_name(std::string_view name) {
    if (name.size() != 5 || name[0] != 'k') {
        return failure{error::corrupt, "key '" + std::string(name) + "' was never written"};
    }
    return std::stoi(std::string(name.substr(1))) - 1000;
}

std::string encode_value(written_value const& value, journal::location where) {
    std::string out;
    byte_writer writer(out);
    writer.little(std::uint64_t{0}).big(journal::encode(where));
    writer.little(static_cast<std::uint8_t>(value.what)).little(value.number).little(value.bytes);
    if (value.what == written_value::kind::small) {
        writer.raw(bytes_of(value.number, value.bytes));
    }
    return out;
}

result<decoded_value> decode_value(std::string_view stored) {
    byte_reader reader(stored);
    decoded_value found;
    found.at = lsn{reader.little<std::uint64_t>()};
    found.where = journal::decode_location(reader.big<std::uint64_t>());
    found.value.what = written_value::kind{reader.little<std::uint8_t>()};
    found.value.number = reader.little<std::uint64_t>();
    found.value.bytes = reader.little<std::uint64_t>();
    if (!reader.ok()) return failure{error::corrupt, "a stored value is cut short"};
    if (found.value.what == written_value::kind::small) {
        if (reader.rest() != bytes_of(found.value.number, found.value.bytes)) {
            return failure{error::corrupt, "a small value has wrong bytes"};
        }
    } else if (!reader.at_end()) {
        return failure{error::corrupt, "a value has trailing bytes"};
    }
    return found;
}

}  // namespace sluice::fault
