// key_space::describe: one line of text per kind of key, for reports.
#include <fmt/format.h>

#include "backend/kv/key_codec.hpp"
#include "backend/kv/key_space.hpp"

namespace sluice::kv::key_space {
namespace {

template <class Parsed, class Format>
std::string text_or_hex(std::string_view key, result<Parsed> const& parsed, Format format) {
    return parsed ? format(*parsed) : "unreadable key " + hex_of(key);
}

std::string named(char const* what, std::string_view key) {
    return fmt::format("{} {}", what, quoted(key.substr(1)));
}

std::string describe_object_family(key_kind kind, std::string_view key) {
    if (kind == key_kind::object)
        return text_or_hex(key, parse_object(key), [](object_key const& k) {
            return fmt::format("object dataset {} key {} version {}", to_underlying(k.dataset),
                               quoted(k.key), to_underlying(k.version));
        });
    if (kind == key_kind::upload)
        return text_or_hex(key, parse_upload(key), [](upload_key const& k) {
            return fmt::format("upload {} dataset {} key {}", to_underlying(k.upload),
                               to_underlying(k.dataset), quoted(k.key));
        });
    if (kind == key_kind::null_version)
        return text_or_hex(key, parse_null_version(key), [](null_version_key const& k) {
            return fmt::format("null version dataset {} key {}", to_underlying(k.dataset),
                               quoted(k.key));
        });
    return text_or_hex(key, parse_part(key), [](part_key const& k) {
        return fmt::format("part {} of upload {}", k.number, to_underlying(k.upload));
    });
}

std::string describe_payload_family(key_kind kind, std::string_view key) {
    if (kind == key_kind::payload_head)
        return text_or_hex(key, parse_payload_head(key), [](payload_id id) {
            return fmt::format("payload {}", to_underlying(id));
        });
    if (kind == key_kind::extent)
        return text_or_hex(key, parse_extent(key), [](extent_key const& k) {
            return fmt::format("extent of payload {} at {}", to_underlying(k.payload), k.offset);
        });
    if (kind == key_kind::unreferenced)
        return text_or_hex(key, parse_unreferenced_payload(key), [](payload_id id) {
            return fmt::format("unreferenced payload {}", to_underlying(id));
        });
    return text_or_hex(key, parse_reverse_entry(key), [](reverse_key const& k) {
        return fmt::format("reverse entry of segment {} at {}", to_underlying(k.segment), k.offset);
    });
}

std::string describe_log_family(key_kind kind, std::string_view key) {
    if (kind == key_kind::log_state)
        return text_or_hex(key, parse_log_state(key), [](log_key const& k) {
            return fmt::format("log dataset {} partition {}", to_underlying(k.dataset),
                               to_underlying(k.partition));
        });
    if (kind == key_kind::log_clean)
        return text_or_hex(key, parse_log_clean(key), [](log_key const& k) {
            return fmt::format("cleaning of log dataset {} partition {}",
                               to_underlying(k.dataset), to_underlying(k.partition));
        });
    if (kind == key_kind::producer_state)
        return text_or_hex(key, parse_producer_state(key), [](producer_key const& k) {
            return fmt::format("producer {} of log dataset {} partition {}", k.producer,
                               to_underlying(k.dataset), to_underlying(k.partition));
        });
    if (kind == key_kind::aborted_transaction)
        return text_or_hex(key, parse_aborted_transaction(key), [](aborted_key const& k) {
            return fmt::format("aborted transaction of log dataset {} partition {}, marker {}",
                               to_underlying(k.dataset), to_underlying(k.partition),
                               to_underlying(k.marker));
        });
    if (kind == key_kind::dropped_log)
        return text_or_hex(key, parse_dropped_log(key), [](dataset_id id) {
            return fmt::format("dropped log dataset {}", to_underlying(id));
        });
    return text_or_hex(key, parse_log_run(key), [](log_run_key const& k) {
        return fmt::format("log run dataset {} partition {} base offset {}{}",
                           to_underlying(k.dataset), to_underlying(k.partition),
                           to_underlying(k.base),
                           k.piece > 0 ? fmt::format(" piece {}", k.piece) : std::string());
    });
}

std::string describe_row_family(key_kind kind, std::string_view key) {
    if (kind == key_kind::row)
        return text_or_hex(key, parse_row(key), [](row_key const& k) {
            return fmt::format("row of table {} key {}", to_underlying(k.dataset), hex_of(k.key));
        });
    return text_or_hex(key, parse_index_entry(key), [](row_key const& k) {
        return fmt::format("entry of index {} key {}", to_underlying(k.dataset), hex_of(k.key));
    });
}

}  // namespace

std::string describe(std::string_view key) {
    if (key.empty()) return "empty key";
    auto kind = static_cast<key_kind>(key.front());
    switch (kind) {
        case key_kind::applied_lsn: return "applied lsn";
        case key_kind::begun_lsn: return "begun lsn";
        case key_kind::dropped:
            return text_or_hex(key, parse_dropped(key), [](dataset_id id) {
                return fmt::format("dropped dataset {}", to_underlying(id));
            });
        case key_kind::id_counter: return named("id counter", key);
        case key_kind::bucket: return named("bucket", key);
        case key_kind::setting: return named("setting", key);
        case key_kind::identity:
            return text_or_hex(key, parse_identity(key), [](identity_key const& k) {
                return fmt::format("identity {} {}", quoted(k.kind), quoted(k.id));
            });
        case key_kind::object:
        case key_kind::upload:
        case key_kind::part:
        case key_kind::null_version: return describe_object_family(kind, key);
        case key_kind::payload_head:
        case key_kind::extent:
        case key_kind::reverse_entry:
        case key_kind::unreferenced: return describe_payload_family(kind, key);
        case key_kind::topic: return named("topic", key);
        case key_kind::group_state: return named("group", key);
        case key_kind::transaction_state: return named("transaction", key);
        case key_kind::transaction_offset:
            return text_or_hex(key, parse_transaction_offset(key),
                               [](transaction_offset_key const& k) {
                return fmt::format("offset of group {} dataset {} partition {} in transaction {}",
                                   quoted(k.offset.group), to_underlying(k.offset.dataset),
                                   to_underlying(k.offset.partition), quoted(k.id));
            });
        case key_kind::group_offset:
            return text_or_hex(key, parse_group_offset(key), [](group_offset_key const& k) {
                return fmt::format("offset of group {} dataset {} partition {}", quoted(k.group),
                                   to_underlying(k.dataset), to_underlying(k.partition));
            });
        case key_kind::log_state:
        case key_kind::log_run:
        case key_kind::log_clean:
        case key_kind::producer_state:
        case key_kind::aborted_transaction:
        case key_kind::dropped_log: return describe_log_family(kind, key);
        case key_kind::row:
        case key_kind::index_entry: return describe_row_family(kind, key);
    }
    return "unknown key " + hex_of(key);
}

}  // namespace sluice::kv::key_space
