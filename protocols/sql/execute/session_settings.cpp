#include "protocols/sql/execute/session_settings.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::sql {
namespace {

bool is_custom(std::string_view name) {
    auto const dot = name.find('.');
    return dot != std::string_view::npos && dot > 0 && dot + 1 < name.size();
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

session_settings::session_settings(std::string user, bool is_superuser, setting_limits limits)
    : limits_(limits), user_(std::move(user)), is_superuser_(is_superuser) {}

std::optional<std::string> session_settings::plain_value(std::string_view canonical) const {
    for (auto const* from : {&transaction_values_, &state_->local, &state_->session, &startup_}) {
        auto const found = from->find(canonical);
        if (found != from->end()) return found->second;
    }
    return std::nullopt;
}

std::optional<std::string> session_settings::value(std::string_view name) const {
    if (is_custom(name)) return plain_value(lower(name));
    auto const* row = builtin::find_setting(name);
    if (row == nullptr) {
        if (name == "session_authorization") return user_;
        if (name == "is_superuser") return is_superuser_ ? "on" : "off";
        return std::nullopt;
    }
    if (auto kept = plain_value(row->name)) return kept;
    if (row->name == "session_authorization") return user_;
    if (row->name == "transaction_isolation") return plain_value("default_transaction_isolation").value_or("read committed");
    if (row->name == "transaction_read_only") return plain_value("default_transaction_read_only").value_or("off");
    return boot_setting(*row);
}

std::int64_t session_settings::number(std::string_view name) const {
    auto const kept = text(name);
    std::int64_t out = 0;
    std::from_chars(kept.data(), kept.data() + kept.size(), out);
    return out;
}

sql_result<std::string> session_settings::shown(std::string_view name) const {
    auto kept = value(name);
    if (!kept) return unknown_setting(name);
    auto const* row = builtin::find_setting(name);
    return row == nullptr ? *kept : shown_setting(*row, *kept);
}

sql_result<void> session_settings::set(std::string_view name, std::string_view given, bool local) {
    if (given.size() > limits_.value_bytes)
        return sql_error("54000", "value of parameter \"" + std::string(name) + "\" is too long");
    auto const* row = builtin::find_setting(name);
    if (row == nullptr) {
        if (!is_custom(name)) return unknown_setting(name);
        if (state_->session.size() + state_->local.size() >= limits_.custom_settings)
            return sql_error("53400", "too many custom parameters");
        put(lower(name), std::string(given), local);
        return {};
    }
    auto const now = value(row->name).value_or("");
    auto kept = checked_setting(*row, given, now);
    if (kept.has_error()) return std::move(kept).error();
    put(std::string(row->name), std::move(*kept), local);
    return {};
}

sql_result<void> session_settings::reset(std::string_view name, bool local) {
    auto const* row = builtin::find_setting(name);
    if (row == nullptr) {
        if (!is_custom(name)) return unknown_setting(name);
        put(lower(name), std::string(), local);
        return {};
    }
    if (row->context == "internal" || row->context == "postmaster" || row->context == "sighup")
        return checked_setting(*row, "", "").error();
    std::string const key(row->name);
    if (!local) {
        put(key, std::nullopt, false);
        return {};
    }
    auto const initial = startup_.find(key);
    put(key, initial == startup_.end() ? boot_setting(*row) : initial->second, true);
    return {};
}

void session_settings::reset_all() {
    state_ = std::make_shared<state const>();
    changed();
}

sql_result<void> session_settings::set_at_startup(std::string_view name, std::string_view given) {
    auto const* row = builtin::find_setting(name);
    if (row == nullptr && !is_custom(name)) return unknown_setting(name);
    if (row == nullptr) {
        startup_[lower(name)] = std::string(given);
    } else {
        auto kept = checked_setting(*row, given, value(row->name).value_or(""));
        if (kept.has_error()) return std::move(kept).error();
        startup_[std::string(row->name)] = std::move(*kept);
    }
    changed();
    return {};
}

void session_settings::set_transaction_value(std::string name, std::string value) {
    transaction_values_[std::move(name)] = std::move(value);
    often_.reset();
}

void session_settings::clear_transaction_values() {
    if (transaction_values_.empty()) return;
    transaction_values_.clear();
    often_.reset();
}

session_settings::frequent const& session_settings::often() const {
    if (!often_) {
        often_.emplace();
        often_->lock_timeout = number("lock_timeout");
        often_->statement_timeout = number("statement_timeout");
        // SERIALIZABLE is served to readers (utility_transactions.cpp): its snapshot is theirs.
        auto const level = text("transaction_isolation");
        often_->repeatable_read = level == "repeatable read" || level == "serializable";
        often_->read_only = is_on("transaction_read_only");
    }
    return *often_;
}

void session_settings::put(std::string name, std::optional<std::string> value, bool local) {
    auto next = std::make_shared<state>(*state_);
    if (local) {
        next->local[name] = value.value_or("");
    } else {
        next->local.erase(name);
        if (value) next->session[name] = std::move(*value);
        else next->session.erase(name);
    }
    state_ = std::move(next);
    changed();
}

void session_settings::restore(saved earlier) {
    if (earlier == state_) return;
    state_ = std::move(earlier);
    changed();
}

void session_settings::drop_local() {
    if (state_->local.empty()) return;
    auto next = std::make_shared<state>(*state_);
    next->local.clear();
    state_ = std::move(next);
    changed();
}

void session_settings::changed() noexcept {
    style_.reset();
    often_.reset();
    ++version_;
}

session_style const& session_settings::style() const {
    if (!style_) {
        auto const dates = text("DateStyle"), intervals = text("IntervalStyle"),
                   bytes = text("bytea_output"), digits = text("extra_float_digits"),
                   zone = text("TimeZone");
        style_ = style_of({dates, intervals, bytes, digits, zone});
    }
    return *style_;
}

std::vector<parameter_status> session_settings::reported() const {
    std::vector<parameter_status> out;
    for (auto const name : reported_setting_names()) {
        out.push_back({std::string(name), text(name)});
        told_[std::string(name)] = out.back().value;
    }
    told_version_ = version_;
    return out;
}

std::vector<parameter_status> session_settings::take_changed() {
    std::vector<parameter_status> out;
    if (told_version_ == version_) return out;
    auto const known = told_;
    for (auto& each : reported()) {
        auto const before = known.find(each.name);
        if (before == known.end() || before->second != each.value) out.push_back(std::move(each));
    }
    return out;
}

std::vector<std::string> session_settings::names() const {
    std::vector<std::string> out;
    for (auto const& row : builtin::settings()) out.emplace_back(row.name);
    for (auto const* from : {&startup_, &state_->session, &state_->local})
        for (auto const& [name, kept] : *from)
            if (is_custom(name) && std::find(out.begin(), out.end(), name) == out.end())
                out.push_back(name);
    return out;
}

}  // namespace sluice::sql
