#include "auth/guard/object_keys.hpp"

namespace sluice::auth {
namespace {

std::string_view ring_name(encryption_kind kind, std::string const& key_id) {
    return kind == encryption_kind::server_key || key_id.empty() ? built_in_key
                                                                 : std::string_view(key_id);
}

guarded<secret_key> from_ring(guard_core& core, std::string_view id) {
    if (auto key = core.keys.usable(id)) return *std::move(key);
    if (core.keys.find(id)) return refusal(key_trouble::disabled, std::string(id));
    return refusal(key_trouble::unknown, std::string(id));
}

envelope unsealed(encryption_choice const& choice) {
    envelope out;
    out.kind = choice.kind;
    if (choice.kind == encryption_kind::customer_key) return out;
    out.key_id = ring_name(choice.kind, choice.key_id);
    if (choice.kind == encryption_kind::server_key) return out;
    out.context = choice.context;
    out.bucket_key = choice.bucket_key;
    return out;
}

encryption_facts facts_of(envelope const& from) {
    return {from.kind, from.key_id, from.bucket_key};
}

}  // namespace

result<encryption_facts> describe_encryption(std::string_view stored) {
    SLUICE_TRY(auto const from, decode_envelope(stored));
    return facts_of(from);
}

bool opens_with(std::string_view stored, secret_key const& customer) {
    auto const from = decode_envelope(stored);
    return from && from->kind == encryption_kind::customer_key &&
           open_data_key(*from, customer).has_value();
}

bool needs_built_in_key(encryption_choice const& choice) {
    return (choice.kind == encryption_kind::server_key ||
            choice.kind == encryption_kind::named_key) &&
           ring_name(choice.kind, choice.key_id) == built_in_key;
}

task<guarded<void>> ensure_built_in_key(guard_core& core) {
    if (core.keys.find(built_in_key)) co_return guarded<void>();
    auto turn = co_await core.registry.take_turn();
    if (turn.has_error()) co_return refusal(std::move(turn).error());
    if (core.keys.find(built_in_key)) co_return guarded<void>();
    auto made = core.keys.make(std::string(built_in_key), core.clock.now(), core.random);
    std::vector<record_change> changes;
    changes.push_back({record_kind::encryption_key, made.id, encode(made)});
    std::vector<std::string> no_records;
    auto written = co_await core.port.commit(std::move(changes), std::move(no_records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    auto kept = core.keys.put(std::move(made));
    if (kept.has_error()) co_return refusal(std::move(kept).error());
    co_return guarded<void>();
}

task<guarded<object_sealing>> make_sealing(guard_core& core, encryption_choice choice) {
    object_sealing out;
    if (choice.kind == encryption_kind::none) co_return out;
    if (needs_built_in_key(choice)) {
        auto made = co_await ensure_built_in_key(core);
        if (made.has_error()) co_return std::move(made).error();
    }
    out.data_key = secret_key::make(core.random);
    auto sealed = seal_again(core, choice, *out.data_key);
    if (sealed.has_error()) co_return std::move(sealed).error();
    out.stored = std::move(*sealed);
    out.facts = facts_of(unsealed(choice));
    co_return out;
}

guarded<std::string> seal_again(guard_core& core, encryption_choice const& choice,
                                secret_key const& data_key) {
    auto made = unsealed(choice);
    if (made.kind == encryption_kind::customer_key) {
        seal_data_key(made, choice.customer, data_key, core.random);
        return encode(made);
    }
    auto wrapping = from_ring(core, made.key_id);
    if (wrapping.has_error()) return std::move(wrapping).error();
    seal_data_key(made, *wrapping, data_key, core.random);
    return encode(made);
}

guarded<void> check_customer_key(std::string_view stored, secret_key const* customer) {
    auto const from = decode_envelope(stored);
    if (from.has_error()) return refusal(from.error());
    if (from->kind != encryption_kind::customer_key) {
        if (customer == nullptr) return guarded<void>();
        return refusal(key_trouble::unexpected, "it is not stored under a customer's key");
    }
    if (customer == nullptr)
        return refusal(key_trouble::needed, "it is stored under a key that its client keeps");
    if (open_data_key(*from, *customer).has_error())
        return refusal(key_trouble::wrong, "another key than it was stored with");
    return guarded<void>();
}

guarded<secret_key> open_sealing(guard_core& core, std::string_view stored,
                                 secret_key const* customer) {
    auto checked = check_customer_key(stored, customer);
    if (checked.has_error()) return std::move(checked).error();
    auto const from = decode_envelope(stored);
    if (from.has_error()) return refusal(from.error());
    if (from->kind == encryption_kind::none)
        return refusal(failure{error::corrupt, "it is not stored under a key"});
    if (from->kind == encryption_kind::customer_key) {
        auto opened = open_data_key(*from, *customer);
        if (opened.has_error()) return refusal(std::move(opened).error());
        return std::move(*opened);
    }
    auto wrapping = from_ring(core, from->key_id);
    if (wrapping.has_error()) return wrapping;
    auto opened = open_data_key(*from, *wrapping);
    if (opened.has_error()) return refusal(std::move(opened).error());
    return std::move(*opened);
}

}  // namespace sluice::auth
